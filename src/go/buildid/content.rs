//! The content part of a Go build ID: SHA-256 of the file with the ID, and what depends on it, zeroed.

use sha2::{Digest, Sha256};

use super::{PART, uuid_place};
use crate::image::{Detail, Image};

/// Bytes of a GNU note before its contents: three numbers and the name.
const NOTE_HEAD: u64 = 16;

/// A range of bytes of the image.
pub(super) type Span = (usize, usize);

/// The content parts that Go's releases make of an image with this ID: first as Go 1.22 and later do, which
/// leaves out the host's ID, then as before, where that is another.
pub(super) fn parts(image: &Image<'_>, id: &[u8]) -> Vec<String> {
    let signature: Vec<Span> = signature(image).into_iter().collect();
    let mut out = Vec::new();
    let mut with_host = signature.clone();
    with_host.extend(host_id(image));
    out.push(part(image.data, id, &with_host));
    if with_host.len() > signature.len() {
        out.push(part(image.data, id, &signature));
    }
    out
}

/// The content part of bytes, of which `left_out` count as zeros.
pub(super) fn part(data: &[u8], id: &[u8], left_out: &[Span]) -> String {
    let mut zeros: Vec<Span> = left_out
        .iter()
        .map(|&(a, b)| (a.min(data.len()), b.min(data.len())))
        .filter(|(a, b)| a < b)
        .collect();
    // Where an ID was zeroed before, it is not found again.
    let apart = |at: usize| zeros.iter().all(|&(a, b)| at + id.len() <= a || b <= at);
    let ids: Vec<Span> = memchr::memmem::find_iter(data, id)
        .filter(|at| apart(*at))
        .map(|at| (at, at + id.len()))
        .collect();
    zeros.extend(ids);
    zeros.sort_unstable();
    let mut hash = Sha256::new();
    let mut done = 0;
    for (a, b) in zeros {
        let a = a.max(done);
        if b <= a {
            continue;
        }
        hash.update(&data[done..a]);
        blank(&mut hash, b - a);
        done = b;
    }
    hash.update(&data[done..]);
    text(&hash.finalize())
}

fn blank(hash: &mut Sha256, mut n: usize) {
    const ZEROS: [u8; 4096] = [0; 4096];
    while n > 0 {
        let now = n.min(ZEROS.len());
        hash.update(&ZEROS[..now]);
        n -= now;
    }
}

/// A hash as IDs have it: its first 15 bytes in base 64 of URLs (cmd/internal/buildid, `HashToString`).
fn text(hash: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::with_capacity(PART);
    for c in hash.chunks_exact(3).take(PART / 4) {
        let v = u32::from(c[0]) << 16 | u32::from(c[1]) << 8 | u32::from(c[2]);
        out.extend([18, 12, 6, 0].map(|s| char::from(DIGITS[(v >> s & 63) as usize])));
    }
    out
}

/// The contents of the GNU note by its section's name, or of the UUID's load command.
fn host_id(image: &Image<'_>) -> Option<Span> {
    if matches!(image.detail, Detail::MachO(_)) {
        return uuid_place(image);
    }
    let s = image
        .section(".note.gnu.build-id")
        .filter(|_| matches!(image.detail, Detail::Elf(_)))?;
    let start = usize::try_from(s.offset.checked_add(NOTE_HEAD)?).ok()?;
    let end = usize::try_from(s.offset.checked_add(s.file_size)?).ok()?;
    (start < end).then_some((start, end))
}

/// The code signature of a Mach-O file.
pub(super) fn signature(image: &Image<'_>) -> Option<Span> {
    let Detail::MachO(m) = &image.detail else {
        return None;
    };
    let d = m.link_data.iter().find(|d| d.what == "code signature")?;
    let start = usize::try_from(d.offset).ok()?;
    Some((start, start.checked_add(usize::try_from(d.size).ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_and_what_is_left_out_count_as_zeros() {
        let id = b"ABCDEFGH";
        let file = b"head ABCDEFGH middle ABCDEFGHABCDEFGH tail";
        let mut zeroed = file.to_vec();
        zeroed[5..13].fill(0);
        zeroed[21..37].fill(0);
        assert_eq!(part(file, id, &[]), text(&Sha256::digest(&zeroed)));
        zeroed[38..].fill(0);
        zeroed[14..16].fill(0);
        let spans = [(38, 9999), (14, 16), (16, 16)];
        assert_eq!(part(file, id, &spans), text(&Sha256::digest(&zeroed)));
    }

    #[test]
    fn a_hash_reads_as_go_writes_it() {
        // Of the empty text; base64 -w0 | tr +/ -_ of the first 15 bytes.
        assert_eq!(text(&Sha256::digest(b"")), "47DEQpj8HBSa-_TImW-5");
    }
}
