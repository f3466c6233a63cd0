//! A list as a table: which columns there is room for, their heads, a line for each row.

use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::draw::{Pen, keep_end, keep_start, width};
use super::list::{List, Place};
use super::rows::{Node, Sort, Tab};
use super::state::{Action, App, Lazy};
use crate::analysis::outline::{Class, Outline, Pair};
use crate::go::quote::quote;
use crate::report::columns::bar;
use crate::report::text::{escape, grouped};

/// A column before the names, in the order of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Old,
    New,
    Delta,
    Bytes,
    Own,
    With,
    Share,
    Bar,
}

impl Column {
    fn head(self) -> &'static str {
        match self {
            Column::Old => "old",
            Column::New => "new",
            Column::Delta => "delta",
            Column::Bytes => "in file",
            Column::Own => "own",
            Column::With => "with it",
            Column::Share => "share",
            Column::Bar => "",
        }
    }

    /// What a click on its head sorts by.
    fn sort(self) -> Sort {
        match self {
            Column::Old => Sort::Old,
            Column::New | Column::Bytes | Column::Share | Column::Bar => Sort::Bytes,
            Column::Delta => Sort::Delta,
            Column::Own => Sort::Own,
            Column::With => Sort::With,
        }
    }

    fn width(self, number: u16) -> u16 {
        match self {
            Column::Share => 7,
            Column::Bar => 10,
            Column::Delta => number + 1,
            _ => number,
        }
    }
}

/// Columns that names get at the least.
const NAME: u16 = 24;

/// The columns that a line has room for; the one that is sorted by always.
fn columns(app: &App, list: &List, room: u16, number: u16) -> Vec<Column> {
    let held = app.retained().is_some() && list.has_retained();
    let all: &[Column] = match app.diff() {
        true => &[Column::Old, Column::New, Column::Delta, Column::Own, Column::With],
        false => &[
            Column::Bytes,
            Column::Own,
            Column::With,
            Column::Share,
            Column::Bar,
        ],
    };
    let wanted: &[Column] = match app.diff() {
        true => &[Column::Delta, Column::New, Column::Old, Column::With, Column::Own],
        false => &[
            Column::Bytes,
            Column::With,
            Column::Own,
            Column::Share,
            Column::Bar,
        ],
    };
    let there = |c: &Column| held || !matches!(c, Column::Own | Column::With);
    let mut by_need: Vec<Column> = wanted.iter().copied().filter(there).collect();
    by_need.sort_by_key(|c| c.sort() != list.sort);
    let mut left = room.saturating_sub(NAME);
    let mut chosen = Vec::new();
    for c in by_need {
        let taken = c.width(number) + 1;
        if taken <= left || chosen.is_empty() {
            left = left.saturating_sub(taken);
            chosen.push(c);
        }
    }
    all.iter().copied().filter(|c| chosen.contains(c)).collect()
}

/// What the names of a list are of.
fn things(list: &List) -> &'static str {
    match (list.place, list.tab) {
        (Place::Modules, _) => "module",
        (Place::Packages(_), _) => "package",
        (Place::Everything, _) => "everything",
        (_, Tab::Of(Class::Function)) => "function",
        (_, Tab::Of(Class::Type)) => "type",
        (_, Tab::Of(Class::File)) => "file",
        (_, Tab::Of(Class::Other)) => "variables, constants, tables",
        (_, Tab::Strings) => "string",
    }
}

