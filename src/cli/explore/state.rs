//! What is on the screen, as plain data: pages that lie on each other, what is selected, what is still to
//! come.
//!
//! [`App::act`] does what a key asks for, [`App::told`] takes in what the work has found; neither waits, and
//! neither knows of a terminal.

use super::lines::{Line, Tone};
use super::list::{Constant, List, Place, Retained};
use super::rows::{Node, Sort, Tab};
use super::work::{Ask, Told, What};
use crate::analysis::outline::{Class, Outline, Side};
use crate::report::text::grouped;

/// What a key, a click, or a word at the bottom of the screen asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Quit,
    Interrupt,
    Back,
    Open,
    Why,
    Move(isize),
    /// So many pages, down or up.
    Page(isize),
    First,
    Last,
    Sideways(isize),
    NextTab(isize),
    Tab(Tab),
    Sort,
    SortBy(Sort),
    Search,
    Find,
    Type(char),
    Erase,
    Accept,
    Match(isize),
    Help,
    OtherSide,
    /// A row of the screen was clicked: counted from the first that is shown.
    Click(usize),
    /// Back to the page with this place in the stack.
    Level(usize),
}

/// Is a thing that takes long there?
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Lazy<T> {
    #[default]
    Unasked,
    Asked,
    Here(T),
    /// In words why it can't be had.
    Failed(String),
}

/// A page of text: a listing, a reason, a type, a file, help.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) id: u64,
    pub(super) title: String,
    pub(super) lines: Lazy<Vec<Line>>,
    /// What it is about, and of which file; nothing for help.
    pub(super) what: Option<(What, Side)>,
    pub(super) top: usize,
    pub(super) left: usize,
    pub(super) search: String,
    pub(super) typing: bool,
    /// The line that the search has come to.
    pub(super) found: Option<usize>,
}

impl Text {
    fn new(id: u64, title: String) -> Text {
        Text {
            id,
            title,
            lines: Lazy::Asked,
            what: None,
            top: 0,
            left: 0,
            search: String::new(),
            typing: false,
            found: None,
        }
    }

    pub(super) fn all(&self) -> &[Line] {
        match &self.lines {
            Lazy::Here(lines) => lines,
            _ => &[],
        }
    }

    /// Goes to the next line, or the one before, that holds what is searched.
    fn find(&mut self, by: isize, body: usize) {
        let wanted = self.search.to_lowercase();
        let count = self.all().len();
        if wanted.is_empty() || count == 0 {
            return;
        }
        let holds = |i: &usize| {
            let line = self.all().get(*i);
            line.is_some_and(|l| l.text().to_lowercase().contains(&wanted))
        };
        let from = self.found.unwrap_or(if by < 0 { self.top + 1 } else { self.top });
        let found = if by > 0 {
            let first = from + usize::from(self.found.is_some());
            (first..count).chain(0..first.min(count)).find(holds)
        } else {
            (0..from.min(count))
                .rev()
                .chain((from.min(count)..count).rev())
                .find(holds)
        };
        self.found = found;
        if let Some(line) = found
            && !(self.top..self.top + body).contains(&line)
        {
            self.top = line.saturating_sub(body / 2);
        }
    }
}

/// What lies on the screen.
#[derive(Debug)]
pub(super) enum Page {
    List(List),
    Text(Text),
}

/// All of the view.
#[derive(Debug)]
pub(super) struct App {
    /// What the files are called: the only one, or the old and the new one.
    pub(super) files: Vec<String>,
    /// What stands behind the names: sizes, Go versions.
    pub(super) facts: String,
    pub(super) outline: Lazy<Outline>,
    pub(super) held: Lazy<Retained>,
    /// The last one is seen.
    pub(super) pages: Vec<Page>,
    /// A line for the user, until the next key.
    pub(super) note: String,
    /// The exit status, once it is over.
    pub(super) ended: Option<u8>,
    /// Rows that the last drawing had room for.
    pub(super) body: usize,
    asks: Vec<Ask>,
    ids: u64,
}

impl App {
    pub(super) fn new(files: Vec<String>) -> App {
        let diff = files.len() > 1;
        App {
            files,
            facts: String::new(),
            outline: Lazy::Asked,
            held: Lazy::Unasked,
            pages: vec![Page::List(List::new(0, Place::Modules, diff))],
            note: String::new(),
            ended: None,
            body: 10,
            asks: Vec::new(),
            ids: 0,
        }
    }

