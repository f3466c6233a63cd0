//! Paths and a part of them → the files, and folders of images, to walk through, in order.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::input::{self, members};

/// One of several parts of the work. Which part a file belongs to depends on its path alone, so that machines
/// need not see the same files to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    /// From 0.
    index: u64,
    count: u64,
}

impl Shard {
    /// Parses `2/8`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(s: &str) -> Result<Shard, String> {
        let parsed = s.split_once('/').and_then(|(i, n)| {
            let (i, count) = (i.parse::<u64>().ok()?, n.parse::<u64>().ok()?);
            let index = i.checked_sub(1)?;
            (index < count).then_some(Shard { index, count })
        });
        parsed.ok_or_else(|| "a part looks like 2/8, from 1/8 to 8/8".into())
    }

    fn has(self, path: &Path) -> bool {
        let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
        let first = digest.first_chunk::<8>().map_or(0, |b| u64::from_be_bytes(*b));
        first % self.count == self.index
    }
}

/// Files and folders of images in order; folders that can't be read, with what the system says.
type Expanded = (Vec<PathBuf>, Vec<(PathBuf, std::io::Error)>);

/// The files below folders, folders that are images as one, and whatever else is named. Symbolic links are
/// followed where they are named only: what they lead to is told where it is.
pub(super) fn expand(paths: &[PathBuf], shard: Option<Shard>) -> Expanded {
    let (mut out, mut unread) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for path in paths {
        if path.as_os_str() == "-" || !path.is_dir() || members::is_image_folder(path) {
            out.push(path.clone());
            continue;
        }
        let walked = input::walk(path);
        unread.extend(walked.unread);
        let found: Vec<PathBuf> = walked
            .entries
            .into_iter()
            .filter(|e| !e.symlink)
            .map(|e| e.path)
            .collect();
        let marked = found
            .iter()
            .filter(|f| f.file_name().is_some_and(|n| n == "oci-layout"))
            .filter_map(|f| f.parent());
        let images: BTreeSet<PathBuf> = marked
            .filter(|p| members::is_image_folder(p))
            .map(Path::to_path_buf)
            .collect();
        for file in found {
            match file.ancestors().skip(1).find(|p| images.contains(*p)) {
                None => out.push(file),
                Some(image) if seen.insert(image.to_path_buf()) => out.push(image.to_path_buf()),
                Some(_) => {}
            }
        }
    }
    out.retain(|p| shard.is_none_or(|s| s.has(p)));
    (out, unread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_disjoint_and_are_all() {
        assert!(
            ["0/2", "3/2", "1", "1/0", "a/b"]
                .iter()
                .all(|s| Shard::parse(s).is_err())
        );
        let parts: Vec<Shard> = (1..=3)
            .map(|i| Shard::parse(&format!("{i}/3")).unwrap())
            .collect();
        let mut counts = [0; 3];
        for i in 0..300 {
            let path = PathBuf::from(format!("dir/file{i}"));
            let owners: Vec<usize> = (0..3).filter(|&p| parts[p].has(&path)).collect();
            assert_eq!(owners.len(), 1);
            counts[owners[0]] += 1;
        }
        assert!(counts.iter().all(|&c| c > 60), "{counts:?}");
    }

    #[test]
    fn the_folder_of_an_image_is_one() {
        let dir = std::env::temp_dir().join(format!("gospect-scan-subjects-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("image/blobs/sha256")).unwrap();
        for f in [
            "image/oci-layout",
            "image/index.json",
            "image/blobs/sha256/a",
            "z",
            "b",
        ] {
            std::fs::write(dir.join(f), b"").unwrap();
        }
        let found = expand(std::slice::from_ref(&dir), None).0;
        assert_eq!(found, [dir.join("b"), dir.join("image"), dir.join("z")]);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
