//! What the upper layers of an image hide of the lower ones.
//!
//! Authority: the OCI image layer specification, "Whiteouts", which Docker's older format has too. Layers are
//! read from the top down, so that what is hidden is known when a layer comes.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Paths are kept as keyed hashes: an image has up to millions of them, and no image can make two of them
/// equal on purpose.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    keys: RandomState,
    above: Paths,
    here: Paths,
    /// The layer that is read.
    layer: u64,
    /// Files that were told, by layer and path: images in one archive share layers.
    told: HashSet<u64>,
    /// Those of the layer that is read.
    telling: Vec<u64>,
}

#[derive(Debug, Default)]
struct Paths {
    /// Files and whiteouts: hide what is called so, and what lies below.
    gone: HashSet<u64>,
    /// Folders: hide a file that is called so.
    folders: HashSet<u64>,
    /// Folders of which nothing is left.
    opaque: HashSet<u64>,
}

impl Overlay {
    /// Begins another image, of which nothing is hidden yet.
    pub fn image(&mut self) {
        self.above = Paths::default();
        self.here = Paths::default();
    }

    /// Begins the next layer down.
    pub fn layer(&mut self, name: &[u8]) {
        let here = std::mem::take(&mut self.here);
        self.above.gone.extend(here.gone);
        self.above.folders.extend(here.folders);
        self.above.opaque.extend(here.opaque);
        self.told.extend(self.telling.drain(..));
        self.layer = self.keys.hash_one(name);
    }

    /// An entry of the layer: can it be seen, and is it told for the first time?
    pub fn entry(&mut self, name: &[u8], folder: bool) -> bool {
        let path = clean(name);
        let (parent, base) = match memchr::memrchr(b'/', &path) {
            Some(i) => (&path[..i], &path[i + 1..]),
            None => (&path[..0], &path[..]),
        };
        if base == b".wh..wh..opq" {
            self.here.opaque.insert(self.keys.hash_one(parent));
            return false;
        }
        if let Some(gone) = base.strip_prefix(b".wh.") {
            let gone = [parent, if parent.is_empty() { b"" } else { b"/" }, gone].concat();
            self.here.gone.insert(self.keys.hash_one(&gone[..]));
            return false;
        }
        let key = self.keys.hash_one(&path[..]);
        let mut hidden = self.above.gone.contains(&key) || !folder && self.above.folders.contains(&key);
        if !(self.above.gone.is_empty() && self.above.opaque.is_empty()) {
            let ends = memchr::memchr_iter(b'/', &path);
            for end in std::iter::once(0).chain(ends) {
                let key = self.keys.hash_one(&path[..end]);
                hidden |= self.above.opaque.contains(&key) || end > 0 && self.above.gone.contains(&key);
            }
        }
        if folder {
            self.here.folders.insert(key);
        } else {
            self.here.gone.insert(key);
        }
        let place = self.keys.hash_one((self.layer, key));
        let told = self.told.contains(&place);
        if !hidden && !told && !folder {
            self.telling.push(place);
        }
        !hidden && !told
    }
}

/// A member's name as a path below the root: `./a//b/../c` is `a/c`.
pub(super) fn clean(name: &[u8]) -> Vec<u8> {
    let mut out: Vec<&[u8]> = Vec::new();
    for part in name.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out.join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_layers_hide_what_they_delete_replace_or_empty() {
        let mut o = Overlay::default();
        o.image();
        o.layer(b"top");
        assert!(!o.entry(b"bin/.wh.gone", false));
        assert!(!o.entry(b"opt/.wh..wh..opq", false));
        assert!(o.entry(b"opt/new", false));
        assert!(o.entry(b"./usr/bin/changed", false));
        assert!(o.entry(b"was-folder", false));
        assert!(o.entry(b"was-file/", true));
        o.layer(b"bottom");
        assert!(!o.entry(b"bin/gone", false));
        assert!(!o.entry(b"bin/gone/below", false));
        assert!(o.entry(b"bin/gone2", false));
        assert!(!o.entry(b"opt/old/deep", false));
        assert!(o.entry(b"opt2/old", false));
        assert!(!o.entry(b"/usr/bin/changed", false));
        assert!(!o.entry(b"was-folder/x", false));
        assert!(!o.entry(b"was-file", false));
        assert!(o.entry(b"usr/bin/kept", false));
        // Another image with the same bottom layer: what was told is not told again, what was hidden there is
        // told.
        o.image();
        o.layer(b"bottom");
        assert!(!o.entry(b"usr/bin/kept", false));
        assert!(o.entry(b"bin/gone", false));
    }

    #[test]
    fn names_are_paths_below_the_root() {
        assert_eq!(clean(b"./a//b/../c/"), b"a/c");
        assert_eq!(clean(b"../../x"), b"x");
        assert_eq!(clean(b"/"), b"");
    }
}
