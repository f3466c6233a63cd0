//! Image → the facts that Go put there.

pub mod buildinfo;
pub mod embeds;
pub mod gosym;
pub mod memory;
pub mod modinfo;
pub mod moduledata;
pub mod packages;
pub mod pclntab;
pub mod quote;
pub mod types;
pub mod version;
