//! Data → the bytes that people and programs read.

pub mod addr2line;
pub mod check;
pub mod compare;
pub mod csv;
pub mod diff;
pub mod embeds;
pub mod funcs;
pub mod info;
pub mod json;
pub mod markdown;
pub mod nm;
pub mod objdump;
pub mod objdump_json;
pub mod plugin;
pub mod sbom;
pub mod scan;
pub mod schema;
pub mod size;
pub mod tabs;
pub mod text;
pub mod track;
pub mod types;
pub mod version;
pub mod vuln;
pub mod whatif;
pub mod why;
