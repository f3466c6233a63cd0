//! A Go package archive, or a lone Go object file → its members, as strictly as Go reads them.
//!
//! Authority: Go 1.27, cmd/internal/archive (parseArchive, parseObject). It knows neither symbol indexes nor
//! long names, so that an archive made by `ar` for other linkers is refused. That is wanted here: `go tool
//! nm` refuses it too. [`super::super::archive`] reads those.

use super::MAGIC;

const ARCHIVE: &[u8; 8] = b"!<arch>\n";
const OBJECT: &[u8; 8] = b"go objec";
const HEADER: usize = 60;
/// Go reads what it skips where it is less than this, and so notices that it is not there.
const SMALL_SKIP: u64 = 256;

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// Export data for the compiler, or an empty member by which cmd/go tells the linker something.
    Other,
    /// A Go object: the GOARCH word and the body of its text header.
    Object {
        /// "" if the text header does not say.
        arch: &'a [u8],
        /// What [`super::Object::parse`] reads.
        body: &'a [u8],
    },
    /// Anything else, which should be an object file of the system.
    Native,
}

/// One member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'a> {
    /// As stored; empty for a lone object.
    pub name: &'a [u8],
    /// Contents, cut where the file ends.
    pub data: &'a [u8],
    /// Offset in bytes of the contents from the start of the file.
    pub offset: u64,
    /// What it is.
    pub kind: Kind<'a>,
}

/// Why a file is none of Go's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused<'a> {
    /// It is no object file or archive, or a broken one.
    Broken,
    /// A Go object of another version of the format; the magic without its leading zero.
    OtherVersion(&'a [u8]),
}

/// Reads a file that starts as a Go object or an archive.
///
/// # Errors
/// See [`Refused`].
pub fn members(data: &[u8]) -> Result<Vec<Member<'_>>, Refused<'_>> {
    if data.starts_with(OBJECT) {
        let kind = object(data, data.len() as i64)?;
        return Ok(vec![Member {
            name: b"",
            data,
            offset: 0,
            kind,
        }]);
    }
    if !data.starts_with(ARCHIVE) {
        return Err(Refused::Broken);
    }
    let mut out = Vec::new();
    let mut at = ARCHIVE.len();
    while at < data.len() {
        let header = data.get(at..at + HEADER).ok_or(Refused::Broken)?;
        at += HEADER;
        if header.get(58..) != Some(b"`\n") {
            return Err(Refused::Broken);
        }
        let name = trim(header.get(..16).unwrap_or_default());
        let size = number(trim(header.get(48..58).unwrap_or_default())).ok_or(Refused::Broken)?;
        let rest = data.get(at..).unwrap_or(&[]);
        let contents = rest
            .get(..usize::try_from(size).unwrap_or(usize::MAX))
            .unwrap_or(rest);
        let kind = match name {
            b"__.PKGDEF" => Kind::Other,
            b"preferlinkext" | b"dynimportfail" if size == 0 => Kind::Other,
            _ if rest.len() < 8 => return Err(Refused::Broken),
            _ if rest.starts_with(OBJECT) => object(rest, size as i64)?,
            _ => Kind::Native,
        };
        let short = size > rest.len() as u64;
        if short && (size < SMALL_SKIP || matches!(kind, Kind::Object { .. })) {
            return Err(Refused::Broken);
        }
        out.push(Member {
            name,
            data: contents,
            offset: at as u64,
            kind,
        });
        let Some(next) = usize::try_from(size + (size & 1))
            .ok()
            .and_then(|s| at.checked_add(s))
        else {
            break;
        };
        at = next;
    }
    Ok(out)
}

/// A Go object of `size` bytes at the start of `data`: its text header ends at the first line that is `!`.
fn object(data: &[u8], size: i64) -> Result<Kind<'_>, Refused<'_>> {
    let end = memchr::memmem::find(data, b"\n!\n").ok_or(Refused::Broken)? + 3;
    let (header, rest) = data.split_at(end);
    let magic = rest.get(..8).ok_or(Refused::Broken)?;
    if magic != MAGIC {
        return Err(match magic {
            [0, b'g', b'o', b'1', .., b'l', b'd'] => Refused::OtherVersion(&magic[1..]),
            _ => Refused::Broken,
        });
    }
    let body = usize::try_from(size - end as i64)
        .ok()
        .and_then(|n| rest.get(..n));
    let arch = header
        .split(|b| b.is_ascii_whitespace() || *b == 0xb)
        .filter(|w| !w.is_empty())
        .nth(3);
    Ok(Kind::Object {
        arch: arch.unwrap_or_default(),
        body: body.ok_or(Refused::Broken)?,
    })
}

fn trim(field: &[u8]) -> &[u8] {
    let end = field.iter().rposition(|b| *b != b' ').map_or(0, |i| i + 1);
    field.get(..end).unwrap_or_default()
}

/// A decimal number, not negative.
fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = ARCHIVE.to_vec();
        for (name, data) in members {
            out.extend(
                format!(
                    "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
                    0,
                    0,
                    0,
                    644,
                    data.len()
                )
                .as_bytes(),
            );
            out.extend_from_slice(data);
            if data.len() % 2 == 1 {
                out.push(0);
            }
        }
        out
    }

    #[test]
    fn members_are_told_apart() {
        let object = b"go object linux arm64 go1.27.4\n!\n\0go120ldrest";
        let file = archive(&[
            ("__.PKGDEF", b"abc"),
            ("_go_.o", object),
            ("preferlinkext", b""),
            ("x.o", b"\x7fELF-and-on"),
        ]);
        let all = members(&file).unwrap();
        let kinds: Vec<_> = all.iter().map(|m| (m.name, m.kind)).collect();
        let body = &b"\0go120ldrest"[..];
        let arch = &b"arm64"[..];
        assert_eq!(
            kinds,
            [
                (&b"__.PKGDEF"[..], Kind::Other),
                (b"_go_.o", Kind::Object { arch, body }),
                (b"preferlinkext", Kind::Other),
                (b"x.o", Kind::Native)
            ]
        );
        let lone = members(object).unwrap();
        assert_eq!((lone.len(), lone[0].kind), (1, Kind::Object { arch, body }));
    }

    #[test]
    fn other_versions_are_named_and_other_files_refused() {
        let old = b"go object linux amd64 go1.15\n!\n\0go114LD....";
        assert_eq!(members(old), Err(Refused::Broken));
        let old = b"go object linux amd64 go1.19\n!\n\0go119ld....";
        assert_eq!(members(old), Err(Refused::OtherVersion(b"go119ld")));
        assert_eq!(members(b"#!/bin/sh"), Err(Refused::Broken));
        assert_eq!(members(b"go object linux"), Err(Refused::Broken));
    }

    #[test]
    fn every_cut_is_survived() {
        let object = b"go object linux arm64 go1.27.4\n!\n\0go120ldrest";
        let file = archive(&[("a", b"abcdefgh"), ("_go_.o", object)]);
        for n in 0..file.len() {
            let _ = members(&file[..n]);
        }
        assert!(members(&file[..file.len() - 2]).is_err());
    }
}
