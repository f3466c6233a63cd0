//! What `go version` prints: a line per file, the module information's lines behind a tab, or JSON.
//!
//! Authority: Go 1.27, cmd/go/internal/version and encoding/json's `MarshalIndent` over runtime/debug's
//! `BuildInfo`.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

use crate::go::buildinfo::BuildInfo;
use crate::go::modinfo::{self, Module};

/// `NAME: VERSION`, and with `modules` the module information.
pub fn text(out: &mut Vec<u8>, name: &[u8], build: &BuildInfo<'_>, modules: bool) {
    out.extend([name, b": ", build.go_version(), b"\n"].concat());
    let lines = modinfo::format(&build.info);
    if !modules || lines.is_empty() {
        return;
    }
    // The last line end closes the whole; each other one gets a tab behind it, also behind an empty line.
    for line in lines[..lines.len() - 1].split(|b| *b == b'\n') {
        out.push(b'\t');
        out.extend(line);
        out.push(b'\n');
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct JsonInfo {
    #[serde(skip_serializing_if = "String::is_empty")]
    go_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    path: String,
    main: JsonModule,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deps: Vec<JsonModule>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    settings: Vec<JsonSetting>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct JsonModule {
    #[serde(skip_serializing_if = "String::is_empty")]
    path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sum: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    replace: Option<Box<JsonModule>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct JsonSetting {
    #[serde(skip_serializing_if = "String::is_empty")]
    key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    value: String,
}

fn lossy(b: &[u8]) -> String {
    String::from_utf8_lossy(b).into_owned()
}

fn json_module(m: &Module<'_>) -> JsonModule {
    JsonModule {
        path: lossy(m.path),
        version: lossy(m.version),
        sum: lossy(m.sum),
        replace: m.replace.as_ref().map(|r| Box::new(json_module(r))),
    }
}

/// The object that `go version -m -json` prints, with a line end.
///
/// # Errors
/// None in practice: the writer is memory.
pub fn json(out: &mut Vec<u8>, build: &BuildInfo<'_>) -> io::Result<()> {
    let info = JsonInfo {
        go_version: lossy(build.go_version()),
        path: lossy(build.info.path),
        main: build.info.main.as_ref().map(json_module).unwrap_or_default(),
        deps: build.info.deps.iter().map(json_module).collect(),
        settings: build
            .info
            .settings
            .iter()
            .map(|s| JsonSetting {
                key: lossy(&s.key),
                value: lossy(&s.value),
            })
            .collect(),
    };
    let format = GoFormatter(PrettyFormatter::with_indent(b"\t"));
    info.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, format))?;
    out.push(b'\n');
    Ok(())
}

/// serde_json's indented form, with what encoding/json escapes besides: `<`, `>`, `&`, U+2028, U+2029 and
/// bytes that are no UTF-8.
struct GoFormatter<'a>(PrettyFormatter<'a>);

impl Formatter for GoFormatter<'_> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, w: &mut W, text: &str) -> io::Result<()> {
        let mut start = 0;
        for (i, c) in text.char_indices() {
            if matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{fffd}') {
                w.write_all(&text.as_bytes()[start..i])?;
                write!(w, "\\u{:04x}", c as u32)?;
                start = i + c.len_utf8();
            }
        }
        w.write_all(&text.as_bytes()[start..])
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.begin_array(w)
    }
    fn end_array<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_array(w)
    }
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(w, first)
    }
    fn end_array_value<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_array_value(w)
    }
    fn begin_object<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.begin_object(w)
    }
    fn end_object<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_object(w)
    }
    fn begin_object_key<W: ?Sized + io::Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(w, first)
    }
    fn begin_object_value<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.begin_object_value(w)
    }
    fn end_object_value<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_object_value(w)
    }
}
