//! A file, or the folder of an OCI image → what is in it, member by member, however deep: tar, zip, deb, rpm,
//! cpio and single compressed files in each other, and container images as the container would see them.
//!
//! Nothing is written but unlinked temporary files. A member that stands in a file as it is gets mapped from
//! there; one that must be unpacked is in memory, alone, or in an unlinked file where it is large. All sizes
//! are an attacker's: what may come out of one file is bounded by a multiple of its size, nesting by a depth,
//! what decoders keep by a window. A member that can't be read is told, and the others go on. This room knows
//! no binary: the caller says by the first bytes what is worth reading.

mod codec;
mod image;
mod links;
mod origin;
mod overlay;
mod packages;
mod region;
mod tar;
mod zip;

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;

use super::Bytes;
use super::fault::Guard;
use codec::Codec;
use origin::Origin;
use overlay::Overlay;
pub use region::Region;

/// What is read of, and how.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many archives and compressions may lie in each other.
    pub depth: usize,
    /// Of an image, also what its upper layers delete or replace.
    pub all_layers: bool,
    /// May files be mapped? What stands in a file as it is is read into memory otherwise.
    pub guard: Option<Guard>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            depth: 16,
            all_layers: false,
            guard: None,
        }
    }
}

/// Something in a file that is no archive, image or compressed file itself.
#[derive(Debug)]
pub struct Member {
    /// What it is called in the file, outermost first, as the archives say; none for the file itself.
    pub names: Vec<Vec<u8>>,
    /// All of it.
    pub bytes: Bytes,
}

/// Who is told of members. [`ControlFlow::Break`] ends the walk.
pub trait Visit {
    /// Is what begins with `head` (512 bytes, or all of it) worth reading? What is not is never taken into
    /// memory.
    fn wants(&mut self, head: &[u8]) -> bool;
    /// Is what is called `names` known already, and need not be read?
    fn known(&mut self, names: &[Vec<u8>]) -> bool;
    /// `size` bytes are about to be taken into memory, or nobody knows how many: may wait until there is
    /// room.
    fn room(&mut self, size: Option<u64>);
    /// A member. Each call follows one of `room`.
    fn member(&mut self, member: Member) -> ControlFlow<()>;
    /// What is called `names` could not be read, or not to its end.
    fn trouble(&mut self, names: &[Vec<u8>], what: String) -> ControlFlow<()>;
}

/// Bytes that may come out of a file for each of its own, over [`FREE`].
const RATIO: u64 = 200;
/// Bytes that may come out of the smallest file.
const FREE: u64 = 4 << 30;
/// Bytes at the start that tell what something is.
const HEAD: usize = 512;
/// What is being read when something is looked at.
const FIRST: &str = "its first bytes";
/// Bytes at the start of something compressed that are enough to tell what is in it: a zstd block may have
/// 128 KiB.
const COMPRESSED_HEAD: usize = 1 << 18;
/// A member of more bytes waits in an unlinked file.
const IN_MEMORY: u64 = 256 << 20;
/// How often one file may say that something in it can't be read.
const TROUBLES: u32 = 1000;

/// Walks through a regular file, or the folder of an image (see [`is_image_folder`]).
///
/// # Errors
/// What the system says of the file itself. What is wrong within it goes to the visitor.
pub fn walk(path: &Path, visit: &mut dyn Visit, options: Options) -> io::Result<ControlFlow<()>> {
    let label = path.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
    if path.is_dir() {
        let super::Walk { entries, unread } = super::walk(path);
        let size = entries
            .iter()
            .filter_map(|e| e.path.symlink_metadata().ok())
            .map(|m| m.len())
            .sum();
        let mut walker = Walker::new(visit, options, label, size);
        for (folder, e) in unread {
            let what = format!("{} can't be read: {e}", folder.display());
            if walker.visit.trouble(&[], what).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        return Ok(flow(walker.image_folder(path, &entries)));
    }
    let region = Region::open(path, options.guard)?;
    Ok(walk_region(region, label, visit, options))
}

/// As [`walk`], for bytes that are in memory already: standard input.
pub fn walk_bytes(bytes: Vec<u8>, visit: &mut dyn Visit, options: Options) -> ControlFlow<()> {
    walk_region(Region::memory(bytes), Vec::new(), visit, options)
}

fn walk_region(region: Region, label: Vec<u8>, visit: &mut dyn Visit, options: Options) -> ControlFlow<()> {
    let mut walker = Walker::new(visit, options, label, region.len());
    flow(walker.item(Input::Region(region)))
}

fn flow(done: Done) -> ControlFlow<()> {
    match done {
        Err(End::Stopped) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    }
}

/// Is what begins with `head` opened, rather than told as it is?
pub fn is_container(head: &[u8]) -> bool {
    Kind::sniff(head).is_some()
}

/// Is this folder an image of its own: an OCI layout?
pub fn is_image_folder(folder: &Path) -> bool {
    folder.join("oci-layout").is_file() && folder.join("index.json").is_file()
}

/// What can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Compressed(Codec),
    Tar,
    Zip,
    Deb,
    Rpm,
    Cpio,
}