    /// Are two files compared?
    pub(super) fn diff(&self) -> bool {
        self.files.len() > 1
    }

    /// What is to be worked out, since this was asked last.
    pub(super) fn asks(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.asks)
    }

    /// Is anything still to come?
    pub(super) fn waits(&self) -> bool {
        let page = match self.pages.last() {
            Some(Page::List(l)) => l.strings == Lazy::Asked,
            Some(Page::Text(t)) => t.lines == Lazy::Asked,
            None => false,
        };
        page || self.outline == Lazy::Asked || self.held == Lazy::Asked
    }

    /// Does what is typed go into a search?
    pub(super) fn typing(&self) -> bool {
        match self.pages.last() {
            Some(Page::List(l)) => l.typing,
            Some(Page::Text(t)) => t.typing,
            None => false,
        }
    }

    pub(super) fn outline(&self) -> Option<&Outline> {
        match &self.outline {
            Lazy::Here(o) => Some(o),
            _ => None,
        }
    }

    pub(super) fn retained(&self) -> Option<&Retained> {
        match &self.held {
            Lazy::Here(h) => Some(h),
            _ => None,
        }
    }

    /// Takes in what was found out.
    pub(super) fn told(&mut self, told: Told) {
        match told {
            Told::Outline(Ok((outline, facts))) => {
                self.facts = facts;
                self.outline = Lazy::Here(outline);
            }
            Told::Outline(Err(what)) => self.outline = Lazy::Failed(what),
            Told::Held(Ok(held)) => self.held = Lazy::Here(held),
            Told::Held(Err(what)) => {
                self.note = what.clone();
                self.held = Lazy::Failed(what);
            }
            Told::Text(id, answer) => {
                let texts = self.pages.iter_mut().filter_map(|p| match p {
                    Page::Text(t) if t.id == id => Some(t),
                    _ => None,
                });
                for text in texts {
                    text.lines = match &answer {
                        Ok(lines) => Lazy::Here(lines.clone()),
                        Err(what) => Lazy::Failed(what.clone()),
                    };
                }
            }
            Told::Strings(id, answer) => {
                let lists = self.pages.iter_mut().filter_map(|p| match p {
                    Page::List(l) if l.id == id => Some(l),
                    _ => None,
                });
                for list in lists {
                    list.strings = match &answer {
                        Ok(all) => Lazy::Here(all.clone()),
                        Err(what) => Lazy::Failed(what.clone()),
                    };
                }
            }
        }
        self.arrange();
    }

    /// Puts the rows of every list in order again.
    pub(super) fn arrange(&mut self) {
        let (outline, held) = (&self.outline, &self.held);
        let Lazy::Here(outline) = outline else { return };
        let held = match held {
            Lazy::Here(h) => Some(h),
            _ => None,
        };
        for page in &mut self.pages {
            if let Page::List(list) = page {
                list.arrange(outline, held);
            }
        }
    }

    fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// Does what is asked for.
    pub(super) fn act(&mut self, action: Action) {
        self.note.clear();
        match action {
            Action::Quit => self.ended = Some(crate::cli::FINE),
            Action::Interrupt => self.ended = Some(super::INTERRUPTED),
            Action::Help => self.help(),
            Action::Why => self.why(),
            Action::Find => self.find(),
            Action::OtherSide => self.other_side(),
            Action::Level(level) => self.pages.truncate(level.max(1)),
            Action::Back => self.back(),
            Action::Open => self.open(),
            _ => {
                let body = self.body;
                match self.pages.last_mut() {
                    Some(Page::Text(text)) => act_in_text(text, action, body),
                    Some(Page::List(_)) => self.act_in_list(action),
                    None => {}
                }
            }
        }
    }

    fn back(&mut self) {
        let more = self.pages.len() > 1;
        match self.pages.last_mut() {
            Some(Page::List(l)) if l.typing || !l.filter.is_empty() => {
                (l.typing, l.filter) = (false, String::new());
                self.arrange();
            }
            Some(Page::Text(t)) if t.typing || !t.search.is_empty() => {
                (t.typing, t.search, t.found) = (false, String::new(), None);
            }
            _ if more => {
                self.pages.pop();
                // What came meanwhile may have put the rows below in another order.
                self.arrange();
            }
            _ => self.note = "this is the first page; q quits".into(),
        }
    }

    fn act_in_list(&mut self, action: Action) {
        let (body, diff, has_held) = (self.body, self.diff(), self.retained().is_some());
        let Some(Page::List(list)) = self.pages.last_mut() else {
            return;
        };
        let mut arrange = true;
        match action {
            Action::Search => list.typing = true,
            Action::Type(c) => {
                list.filter.push(c);
                list.restart();
            }
            Action::Erase => {
                list.filter.pop();
                list.restart();
            }
            Action::Accept => list.typing = false,
            Action::Sort => list.sort = list.sort.next(diff, list.has_retained()),
            Action::SortBy(sort) => list.sort = sort,
            Action::Tab(tab) => list.tab(tab),
            Action::NextTab(by) => list.tab(list.tab.next(by)),
            _ => {
                arrange = false;
                list.step(action, body);
            }
        }
        let wants_held = list.sort.needs_graph() && !has_held;
        let id = list.id;
        if list.asks_strings() {
            list.strings = Lazy::Asked;
            if let Some(package) = self.package() {
                self.asks.push(Ask::Strings(id, package));
            }
        }
        if wants_held {
            self.want_held();
        }
        if arrange {
            self.arrange();
        }
        if matches!(action, Action::Click(_)) && self.clicked_twice() {
            self.open();
        }
    }

    fn clicked_twice(&mut self) -> bool {
        match self.pages.last_mut() {
            Some(Page::List(l)) => std::mem::take(&mut l.again),
            _ => false,
        }
    }

    fn want_held(&mut self) {
        if self.held == Lazy::Unasked {
            self.held = Lazy::Asked;
            self.asks.push(Ask::Held);
        }
        if let Lazy::Failed(what) = &self.held {
            self.note = what.clone();
        }
    }

    /// The package that the list is of.
    fn package(&self) -> Option<String> {
        let Some(Page::List(list)) = self.pages.last() else {
            return None;
        };
        let Place::Items(m, p) = list.place else {
            return None;
        };
        Some(self.outline()?.modules.get(m)?.packages.get(p)?.name.clone())
    }

    /// What is selected.
    pub(super) fn selected(&self) -> Option<Node> {
        match self.pages.last()? {
            Page::List(list) => list.rows.get(list.selected).copied(),
            Page::Text(_) => None,
        }
    }

    /// The file that a thing is looked at in: the new one, unless it is gone there.
    fn side(&self, node: Node) -> Side {
        let bytes = self.outline().and_then(|o| node.bytes(o));
        match bytes {
            Some(b) if self.diff() && b.new == 0 && b.old > 0 => Side::Old,
            _ => Side::New,
        }
    }

    fn open(&mut self) {
        let Some(node) = self.selected() else { return };
        let diff = self.diff();
        let place = match node {
            Node::Module(m) => {
                let packages = self.outline().and_then(|o| o.modules.get(m)).map(|m| &m.packages);
                // One that stands for bytes without a package has nothing to choose from.
                match packages.map(Vec::as_slice) {
                    Some([only]) if !only.is_package => Some(Place::Items(m, 0)),
                    _ => Some(Place::Packages(m)),
                }
            }
            Node::Package(m, p) => Some(Place::Items(m, p)),
            Node::Item(..) | Node::Text(_) => None,
        };
        if let Some(place) = place {
            let id = self.id();
            let mut list = List::new(id, place, diff);
            if let (Place::Items(m, p), Some(outline)) = (place, self.outline()) {
                list.tab = Tab::first(outline, m, p);
            }
            self.pages.push(Page::List(list));
            self.arrange();
            return;
        }
        if let Node::Text(i) = node {
            return self.constant(i);
        }
        let Some(outline) = self.outline() else { return };
        let (Some(item), package) = (node.item(outline), node.package(outline)) else {
            return;
        };
        let (name, package) = (item.name.clone(), package.map(|p| p.name.clone()));
        let what = match item.class {
            Class::Function => What::Code(name),
            Class::Type => What::Type(package.unwrap_or_default(), name),
            Class::File => What::File(name),
            Class::Other => {
                self.note = "there is nothing more to show of it".into();
                return;
            }
        };
        self.push_text(what, self.side(node));
    }

    fn push_text(&mut self, what: What, side: Side) {
        let id = self.id();
        let mut text = Text::new(id, what.title());
        text.what = Some((what.clone(), side));
        self.pages.push(Page::Text(text));
        self.asks.push(Ask::Text(id, what, side));
    }

    /// A string, whole, and who uses it.
    fn constant(&mut self, i: usize) {
        let Some(Page::List(list)) = self.pages.last() else {
            return;
        };
        let Lazy::Here(all) = &list.strings else { return };
        let Some(c) = all.get(i) else { return };
        let lines = string_page(c);
        let id = self.id();
        let mut text = Text::new(id, "string".into());
        text.lines = Lazy::Here(lines);
        self.pages.push(Page::Text(text));
    }

    fn why(&mut self) {
        let node = self.selected();
        let Some(outline) = self.outline() else { return };
        let what = match (self.pages.last(), node) {
            (Some(Page::Text(text)), _) => text.what.as_ref().and_then(|(w, side)| {
                let what = match w {
                    What::Code(name) | What::File(name) => What::Why(name.clone()),
                    What::Type(package, name) => What::WhyType(package.clone(), name.clone()),
                    What::Why(_) | What::WhyType(..) => return None,
                };
                Some((what, *side))
            }),
            (_, Some(node)) => node.why(outline).map(|w| (w, self.side(node))),
            _ => None,
        };
        match what {
            Some((what, side)) => self.push_text(what, side),
            None => {
                self.note = "only modules, packages, functions, types and files have a reason".into();
            }
        }
    }

    /// A list of everything, to search in.
    fn find(&mut self) {
        let id = self.id();
        let mut list = List::new(id, Place::Everything, self.diff());
        list.typing = true;
        self.pages.push(Page::List(list));
        self.arrange();
    }

    /// Shows the same of the other file.
    fn other_side(&mut self) {
        if !self.diff() {
            self.note = "there is one file only".into();
            return;
        }
        let Some(Page::Text(text)) = self.pages.last_mut() else {
            self.note = "o changes between the old and the new listing, type, file or reason".into();
            return;
        };
        let Some((what, side)) = &mut text.what else {
            return;
        };
        *side = if *side == Side::New { Side::Old } else { Side::New };
        (text.lines, text.found) = (Lazy::Asked, None);
        self.asks.push(Ask::Text(text.id, what.clone(), *side));
    }

    fn help(&mut self) {
        if let Some(Page::Text(t)) = self.pages.last()
            && t.title == "help"
        {
            self.back();
            return;
        }
        let id = self.id();
        let mut text = Text::new(id, "help".into());
        text.lines = Lazy::Here(super::keys::help());
        self.pages.push(Page::Text(text));
    }
}

