//! A record → one line of JSON, and back as far as a run that goes on needs it; the schema is
//! docs/schema/scan.json.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::Record;
use crate::report::json::lossy;

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    version: u32,
    path: String,
    member: Vec<String>,
    size: Option<u64>,
    sha256: Option<&'a str>,
    error: Option<&'a str>,
    go_version: Option<&'a str>,
    os: Option<&'a str>,
    arch: Option<&'a str>,
    module: Option<&'a str>,
    module_version: Option<&'a str>,
    packed: Option<&'a str>,
    linkage: Option<&'a str>,
}

/// Writes a record.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, r: &Record<'_>) -> io::Result<()> {
    let facts = r.facts;
    let line = Line {
        schema: "gospect/scan",
        version: 1,
        path: r.name.path().to_string_lossy().into_owned(),
        member: r.name.members().iter().map(|m| lossy(m)).collect(),
        size: r.size,
        sha256: r.sha256,
        error: r.error,
        go_version: facts.and_then(|f| f.go_version.as_deref()),
        os: facts.and_then(|f| f.os.as_deref()),
        arch: facts.and_then(|f| f.arch.as_deref()),
        module: facts.and_then(|f| f.module.as_deref()),
        module_version: facts.and_then(|f| f.module_version.as_deref()),
        packed: facts.and_then(|f| f.packed),
        linkage: facts.and_then(|f| f.linkage),
    };
    let mut text = serde_json::to_vec(&line)?;
    for (key, part) in facts.iter().flat_map(|f| &f.parts) {
        text.pop();
        text.extend_from_slice(format!(",\"{key}\":").as_bytes());
        text.extend_from_slice(part.as_deref().unwrap_or("null").as_bytes());
        text.push(b'}');
    }
    text.push(b'\n');
    out.write_all(&text)
}

/// What a line of an earlier run says is done.
#[derive(Debug, Deserialize)]
pub struct Done {
    /// The path in [`Record::name`].
    pub path: String,
    /// The member's names in [`Record::name`].
    pub member: Vec<String>,
    /// As [`Record::error`].
    pub error: Option<String>,
}

/// Reads a line that [`write()`] wrote; `None` for anything else, such as one that was cut short.
pub fn parse(line: &[u8]) -> Option<Done> {
    serde_json::from_slice(line).ok()
}

/// Takes indented JSON and keeps it on one line: white space outside of strings goes.
#[derive(Debug, Default)]
pub struct OneLine {
    text: Vec<u8>,
    string: bool,
    escaped: bool,
}

impl OneLine {
    /// The line.
    pub fn finish(self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

impl Write for OneLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for &b in bytes {
            if !self.string && matches!(b, b' ' | b'\n' | b'\r' | b'\t') {
                continue;
            }
            if b == b'"' && !self.escaped {
                self.string = !self.string;
            }
            self.escaped = self.string && b == b'\\' && !self.escaped;
            self.text.push(b);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Name;

    #[test]
    fn json_keeps_its_meaning_on_one_line() {
        let value = serde_json::json!({"a b": ["x \\ \" y\n", 1], "c\\": {"d": null}});
        let mut line = OneLine::default();
        serde_json::to_writer_pretty(&mut line, &value).unwrap();
        let line = line.finish();
        assert_eq!(line, serde_json::to_string(&value).unwrap());
    }

    #[test]
    fn a_line_can_be_read_back_and_a_cut_one_not() {
        let mut out = Vec::new();
        let name = Name::member(std::path::Path::new("x.tar"), vec![b"a\xff".to_vec()]);
        let record = Record {
            name: &name,
            size: None,
            sha256: None,
            error: Some("is cut short (tar)"),
            facts: None,
        };
        write(&mut out, &record).unwrap();
        let done = parse(&out).unwrap();
        assert_eq!(
            (done.path.as_str(), done.member[0].as_str()),
            ("x.tar", "a\u{fffd}")
        );
        assert!(parse(&out[..out.len() - 2]).is_none());
    }
}
