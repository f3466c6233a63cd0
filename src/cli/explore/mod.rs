//! `gospect explore`: a program on a terminal, to walk through: modules, packages, what they are made of, why
//! they are there.
//!
//! Keys become actions (`keys`), actions change the view (`state`, `list`), which is drawn (`draw`); what
//! takes long is done on other threads (`work`).

mod draw;
mod keys;
mod lines;
mod list;
mod rows;
mod state;
mod table;
mod terminal;
#[cfg(test)]
mod tests;
mod work;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event};

use self::draw::{Drawn, Theme};
use self::state::{App, Page};
use self::terminal::Screen;
use self::work::{Files, Opened};
use super::frame::{self, Output};
use crate::input::{self, ending};
use crate::report::text::escape;

/// Exit status after Ctrl-C, and after a signal to end: those of a shell.
const INTERRUPTED: u8 = 130;
const ENDED: u8 = 143;

/// Shows a program on the terminal, to walk through: modules, packages, functions with their instructions,
/// types, embedded files, strings, and why each is there.
///
/// With two files it shows what changed: old, new and difference. `?` lists the keys; the mouse works too.
/// What it shows is what `size`, `diff`, `why`, `objdump --resolve`, `types` and `embeds` say.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect explore ./server\n  gospect explore old/server new/server\n\n\
    Exit status: 0 fine; 2 wrong usage, no terminal, or a file that could not be read; 130 after Ctrl-C, \
    143 after \
    a signal."
)]
pub struct Args {
    /// The program.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A newer build of it: FILE is the old one.
    #[arg(value_name = "FILE2")]
    newer: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> u8 {
    let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
    if dumb || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        frame::note(
            "gospect: explore needs a terminal; `gospect size` and `gospect why` write what it shows",
        );
        return super::TROUBLE;
    }
    let paths = [Some(&args.file), args.newer.as_ref()];
    let opened: Vec<_> = paths.into_iter().flatten().map(|p| open(p)).collect();
    // Both are told of, where both are wrong.
    let Some(mut opened) = opened.into_iter().collect::<Option<Vec<_>>>() else {
        return super::TROUBLE;
    };
    let Some(new) = opened.pop() else {
        return super::TROUBLE;
    };
    let names = paths.into_iter().flatten().map(|p| name(p)).collect();
    let theme = Theme::new(Output::default().colored());
    match walk(
        Files {
            old: opened.pop(),
            new,
        },
        App::new(names),
        theme,
    ) {
        Ok(status) => status,
        Err(e) => {
            frame::note(&format!("gospect: the terminal: {}", frame::io_words(&e)));
            super::TROUBLE
        }
    }
}

/// The file in memory: who looks at it for an hour must not depend on nobody writing to it.
fn open(path: &Path) -> Option<Opened> {
    let opened = input::open(path).map_err(|e| frame::io_words(&e));
    let opened = opened.and_then(|bytes| Opened::new(bytes).map_err(|e| e.to_string()));
    opened.map_err(|what| frame::complain(path, &what)).ok()
}

fn name(path: &Path) -> String {
    let last = path.file_name().unwrap_or(path.as_os_str());
    escape(last.as_encoded_bytes())
}

/// Until the user has enough.
fn walk(files: Files, mut app: App, theme: Theme) -> io::Result<u8> {
    let mut screen = Screen::take()?;
    let (asks, told) = files.start();
    let events = read_events();
    let mut drawn = Drawn::default();
    let mut stale = true;
    loop {
        while let Ok(answer) = told.try_recv() {
            app.told(answer);
            stale = true;
        }
        for ask in app.asks() {
            // Whoever would answer has panicked; the loop ends below.
            let _ = asks.send(ask);
        }
        if Screen::is_broken() {
            return Ok(super::TROUBLE);
        }
        if ending::cancelled() {
            return Ok(ENDED);
        }
        if let Some(status) = app.ended {
            return Ok(status);
        }
        if stale {
            screen.0.draw(|frame| {
                let area = frame.area();
                drawn = draw::draw(&mut app, theme, area, frame.buffer_mut());
            })?;
            stale = false;
        }
        let patience = Duration::from_millis(if app.waits() { 30 } else { 150 });
        let mut next = events.recv_timeout(patience).ok();
        if next.is_none() && !io::stdin().is_terminal() {
            // It was closed, and whoever started us ignores the signal for that.
            return Ok(ENDED);
        }
        while let Some(event) = next {
            let event = event?;
            let in_text = matches!(app.pages.last(), Some(Page::Text(_)));
            if let Some(action) = keys::action(&event, app.typing(), in_text, &drawn) {
                app.act(action);
            }
            stale = true;
            // Keys that are there already are one change of the screen; a click needs it drawn first.
            let click = matches!(event, Event::Mouse(_));
            next = if click { None } else { events.try_recv().ok() };
        }
    }
}

/// Reads keys on a thread of its own: a terminal that is closed keeps its reader busy for good, which must
/// not keep the program from ending.
fn read_events() -> Receiver<io::Result<Event>> {
    let (to, events) = channel();
    thread::spawn(move || {
        loop {
            let event = event::read();
            let failed = event.is_err();
            if to.send(event).is_err() || failed {
                return;
            }
        }
    });
    events
}
