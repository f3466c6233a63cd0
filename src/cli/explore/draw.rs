//! The view → cells of a screen, and which cells may be clicked.
//!
//! From top to bottom: the files, the way to this page, a package's parts, the heads of columns, rows or
//! text, what is selected or typed, keys. A low screen leaves out what is needed least.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

use super::keys::KEYS;
use super::lines::{Line, Tone};
use super::list::{List, Place};
use super::rows::Tab;
use super::state::{Action, App, Lazy, Page, Text};
use super::table;
use crate::analysis::outline::Side;
use crate::report::text::{escape, grouped};

/// With colours, or with weights alone (NO_COLOR).
#[derive(Debug, Clone, Copy)]
pub(super) struct Theme {
    color: bool,
}

impl Theme {
    pub(super) fn new(color: bool) -> Theme {
        Theme { color }
    }

    pub(super) fn fore(self, color: Color) -> Style {
        if self.color {
            Style::new().fg(color)
        } else {
            Style::new()
        }
    }

    fn tone(self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => Style::new(),
            Tone::Quiet => Style::new().add_modifier(Modifier::DIM),
            Tone::Strong => Style::new().add_modifier(Modifier::BOLD),
            Tone::Place => self.fore(Color::Cyan),
            Tone::Address => self.fore(Color::Yellow),
        }
    }
}

/// What of the last drawing may be clicked.
#[derive(Debug, Default)]
pub(super) struct Drawn(Vec<(Rect, Action)>);

impl Drawn {
    pub(super) fn at(&self, x: u16, y: u16) -> Option<Action> {
        let mut hits = self.0.iter();
        hits.find(|h| h.0.contains(Position::new(x, y))).map(|h| h.1)
    }
}

/// Writes to cells, and keeps what may be clicked.
pub(super) struct Pen<'b> {
    buffer: &'b mut Buffer,
    pub(super) theme: Theme,
    hits: Vec<(Rect, Action)>,
    right: u16,
}

impl Pen<'_> {
    /// Writes text of up to `width` columns; gives the column behind it.
    pub(super) fn put(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let room = self.right.saturating_sub(x).min(width);
        if room == 0 || y >= self.buffer.area.bottom() {
            return x;
        }
        self.buffer.set_stringn(x, y, text, usize::from(room), style).0
    }

    /// A click on these cells does something.
    pub(super) fn hit(&mut self, x: u16, y: u16, end: u16, action: Action) {
        let rect = Rect::new(x, y, end.saturating_sub(x), 1);
        self.hits.push((rect, action));
    }

    pub(super) fn whole_line(&mut self, y: u16, style: Style) {
        let area = Rect::new(self.buffer.area.x, y, self.right - self.buffer.area.x, 1);
        self.buffer.set_style(area, style);
    }
}

/// Columns that a text takes.
pub(super) fn width(text: &str) -> u16 {
    u16::try_from(Span::raw(text).width()).unwrap_or(u16::MAX)
}

/// The end of a text that fits, which of a path or a name is the telling part.
pub(super) fn keep_end(text: &str, room: u16) -> String {
    if width(text) <= room {
        return text.to_string();
    }
    let mut taken = 1;
    let mut from = text.len();
    for (at, c) in text.char_indices().rev() {
        taken += width(c.encode_utf8(&mut [0; 4]));
        if taken > room {
            break;
        }
        from = at;
    }
    format!("…{}", text.get(from..).unwrap_or_default())
}

/// The start of a text that fits.
pub(super) fn keep_start(text: &str, room: u16) -> String {
    if width(text) <= room {
        return text.to_string();
    }
    let mut out = String::new();
    let mut taken = 1;
    for c in text.chars() {
        taken += width(c.encode_utf8(&mut [0; 4]));
        if taken > room {
            break;
        }
        out.push(c);
    }
    out + "…"
}

/// Which lines a screen has.
struct Lines {
    title: Option<u16>,
    way: Option<u16>,
    tabs: Option<u16>,
    head: Option<u16>,
    body: Rect,
    status: Option<u16>,
    keys: Option<u16>,
}

fn lines(area: Rect, list: Option<&List>) -> Lines {
    let in_package = list.is_some_and(|l| matches!(l.place, Place::Items(..)));
    let mut top = area.y;
    let mut bottom = area.bottom();
    let mut above = |there: bool| {
        there.then(|| {
            top += 1;
            top - 1
        })
    };
    let (title, way) = (above(area.height >= 6), above(area.height >= 10));
    let (tabs, head) = (
        above(in_package && area.height >= 7),
        above(list.is_some() && area.height >= 4),
    );
    let mut below = |there: bool| {
        there.then(|| {
            bottom -= 1;
            bottom
        })
    };
    let (keys, status) = (below(area.height >= 8), below(area.height >= 3));
    Lines {
        title,
        way,
        tabs,
        head,
        body: Rect::new(area.x, top, area.width, bottom - top),
        status,
        keys,
    }
}

