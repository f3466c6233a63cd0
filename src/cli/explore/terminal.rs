//! The terminal: taken over, and given back as it was, however the program ends.
//!
//! Signals to end are only noted ([`ending::be_patient`]), so that the loop gives the terminal back; a panic
//! on any thread gives it back before its message is written.

use std::io::{self, Stdout, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use crate::input::ending;

/// Is the terminal ours?
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Did a thread panic since?
static BROKEN: AtomicBool = AtomicBool::new(false);

/// The screen, for as long as this value lives.
pub(super) struct Screen(pub(super) Terminal<CrosstermBackend<Stdout>>);

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn take() -> io::Result<Screen> {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                give_back();
                BROKEN.store(true, SeqCst);
                before(info);
            }));
        });
        ending::be_patient();
        TAKEN.store(true, SeqCst);
        let taken = (|| {
            enable_raw_mode()?;
            execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture)?;
            Terminal::new(CrosstermBackend::new(io::stdout()))
        })();
        if taken.is_err() {
            give_back();
        }
        taken.map(Screen)
    }

    /// Did something go wrong on a thread? The terminal is given back then.
    pub(super) fn is_broken() -> bool {
        BROKEN.load(SeqCst)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Once, whoever comes first. A terminal that is gone can't be told anything.
fn give_back() {
    if TAKEN.swap(false, SeqCst) {
        let _ = execute!(
            io::stdout(),
            DisableMouseCapture,
            LeaveAlternateScreen,
            ratatui::crossterm::cursor::Show
        );
        let _ = disable_raw_mode();
        let _ = io::stdout().flush();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::process::Command;

    /// Run by the test below on a terminal of its own; nothing but the hook gives that back.
    #[test]
    #[ignore = "takes over a terminal"]
    fn panics_on_its_terminal() {
        std::mem::forget(Screen::take().unwrap());
        let panicked = std::thread::spawn(|| panic!("on purpose")).join();
        assert!(panicked.is_err() && Screen::is_broken());
    }

    #[test]
    fn a_panic_gives_the_terminal_back_before_it_is_told() {
        let own = std::env::current_exe().unwrap();
        let test = "cli::explore::terminal::tests::panics_on_its_terminal";
        // script(1), of every Debian, runs a command on a terminal and writes down what that shows.
        let all = format!(
            "stty sane; '{}' --exact {test} --ignored --nocapture; echo status $?; stty -a",
            own.display()
        );
        let out = Command::new("script")
            .args(["-qec", &all, "/dev/null"])
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&out.stdout);
        let at = |what: &str| {
            shown
                .find(what)
                .unwrap_or_else(|| panic!("no {what:?}: {shown:?}"))
        };
        assert!(at("\x1b[?1049h") < at("\x1b[?1049l"), "the other screen is left");
        assert!(at("\x1b[?1000l") < at("on purpose"), "the mouse is given back");
        assert!(at("\x1b[?25h") < at("on purpose"), "the cursor is shown");
        assert!(at("\x1b[?1049l") < at("on purpose"), "what is told is seen");
        assert!(at("on purpose") < at("status 0"));
        let modes = &shown[at("status 0")..];
        let has = |mode: &str| modes.split([' ', ';', '\r', '\n']).any(|m| m == mode);
        assert!(has("icanon") && has("echo") && has("isig"), "{modes}");
    }
}
