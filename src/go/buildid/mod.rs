//! Build IDs: what the file says they are, and whether its bytes are still those that they were made of.
//!
//! `go build` links with the ID a/b/c/a, hashes the finished file with the ID zeroed, and writes the hash as
//! the fourth part. Whoever has the file can do the same: equal means that nothing touched the file after `go
//! build`. It is no proof of origin, for anyone can write a new ID (`go tool buildid -w`). Authority:
//! cmd/internal/buildid (`FindAndHash`, `Rewrite`), cmd/internal/codesign, cmd/go/internal/work
//! (`updateBuildID`) and cmd/link/internal/ld (`addbuildinfo`, `uuidFromHash`) of Go 1.27; `addbuildinfo` of
//! Go 1.22 to 1.25.

mod content;
mod signature;
mod undo;

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::program::Program;
use super::quote;
use crate::image::{Detail, Format, Image, Sniffed};

/// ELF note types: "GNU" 3 and "Go" 4.
const NT_GNU_BUILD_ID: u32 = 3;
const NT_GO_BUILD_ID: u32 = 4;
/// The load command that holds a Mach-O file's UUID.
const LC_UUID: u32 = 0x1b;
/// Where the ID is in the text, it is within the first bytes.
const HEAD: usize = 64 * 1024;
/// Characters of a hash in an ID: 15 bytes in base 64.
const PART: usize = 20;

/// The build IDs that a file holds, as they stand in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ids<'a> {
    /// Go's build ID: `action/main/main's content/content`; whatever `-buildid` said; `None` where there is
    /// none.
    pub go: Option<Cow<'a, [u8]>>,
    /// GNU build ID (ELF) or UUID (Mach-O; `None` where all bytes are 0).
    pub host: Option<&'a [u8]>,
}

impl Ids<'_> {
    /// The four parts of a Go build ID that `go build` wrote; `None` for any other.
    pub fn parts(&self) -> Option<[&str; 4]> {
        let text = std::str::from_utf8(self.go.as_deref()?).ok()?;
        let parts: Vec<&str> = text.split('/').collect();
        let hash = |p: &&str| {
            p.len() == PART
                && p.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        parts.try_into().ok().filter(|p: &[&str; 4]| p.iter().all(hash))
    }

    /// The ID that the linker was given: the fourth part is the first once more.
    fn at_link(&self) -> Option<String> {
        let [a, b, c, _] = self.parts()?;
        Some(format!("{a}/{b}/{c}/{a}"))
    }

    /// Is the host's ID the one that the linker makes of Go's (`-B gobuildid`, since Go 1.24 by default)?
    /// `None` where one of them is not there, or Go's is none of `go build`'s.
    pub fn host_is_from_go(&self) -> Option<bool> {
        let (host, at_link) = (self.host?, self.at_link()?);
        Some(hosts(at_link.as_bytes()).iter().any(|h| h == host))
    }
}

/// What the linkers of all releases make of a Go build ID: notes of 20 bytes, UUIDs.
fn hosts(id: &[u8]) -> Vec<Vec<u8>> {
    let sum: [u8; 32] = Sha256::digest(id).into();
    let mut all = Vec::new();
    // Go marks its hashes, so that nobody takes them for plain SHA-256: 1.25 and later, 1.24, 1.22 and 1.23.
    for mark in [[0xff, 0], [0x01, 0], [0xff, 0xff]] {
        let mut h = sum.to_vec();
        for (i, b) in h.iter_mut().enumerate() {
            *b ^= mark[usize::from(i > 0)];
        }
        all.push(h[..20].to_vec());
        // The variant that RFC 4122 names, of Go 1.27 and later; that of 1.24 to 1.26.
        for variant in [0x80, 0xc0] {
            let mut uuid = h[..16].to_vec();
            uuid[6] = uuid[6] & 0x0f | 0x30;
            uuid[8] = uuid[8] & 0x3f | variant;
            all.push(uuid);
        }
    }
    all
}

