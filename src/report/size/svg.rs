//! The groups of one key as a bar chart in SVG, for a README or a wiki.

use std::io::{self, Write};

use super::text::{Shown, share, shortened};
use crate::report::text::{escape, grouped};

/// Text for XML.
pub(in crate::report) fn xml(s: &str) -> String {
    escape(s.as_bytes())
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Writes a chart.
///
/// # Errors
/// What the writer says.
pub fn write_svg(out: &mut dyn Write, shown: &Shown<'_>) -> io::Result<()> {
    let Shown { report, view, .. } = shown;
    // Of one package its symbols.
    let (groups, what) = match &view.explain {
        Some(name) => (
            shown.symbols(),
            format!("{name}, {} of {}", grouped(shown.bytes()), shown.file),
        ),
        None => (shown.groups(), shown.file.to_string()),
    };
    let groups = shortened(groups, view.top);
    let most = groups.iter().map(|g| g.bytes).max().unwrap_or(1).max(1);
    let height = 50 + 22 * groups.len();
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"{height}\" viewBox=\"0 0 900 \
            {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"900\" height=\"{height}\" fill=\"#ffffff\"/>\n<text x=\"10\" y=\"22\" \
         font-size=\"15\">{}: {} bytes by {}</text>",
        xml(&what),
        grouped(report.file_size),
        if view.explain.is_some() {
            "symbol"
        } else {
            view.by.word()
        }
    )?;
    for (i, g) in groups.iter().enumerate() {
        let y = 38 + 22 * i;
        let width = (g.bytes as f64 * 400.0 / most as f64).max(1.0);
        writeln!(
            out,
            "<rect x=\"330\" y=\"{y}\" width=\"{width:.1}\" height=\"16\" fill=\"#4a7ebb\"/><text x=\"322\" \
                y=\"{}\" text-anchor=\"end\">{}</text><text x=\"{:.1}\" y=\"{}\" fill=\"#555555\">{} \
                ({})</text>",
            y + 13,
            xml(&g.key),
            336.0 + width,
            y + 13,
            grouped(g.bytes),
            share(g.bytes, report.file_size)
        )?;
    }
    writeln!(out, "</svg>")
}
