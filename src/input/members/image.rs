//! docker-archive and OCI layouts, as a tar or a folder → the layers of their images, from the top down.
//!
//! Authority: the OCI image layout and image manifest specifications 1.1, and the `manifest.json` that
//! `docker save` writes. A dozen fields are read: no crate for the whole of OCI is worth that.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::path::Path;

use serde::Deserialize;

use super::overlay::{Overlay, clean};
use super::region::Spool;
use super::{COMPRESSED_HEAD, Done, HEAD, Input, Kind, Region, Walker, bad, words};
use crate::input::Entry;

/// The most that a manifest may be, and all of one image together.
const MANIFEST: u64 = 4 << 20;
const MANIFESTS: u64 = 32 << 20;

/// What was put aside of an archive because it may be a part of an image.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// By cleaned name: what may be a manifest.
    manifests: HashMap<Vec<u8>, Vec<u8>>,
    bytes: u64,
    /// What may be a layer, in the archive's order: cleaned name, name, contents.
    layers: Vec<(Vec<u8>, Vec<u8>, Region)>,
    /// Links: older Docker writes a layer once and links to it.
    links: HashMap<Vec<u8>, Vec<u8>>,
    /// Hard links to what may be a layer: name, and cleaned name of what they lead to.
    hard: Vec<(Vec<u8>, Vec<u8>)>,
    /// Names of everything else.
    others: HashSet<Vec<u8>>,
    spool: Spool,
}

impl Kept {
    /// Keeps what may be a part of an image; gives back what may not. It begins with `head`.
    ///
    /// # Errors
    /// What the reader or the system says.
    pub fn take<'r>(&mut self, name: &[u8], head: &[u8], input: Input<'r>) -> io::Result<Taken<'r>> {
        let path = clean(name);
        let may_be_layer = match Kind::sniff(head) {
            Some(Kind::Tar) => true,
            // Most blobs are layers; those that are not are looked at afterwards.
            Some(Kind::Compressed(_)) if path.starts_with(b"blobs/") => true,
            Some(Kind::Compressed(codec)) => {
                let inner = codec.head(head.get(..COMPRESSED_HEAD).unwrap_or(head), HEAD);
                Kind::sniff(&inner) == Some(Kind::Tar)
            }
            _ => false,
        };
        if may_be_layer {
            let region = match input {
                Input::Region(r) => r,
                Input::Stream(mut s, size, _) => {
                    let region = self.spool.append(&mut s)?;
                    if size.is_some_and(|s| s != region.len()) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    region
                }
            };
            self.layers.push((path, name.to_vec(), region));
            return Ok(Taken::Layer);
        }
        let root = matches!(&path[..], b"manifest.json" | b"index.json");
        let json = matches!(head.first(), Some(b'{' | b'['));
        if json && (root || path.starts_with(b"blobs/")) {
            let mut text = Vec::new();
            input.reader().take(MANIFEST + 1).read_to_end(&mut text)?;
            let size = text.len() as u64;
            if size <= MANIFEST && self.bytes + size <= MANIFESTS {
                self.bytes += size;
                self.manifests.insert(path, text);
            }
            return Ok(Taken::Manifest);
        }
        // Only what an image would name is remembered.
        if path.starts_with(b"blobs/") {
            self.others.insert(path);
        }
        Ok(Taken::Not(input))
    }

    /// A symbolic link from `name`, which is relative to its folder.
    pub fn symbolic_link(&mut self, name: &[u8], target: &[u8]) {
        if !name.ends_with(b".tar") && !name.starts_with(b"blobs/") || self.links.len() >= 10_000 {
            return;
        }
        let name = clean(name);
        let folder = memchr::memrchr(b'/', &name).map_or(&[][..], |i| &name[..i]);
        let target = clean(&[folder, b"/", target].concat());
        self.links.insert(name, target);
    }

    /// A hard link to what was kept as a layer under the path `target`.
    pub fn hard_link(&mut self, name: &[u8], target: Vec<u8>) {
        self.links.insert(clean(name), target.clone());
        self.hard.push((name.to_vec(), target));
    }

    fn layer(&self, name: &[u8]) -> Option<&(Vec<u8>, Vec<u8>, Region)> {
        let by_name = |n: &[u8]| self.layers.iter().find(|l| l.0 == n);
        by_name(name).or_else(|| by_name(self.links.get(name)?))
    }

    /// The layers of each image, lowest first, by cleaned name.
    fn images(&self) -> Vec<Vec<Vec<u8>>> {
        let mut out = Vec::new();
        if let Some(Ok(saved)) = self.json::<Vec<Saved>>(b"manifest.json") {
            out.extend(
                saved
                    .iter()
                    .map(|s| s.layers.iter().map(|l| clean(l.as_bytes())).collect::<Vec<_>>()),
            );
        }
        let mut seen = HashSet::new();
        let mut next = vec![b"index.json".to_vec()];
        while let Some(name) = next.pop() {
            let Some(Ok(document)) = self.json::<Document>(&name) else {
                continue;
            };
            if !seen.insert(name) {
                continue;
            }
            // An index names manifests or further indexes, each image a manifest.
            next.extend(document.manifests.iter().rev().filter_map(Descriptor::blob));
            let layers: Vec<_> = document.layers.iter().filter_map(Descriptor::layer).collect();
            if !layers.is_empty() {
                out.push(layers);
            }
        }
        out.dedup();
        out
    }

    fn json<'k, T: Deserialize<'k>>(&'k self, name: &[u8]) -> Option<serde_json::Result<T>> {
        Some(serde_json::from_slice(self.manifests.get(name)?))
    }
}

