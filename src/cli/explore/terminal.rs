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
