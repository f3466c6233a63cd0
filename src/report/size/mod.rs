//! Size attribution → text, JSON, CSV, Markdown, HTML, SVG.

mod json;
mod table;
mod text;

pub use json::write_json;
pub use table::{write_csv, write_markdown};
pub use text::{View, write_agreement, write_text};
