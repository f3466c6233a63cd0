//! A mapped file that another process cuts short → one line on standard error and exit status 2, instead of a crash.
//!
//! Reading a page that is no longer in the file raises SIGBUS (mmap(2); the same on linux, darwin and the BSDs). Nothing can be read on
//! from there, so the program ends. Only a program that asks for it with [`guard`] gets the handler; as a library gospect leaves signals
//! alone. Windows does not let a mapped file be cut short.

#[cfg(unix)]
pub use unix::guard;
#[cfg(unix)]
pub(super) use unix::{Listed, list};

/// Nothing to guard against.
#[cfg(not(unix))]
pub fn guard() {}

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

    /// One map that is in use. The handler may take no lock, so there is a fixed number of places.
    struct Place {
        start: AtomicUsize,
        end: AtomicUsize,
        name: AtomicPtr<Box<[u8]>>,
    }

    static PLACES: [Place; 64] = [const {
        Place {
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            name: AtomicPtr::new(null_mut()),
        }
    }; 64];
    /// Maps that found no place.
    static UNLISTED: AtomicUsize = AtomicUsize::new(0);

    /// Keeps a map listed.
    #[derive(Debug)]
    pub(in crate::input) struct Listed(Option<usize>);

    /// Lists a map under the path that a message is to name.
    pub(in crate::input) fn list(bytes: &[u8], path: &Path) -> Listed {
        let start = bytes.as_ptr() as usize;
        let name = Box::into_raw(Box::new(path.as_os_str().as_bytes().into()));
        for (i, p) in PLACES.iter().enumerate() {
            if p.name.compare_exchange(null_mut(), name, SeqCst, SeqCst).is_ok() {
                p.start.store(start, SeqCst);
                p.end.store(start.saturating_add(bytes.len()), SeqCst);
                return Listed(Some(i));
            }
        }
        // SAFETY: `name` came from Box::into_raw above and was given to nobody.
        drop(unsafe { Box::from_raw(name) });
        UNLISTED.fetch_add(1, SeqCst);
        Listed(None)
    }

    impl Drop for Listed {
        fn drop(&mut self) {
            let Some(p) = self.0.and_then(|i| PLACES.get(i)) else {
                UNLISTED.fetch_sub(1, SeqCst);
                return;
            };
            p.end.store(0, SeqCst);
            p.start.store(0, SeqCst);
            let name = p.name.swap(null_mut(), SeqCst);
            if !name.is_null() {
                // SAFETY: it came from Box::into_raw in `list`. The handler looks at it only while a thread reads the map, and the map
                // outlives this value.
                drop(unsafe { Box::from_raw(name) });
            }
        }
    }

    /// From now on, a file that is cut short while it is read ends the program with a message and status 2.
    pub fn guard() {
        // SAFETY: the structure is zeroed as sigaction(2) asks for; the handler does only what signal-safety(7) allows.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_fault as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO;
            libc::sigaction(libc::SIGBUS, &action, null_mut());
        }
    }

    extern "C" fn on_fault(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: the system passes a valid structure; for SIGBUS it holds the address.
        let addr = if info.is_null() {
            0
        } else {
            unsafe { (*info).si_addr() as usize }
        };
        for p in &PLACES {
            if addr >= p.start.load(SeqCst) && addr < p.end.load(SeqCst) {
                only_one();
                let name = p.name.load(SeqCst);
                say(b"gospect: ");
                if !name.is_null() {
                    // SAFETY: this thread reads the map, so its entry is not dropped.
                    say(unsafe { &*name });
                }
                end();
            }
        }
        if UNLISTED.load(SeqCst) > 0 {
            only_one();
            say(b"gospect: a file");
            end();
        }
        // It is none of ours: let it happen again, as if there were no handler.
        // SAFETY: signal(2) may be called in a handler.
        unsafe {
            libc::signal(libc::SIGBUS, libc::SIG_DFL);
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
        // SAFETY: write(2) may be called in a handler; the slice is valid. There is nobody to tell of an error.
        let _ = unsafe { libc::write(2, what.as_ptr().cast(), what.len()) };
    }

    fn end() -> ! {
        say(b": was cut short while it was read\n");
        // SAFETY: _exit(2) may be called in a handler.
        unsafe { libc::_exit(2) }
    }
}
