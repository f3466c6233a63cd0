//! Data → the bytes that people and programs read.

pub mod json;
pub mod text;
pub mod version;
