//! What was done to a file after the link, told only where undoing it gives the very file that `go build`
//! wrote.

use super::How;
use super::content::{part, parts};
use crate::image::pe::DIR_SECURITY;
use crate::image::{Detail, Image};

/// Offsets in a PE optional header: the checksum, and the data directories of PE32 and PE32+.
const CHECKSUM: usize = 64;
const DIRECTORIES: [usize; 2] = [96, 112];
/// A signature starts at a multiple of this.
const SIGNATURE_ALIGN: usize = 8;

/// How a file came to differ from what its content part was made of.
pub(super) fn how(image: &Image<'_>, id: &[u8], recorded: &str) -> Option<How> {
    if without_authenticode(image, id, recorded) == Some(true) {
        return Some(How::Signed);
    }
    let end = usize::try_from(image.extent()).ok()?;
    let whole = image.data.get(..end).filter(|w| w.len() < image.data.len())?;
    let cut = Image::parse(whole).ok()?;
    let was = parts(&cut, id).iter().any(|p| p == recorded);
    was.then(|| How::Appended((image.data.len() - end) as u64))
}

/// Is the file what `go build` wrote, once the Windows signature is taken off?
fn without_authenticode(image: &Image<'_>, id: &[u8], recorded: &str) -> Option<bool> {
    let Detail::Pe(pe) = &image.detail else {
        return None;
    };
    let &(start, size) = pe.directories.get(DIR_SECURITY).filter(|d| d.1 > 0)?;
    let start = start as usize;
    // What stands behind a signature was added as well.
    if start.checked_add(size as usize)? < image.data.len() {
        return None;
    }
    let mut bytes = image.data.get(..start)?.to_vec();
    let optional = usize::try_from(pe.coff_offset).ok()?.checked_add(20)?;
    let wide = bytes.get(optional..optional + 2)? == [0x0b, 0x02];
    bytes
        .get_mut(optional + CHECKSUM..optional + CHECKSUM + 4)?
        .fill(0);
    let at = optional + DIRECTORIES[usize::from(wide)] + 8 * DIR_SECURITY;
    bytes.get_mut(at..at + 8)?.fill(0);
    // Zeros may have been added to align it.
    for _ in 0..SIGNATURE_ALIGN {
        if part(&bytes, id, &[]) == recorded {
            return Some(true);
        }
        if bytes.pop() != Some(0) {
            break;
        }
    }
    Some(false)
}
