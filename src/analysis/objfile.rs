//! A file → what `go tool nm` and `go tool objdump` see in it: one image, or the members of a Go package
//! archive.
//!
//! Authority: Go 1.27, cmd/internal/objfile (Open, openGoFile). Go's readers are tried in its order; the
//! first defect of a file makes it unrecognized.

use super::symbols::{self, GoSymbol};
use crate::error::{Error, Result};
use crate::go::quote;
use crate::image::goobj::Object;
use crate::image::goobj::package::{self, Kind, Refused};
use crate::image::{Image, Sniffed, sniff, strict};

/// One object of a file.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The archive member's name, empty for a lone object.
    pub name: &'a [u8],
    /// What it is.
    pub file: Raw<'a>,
}

/// An object as the linker or the compiler leaves it.
#[derive(Debug)]
pub enum Raw<'a> {
    /// Linked, or compiled by a C compiler.
    Image(Box<Image<'a>>),
    /// A Go object.
    Object(Box<Object<'a>>),
}

impl Raw<'_> {
    /// The symbols in the order of the file.
    ///
    /// # Errors
    /// See [`symbols::in_file_order`].
    pub fn in_file_order(&self) -> Result<Vec<GoSymbol<'_>>> {
        match self {
            Raw::Image(i) => symbols::in_file_order(i),
            Raw::Object(o) => Ok(symbols::of_object(o)),
        }
    }
}

/// Opens a file as Go's tools do.
///
/// # Errors
/// `unrecognized object file` and `go object of a different version`, in Go's words, which put `open FILE: `
/// in front.
pub fn open(data: &[u8]) -> Result<Vec<Entry<'_>>> {
    match package(data) {
        Ok(Some(entries)) => return Ok(entries),
        Ok(None) => {}
        Err(magic) => {
            let magic = String::from_utf8_lossy(&quote::quote(magic)).into_owned();
            return Err(Error::new(format!("go object of a different version: {magic}")));
        }
    }
    match image(data) {
        Some(image) => Ok(vec![Entry {
            name: b"",
            file: image,
        }]),
        None => Err(Error::new("unrecognized object file")),
    }
}

/// The objects of a Go package; `None` where the file is none, the magic where it is of another version.
fn package(data: &[u8]) -> Result<Option<Vec<Entry<'_>>>, &[u8]> {
    let members = match package::members(data) {
        Ok(m) => m,
        Err(Refused::OtherVersion(magic)) => return Err(magic),
        Err(Refused::Broken) => return Ok(None),
    };
    let mut entries = Vec::new();
    for m in members {
        let file = match m.kind {
            Kind::Other => continue,
            Kind::Object { arch, body } => Object::parse(arch, body).ok().map(|o| Raw::Object(Box::new(o))),
            Kind::Native => image(m.data),
        };
        let Some(file) = file else { return Ok(None) };
        entries.push(Entry { name: m.name, file });
    }
    Ok(Some(entries))
}

fn image(data: &[u8]) -> Option<Raw<'_>> {
    let image = match sniff(data) {
        Some(Sniffed::One(_)) => Image::parse(data),
        // Go's PE reader takes a file without a DOS header for a COFF object.
        _ => Image::parse_coff(data),
    };
    let image = image.ok().filter(strict::go_opens)?;
    Some(Raw::Image(Box::new(image)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_in_the_words_of_go() {
        let said = |data: &[u8]| open(data).unwrap_err().to_string();
        assert_eq!(said(b""), "unrecognized object file");
        assert_eq!(said(b"!<arch>\nx"), "unrecognized object file");
        assert_eq!(
            said(b"go object linux amd64 go1.19\n!\n\0go119ld...."),
            "go object of a different version: \"go119ld\""
        );
    }
}
