//! gospect opens any Go binary and answers what its maintainers ask before they ship it.
//!
//! The data's way, each room using only those before it:
//!
//! ```text
//! input     path, folder, stdin, archive, package, image → bytes and a name, member by member
//! image     bytes → one [`image::Image`] for every container format (goblin lives here and nowhere else)
//! go        image → what Go put there: build info, pclntab, moduledata, types, embeds, packages
//! dwarf, disasm    debug sections through gimli; instructions → Go assembler syntax
//! analysis  facts → plain sorted data: symbols, listing, linkage, size, what-if, diff, policy, plugin
//! report    data → bytes: Go-compatible text, tables, JSON, Markdown, HTML, SARIF, …
//! cli       one file per sub-command: arguments → analysis → report (feature `cli`)
//! ```
//!
//! A file is opened once, and everything that Go put into it is read on first use:
//!
//! ```
//! let file = gospect::open("testdata/fixtures/pe-amd64.exe".as_ref())?;
//! let program = gospect::Program::open(&file)?;
//! assert_eq!(program.image().arch.goarch(), "amd64");
//! // No Go program: it has no function table, and why is told.
//! assert!(program.pclntab().is_err());
//! for function in program.functions().entries() {
//!     println!("{function:#x}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod analysis;
#[cfg(feature = "cli")]
pub mod cli;
pub mod disasm;
pub mod dwarf;
pub mod error;
pub mod go;
pub mod image;
pub mod input;
pub mod report;
mod zst;

pub use error::{Error, Result};
pub use go::Program;
pub use input::open;
