//! Image → the facts that Go put there.

pub mod buildinfo;
pub mod gosym;
pub mod modinfo;
pub mod quote;
pub mod version;