/// The table, or why there is none.
pub(super) fn draw(app: &App, list: &List, pen: &mut Pen<'_>, head: Option<u16>, body: Rect) {
    let quiet = Style::new().add_modifier(Modifier::DIM);
    let said = |pen: &mut Pen<'_>, what: &str| {
        pen.put(body.x + 2, body.y, u16::MAX, what, quiet);
    };
    let outline = match &app.outline {
        Lazy::Here(outline) => outline,
        Lazy::Failed(what) => return said(pen, &escape(what.as_bytes())),
        _ => return said(pen, "computing sizes…"),
    };
    if matches!(list.place, Place::Items(..)) && list.tab == Tab::Strings {
        match &list.strings {
            Lazy::Failed(what) => return said(pen, &escape(what.as_bytes())),
            Lazy::Here(_) => {}
            _ => return said(pen, "computing…"),
        }
    }
    if list.rows.is_empty() {
        let filtered = !list.filter.is_empty();
        return said(
            pen,
            if filtered {
                "nothing here holds that"
            } else {
                "none"
            },
        );
    }
    let most = |f: &dyn Fn(Pair) -> u64| list.rows.iter().map(|n| f(list.bytes(*n, outline))).max();
    let largest = most(&|p| p.new.max(p.old)).unwrap_or(0);
    let number = width(&grouped(largest)).max(9);
    let shown = columns(app, list, body.width.saturating_sub(2), number);
    let names = body.x + 1 + shown.iter().map(|c| c.width(number) + 1).sum::<u16>();
    if let Some(y) = head {
        heads(list, pen, &shown, number, (body.x + 1, names, y));
    }
    let rows = list.rows.iter().enumerate().skip(list.top);
    for ((i, node), y) in rows.zip(body.y..body.bottom()) {
        let mut x = body.x + 1;
        for c in &shown {
            let (text, style) = cell(app, list, *node, *c, (outline, largest), pen);
            let wide = c.width(number);
            let indent = match c {
                Column::Bar => 0,
                _ => wide.saturating_sub(width(&text)),
            };
            pen.put(x + indent, y, wide, &text, style);
            x += wide + 1;
        }
        name(app, list, *node, outline, pen, (names, y, body.right()));
        if i == list.selected {
            pen.put(body.x, y, 1, ">", Style::new());
            pen.whole_line(y, Style::new().add_modifier(Modifier::REVERSED));
        }
        pen.hit(body.x, y, body.right(), Action::Click(i - list.top));
    }
}

fn heads(list: &List, pen: &mut Pen<'_>, shown: &[Column], number: u16, (x, names, y): (u16, u16, u16)) {
    let style = |sorted: bool| {
        let style = Style::new().add_modifier(Modifier::UNDERLINED);
        if sorted {
            style.add_modifier(Modifier::BOLD)
        } else {
            style
        }
    };
    pen.whole_line(y, style(false));
    let mut x = x;
    // Several columns may be of one order; the first has the mark.
    let first = shown.iter().position(|c| c.sort() == list.sort);
    for (i, c) in shown.iter().enumerate() {
        let wide = c.width(number);
        let sorted = first == Some(i);
        let text = if sorted {
            format!("{}▼", c.head())
        } else {
            c.head().to_string()
        };
        pen.put(
            x + wide.saturating_sub(width(&text)),
            y,
            wide,
            &text,
            style(sorted),
        );
        pen.hit(x, y, x + wide, Action::SortBy(c.sort()));
        x += wide + 1;
    }
    let sorted = list.sort == Sort::Name;
    let mark = if sorted { "▲" } else { "" };
    let end = pen.put(
        names,
        y,
        u16::MAX,
        &format!("{}{mark}", things(list)),
        style(sorted),
    );
    pen.hit(names, y, end, Action::SortBy(Sort::Name));
}

/// A difference with its sign.
fn signed(delta: i128) -> String {
    let size = grouped(u64::try_from(delta.unsigned_abs()).unwrap_or(u64::MAX));
    match delta {
        0 => "0".into(),
        d if d > 0 => format!("+{size}"),
        _ => format!("-{size}"),
    }
}

/// Of the file, as `size` says it.
fn share(part: u64, whole: u64) -> String {
    format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64)
}