/// Draws the last page; takes note of how many rows there is room for.
pub(super) fn draw(app: &mut App, theme: Theme, area: Rect, buffer: &mut Buffer) -> Drawn {
    let list = match app.pages.last() {
        Some(Page::List(l)) => Some(l),
        _ => None,
    };
    let at = lines(area, list);
    app.body = usize::from(at.body.height);
    let body = app.body;
    match app.pages.last_mut() {
        Some(Page::List(l)) => l.settle(body),
        Some(Page::Text(t)) => t.top = t.top.min(t.all().len().saturating_sub(body)),
        None => {}
    }
    let mut pen = Pen {
        buffer,
        theme,
        hits: Vec::new(),
        right: area.right(),
    };
    if let Some(y) = at.title {
        title(app, &mut pen, area.x, y);
    }
    if let Some(y) = at.way {
        way(app, &mut pen, area, y);
    }
    match app.pages.last() {
        Some(Page::List(list)) => {
            if let Some(y) = at.tabs {
                tabs(app, list, &mut pen, area.x, y);
            }
            table::draw(app, list, &mut pen, at.head, at.body);
        }
        Some(Page::Text(text)) => text_page(text, &mut pen, at.body),
        None => {}
    }
    if let Some(y) = at.status {
        status(app, &mut pen, area, y);
    }
    if let Some(y) = at.keys {
        keys(app, &mut pen, area.x, y);
    }
    Drawn(pen.hits)
}

fn title(app: &App, pen: &mut Pen<'_>, x: u16, y: u16) {
    let style = Style::new().add_modifier(Modifier::REVERSED);
    pen.whole_line(y, style);
    let strong = style.add_modifier(Modifier::BOLD);
    let x = pen.put(x + 1, y, u16::MAX, &app.files.join(" → "), strong);
    pen.put(x + 2, y, u16::MAX, &escape(app.facts.as_bytes()), style);
}

/// What each page is called.
fn label(app: &App, page: &Page) -> String {
    let outline = app.outline();
    let module = |m: usize| outline.and_then(|o| o.modules.get(m));
    let name = match page {
        Page::Text(text) => {
            let side = match text.what {
                Some((_, Side::Old)) => " (old)",
                Some((_, Side::New)) if app.diff() => " (new)",
                _ => "",
            };
            format!("{}{side}", text.title)
        }
        Page::List(list) => match list.place {
            Place::Modules => "modules".into(),
            Place::Everything => "find".into(),
            Place::Packages(m) => module(m).map_or(String::new(), |m| m.name.clone()),
            Place::Items(m, p) => {
                let package = module(m).and_then(|m| m.packages.get(p));
                package.map_or(String::new(), |p| p.name.clone())
            }
        },
    };
    escape(name.as_bytes())
}

/// The pages that lie below this one, each to go back to.
fn way(app: &App, pen: &mut Pen<'_>, area: Rect, y: u16) {
    let mut labels: Vec<String> = app.pages.iter().map(|p| label(app, p)).collect();
    let room = area.width.saturating_sub(2);
    let wide = |labels: &[String]| -> u16 {
        let sum: u16 = labels
            .iter()
            .map(|l| width(l).saturating_add(3))
            .fold(0, u16::saturating_add);
        sum.saturating_sub(3)
    };
    // Those farther away are cut first; the last one is needed most.
    let count = labels.len();
    for i in 0..count {
        if wide(&labels) > room
            && let Some(label) = labels.get_mut(i)
        {
            let least = if i + 1 == count { room } else { 8 };
            *label = keep_end(label, least);
        }
    }
    let mut x = area.x + 1;
    for (i, label) in labels.iter().enumerate() {
        if i > 0 {
            x = pen.put(x, y, u16::MAX, " › ", pen.theme.tone(Tone::Quiet));
        }
        let last = i + 1 == count;
        let style = pen.theme.tone(if last { Tone::Strong } else { Tone::Place });
        let end = pen.put(x, y, u16::MAX, label, style);
        if !last {
            pen.hit(x, y, end, Action::Level(i + 1));
        }
        x = end;
    }
}

fn tabs(app: &App, list: &List, pen: &mut Pen<'_>, x: u16, y: u16) {
    let Some(outline) = app.outline() else { return };
    let mut x = x + 1;
    for (i, tab) in Tab::ALL.into_iter().enumerate() {
        let count = match (list.count(tab, outline), &list.strings) {
            (Some(n), _) => format!(" {}", grouped(n as u64)),
            (None, Lazy::Asked) => " …".into(),
            _ => String::new(),
        };
        let style = match tab == list.tab {
            true => Style::new().add_modifier(Modifier::REVERSED),
            false => pen.theme.tone(Tone::Plain),
        };
        let end = pen.put(
            x,
            y,
            u16::MAX,
            &format!(" {} {}{count} ", i + 1, tab.word()),
            style,
        );
        pen.hit(x, y, end, Action::Tab(tab));
        x = end;
    }
}