impl Kind {
    fn sniff(head: &[u8]) -> Option<Kind> {
        if let Some(codec) = Codec::sniff(head) {
            return Some(Kind::Compressed(codec));
        }
        match head {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Some(Kind::Zip),
            [0xed, 0xab, 0xee, 0xdb, ..] => Some(Kind::Rpm),
            _ if head.starts_with(b"!<arch>\ndebian-binary") => Some(Kind::Deb),
            _ if packages::is_cpio(head) => Some(Kind::Cpio),
            _ if tar::is_tar(head) => Some(Kind::Tar),
            _ => None,
        }
    }
}

/// What a member is read from.
enum Input<'r> {
    Region(Region),
    /// From front to back, with its bytes where they are known, and how to have it once more.
    Stream(Box<dyn Read + 'r>, Option<u64>, Origin),
}

impl<'r> Input<'r> {
    /// The first bytes, and the input as it was.
    fn peek(self) -> io::Result<(Vec<u8>, Input<'r>)> {
        match self {
            Input::Region(r) => {
                let mut head = r.head(HEAD)?;
                if Codec::sniff(&head).is_some() {
                    head = r.head(COMPRESSED_HEAD)?;
                }
                Ok((head, Input::Region(r)))
            }
            Input::Stream(mut s, size, origin) => {
                let mut head = Vec::with_capacity(HEAD);
                s.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
                if Codec::sniff(&head).is_some() && head.len() == HEAD {
                    let more = (COMPRESSED_HEAD - HEAD) as u64;
                    // A stream that is cut here is told when it is read.
                    let _ = s.by_ref().take(more).read_to_end(&mut head);
                }
                let whole = Cursor::new(head.clone()).chain(s);
                Ok((head, Input::Stream(Box::new(whole), size, origin)))
            }
        }
    }

    fn origin(&self) -> Origin {
        match self {
            Input::Region(r) => Origin::Region(r.clone()),
            Input::Stream(.., origin) => origin.clone(),
        }
    }

    fn reader(self) -> Box<dyn BufRead + 'r> {
        match self {
            Input::Region(r) => Box::new(r.reader()),
            Input::Stream(s, ..) => Box::new(BufReader::with_capacity(1 << 16, s)),
        }
    }
}

/// Why a part of the walk ended early.
enum End {
    /// This can't be read, or not further; not told yet.
    Bad(String),
    /// The visitor has had enough, or the budget is spent, which was told.
    Stopped,
}

type Done = Result<(), End>;

fn bad(what: impl Into<String>) -> End {
    End::Bad(what.into())
}

/// What a reader says, in words: what is wrong, and in which structure.
fn words(e: &io::Error, structure: &str) -> String {
    if e.kind() == io::ErrorKind::UnexpectedEof {
        return format!("is cut short ({structure})");
    }
    let text = e.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    format!("{} ({structure})", plain(text))
}

/// Text of others, fit to be told.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// What may still come out of the file.
#[derive(Clone)]
struct Budget(Rc<Cell<u64>>);

impl Budget {
    /// Takes `n`; `false` where there is less, of which nothing is left then.
    fn take(&self, n: u64) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(n));
        n <= left
    }
}

/// What is said of what passes the budget, if [`Walker::tell`] does not say it better.
const TOO_MUCH: &str = "unpacks to too much";

/// Counts what a decoder gives against the budget.
struct Meter<R> {
    from: R,
    budget: Budget,
}

impl<R: Read> Read for Meter<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.0.get();
        let most = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if most == 0 && !buf.is_empty() {
            return Err(io::Error::other(TOO_MUCH));
        }
        let n = self.from.read(buf.get_mut(..most).unwrap_or_default())?;
        self.budget.take(n as u64);
        Ok(n)
    }
}

struct Walker<'v> {
    visit: &'v mut dyn Visit,
    options: Options,
    /// The file's own name, for what is named after it.
    label: Vec<u8>,
    names: Vec<Vec<u8>>,
    depth: usize,
    /// How many decoders are at work, each on the other's output.
    decoders: usize,
    budget: Budget,
    spent: u64,
    troubles: u32,
    /// For the next tar: it is a layer of an image, and this is what lies above it.
    overlay: Option<Overlay>,
}

impl<'v> Walker<'v> {
    fn new(visit: &'v mut dyn Visit, options: Options, label: Vec<u8>, size: u64) -> Self {
        let most = size.saturating_mul(RATIO).saturating_add(FREE);
        Walker {
            visit,
            options,
            label,
            names: Vec::new(),
            depth: 0,
            decoders: 0,
            budget: Budget(Rc::new(Cell::new(most))),
            spent: most,
            troubles: 0,
            overlay: None,
        }
    }

    /// Whatever is in `input`, which is called `names`. What is wrong with it is told.
    fn item(&mut self, input: Input<'_>) -> Done {
        let done = self.try_item(input);
        self.tell(done)
    }