/// What became of something that was looked at as a part of an image.
pub(super) enum Taken<'r> {
    /// It may be a layer, and is kept.
    Layer,
    /// It may be a manifest, and is kept if it is not too large.
    Manifest,
    /// It is none.
    Not(Input<'r>),
}

/// One image in the `manifest.json` of `docker save`.
#[derive(Deserialize)]
struct Saved {
    #[serde(rename = "Layers")]
    layers: Vec<String>,
}

/// An OCI index or manifest.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    manifests: Vec<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    #[serde(default, rename = "mediaType")]
    media_type: String,
}

impl Descriptor {
    fn blob(&self) -> Option<Vec<u8>> {
        let (algorithm, hex) = self.digest.split_once(':')?;
        Some(clean(format!("blobs/{algorithm}/{hex}").as_bytes()))
    }

    /// Statements about an image (in-toto) are no layers of its file system.
    fn layer(&self) -> Option<Vec<u8>> {
        self.blob().filter(|_| !self.media_type.contains("in-toto"))
    }
}

impl Walker<'_> {
    /// The folder of an OCI layout; `entries` are the files in it.
    pub(super) fn image_folder(&mut self, folder: &Path, entries: &[Entry]) -> Done {
        let mut kept = Kept::default();
        for entry in entries.iter().filter(|e| !e.symlink) {
            let name = entry.path.strip_prefix(folder).unwrap_or(&entry.path);
            let name = name.as_os_str().as_encoded_bytes().to_vec();
            self.named(name.clone(), |w| {
                let peeked = Region::open(&entry.path, w.options.guard).and_then(|r| Input::Region(r).peek());
                let taken = peeked.and_then(|(head, input)| Ok((kept.take(&name, &head, input)?, head)));
                match taken {
                    Ok((Taken::Not(input), head)) => w.begun(&head, input),
                    Ok(_) => Ok(()),
                    Err(e) => w.tell(Err(bad(words(&e, "file")))),
                }
            })?;
        }
        self.image(kept)
    }

    /// What was kept of an archive: the images in it layer by layer, then whatever belongs to none.
    pub(super) fn image(&mut self, kept: Kept) -> Done {
        let images = kept.images();
        let mut used = HashSet::new();
        let mut overlay = Overlay::default();
        for image in &images {
            overlay.image();
            for name in image.iter().rev() {
                let Some((path, shown, region)) = kept.layer(name) else {
                    if !kept.others.contains(name) && used.insert(&name[..]) {
                        let missing = bad("is named as a layer and not in the image");
                        self.named(name.clone(), |w| w.tell(Err(missing)))?;
                    }
                    continue;
                };
                let first = used.insert(&path[..]);
                if self.options.all_layers {
                    if first {
                        self.named(shown.clone(), |w| w.item(Input::Region(region.clone())))?;
                    }
                    continue;
                }
                overlay.layer(path);
                self.overlay = Some(overlay);
                let done = self.named(shown.clone(), |w| w.item(Input::Region(region.clone())));
                // A layer that can't be read to its end hides what was seen of it.
                overlay = self.overlay.take().unwrap_or_default();
                done?;
            }
        }
        for (path, shown, region) in &kept.layers {
            if !used.contains(&path[..]) {
                self.named(shown.clone(), |w| w.item(Input::Region(region.clone())))?;
            }
        }
        for (shown, target) in &kept.hard {
            let Some((path, _, region)) = kept.layer(target) else {
                continue;
            };
            if !used.contains(&path[..]) && !used.contains(&clean(shown)[..]) {
                self.named(shown.clone(), |w| w.item(Input::Region(region.clone())))?;
            }
        }
        Ok(())
    }
}
