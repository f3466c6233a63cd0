//! What ends the program early → nothing half done is left behind.
//!
//! SIGINT, SIGTERM and SIGHUP (on windows Ctrl-C and its kin) end the program as they always do, but files
//! listed here are removed first; so they are when [`super::fault`] ends it. The handler does only what
//! signal-safety(7) allows: it calls unlink(2) on paths that are never given back, so that no other thread
//! can take them away under it.

use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// Is a signal to end only noted, for work that cleans up itself?
static PATIENT: AtomicBool = AtomicBool::new(false);
/// Has one come meanwhile?
static CANCELLED: AtomicBool = AtomicBool::new(false);

/// From now on a signal to end is noted for [`cancelled`] and changes nothing else: the caller ends the work
/// and cleans up.
pub fn be_patient() {
    PATIENT.store(true, SeqCst);
}

/// Has a signal to end come since [`be_patient`]?
pub fn cancelled() -> bool {
    CANCELLED.load(SeqCst)
}

/// Has the command run in a process group of its own, so that [`end_all`] reaches what it starts, and a
/// terminal's Ctrl-C does not.
pub fn apart(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Ends a process that was started [`apart`], and on Unix all that it has started.
pub fn end_all(child: &mut Child) {
    #[cfg(unix)]
    system::end_group(child.id());
    // It may have ended meanwhile.
    let _ = child.kill();
    let _ = child.wait();
}

/// A file that is removed when the program is ended early, for as long as this value lives.
#[derive(Debug)]
pub struct Listed(Option<usize>);

/// Lists a file. There are places for eight at a time; beyond those a file stays where it is.
pub fn list(path: &Path) -> Listed {
    Listed(system::list(path))
}

impl Drop for Listed {
    fn drop(&mut self) {
        if let Some(place) = self.0 {
            system::unlist(place);
        }
    }
}

/// A signal to end has come: true when the process shall end now, its files being gone.
#[cfg_attr(not(all(windows, feature = "cli")), allow(dead_code))]
pub(crate) fn ends() -> bool {
    if PATIENT.load(SeqCst) {
        CANCELLED.store(true, SeqCst);
        return false;
    }
    remove_listed();
    true
}

pub(super) use system::remove_listed;
#[cfg(unix)]
pub use system::watch;

#[cfg(unix)]
#[allow(unsafe_code)]
mod system {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::ptr::null_mut;
    use std::sync::Once;
    use std::sync::atomic::{AtomicPtr, Ordering::SeqCst};

    static PLACES: [AtomicPtr<libc::c_char>; 8] = [const { AtomicPtr::new(null_mut()) }; 8];

    pub(super) fn list(path: &Path) -> Option<usize> {
        let name = CString::new(path.as_os_str().as_bytes()).ok()?.into_raw();
        let free = |p: &AtomicPtr<libc::c_char>| p.compare_exchange(null_mut(), name, SeqCst, SeqCst).is_ok();
        PLACES.iter().position(free)
    }

    pub(super) fn unlist(place: usize) {
        if let Some(p) = PLACES.get(place) {
            // The name is kept: a handler on another thread may be reading it. There is one for each output
            // file.
            p.store(null_mut(), SeqCst);
        }
    }

    pub(in crate::input) fn remove_listed() {
        for p in &PLACES {
            let name = p.load(SeqCst);
            if !name.is_null() {
                // SAFETY: it came from CString::into_raw and is never freed; unlink(2) may be called in a
                // handler.
                unsafe { libc::unlink(name) };
            }
        }
    }

    pub(super) fn end_group(leader: u32) {
        if let Some(group) = i32::try_from(leader).ok().filter(|g| *g > 1) {
            // SAFETY: kill(2) takes any numbers; the group is that of a child that was not waited for, so its
            // number is still its own.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        }
    }

    /// Sets the handlers, once; a signal that is ignored (nohup) stays so.
    pub fn watch() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
                // SAFETY: the structures are zeroed as sigaction(2) asks for; the handler does only what
                // signal-safety(7) allows.
                unsafe {
                    let mut old: libc::sigaction = std::mem::zeroed();
                    libc::sigaction(signal, std::ptr::null(), &mut old);
                    if old.sa_sigaction != libc::SIG_DFL {
                        continue;
                    }
                    let mut action: libc::sigaction = std::mem::zeroed();
                    action.sa_sigaction = on_signal as *const () as usize;
                    action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
                    libc::sigaction(signal, &action, null_mut());
                }
            }
        });
    }

    extern "C" fn on_signal(signal: libc::c_int) {
        if super::ends() {
            // It comes again when this returns, and does what it does without a handler: the parent sees the
            // signal. SAFETY: signal(2) and raise(3) may be called in a handler.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                libc::raise(signal);
            }
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::path::{Path, PathBuf};
    use std::sync::{Mutex, PoisonError};

    // The handler runs on a thread of its own, so it may wait for a lock.
    static LISTED: Mutex<[Option<PathBuf>; 8]> = Mutex::new([const { None }; 8]);

    pub(super) fn list(path: &Path) -> Option<usize> {
        let mut all = LISTED.lock().unwrap_or_else(PoisonError::into_inner);
        let place = all.iter().position(Option::is_none)?;
        *all.get_mut(place)? = Some(path.to_path_buf());
        Some(place)
    }

    pub(super) fn unlist(place: usize) {
        let mut all = LISTED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(p) = all.get_mut(place) {
            *p = None;
        }
    }

    #[allow(dead_code)]
    pub(in crate::input) fn remove_listed() {
        let all = LISTED.lock().unwrap_or_else(PoisonError::into_inner);
        for path in all.iter().flatten() {
            // There is nobody left to tell.
            let _ = std::fs::remove_file(path);
        }
    }
}