fn string_page(c: &Constant) -> Vec<Line> {
    let mut lines = vec![Line::new(
        Tone::Strong,
        &format!("{} bytes", grouped(c.text.len() as u64)),
    )];
    for f in &c.functions {
        lines.push(Line::new(Tone::Quiet, "used by ").with(Tone::Plain, f));
    }
    lines.push(Line::default());
    // What is longer is no text to read on a screen.
    const LINES: usize = 20_000;
    lines.extend(c.text.lines().take(LINES).map(|l| Line::new(Tone::Plain, l)));
    lines
}

fn act_in_text(text: &mut Text, action: Action, body: usize) {
    let last = text.all().len().saturating_sub(body);
    let by = |top: usize, n: isize| top.saturating_add_signed(n).min(last);
    match action {
        Action::Move(n) => text.top = by(text.top, n),
        Action::Page(n) => {
            text.top = by(text.top, n.saturating_mul(body.saturating_sub(1).max(1) as isize));
        }
        Action::First => text.top = 0,
        Action::Last => text.top = last,
        Action::Sideways(n) => text.left = text.left.saturating_add_signed(n * 8).min(4096),
        Action::Search => {
            (text.typing, text.search, text.found) = (true, String::new(), None);
        }
        Action::Type(c) => {
            text.search.push(c);
            text.found = None;
            text.find(1, body);
        }
        Action::Erase => {
            text.search.pop();
            text.found = None;
            text.find(1, body);
        }
        Action::Accept => text.typing = false,
        Action::Match(n) => text.find(n, body),
        _ => {}
    }
}
