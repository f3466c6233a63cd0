//! A mapped file that another process cuts short → one line on standard error and exit status 2, instead of a
//! crash.
//!
//! Reading a page that is no longer in the file raises SIGBUS (mmap(2); the same on linux, darwin and the
//! BSDs). Nothing can be read on from there, so the program ends. Only a program that asks for it with
//! [`guard`] gets the handler; as a library gospect leaves signals alone. Windows does not let a mapped file
//! be cut short.

#[cfg(unix)]
pub(super) use unix::{Listed, list};

/// The proof that a program answers for files that change while they are mapped.
#[derive(Debug, Clone, Copy)]
pub struct Guard(());

impl Guard {
    /// For a program that has its own way to live with SIGBUS, or knows that nobody writes to the files it
    /// opens.
    ///
    /// # Safety
    /// A mapped file that is cut short raises SIGBUS in whatever thread reads it, and one that is written to
    /// changes bytes that Rust takes for constant: the caller sees to it that neither happens, or that the
    /// process ends then.
    #[allow(unsafe_code)]
    pub unsafe fn without_handler() -> Guard {
        Guard(())
    }
}

/// From now on, a file that is cut short while it is read ends the program with a message and status 2; also
/// removes the files of [`super::ending`]. Any thread may call it, any number of times. What was read of a
/// file that was only written to is for the caller to throw away: see [`super::Bytes::changed`].
pub fn guard() -> Guard {
    #[cfg(unix)]
    unix::set_handler();
    Guard(())
}

/// Nothing is listed.
#[cfg(not(unix))]
#[derive(Debug)]
pub(super) struct Listed;

/// Nothing is listed.
#[cfg(not(unix))]
pub(super) fn list(_: &[u8], _: &std::path::Path) -> Listed {
    Listed
}

