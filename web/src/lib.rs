//! What the page calls: a file, its name and a day → pages and JSON, the same that the program writes.
//!
//! The page fills buffers of [`room`] (the file, its name in UTF-8, the day as `2026-11-25`), says [`open`], and
//! asks with [`tell`] for one document after the other, which it reads at [`answer`]. The memory that a file took is
//! given back by dropping the instance. The buffers are kept here and filled from outside, so that nothing is read
//! through a pointer and no `unsafe` block is needed.

mod documents;

use std::path::Path;
use std::sync::Mutex;

use gospect::analysis::policy::values::Date;
use gospect::input::{Bytes, Name};

use documents::{Document, Subject};

/// What lasts from call to call.
struct State {
    buffers: Vec<Vec<u8>>,
    subject: Option<Subject>,
    answer: Vec<u8>,
}

static STATE: Mutex<State> = Mutex::new(State {
    buffers: Vec::new(),
    subject: None,
    answer: Vec::new(),
});

fn with<T>(work: impl FnOnce(&mut State) -> T) -> T {
    work(&mut STATE.lock().unwrap_or_else(|e| e.into_inner()))
}

/// Keeps the result or the error for [`answer`]; 1 or 0.
fn answered(state: &mut State, result: Result<Vec<u8>, String>) -> u32 {
    let fine = result.is_ok();
    state.answer = result.unwrap_or_else(String::into_bytes);
    u32::from(fine)
}

/// A buffer of `len` bytes to be filled: its address, or 0 where there is no room for it.
#[unsafe(no_mangle)]
pub extern "C" fn room(len: usize) -> *mut u8 {
    let mut buffer = Vec::new();
    if buffer.try_reserve_exact(len).is_err() {
        return std::ptr::null_mut();
    }
    buffer.resize(len, 0);
    // An empty one has an address too, which nothing is written to.
    let at = buffer.as_mut_ptr();
    with(|s| s.buffers.push(buffer));
    at
}

/// Takes the three buffers: the file, its name, the day. 1, or 0 where one of them is not what it must be.
#[unsafe(no_mangle)]
pub extern "C" fn open() -> u32 {
    // The report of a panic: this one goes to the answer, for there is no standard error.
    std::panic::set_hook(Box::new(|info| {
        let said = info.to_string();
        if let Ok(mut fault) = FAULT.lock() {
            *fault = said.into_bytes();
        }
    }));
    with(|s| {
        let mut buffers = std::mem::take(&mut s.buffers).into_iter();
        let (file, name, day) = (buffers.next(), buffers.next(), buffers.next());
        let text = |b: Option<Vec<u8>>| b.and_then(|b| String::from_utf8(b).ok());
        let subject = match (file, text(name), text(day).and_then(|d| Date::parse(&d))) {
            (Some(file), Some(name), Some(today)) => Ok(Subject {
                bytes: Bytes::from(file),
                name: Name::file(Path::new(&name)),
                today,
            }),
            _ => Err("a file, its name and a day are needed".to_string()),
        };
        let result = subject.map(|subject| {
            s.subject = Some(subject);
            Vec::new()
        });
        answered(s, result)
    })
}

/// Makes document number `what` (0 `info` and 1 `check` as JSON, 2 the page of `size`, 3 the page of `report`, 4
/// `size` as JSON). 1, or 0 where the answer is why there is none.
#[unsafe(no_mangle)]
pub extern "C" fn tell(what: u32) -> u32 {
    with(|s| {
        let made = match (&s.subject, Document::numbered(what)) {
            (Some(subject), Some(document)) => subject.write(document),
            (None, _) => Err("no file is open".into()),
            (_, None) => Err(format!("there is no document {what}")),
        };
        answered(s, made)
    })
}

/// Where the last answer is.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    with(|s| s.answer.as_ptr())
}

/// Its length in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn answer_len() -> usize {
    with(|s| s.answer.len())
}

/// What a panic said, which the page asks for when a call has trapped.
static FAULT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Where that is.
#[unsafe(no_mangle)]
pub extern "C" fn fault() -> *const u8 {
    FAULT.lock().map_or(std::ptr::null(), |f| f.as_ptr())
}

/// Its length in bytes; 0 where nothing was said.
#[unsafe(no_mangle)]
pub extern "C" fn fault_len() -> usize {
    FAULT.lock().map_or(0, |f| f.len())
}
