//! Image → the facts that Go put there.

pub mod buildid;
pub mod buildinfo;
pub mod embeds;
pub mod fips;
pub mod functions;
pub mod gosym;
pub mod memory;
pub mod modinfo;
pub mod moduledata;
pub mod packages;
pub mod pclntab;
mod program;
pub(crate) mod quote;
pub mod release;
pub mod types;
pub mod version;

pub use program::{Obfuscated, Packed, Program};
