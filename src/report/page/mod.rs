//! Self-contained HTML pages: one file that loads nothing, whose policy lets run and style only what gospect
//! wrote.
//!
//! Names come from the file and may be hostile. They reach a page as JSON whose `<` is escaped, or through
//! [`text`]; a script that got in all the same has no hash in the policy, so that no browser runs it.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha2::{Digest, Sha256};

use super::json::escaped;

/// Colours in light and dark, tables, what printing leaves out.
pub const BASE: &str = include_str!("base.css");
/// The button with the id `theme`.
pub const THEME: &str = include_str!("theme.js");

/// The treemap: style, body, scripts.
pub(in crate::report) const TREEMAP: (&str, &str, [&str; 4]) = (
    include_str!("treemap.css"),
    include_str!("treemap.html"),
    [
        include_str!("model.js"),
        include_str!("layout.js"),
        include_str!("treemap.js"),
        THEME,
    ],
);

/// What a page is made of.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// Shown in the window's title.
    pub title: &'a str,
    /// Style sheets, in this order.
    pub styles: &'a [&'a str],
    /// HTML that is the page.
    pub body: &'a str,
    /// What the scripts read, as the element `data`.
    pub data: Option<&'a serde_json::Value>,
    /// Base64 of what the scripts unpack when it is needed, as the element `detail`.
    pub detail: Option<&'a str>,
    /// Scripts, in this order.
    pub scripts: &'a [&'a str],
    /// What the pages in its frames are made of; a frame has its own policy and this one.
    pub frames: &'a [Parts],
    /// Do its scripts run WebAssembly, in a worker?
    pub wasm: bool,
}

/// The styles and scripts of a kind of page.
pub type Parts = (&'static [&'static str], &'static [&'static str]);

impl Page<'_> {
    /// Writes the page.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let hashes = |all: &[&str]| -> String {
            let hash = |s: &&str| format!(" 'sha256-{}'", base64(&Sha256::digest(s.as_bytes())));
            all.iter().map(hash).collect()
        };
        let script = self.scripts.concat();
        let mut policy = match self.scripts.is_empty() {
            true => "script-src 'none'".to_owned(),
            false => format!("script-src{}", hashes(&[&script])),
        };
        let mut styles = hashes(self.styles);
        for (style, scripts) in self.frames {
            policy.push_str(&hashes(&[&scripts.concat()]));
            styles.push_str(&hashes(style));
        }
        if self.wasm {
            policy.push_str(" 'wasm-unsafe-eval'; worker-src blob:");
        }
        writeln!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
                content=\"width=device-width, \
             initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             {policy}; \
             style-src{styles}; base-uri 'none'; form-action 'none'\">\n<title>{}</title>",
            text(self.title)
        )?;
        for s in self.styles {
            writeln!(out, "<style>{s}</style>")?;
        }
        writeln!(out, "</head>\n<body>\n{}", self.body)?;
        if let Some(data) = self.data {
            let json = serde_json::to_string(data)?.replace('<', "\\u003c");
            writeln!(
                out,
                "<script type=\"application/json\" id=\"data\">{}</script>",
                escaped(&json)
            )?;
        }
        if let Some(detail) = self.detail {
            writeln!(out, "<script type=\"text/plain\" id=\"detail\">{detail}</script>")?;
        }
        if !script.is_empty() {
            writeln!(out, "<script>{script}</script>")?;
        }
        writeln!(out, "</body>\n</html>")
    }
}

/// A name as HTML text or attribute.
pub fn text(s: &str) -> String {
    super::text::escape(s.as_bytes())
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// What a browser unpacks with `DecompressionStream("deflate")`.
///
/// # Errors
/// None but those of the compressor's own.
pub fn packed(bytes: &[u8]) -> io::Result<String> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(bytes)?;
    Ok(base64(&zlib.finish()?))
}

/// Base64 with padding (RFC 4648, section 4).
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * i) & 63) as usize).copied();
            out.push(if i <= three.len() {
                char::from(digit.unwrap_or(b'='))
            } else {
                '='
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let of = |s: &str| base64(s.as_bytes());
        assert_eq!(
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(of),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]
        );
    }

    #[test]
    fn what_is_shown_can_not_become_markup() {
        let hostile = "</title><script>alert(1)</script>\u{202e}";
        let mut out = Vec::new();
        let data = serde_json::json!({ "name": hostile });
        let page = Page {
            title: hostile,
            body: &text(hostile),
            data: Some(&data),
            ..Page::default()
        };
        page.write(&mut out).unwrap();
        let html = String::from_utf8(out).unwrap();
        assert!(!html.contains("<script>") && !html.contains('\u{202e}'), "{html}");
        assert_eq!(html.matches("</title>").count(), 1);
        assert!(html.contains("script-src 'none'"));
    }
}