fn cell(
    app: &App,
    list: &List,
    node: Node,
    column: Column,
    (outline, largest): (&Outline, u64),
    pen: &Pen<'_>,
) -> (String, Style) {
    let bytes = list.bytes(node, outline);
    let kept = || app.retained().and_then(|h| h.of(node, outline));
    let plain = Style::new();
    match column {
        Column::Old => (grouped(bytes.old), plain),
        Column::New | Column::Bytes => (grouped(bytes.new), plain),
        Column::Delta => {
            let color = match bytes.delta() {
                0 => return ("0".into(), plain.add_modifier(Modifier::DIM)),
                d if d > 0 => Color::Red,
                _ => Color::Green,
            };
            (signed(bytes.delta()), pen.theme.fore(color))
        }
        Column::Own => (kept().map_or(String::new(), |k| grouped(k.own)), plain),
        Column::With => (kept().map_or(String::new(), |k| grouped(k.with)), plain),
        Column::Share => (
            share(bytes.new, outline.size.new),
            plain.add_modifier(Modifier::DIM),
        ),
        Column::Bar => (bar(bytes.new, largest, 10), pen.theme.fore(Color::Blue)),
    }
}

/// What a row is called on its page: on a package's own, its path says nothing new.
fn own_name<'l>(list: &'l List, node: Node, outline: &'l Outline) -> &'l str {
    let whole = list.name(node, outline);
    let package = match (list.place, node) {
        (Place::Items(..), Node::Item(..)) => node.package(outline),
        _ => None,
    };
    let rest = package.and_then(|p| whole.strip_prefix(p.name.as_str())?.strip_prefix('.'));
    rest.filter(|r| !r.is_empty()).unwrap_or(whole)
}

fn name(app: &App, list: &List, node: Node, outline: &Outline, pen: &mut Pen<'_>, at: (u16, u16, u16)) {
    let (mut x, y, right) = at;
    let bytes = list.bytes(node, outline);
    if app.diff() {
        let (mark, color) = match (bytes.old, bytes.new) {
            (0, n) if n > 0 => ("+", Color::Red),
            (o, 0) if o > 0 => ("-", Color::Green),
            _ => (" ", Color::Reset),
        };
        x = pen.put(x, y, 1, mark, pen.theme.fore(color)) + 1;
    }
    if list.place == Place::Everything {
        let word = format!("{:8}", node.sort_of_thing(outline));
        x = pen.put(x, y, u16::MAX, &word, pen.theme.fore(Color::Cyan));
    }
    let room = right.saturating_sub(x);
    let whole = own_name(list, node, outline);
    let (text, style) = match node {
        // Of a text the start tells most; no screen shows more than so much of it.
        Node::Text(_) => {
            let start: String = whole.chars().take(usize::from(room) + 1).collect();
            let text = escape(&quote(start.as_bytes()));
            (keep_start(&text, room), pen.theme.fore(Color::Green))
        }
        _ => (keep_end(&escape(whole.as_bytes()), room), Style::new()),
    };
    let x = pen.put(x, y, room, &text, style);
    if let Node::Module(m) = node
        && let Some(version) = outline.modules.get(m).map(|m| &m.version)
        && !version.is_empty()
    {
        let version = escape(version.as_bytes());
        let room = right.saturating_sub(x + 1);
        if width(&version) <= room {
            pen.put(x + 1, y, room, &version, Style::new().add_modifier(Modifier::DIM));
        }
    }
}

/// What is selected, for the line below: its place and bytes, and all of its name.
pub(super) fn selected(app: &App, list: &List) -> (String, String) {
    let (Some(outline), Some(node)) = (app.outline(), list.rows.get(list.selected)) else {
        return Default::default();
    };
    let bytes = list.bytes(*node, outline);
    let place = format!(
        "{} of {}",
        grouped(list.selected as u64 + 1),
        grouped(list.rows.len() as u64)
    );
    let size = match app.diff() {
        true => format!("{} bytes", signed(bytes.delta())),
        false => format!("{} bytes", grouped(bytes.new)),
    };
    let name: String = list.name(*node, outline).chars().take(400).collect();
    let name = match node {
        Node::Text(_) => escape(&quote(name.as_bytes())),
        _ => escape(name.as_bytes()),
    };
    (format!("{place}  {size}  "), name)
}
