//! Size attribution → text, JSON, CSV, Markdown, HTML, SVG.

mod json;
mod text;

pub use json::write_json;
pub use text::{View, write_agreement, write_text};
