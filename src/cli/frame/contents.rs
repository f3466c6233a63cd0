//! A path → what is looked at there: the file itself, or, of an archive, a package or an image, every Go
//! binary in it.

use std::ops::ControlFlow;
use std::path::Path;

use super::inputs::Trouble;
use super::io_words;
use super::subjects::Subject;
use crate::analysis::info::{Identity, identify};
use crate::image::sniff;
use crate::input::members::{self, Member, Visit};
use crate::input::{self, Bytes, Name, fault};

/// Something to look at, or why it can't be.
pub(super) type Found<'b> = Result<&'b Bytes, String>;

/// Hands on what a subject is. `look` is told whether it was named: a file that is, or a Go binary in a
/// container; what a folder brings in may be anything. Its error ends the walk and is given back.
///
/// # Errors
/// What `look` says.
pub(super) fn each_in(
    subject: &Subject,
    look: &mut dyn FnMut(&Name, Found<'_>, bool) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let path = &*subject.path;
    if subject.image {
        return walk(path, look, |w| members::walk(path, w, options()));
    }
    let bytes = match input::open_or_stdin(path, fault::guard()) {
        Ok(bytes) => bytes,
        Err(e) => return look(&Name::file(path), Err(io_words(&e)), subject.named),
    };
    if !subject.named || !is_container(&bytes) {
        return look(&Name::file(path), Ok(&bytes), subject.named);
    }
    if path.as_os_str() == "-" {
        let all = bytes.to_vec();
        drop(bytes);
        return walk(path, look, |w| Ok(members::walk_bytes(all, w, options())));
    }
    drop(bytes);
    walk(path, look, |w| members::walk(path, w, options()))
}

/// Hands on every Go binary in a container, or why it can't be read, for commands that have their own way
/// with files. `false` for what is none, which is not looked at.
pub(in crate::cli) fn in_container(path: &Path, look: &mut dyn FnMut(&Name, Found<'_>)) -> bool {
    let image = members::is_image_folder(path);
    let head = || input::open_mapped(path, fault::guard()).is_ok_and(|bytes| is_container(&bytes));
    if !image && !head() {
        return false;
    }
    let mut look = |name: &Name, found: Found<'_>, _: bool| {
        look(name, found);
        Ok(())
    };
    let walked = walk(path, &mut look, |w| members::walk(path, w, options()));
    walked.is_ok()
}

/// Is a file opened rather than looked at? An archive of objects is looked at, and a Debian package, which is
/// one too, is opened.
fn is_container(bytes: &[u8]) -> bool {
    let head = bytes.get(..512).unwrap_or(bytes);
    members::is_container(head) && (sniff(head).is_none() || head.starts_with(b"!<arch>\ndebian-binary"))
}

fn options() -> members::Options {
    members::Options {
        guard: Some(fault::guard()),
        ..members::Options::default()
    }
}

fn walk(
    path: &Path,
    look: &mut dyn FnMut(&Name, Found<'_>, bool) -> Result<(), Trouble>,
    walk: impl FnOnce(&mut dyn Visit) -> std::io::Result<ControlFlow<()>>,
) -> Result<(), Trouble> {
    let mut visitor = Visitor {
        path,
        look,
        ended: None,
    };
    let walked = walk(&mut visitor);
    match (visitor.ended, walked) {
        (Some(trouble), _) => Err(trouble),
        (None, Ok(_)) => Ok(()),
        (None, Err(e)) => look(&Name::file(path), Err(io_words(&e)), true),
    }
}

struct Visitor<'v> {
    path: &'v Path,
    look: &'v mut dyn FnMut(&Name, Found<'_>, bool) -> Result<(), Trouble>,
    ended: Option<Trouble>,
}

impl Visitor<'_> {
    fn tell(&mut self, names: &[Vec<u8>], found: Found<'_>) -> ControlFlow<()> {
        let name = Name::member(self.path, names.to_vec());
        match (self.look)(&name, found, true) {
            Ok(()) => ControlFlow::Continue(()),
            Err(trouble) => {
                self.ended = Some(trouble);
                ControlFlow::Break(())
            }
        }
    }
}

impl Visit for Visitor<'_> {
    fn wants(&mut self, head: &[u8]) -> bool {
        sniff(head).is_some()
    }

    fn known(&mut self, _: &[Vec<u8>]) -> bool {
        false
    }

    fn room(&mut self, _: Option<u64>) {}

    fn member(&mut self, member: Member) -> ControlFlow<()> {
        match identify(&member.bytes) {
            Identity::Go(_) => self.tell(&member.names, Ok(&member.bytes)),
            Identity::Broken(why) => self.tell(&member.names, Err(why)),
            Identity::Other => ControlFlow::Continue(()),
        }
    }

    fn trouble(&mut self, names: &[Vec<u8>], what: String) -> ControlFlow<()> {
        self.tell(names, Err(what))
    }
}
