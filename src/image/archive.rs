//! `ar` archives → members. A c-archive's Go code is one member of it.
//!
//! Read with the crate `object`, which knows the GNU, BSD and COFF variants.

use object::read::archive::ArchiveFile;

use super::clip;
use crate::error::{Error, Result};

/// One member of an archive.
#[derive(Debug, Clone)]
pub struct Member<'a> {
    /// Name as stored, long names resolved.
    pub name: &'a [u8],
    /// Offset in bytes of the contents from the start of the archive.
    pub offset: u64,
    /// Contents, cut where the file ends.
    pub data: &'a [u8],
}

/// Does the file start as an archive (thin or not)?
pub fn is_archive(data: &[u8]) -> bool {
    data.starts_with(b"!<arch>\n") || data.starts_with(b"!<thin>\n")
}

/// The members in order; symbol tables and name tables aside. Members of a thin archive are elsewhere and
/// have no data.
///
/// # Errors
/// Where the archive's first header can't be read. A broken member ends the list.
pub fn members(data: &[u8]) -> Result<Vec<Member<'_>>> {
    let bad = |e: object::Error| Error::at("ar archive", 8, e.to_string());
    let archive = ArchiveFile::parse(data).map_err(bad)?;
    let mut out = Vec::new();
    for member in archive.members() {
        let Ok(member) = member else { break };
        let (offset, size) = member.file_range();
        let data = if archive.is_thin() {
            &[][..]
        } else {
            clip(data, offset, size)
        };
        out.push(Member {
            name: member.name(),
            offset,
            data,
        });
    }
    Ok(out)
}

/// The member of a c-archive that holds the Go program: the one named `go.o`, or else the largest that is an
/// object file.
///
/// # Errors
/// Where there is none.
pub fn go_member(data: &[u8]) -> Result<Member<'_>> {
    let all = members(data)?;
    // A package with C in it holds the C parts as object files of the system; its Go code is not in them.
    if all.first().is_some_and(|m| m.data.starts_with(b"go object ")) {
        return Err(Error::at(
            "ar archive",
            8,
            "it holds a Go package that is not linked",
        ));
    }
    let object = |m: &&Member| matches!(super::sniff(m.data), Some(super::Sniffed::One(_)));
    let named = all.iter().find(|m| m.name == b"go.o" && object(m));
    let found = named.or_else(|| all.iter().filter(object).max_by_key(|m| m.data.len()));
    found
        .cloned()
        .ok_or_else(|| Error::at("ar archive", 8, "no member is an object file"))
}