    /// Tells what is wrong, and goes on where that can be.
    fn tell(&mut self, done: Done) -> Done {
        let Err(End::Bad(what)) = done else {
            return done;
        };
        let spent = self.budget.0.get() == 0;
        self.troubles += 1;
        let what = match (spent, self.troubles) {
            (true, _) => format!("unpacks to more than {} bytes; the rest is not read", self.spent),
            (_, TROUBLES) => {
                "more in it can't be read, which is not told one by one; the rest is not read".into()
            }
            _ => what,
        };
        let told = self.visit.trouble(&self.names, what);
        if spent || self.troubles >= TROUBLES || told.is_break() {
            return Err(End::Stopped);
        }
        Ok(())
    }

    fn try_item(&mut self, input: Input<'_>) -> Done {
        let (head, input) = input.peek().map_err(|e| bad(words(&e, FIRST)))?;
        self.open(&head, input)
    }

    /// As [`Walker::item`], for what begins with `head`.
    fn begun(&mut self, head: &[u8], input: Input<'_>) -> Done {
        let done = self.open(head, input);
        self.tell(done)
    }

    /// Is there anything in what begins with `head`?
    fn worth(&mut self, head: &[u8]) -> bool {
        Kind::sniff(head).is_some() || self.visit.wants(head.get(..HEAD).unwrap_or(head))
    }

    fn open(&mut self, head: &[u8], input: Input<'_>) -> Done {
        let Some(kind) = Kind::sniff(head) else {
            return self.leaf(head, input);
        };
        self.deeper(|w| match kind {
            Kind::Compressed(codec) => w.compressed(codec, input),
            Kind::Tar => w.tar(input),
            Kind::Zip => w.zip(input),
            Kind::Deb => w.deb(input),
            Kind::Rpm => w.rpm(input),
            Kind::Cpio => w.cpio(input),
        })
    }

    fn deeper(&mut self, work: impl FnOnce(&mut Self) -> Done) -> Done {
        if self.depth >= self.options.depth {
            return Err(bad(format!(
                "is nested more than {} deep and not opened",
                self.options.depth
            )));
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    /// What is called `name` in the present place.
    fn named(&mut self, name: Vec<u8>, work: impl FnOnce(&mut Self) -> Done) -> Done {
        self.names.push(name);
        let done = work(self);
        self.names.pop();
        done
    }

    /// A stream. A tar or cpio in it is no member of its own: `x.tar.gz` is one archive.
    fn compressed(&mut self, codec: Codec, input: Input<'_>) -> Done {
        let origin = input.origin().decoded(codec, self.decoders);
        let decoder = codec
            .open(input.reader(), self.decoders)
            .map_err(|e| bad(words(&e, codec.word())))?;
        let stream = Meter {
            from: decoder,
            budget: self.budget.clone(),
        };
        let (head, inner) = Input::Stream(Box::new(stream), None, origin)
            .peek()
            .map_err(|e| bad(words(&e, codec.word())))?;
        self.decoders += 1;
        let done = match Kind::sniff(&head) {
            Some(Kind::Tar) => self.tar(inner),
            Some(Kind::Cpio) => self.cpio(inner),
            _ => {
                let stem = codec.stem(self.names.last().unwrap_or(&self.label));
                self.named(stem, |w| w.item(inner))
            }
        };
        self.decoders -= 1;
        done
    }

    /// What can't be opened any further.
    fn leaf(&mut self, head: &[u8], input: Input<'_>) -> Done {
        if !self.visit.wants(head.get(..HEAD).unwrap_or(head)) || self.visit.known(&self.names) {
            return Ok(());
        }
        let bytes = match input {
            Input::Region(region) => {
                // Many names may lead to the same bytes.
                if !self.budget.take(region.len()) {
                    return Err(bad(TOO_MUCH));
                }
                self.visit.room(Some(region.len()));
                region.bytes().map_err(|e| bad(words(&e, "contents")))?
            }
            Input::Stream(mut stream, size, _) => {
                self.visit.room(size);
                let mut kept = Vec::new();
                let most = size.map_or(IN_MEMORY, |s| s.min(IN_MEMORY));
                let got = stream.by_ref().take(most).read_to_end(&mut kept);
                got.map_err(|e| bad(words(&e, "contents")))?;
                let bytes: Bytes = if kept.len() as u64 == IN_MEMORY {
                    let mut whole = Cursor::new(kept).chain(stream);
                    let spooled = region::Spool::default().append(&mut whole);
                    let bytes = spooled.and_then(|r| r.bytes());
                    bytes.map_err(|e| bad(words(&e, "contents")))?
                } else {
                    kept.into()
                };
                if size.is_some_and(|s| s != bytes.len() as u64) {
                    return Err(bad("is cut short (contents)"));
                }
                bytes
            }
        };
        let member = Member {
            names: self.names.clone(),
            bytes,
        };
        match self.visit.member(member) {
            ControlFlow::Break(()) => Err(End::Stopped),
            ControlFlow::Continue(()) => Ok(()),
        }
    }
}