#[cfg(unix)]
#[allow(unsafe_code)]
mod unix {
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::SeqCst};
    use std::sync::{Once, OnceLock};

    /// One map that is in use. The handler may take no lock, so there is a fixed number of places, and
    /// whoever changes one counts `version` up before and after: what was read between two equal even
    /// versions was there at one time.
    struct Place {
        version: AtomicUsize,
        taken: AtomicBool,
        start: AtomicUsize,
        end: AtomicUsize,
        name: AtomicPtr<Box<[u8]>>,
    }

    impl Place {
        const fn free() -> Place {
            Place {
                version: AtomicUsize::new(0),
                taken: AtomicBool::new(false),
                start: AtomicUsize::new(0),
                end: AtomicUsize::new(0),
                name: AtomicPtr::new(null_mut()),
            }
        }

        /// Only whoever has taken the place may set it. Gives the name that was there.
        fn set(&self, start: usize, end: usize, name: *mut Box<[u8]>) -> *mut Box<[u8]> {
            self.version.fetch_add(1, SeqCst);
            self.start.store(start, SeqCst);
            self.end.store(end, SeqCst);
            let old = self.name.swap(name, SeqCst);
            self.version.fetch_add(1, SeqCst);
            old
        }

        /// The name, if the place holds the map that `addr` lies in.
        fn holds(&self, addr: usize) -> Option<*const Box<[u8]>> {
            // Whoever changes the place is not stopped by us, so this ends; the limit is for the unforeseen.
            for _ in 0..1_000_000 {
                let before = self.version.load(SeqCst);
                let (start, end) = (self.start.load(SeqCst), self.end.load(SeqCst));
                let name = self.name.load(SeqCst);
                if before.is_multiple_of(2) && self.version.load(SeqCst) == before {
                    return (start <= addr && addr < end && !name.is_null()).then_some(name.cast_const());
                }
                std::hint::spin_loop();
            }
            None
        }
    }

    static PLACES: [Place; 64] = [const { Place::free() }; 64];
    /// Maps that found no place.
    static UNLISTED: AtomicUsize = AtomicUsize::new(0);

    /// Keeps a map listed; dropped before the map, so that a listed map is always there.
    #[derive(Debug)]
    pub(in crate::input) struct Listed(Option<usize>);

    /// Lists a map under the path that a message is to name.
    pub(in crate::input) fn list(bytes: &[u8], path: &Path) -> Listed {
        let free = |p: &Place| p.taken.compare_exchange(false, true, SeqCst, SeqCst).is_ok();
        let Some(i) = PLACES.iter().position(free) else {
            UNLISTED.fetch_add(1, SeqCst);
            return Listed(None);
        };
        if let Some(p) = PLACES.get(i) {
            let start = bytes.as_ptr() as usize;
            let name = Box::into_raw(Box::new(shown(path)));
            p.set(start, start.saturating_add(bytes.len()), name);
        }
        Listed(Some(i))
    }

    /// The path for a terminal.
    fn shown(path: &Path) -> Box<[u8]> {
        let bytes = path.as_os_str().as_bytes();
        if bytes.iter().all(|b| matches!(b, b' '..=b'~')) {
            return bytes.into();
        }
        let plain = |c: char| match c {
            '\u{200b}'..='\u{206f}' | '\u{61c}' | '\u{feff}' => '?',
            c if c.is_control() => '?',
            c => c,
        };
        let text: String = path.to_string_lossy().chars().map(plain).collect();
        text.into_bytes().into()
    }

    impl Drop for Listed {
        fn drop(&mut self) {
            let Some(p) = self.0.and_then(|i| PLACES.get(i)) else {
                UNLISTED.fetch_sub(1, SeqCst);
                return;
            };
            let name = p.set(0, 0, null_mut());
            if !name.is_null() {
                // SAFETY: it came from Box::into_raw in `list`. The handler looks into a name only when it
                // has seen that the place holds the map that its thread reads; that map is borrowed, so its
                // place is not the one given up here.
                drop(unsafe { Box::from_raw(name) });
            }
            p.taken.store(false, SeqCst);
        }
    }

    /// What was set for SIGBUS before: Rust's own, which tells of a stack that is used up.
    static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

    pub(super) fn set_handler() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // SAFETY: the structures are zeroed as sigaction(2) asks for; the handler does only what
            // signal-safety(7) allows.
            unsafe {
                let mut before: libc::sigaction = std::mem::zeroed();
                libc::sigaction(libc::SIGBUS, std::ptr::null(), &mut before);
                let _ = BEFORE.set(before);
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = on_fault as *const () as usize;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                libc::sigaction(libc::SIGBUS, &action, null_mut());
            }
        });
    }

    extern "C" fn on_fault(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: the system passes a valid structure; for SIGBUS it holds the address.
        let addr = if info.is_null() {
            0
        } else {
            unsafe { (*info).si_addr() as usize }
        };
        if let Some(name) = PLACES.iter().find_map(|p| p.holds(addr)) {
            only_one();
            say(b"gospect: ");
            // SAFETY: maps don't overlap, so the place is that of the map that this thread reads, and stays
            // until it is done.
            say(unsafe { &*name });
            end();
        }
        if UNLISTED.load(SeqCst) > 0 {
            only_one();
            say(b"gospect: a file");
            end();
        }
        // It is none of ours: let it happen again, under the handler that was there before. SAFETY:
        // sigaction(2) and signal(2) may be called in a handler; reading a OnceLock that is set takes no
        // lock.
        unsafe {
            match BEFORE.get() {
                Some(before) => libc::sigaction(libc::SIGBUS, before, null_mut()),
                None => {
                    libc::signal(libc::SIGBUS, libc::SIG_DFL);
                    0
                }
            };
        }
    }

    /// Returns for the first thread that comes; several may read the same file. The others wait for the end.
    fn only_one() {
        static SAID: AtomicBool = AtomicBool::new(false);
        while SAID.swap(true, SeqCst) {
            // SAFETY: pause(2) may be called in a handler; it returns at a signal only.
            unsafe { libc::pause() };
        }
    }

    fn say(what: &[u8]) {
        // SAFETY: write(2) may be called in a handler; the slice is valid. There is nobody to tell of an
        // error.
        let _ = unsafe { libc::write(2, what.as_ptr().cast(), what.len()) };
    }

    fn end() -> ! {
        say(b": was cut short while it was read\n");
        crate::input::ending::remove_listed();
        // SAFETY: _exit(2) may be called in a handler.
        unsafe { libc::_exit(2) }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_place_is_never_seen_half_changed() {
            // Two maps take turns in one place; an address of neither is never found in a mixture of both.
            static PLACE: Place = Place::free();
            static DONE: AtomicBool = AtomicBool::new(false);
            let name: *mut Box<[u8]> = Box::into_raw(Box::new(Vec::<u8>::new().into_boxed_slice()));
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while !DONE.load(SeqCst) {
                        assert!(PLACE.holds(5000).is_none());
                    }
                });
                for _ in 0..20_000 {
                    PLACE.set(1000, 2000, name);
                    PLACE.set(8000, 9000, name);
                }
                DONE.store(true, SeqCst);
            });
            assert!(PLACE.holds(8500).is_some());
            // SAFETY: it came from Box::into_raw above; the other thread is gone.
            drop(unsafe { Box::from_raw(PLACE.set(0, 0, null_mut())) });
        }
    }
}
