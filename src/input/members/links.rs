//! Hard links of tar and cpio: names for contents that the archive has in one place, which is another name's.
//!
//! What stands in the file as it is can be looked at again at once. Of a stream, the places are noted, and
//! when it was read to its end, it is read once more for all of them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, Read};

use super::origin::{Origin, skip};
use super::region::Spool;
use super::{Budget, Done, Input, Region, Walker, bad, words};

/// Where the contents of a file are.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Region(Region),
    /// In the archive's stream: offset and bytes.
    Stream(u64, u64),
    /// Put aside, under this path, because it may be a layer of an image.
    Layer(Vec<u8>),
}

/// What is known of a path in the archive.
#[derive(Debug)]
pub(super) enum Known {
    /// There is no such path before.
    Missing,
    /// Nothing in it is worth reading.
    Dull,
    Worth(Place),
}

/// The paths of a tar up to now. They are kept as keyed hashes, as those of layers are.
#[derive(Debug, Default)]
pub(super) struct Paths {
    keys: RandomState,
    seen: HashSet<u64>,
    worth: HashMap<u64, Place>,
}

/// Paths of a tar that are remembered; hard links to what comes after them are not followed, and told.
const PATHS: usize = 1 << 21;

impl Paths {
    /// There is a file called `path`, in place of what was called so.
    pub fn put(&mut self, path: &[u8], place: Option<Place>) {
        let key = self.keys.hash_one(path);
        if self.seen.len() < PATHS {
            self.seen.insert(key);
        }
        match place {
            Some(place) if self.seen.contains(&key) => self.worth.insert(key, place),
            _ => self.worth.remove(&key),
        };
    }

    pub fn get(&self, path: &[u8]) -> Known {
        let key = self.keys.hash_one(path);
        match self.worth.get(&key) {
            Some(place) => Known::Worth(place.clone()),
            None if self.seen.contains(&key) => Known::Dull,
            None => Known::Missing,
        }
    }
}

/// Names of what is in a stream, for when it was read to its end.
#[derive(Debug, Default)]
pub(super) struct Later {
    /// By offset: bytes, and the names.
    places: BTreeMap<u64, (u64, Vec<Vec<u8>>)>,
}

/// How much is kept of names.
#[derive(Debug, Default)]
pub(super) struct Names(usize);

impl Names {
    /// Is there room for one more?
    pub fn take(&mut self, name: &[u8]) -> bool {
        self.0 += name.len() + 64;
        self.0 <= 32 << 20
    }
}

impl Later {
    pub fn put(&mut self, at: u64, size: u64, name: Vec<u8>) {
        let place = self.places.entry(at).or_insert((size, Vec::new()));
        place.1.push(name);
    }
}

/// The contents at some offsets of a stream, in ascending order.
struct Again<'o> {
    origin: &'o Origin,
    stream: Option<Box<dyn BufRead>>,
    at: u64,
}

impl Again<'_> {
    fn get(&mut self, budget: &Budget, at: u64, size: u64) -> io::Result<Region> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => self.stream.insert(self.origin.open(budget)?),
        };
        skip(stream, at.saturating_sub(self.at))?;
        let region = Spool::default().append(&mut stream.take(size))?;
        self.at = at.saturating_add(size);
        match region.len() == size {
            true => Ok(region),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Walker<'_> {
    /// Reads what is at `origin` once more for the names that were put aside.
    pub(super) fn linked(&mut self, origin: &Origin, later: Later) -> Done {
        let mut again = Again {
            origin,
            stream: None,
            at: 0,
        };
        for (at, (size, names)) in later.places {
            let got = again.get(&self.budget, at, size);
            for name in names {
                self.named(name, |w| match &got {
                    Ok(region) => w.item(Input::Region(region.clone())),
                    Err(e) => w.tell(Err(bad(words(e, "contents of a hard link")))),
                })?;
            }
        }
        Ok(())
    }
}
