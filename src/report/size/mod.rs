//! Size attribution → text, JSON, CSV, Markdown, HTML, SVG.

mod html;
mod json;
mod svg;
mod table;
mod text;

pub use html::{PAGE, write_diff_html, write_html};
pub use json::{is_saved, read_json, write_json, write_shown};
pub use svg::write_svg;
pub(super) use svg::xml;
pub use table::{write_csv, write_markdown};
pub use text::{Shown, View, write_agreement, write_text};
