//! Keys and the mouse → what they ask for. The table of keys is what the bottom line and the help show.

use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use super::draw::Drawn;
use super::lines::{Line, Tone};
use super::rows::Tab;
use super::state::Action;

/// A key as the help tells it; those with a word stand at the bottom of the screen too.
pub(super) struct Key {
    pub(super) keys: &'static str,
    /// What a click on the word does.
    pub(super) action: Action,
    pub(super) word: &'static str,
    help: &'static str,
}

/// All of them, what is needed most first.
pub(super) const KEYS: [Key; 16] = [
    key("?", Action::Help, "help", "this page"),
    key("q", Action::Quit, "quit", "quit; Ctrl-C too"),
    key(
        "⏎",
        Action::Open,
        "open",
        "open: module, package, function, type, file, string; → and l too",
    ),
    key(
        "Esc",
        Action::Back,
        "back",
        "back; ends a search first; ← and h too",
    ),
    key(
        "w",
        Action::Why,
        "why",
        "why it is in the program, who else uses it, what goes with it",
    ),
    key(
        "s",
        Action::Sort,
        "sort",
        "sort by the next column: in file, with it, own, name",
    ),
    key(
        "/",
        Action::Search,
        "search",
        "list rows that hold a text; in a text go to it, n and N on",
    ),
    key(
        "f",
        Action::Find,
        "find",
        "find any module, package, function, type or file of the program",
    ),
    key(
        "Tab",
        Action::NextTab(1),
        "next part",
        "functions, types, files, strings, other of a package; 1 to 5 too",
    ),
    key(
        "o",
        Action::OtherSide,
        "other file",
        "with two files: the same of the other one",
    ),
    key("↑ ↓", Action::Move(1), "", "move; j and k too"),
    key(
        "PgUp PgDn",
        Action::Page(1),
        "",
        "a page up and down; Ctrl-B, Ctrl-F and the space bar too",
    ),
    key("Home End", Action::Last, "", "first and last; g and G too"),
    key("← →", Action::Sideways(1), "", "in a text: move it sideways"),
    key(
        "n N",
        Action::Match(1),
        "",
        "in a text: next and previous place of what was searched",
    ),
    key(
        "mouse",
        Action::Open,
        "",
        "click selects, second opens; wheel; column heads sort; right: back",
    ),
];

const fn key(keys: &'static str, action: Action, word: &'static str, help: &'static str) -> Key {
    Key {
        keys,
        action,
        word,
        help,
    }
}

/// The page of help.
pub(super) fn help() -> Vec<Line> {
    let one = |k: &Key| Line::new(Tone::Strong, &format!("{:>11}  ", k.keys)).with(Tone::Plain, k.help);
    let mut out: Vec<Line> = KEYS.iter().map(one).collect();
    out.push(Line::default());
    for (word, meaning) in [
        (
            "in file",
            "bytes of the file, each of which has one owner: `gospect size`",
        ),
        ("own", "bytes of its functions and types: `gospect why`"),
        ("with it", "bytes that the program loses with it: `gospect why`"),
    ] {
        out.push(Line::new(Tone::Strong, &format!("{word:>11}  ")).with(Tone::Plain, meaning));
    }
    out
}

/// What an event asks for; `typing` when what is typed goes into a search.
pub(super) fn action(event: &Event, typing: bool, in_text: bool, drawn: &Drawn) -> Option<Action> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => of_key(*key, typing, in_text),
        Event::Mouse(mouse) => of_mouse(*mouse, drawn),
        _ => None,
    }
}

fn of_key(key: KeyEvent, typing: bool, in_text: bool) -> Option<Action> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if control {
        return match key.code {
            KeyCode::Char('c') => Some(Action::Interrupt),
            KeyCode::Char('f') => Some(Action::Page(1)),
            KeyCode::Char('b') => Some(Action::Page(-1)),
            KeyCode::Char('h') => Some(if typing { Action::Erase } else { Action::Back }),
            _ => None,
        };
    }
    let moving = match key.code {
        KeyCode::Up => Some(Action::Move(-1)),
        KeyCode::Down => Some(Action::Move(1)),
        KeyCode::PageUp => Some(Action::Page(-1)),
        KeyCode::PageDown => Some(Action::Page(1)),
        KeyCode::Home => Some(Action::First),
        KeyCode::End => Some(Action::Last),
        KeyCode::Esc => Some(Action::Back),
        KeyCode::Tab => Some(Action::NextTab(1)),
        KeyCode::BackTab => Some(Action::NextTab(-1)),
        _ => None,
    };
    if moving.is_some() {
        return moving;
    }
    if typing {
        return match key.code {
            KeyCode::Char(c) => Some(Action::Type(c)),
            KeyCode::Backspace => Some(Action::Erase),
            KeyCode::Enter => Some(Action::Accept),
            _ => None,
        };
    }
    match key.code {
        KeyCode::Right | KeyCode::Char('l') if in_text => Some(Action::Sideways(1)),
        KeyCode::Left | KeyCode::Char('h') if in_text => Some(Action::Sideways(-1)),
        KeyCode::Enter | KeyCode::Right | KeyCode::Char('l') => Some(Action::Open),
        KeyCode::Backspace | KeyCode::Left | KeyCode::Char('h') => Some(Action::Back),
        KeyCode::Char('j') => Some(Action::Move(1)),
        KeyCode::Char('k') => Some(Action::Move(-1)),
        KeyCode::Char('g') => Some(Action::First),
        KeyCode::Char('G') => Some(Action::Last),
        KeyCode::Char(' ') => Some(Action::Page(1)),
        KeyCode::Char('n') => Some(Action::Match(1)),
        KeyCode::Char('N') => Some(Action::Match(-1)),
        KeyCode::Char(c @ '1'..='5') => {
            let tab = Tab::ALL.get(c as usize - '1' as usize);
            tab.map(|t| Action::Tab(*t))
        }
        KeyCode::Char(c) => {
            let mut known = KEYS.iter();
            let named = |k: &&Key| k.keys.chars().eq([c]);
            known.find(named).map(|k| k.action)
        }
        _ => None,
    }
}

fn of_mouse(mouse: MouseEvent, drawn: &Drawn) -> Option<Action> {
    match mouse.kind {
        MouseEventKind::ScrollUp => Some(Action::Move(-3)),
        MouseEventKind::ScrollDown => Some(Action::Move(3)),
        MouseEventKind::Down(MouseButton::Right) => Some(Action::Back),
        MouseEventKind::Down(MouseButton::Left) => drawn.at(mouse.column, mouse.row),
        _ => None,
    }
}
