//! One page about a file, for people (text, Markdown) and programs (JSON).

mod json;
mod page;

pub use json::json;
pub use page::{Style, markdown, text};