fn text_page(text: &Text, pen: &mut Pen<'_>, body: Rect) {
    let said = |pen: &mut Pen<'_>, what: &str| {
        pen.put(body.x + 2, body.y, u16::MAX, what, pen.theme.tone(Tone::Quiet));
    };
    match &text.lines {
        Lazy::Here(_) => {}
        Lazy::Failed(what) => return said(pen, &escape(what.as_bytes())),
        _ => return said(pen, "computing…"),
    }
    let shown = text.all().iter().enumerate().skip(text.top);
    for ((i, line), y) in shown.zip(body.y..body.bottom()) {
        line_of_text(line, text.left, pen, body.x + 1, y);
        if text.found == Some(i) {
            pen.whole_line(y, Style::new().add_modifier(Modifier::REVERSED));
        }
    }
}

/// A line from some column on.
fn line_of_text(line: &Line, left: usize, pen: &mut Pen<'_>, mut x: u16, y: u16) {
    let mut skip = left;
    for (tone, text) in line.pieces() {
        let mut rest = text.chars();
        while skip > 0 && rest.next().is_some() {
            skip -= 1;
        }
        x = pen.put(x, y, u16::MAX, rest.as_str(), pen.theme.tone(*tone));
    }
}

fn status(app: &App, pen: &mut Pen<'_>, area: Rect, y: u16) {
    let (x, room) = (area.x + 1, area.width.saturating_sub(2));
    let strong = pen.theme.tone(Tone::Strong);
    let typed = match app.pages.last() {
        Some(Page::List(l)) if l.typing => Some((&l.filter, l.rows.len())),
        Some(Page::Text(t)) if t.typing => Some((&t.search, usize::from(t.found.is_some()))),
        _ => None,
    };
    if let Some((text, found)) = typed {
        let found = if text.is_empty() {
            String::new()
        } else {
            format!("  {} found", grouped(found as u64))
        };
        let shown = keep_end(&escape(text.as_bytes()), room.saturating_sub(16));
        let x = pen.put(x, y, room, &format!("/{shown}▏"), strong);
        pen.put(x, y, room, &found, pen.theme.tone(Tone::Quiet));
        return;
    }
    if !app.note.is_empty() {
        pen.put(x, y, room, &escape(app.note.as_bytes()), strong);
        return;
    }
    let computing = match (&app.outline, &app.held) {
        (Lazy::Asked, _) => "computing sizes…",
        (_, Lazy::Asked) => "computing what goes with each…",
        _ => "",
    };
    let (mut said, name) = match app.pages.last() {
        Some(Page::List(list)) => table::selected(app, list),
        Some(Page::Text(text)) => (lines_shown(text, app.body), String::new()),
        None => Default::default(),
    };
    if let Some(Page::List(l)) = app.pages.last()
        && !l.filter.is_empty()
    {
        said = format!("/{}  {said}", escape(l.filter.as_bytes()));
    }
    let quiet = pen.theme.tone(Tone::Quiet);
    let x = match computing {
        "" => x,
        words => pen.put(x, y, room, words, strong) + 2,
    };
    let left = area.right().saturating_sub(x + 1);
    let x = pen.put(x, y, left, &keep_start(&said, left), quiet);
    let left = area.right().saturating_sub(x + 1);
    pen.put(x, y, left, &keep_end(&name, left), quiet);
}

/// Which lines of a text are on the screen.
fn lines_shown(text: &Text, body: usize) -> String {
    let count = text.all().len();
    match count as u64 {
        0 => String::new(),
        1 => "1 line".into(),
        n if count <= body => format!("{} lines", grouped(n)),
        n => format!(
            "lines {} to {} of {}",
            grouped(text.top as u64 + 1),
            grouped((text.top + body).min(count) as u64),
            grouped(n)
        ),
    }
}

/// The keys with a word, as many as there is room for.
fn keys(app: &App, pen: &mut Pen<'_>, x: u16, y: u16) {
    let mut x = x + 1;
    let in_text = matches!(app.pages.last(), Some(Page::Text(_)));
    let in_package = matches!(app.pages.last(), Some(Page::List(l)) if matches!(l.place, Place::Items(..)));
    for k in KEYS.iter().filter(|k| !k.word.is_empty()) {
        let there = match k.action {
            Action::OtherSide => app.diff() && in_text,
            Action::NextTab(_) => in_package,
            Action::Open | Action::Sort => !in_text,
            _ => true,
        };
        let taken = width(k.keys) + width(k.word) + 1;
        if !there || x + taken > pen.right {
            continue;
        }
        let from = x;
        x = pen.put(x, y, u16::MAX, k.keys, pen.theme.tone(Tone::Strong));
        x = pen.put(x + 1, y, u16::MAX, k.word, pen.theme.tone(Tone::Quiet));
        pen.hit(from, y, x, k.action);
        x += 2;
    }
}