/// Reads the build IDs of an image.
pub fn read<'a>(image: &Image<'a>) -> Ids<'a> {
    let mut ids = Ids::default();
    for n in image.elf_notes() {
        match (n.name, n.kind) {
            (b"Go", NT_GO_BUILD_ID) if ids.go.is_none() => ids.go = Some(Cow::Borrowed(n.desc)),
            (b"GNU", NT_GNU_BUILD_ID) if ids.host.is_none() => ids.host = Some(n.desc),
            _ => {}
        }
    }
    if let Some((from, to)) = uuid_place(image) {
        ids.host = image
            .data
            .get(from..to)
            .filter(|u| u.len() == 16 && u.iter().any(|b| *b != 0));
    }
    ids.go = ids.go.or_else(|| in_text(image));
    ids
}

/// Where no note holds it, the build ID stands at the start of the text: `\xff Go build ID: "…"\n \xff`.
fn in_text<'a>(image: &Image<'a>) -> Option<Cow<'a, [u8]>> {
    let section = [".text", "__text", "text", "go:buildid", "go.buildid"]
        .iter()
        .find_map(|n| image.section(n))?;
    let bytes = image.section_bytes(section);
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let at = memchr::memmem::find(head, b"\xff Go build ID: \"")? + 16;
    let rest = head.get(at..)?;
    let end = memchr::memmem::find(rest, b"\"\n \xff").filter(|n| *n < 4096)?;
    let quoted = rest.get(..end)?;
    if !quoted.contains(&b'\\') {
        return Some(Cow::Borrowed(quoted));
    }
    let with_quotes = [b"\"", quoted, b"\""].concat();
    quote::unquote(&with_quotes).map(Cow::Owned)
}

/// Where a Mach-O file has its UUID, in bytes from the start of the image.
pub fn uuid_place(image: &Image<'_>) -> Option<(usize, usize)> {
    let Detail::MachO(m) = &image.detail else {
        return None;
    };
    let c = m.commands.iter().find(|c| c.kind == LC_UUID)?;
    let start = usize::try_from(c.offset).ok()?;
    Some((start.checked_add(8)?, start.checked_add(c.size as usize)?))
}

/// Where a Mach-O file has the signature that Go makes of its bytes.
pub fn signed_by_go(image: &Image<'_>) -> Option<(usize, usize)> {
    let by_go = signature::of(image) == signature::Made::ByGo;
    content::signature(image).filter(|_| by_go)
}

/// Was the file touched after `go build` finished it?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touched {
    /// No: the content part of the Go build ID is that of these bytes.
    No,
    /// Yes; how, where that is proved.
    Yes(Option<How>),
    /// Not to be told, and why, as a clause.
    Unknown(&'static str),
}

/// What was done to a file after the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A signature was added, and nothing else: without it the file is what `go build` wrote.
    Signed,
    /// Bytes were added behind its end, and nothing else.
    Appended(u64),
    /// Packed by UPX.
    Packed,
    /// The bytes that the content part does not cover: the signature is none that Go makes of this file.
    SignatureOnly,
}

impl How {
    /// In words, as a clause.
    pub fn words(self) -> String {
        match self {
            How::Signed => "a signature was added, and nothing else".into(),
            How::Appended(n) => format!("{n} bytes were added behind its end, and nothing else"),
            How::Packed => "it is packed by UPX".into(),
            How::SignatureOnly => "its signature is not the one that Go makes of its bytes".into(),
        }
    }
}

/// What the build IDs say about the bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfCheck {
    /// Was it touched?
    pub touched: Touched,
    /// The content part that the file names.
    pub recorded: Option<String>,
    /// The content part that its bytes have.
    pub computed: Option<String>,
    /// Is the GNU build ID or UUID the one that the linker makes of Go's build ID? `None` where that can't be
    /// asked.
    pub host_id_matches: Option<bool>,
    /// Bytes that the answer does not hold for, each as a clause.
    pub not_covered: Vec<&'static str>,
}

impl SelfCheck {
    /// The word used in JSON.
    pub fn word(&self) -> &'static str {
        match self.touched {
            Touched::No => "untouched",
            Touched::Yes(_) => "changed",
            Touched::Unknown(_) => "unknown",
        }
    }

    /// The answer as a sentence.
    pub fn words(&self) -> String {
        match self.touched {
            Touched::No => "not touched since go build".into(),
            Touched::Yes(None) => {
                "changed after the link: its bytes are not those that the Go build ID was made of".into()
            }
            Touched::Yes(Some(how)) => format!("changed after the link: {}", how.words()),
            Touched::Unknown(why) => format!("can't be told: {why}"),
        }
    }
}

