//! One error for the whole library: what could not be read, in which structure, and where in the file.

use std::fmt;

/// Why a file, or a part of it, could not be read.
///
/// Displayed as `what is wrong (structure at offset 0x…)`; the name of the file is added by whoever knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What is wrong, in words for a person.
    pub what: String,
    /// The structure that was being read, in the field's words: `ELF section header`, `pclntab`.
    pub structure: Option<&'static str>,
    /// Offset in bytes from the start of the file, where it is known.
    pub offset: Option<u64>,
}

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error about the file as a whole.
    pub fn new(what: impl Into<String>) -> Self {
        Error {
            what: what.into(),
            structure: None,
            offset: None,
        }
    }

    /// An error in `structure` at `offset` bytes from the start of the file.
    pub fn at(structure: &'static str, offset: u64, what: impl Into<String>) -> Self {
        Error {
            what: what.into(),
            structure: Some(structure),
            offset: Some(offset),
        }
    }

    /// An error in `structure` whose place in the file is not known.
    pub fn within(structure: &'static str, what: impl Into<String>) -> Self {
        Error {
            what: what.into(),
            structure: Some(structure),
            offset: None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match (self.structure, self.offset) {
            (Some(s), Some(o)) => write!(f, " ({s} at offset {o:#x})"),
            (Some(s), None) => write!(f, " ({s})"),
            (None, Some(o)) => write!(f, " (at offset {o:#x})"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
