//! What the upper layers of an image hide of the lower ones.
//!
//! Authority: the OCI image layer specification, "Whiteouts", which Docker's older format has too. Layers are
//! read from the top down, so that what is hidden is known when a layer comes.

use std::collections::{HashMap, HashSet};
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
    /// Entries of the layer that were listed.
    listed: u32,
    /// Which entries of the layer are the last of their path: of any kind, and that is no folder.
    last: HashMap<u64, (u32, u32)>,
    /// Entries of the layer that were read.
    read: u32,
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
        self.last.clear();
        (self.listed, self.read) = (0, 0);
    }

    /// An entry that the layer has, in their order, before any is read: a path may be in it several times,
    /// and then the last one counts. `path` is a cleaned name.
    pub fn list(&mut self, path: &[u8], folder: bool) {
        self.listed += 1;
        let last = self.last.entry(self.keys.hash_one(path)).or_default();
        last.0 = self.listed;
        if !folder {
            last.1 = self.listed;
        }
    }

    /// Does the layer itself replace its entry by a later one, or by a file in place of a folder above it?
    fn replaced(&self, path: &[u8]) -> bool {
        let last = |path: &[u8]| {
            self.last
                .get(&self.keys.hash_one(path))
                .copied()
                .unwrap_or_default()
        };
        let above = |end: usize| path.get(..end).is_some_and(|path| last(path).1 > self.read);
        last(path).0 > self.read || memchr::memchr_iter(b'/', path).any(above)
    }

    /// The next entry of the layer, by its cleaned name: can it be seen, and is it told for the first time?
    pub fn entry(&mut self, path: &[u8], folder: bool) -> bool {
        self.read += 1;
        let (parent, base) = match memchr::memrchr(b'/', path) {
            Some(i) => (&path[..i], &path[i + 1..]),
            None => (&path[..0], path),
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
        let key = self.keys.hash_one(path);
        let mut hidden = self.replaced(path);
        hidden |= self.above.gone.contains(&key) || !folder && self.above.folders.contains(&key);
        if !(self.above.gone.is_empty() && self.above.opaque.is_empty()) {
            let ends = memchr::memchr_iter(b'/', path);
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

    fn entry(o: &mut Overlay, name: &[u8], folder: bool) -> bool {
        o.entry(&clean(name), folder)
    }

    #[test]
    fn upper_layers_hide_what_they_delete_replace_or_empty() {
        let mut o = Overlay::default();
        o.image();
        o.layer(b"top");
        assert!(!entry(&mut o, b"bin/.wh.gone", false));
        assert!(!entry(&mut o, b"opt/.wh..wh..opq", false));
        assert!(entry(&mut o, b"opt/new", false));
        assert!(entry(&mut o, b"./usr/bin/changed", false));
        assert!(entry(&mut o, b"was-folder", false));
        assert!(entry(&mut o, b"was-file/", true));
        o.layer(b"bottom");
        assert!(!entry(&mut o, b"bin/gone", false));
        assert!(!entry(&mut o, b"bin/gone/below", false));
        assert!(entry(&mut o, b"bin/gone2", false));
        assert!(!entry(&mut o, b"opt/old/deep", false));
        assert!(entry(&mut o, b"opt2/old", false));
        assert!(!entry(&mut o, b"/usr/bin/changed", false));
        assert!(!entry(&mut o, b"was-folder/x", false));
        assert!(!entry(&mut o, b"was-file", false));
        assert!(entry(&mut o, b"usr/bin/kept", false));
        // Another image with the same bottom layer: what was told is not told again, what was hidden there is
        // told.
        o.image();
        o.layer(b"bottom");
        assert!(!entry(&mut o, b"usr/bin/kept", false));
        assert!(entry(&mut o, b"bin/gone", false));
    }

    #[test]
    fn of_what_a_layer_has_twice_the_last_counts() {
        let mut o = Overlay::default();
        o.image();
        o.layer(b"only");
        let entries: [(&[u8], bool, bool); 8] = [
            (b"bin", true, true),
            (b"bin/a", false, false),
            (b"bin/b", false, true),
            (b"bin/a", false, true),
            (b"d/below", false, false),
            (b"d", false, false),
            (b"d", true, true),
            (b"d/below", false, true),
        ];
        for (name, folder, _) in entries {
            o.list(name, folder);
        }
        for (i, (name, folder, seen)) in entries.into_iter().enumerate() {
            assert_eq!(o.entry(name, folder), seen, "{i}");
        }
    }

    #[test]
    fn names_are_paths_below_the_root() {
        assert_eq!(clean(b"./a//b/../c/"), b"a/c");
        assert_eq!(clean(b"../../x"), b"x");
        assert_eq!(clean(b"/"), b"");
    }
}