/// Computes the content part of the Go build ID again. Reads the whole file.
pub fn check(program: &Program<'_>) -> SelfCheck {
    let image = program.image();
    let ids = read(image);
    let mut out = SelfCheck {
        touched: Touched::Unknown("it has no Go build ID"),
        recorded: ids.parts().map(|p| p[3].to_string()),
        computed: None,
        host_id_matches: ids.host_is_from_go(),
        not_covered: Vec::new(),
    };
    if program.packed().is_some() {
        out.touched = Touched::Yes(Some(How::Packed));
        out.recorded = None;
        return out;
    }
    if let Some(id) = ids.go.as_deref().filter(|id| !id.is_empty()) {
        match ids.parts() {
            None => out.touched = Touched::Unknown("its Go build ID is none that go build writes"),
            Some([a, _, _, d]) if a == d => {
                out.touched = Touched::Unknown("its Go build ID is the linker's: go build did not finish it");
            }
            Some([.., d]) => judge(program, id, d, &mut out),
        }
    }
    if out.touched == Touched::No {
        if out.host_id_matches != Some(true) {
            out.not_covered.push("the first three parts of the Go build ID");
        }
        match (image.format, ids.host.is_some(), out.host_id_matches) {
            (Format::Elf, true, Some(false)) => out.not_covered.push("the GNU build ID"),
            (Format::MachO, true, Some(false)) => out.not_covered.push("the UUID"),
            _ => {}
        }
    }
    out
}

fn judge(program: &Program<'_>, id: &[u8], recorded: &str, out: &mut SelfCheck) {
    let image = program.image();
    let found = match image.container {
        // `go build` hashes a c-archive as a whole.
        Some(Sniffed::Archive) => vec![content::part(program.file(), id, &[])],
        _ => content::parts(image, id),
    };
    out.computed = found.first().cloned();
    if found.iter().any(|p| p == recorded) {
        out.computed = Some(recorded.to_string());
        out.touched = match signature::of(image) {
            signature::Made::ByGo | signature::Made::Nowhere => Touched::No,
            signature::Made::Otherwise => Touched::Yes(Some(How::SignatureOnly)),
            signature::Made::Unread => {
                out.not_covered.push("the signature");
                Touched::No
            }
        };
        return;
    }
    out.touched = Touched::Yes(undo::how(image, id, recorded));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_four_hashes_are_an_id_of_go_build() {
        let ids = |t: &'static str| Ids {
            go: Some(Cow::Borrowed(t.as_bytes())),
            host: None,
        };
        let real = "Yh3nzTXrRuLtz5jRzVPd/0u8PLSKCiDhvJYlsLTJ5/W-XUrx3Pm8vdRKfyYq_q/_Z8zzTXrRuLtz5jRzVPd";
        assert_eq!(ids(real).parts().map(|p| p[3]), Some("_Z8zzTXrRuLtz5jRzVPd"));
        assert_eq!(ids("redacted").parts(), None);
        assert_eq!(ids("a/b/c/d").parts(), None);
        assert_eq!(ids("").at_link(), None);
    }

    #[test]
    fn a_host_id_is_known_by_any_release_and_by_no_other_id() {
        let all = hosts(b"x/y/z/x");
        assert_eq!(all.len(), 9);
        let plain = Sha256::digest(b"x/y/z/x");
        assert_eq!(all[0][0], plain[0] ^ 0xff);
        assert_eq!(all[0][1..], plain[1..20]);
        assert_eq!(all[3][0], plain[0] ^ 1);
        assert!(all[6].iter().zip(plain.iter()).all(|(a, b)| *a == !b));
        let uuids = all.iter().filter(|u| u.len() == 16);
        assert!(uuids.clone().count() == 6 && uuids.clone().all(|u| u[6] >> 4 == 3));
        assert_eq!(all.iter().map(|u| u.get(8).map_or(0, |b| b >> 6)).nth(1), Some(2));
        assert_eq!(all.iter().map(|u| u.get(8).map_or(0, |b| b >> 6)).nth(2), Some(3));
    }
}
