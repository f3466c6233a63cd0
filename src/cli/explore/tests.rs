//! The view by keys, drawn on a screen in memory.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::style::Color;

use super::draw::{Drawn, Theme, draw};
use super::keys;
use super::lines::{Line, Tone};
use super::list::{Constant, Kept, Retained};
use super::rows::{Sort, Tab};
use super::state::{Action, App, Page};
use super::work::{Ask, Told, What};
use crate::analysis::outline::{Class, Item, Module, Outline, Package, Pair, Side};
use crate::report::text::unsafe_on_terminal;

/// The view, and the screen that it is drawn on.
struct Seen {
    app: App,
    drawn: Drawn,
    terminal: Terminal<TestBackend>,
    color: bool,
}

impl Seen {
    fn new(files: &[&str], width: u16, height: u16) -> Seen {
        let mut seen = Seen {
            app: App::new(files.iter().map(|f| f.to_string()).collect()),
            drawn: Drawn::default(),
            terminal: Terminal::new(TestBackend::new(width, height)).unwrap(),
            color: true,
        };
        seen.draw();
        seen
    }

    /// With what the work would have found of the sizes.
    fn measured(files: &[&str], width: u16, height: u16) -> Seen {
        let mut seen = Seen::new(files, width, height);
        let facts = "12.0 KiB, go1.27.4".to_string();
        seen.tell(Told::Outline(Ok((outline(files.len() > 1), facts))));
        seen
    }

    fn draw(&mut self) {
        let theme = Theme::new(self.color);
        let drawn = &mut self.drawn;
        let app = &mut self.app;
        let draw = |f: &mut ratatui::Frame<'_>| *drawn = draw(app, theme, f.area(), f.buffer_mut());
        self.terminal.draw(draw).unwrap();
    }

    fn tell(&mut self, told: Told) {
        self.app.told(told);
        self.draw();
    }

    fn event(&mut self, event: &Event) {
        let in_text = matches!(self.app.pages.last(), Some(Page::Text(_)));
        if let Some(action) = keys::action(event, self.app.typing(), in_text, &self.drawn) {
            self.app.act(action);
        }
        self.draw();
    }

    /// Types keys: letters, and in angle brackets those that have names.
    fn keys(&mut self, keys: &str) -> &mut Seen {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let (code, len) = match rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
                Some((name, _)) => (named(name), name.len() + 2),
                None => (KeyCode::Char(c), c.len_utf8()),
            };
            rest = &rest[len..];
            self.event(&Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        }
        self
    }

    fn click(&mut self, x: u16, y: u16) {
        self.mouse(MouseEventKind::Down(MouseButton::Left), x, y);
    }

    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        let modifiers = KeyModifiers::NONE;
        self.event(&Event::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers,
        }));
    }

    fn buffer(&self) -> &Buffer {
        self.terminal.backend().buffer()
    }

    /// The lines of the screen, without what is empty at their ends.
    fn screen(&self) -> String {
        let buffer = self.buffer();
        let width = usize::from(buffer.area.width.max(1));
        let line = |cells: &[ratatui::buffer::Cell]| {
            let line: String = cells.iter().map(|c| c.symbol()).collect();
            line.trim_end().to_string()
        };
        let lines: Vec<String> = buffer.content().chunks(width).map(line).collect();
        lines.join("\n")
    }

    /// The names in the rows, from the column where names begin.
    fn rows(&self) -> Vec<String> {
        let Some(Page::List(list)) = self.app.pages.last() else {
            return Vec::new();
        };
        let outline = self.app.outline().unwrap();
        list.rows
            .iter()
            .map(|n| list.name(*n, outline).to_string())
            .collect()
    }
}

fn named(name: &str) -> KeyCode {
    match name {
        "down" => KeyCode::Down,
        "up" => KeyCode::Up,
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "end" => KeyCode::End,
        "home" => KeyCode::Home,
        "pgdn" => KeyCode::PageDown,
        "pgup" => KeyCode::PageUp,
        "right" => KeyCode::Right,
        "left" => KeyCode::Left,
        "back" => KeyCode::Backspace,
        other => panic!("no key {other}"),
    }
}

/// A small program; of two files `old` is what it was.
fn outline(diff: bool) -> Outline {
    let pair = |old: u64, new: u64| Pair {
        old: if diff { old } else { 0 },
        new,
    };
    let item = |class, name: &str, bytes| Item {
        class,
        name: name.into(),
        bytes,
    };
    let sum = |all: &[Pair]| Pair {
        old: all.iter().map(|p| p.old).sum(),
        new: all.iter().map(|p| p.new).sum(),
    };
    let package = |name: &str, items: Vec<Item>| Package {
        name: name.into(),
        is_package: !name.starts_with('['),
        bytes: sum(&items.iter().map(|i| i.bytes).collect::<Vec<_>>()),
        items,
    };
    let module = |name: &str, version: &str, packages: Vec<Package>| Module {
        name: name.into(),
        version: version.into(),
        bytes: sum(&packages.iter().map(|p| p.bytes).collect::<Vec<_>>()),
        packages,
    };
    use Class::{File, Function, Other, Type};
    let modules = vec![
        module(
            "[header]",
            "",
            vec![package("[header]", vec![item(Other, "[header]", pair(100, 100))])],
        ),
        module(
            "example.com/app",
            "(devel)",
            vec![package(
                "main",
                vec![
                    item(Function, "main.main", pair(500, 900)),
                    item(Function, "main.(*server).serve", pair(0, 1200)),
                    item(Function, "main.old", pair(300, 0)),
                    item(Type, "main.server", pair(96, 96)),
                    item(File, "static/index.html", pair(40, 44)),
                    item(Other, "[string]", pair(64, 80)),
                ],
            )],
        ),
        module(
            "example.com/a\u{1b}[31m/\u{202e}evil",
            "v1.0.0\u{7}",
            vec![package(
                "example.com/a\u{1b}[31m/\u{202e}evil",
                vec![item(Function, "example.com/a.\u{9b}2J", pair(10, 10))],
            )],
        ),
        module(
            "std",
            "go1.27.4",
            vec![
                package("fmt", vec![item(Function, "fmt.Println", pair(700, 700))]),
                package(
                    "net/http",
                    vec![
                        item(Function, "net/http.(*conn).serve", pair(4000, 4400)),
                        item(Function, "net/http.Get", pair(900, 100)),
                    ],
                ),
            ],
        ),
    ];
    Outline {
        size: sum(&modules.iter().map(|m| m.bytes).collect::<Vec<_>>()),
        modules,
    }
}

fn retained() -> Retained {
    let kept = |all: &[(&str, u64, u64)]| {
        let one = |(name, own, with): &(&str, u64, u64)| {
            (
                name.to_string(),
                Kept {
                    own: *own,
                    with: *with,
                },
            )
        };
        all.iter().map(one).collect()
    };
    Retained {
        modules: kept(&[("example.com/app", 10, 20)]),
        packages: kept(&[("fmt", 600, 5000), ("net/http", 4000, 4100)]),
    }
}

#[test]
fn the_first_screen_is_there_before_the_sizes_are() {
    let seen = Seen::new(&["server"], 80, 24);
    assert!(seen.screen().contains("computing sizes…"), "{}", seen.screen());
    insta::assert_snapshot!("modules_80x24", Seen::measured(&["server"], 80, 24).screen());
}

#[test]
fn keys_lead_from_modules_to_instructions_and_back() {
    let mut seen = Seen::measured(&["server"], 80, 16);
    assert_eq!(seen.rows()[0], "std");
    seen.keys("<enter>");
    assert_eq!(seen.rows(), ["net/http", "fmt"]);
    seen.keys("<enter>");
    insta::assert_snapshot!("functions_80x16", seen.screen());
    seen.keys("<enter>");
    let code = What::Code("net/http.(*conn).serve".into());
    let asks = seen.app.asks();
    let [Ask::Text(id, what, Side::New)] = &asks[..] else {
        panic!("{asks:?}")
    };
    assert_eq!(*what, code);
    assert!(seen.screen().contains("computing…"));
    let line = |i: u32| {
        let line = Line::new(Tone::Address, &format!("{:#10x}  ", 0x40_1000 + i));
        line.with(Tone::Plain, "CALL fmt.Println(SB)")
            .with(Tone::Strong, &format!(" // note {i}"))
    };
    seen.tell(Told::Text(*id, Ok((0..40).map(line).collect())));
    insta::assert_snapshot!("listing_80x16", seen.screen());
    // The same page's reason, and back over all pages.
    seen.keys("w");
    let why = What::Why("net/http.(*conn).serve".into());
    assert!(matches!(&seen.app.asks()[..], [Ask::Text(_, w, Side::New)] if *w == why));
    seen.keys("<esc><esc><esc><esc>");
    assert_eq!(seen.rows()[0], "std");
    seen.keys("<esc>");
    assert!(seen.screen().contains("q quits"));
    seen.keys("q");
    assert_eq!(seen.app.ended, Some(0));
}

#[test]
fn a_text_is_searched_and_moved_sideways() {
    let mut seen = Seen::measured(&["server"], 60, 12);
    seen.keys("<enter><enter><enter>");
    let asks = seen.app.asks();
    let [Ask::Text(id, ..)] = &asks[..] else { panic!() };
    let line = |i: u32| Line::new(Tone::Plain, &format!("0123456789 line {i}"));
    seen.tell(Told::Text(*id, Ok((0..100).map(line).collect())));
    seen.keys("/line 7");
    assert!(seen.screen().contains("1 found"), "{}", seen.screen());
    let found = |seen: &Seen| match seen.app.pages.last() {
        Some(Page::Text(t)) => t.found,
        _ => None,
    };
    assert_eq!(found(&seen), Some(7));
    seen.keys("<enter>n");
    assert_eq!(found(&seen), Some(70));
    assert!(seen.screen().contains("line 70"));
    seen.keys("NN");
    assert_eq!(found(&seen), Some(79));
    seen.keys("<right>");
    assert!(!seen.screen().contains("0123456789 line 79") && seen.screen().contains("89 line 79"));
    seen.keys("<end>");
    assert!(seen.screen().contains("line 99"), "{}", seen.screen());
    // A search ends first, then the page.
    seen.keys("<esc>");
    assert!(found(&seen).is_none() && matches!(seen.app.pages.last(), Some(Page::Text(_))));
    seen.keys("<esc>");
    assert!(matches!(seen.app.pages.last(), Some(Page::List(_))));
}

#[test]
fn what_goes_with_each_is_asked_for_when_it_is_wanted() {
    let mut seen = Seen::measured(&["server"], 80, 14);
    assert!(seen.app.asks().is_empty());
    seen.keys("<enter>s");
    assert_eq!(seen.app.asks(), [Ask::Held]);
    assert!(seen.screen().contains("computing what goes with each…"));
    // Nothing waits for it, and it is asked for once.
    seen.keys("<down>ss<esc>");
    assert!(seen.app.asks().is_empty());
    seen.keys("<enter>s");
    seen.tell(Told::Held(Ok(retained())));
    assert_eq!(seen.rows(), ["fmt", "net/http"]);
    insta::assert_snapshot!("retained_80x14", seen.screen());
    seen.keys("s");
    assert_eq!(seen.rows(), ["net/http", "fmt"]);
    seen.keys("s");
    assert_eq!(seen.rows(), ["fmt", "net/http"]);

    let mut seen = Seen::measured(&["server"], 80, 14);
    seen.keys("s");
    assert_eq!(seen.app.asks(), [Ask::Held]);
    seen.tell(Told::Held(Err("no pclntab".into())));
    assert!(seen.screen().contains("no pclntab"));
    seen.keys("ss");
    assert!(seen.app.asks().is_empty());
}

#[test]
fn rows_are_filtered_and_everything_is_found() {
    let mut seen = Seen::measured(&["server"], 80, 14);
    seen.keys("/APP");
    assert_eq!(seen.rows(), ["example.com/app"]);
    assert!(seen.screen().contains("/APP▏  1 found"), "{}", seen.screen());
    seen.keys("x");
    assert!(seen.screen().contains("nothing here holds that"));
    seen.keys("<back><enter><enter>");
    assert_eq!(seen.rows(), ["main"]);
    seen.keys("<esc><esc>fserve");
    assert_eq!(
        seen.rows(),
        ["net/http.(*conn).serve", "main.(*server).serve", "main.server"]
    );
    insta::assert_snapshot!("found_80x14", seen.screen());
    // A letter is text while a search is typed, a key after it.
    seen.keys("<enter>w");
    let why = What::Why("net/http.(*conn).serve".into());
    assert!(matches!(&seen.app.asks()[..], [Ask::Text(_, w, _)] if *w == why));
}

#[test]
fn parts_of_a_package_are_turned_to_and_strings_are_looked_for_then() {
    let mut seen = Seen::measured(&["server"], 80, 14);
    seen.keys("<down><enter><enter>");
    assert_eq!(seen.rows(), ["main.(*server).serve", "main.main", "main.old"]);
    seen.keys("<tab>");
    assert_eq!(seen.rows(), ["main.server"]);
    seen.keys("w");
    let why = What::WhyType("main".into(), "main.server".into());
    assert!(matches!(&seen.app.asks()[..], [Ask::Text(_, w, _)] if *w == why));
    seen.keys("<esc>3<enter>");
    let file = What::File("static/index.html".into());
    assert!(matches!(&seen.app.asks()[..], [Ask::Text(_, w, _)] if *w == file));
    seen.keys("<esc>4");
    let asks = seen.app.asks();
    let [Ask::Strings(id, package)] = &asks[..] else {
        panic!("{asks:?}")
    };
    assert_eq!(package, "main");
    let text = "listen on\n\u{1b}]0;title\u{7} and \u{2066}more";
    let constant = Constant {
        text,
        bytes: Pair {
            old: 0,
            new: text.len() as u64,
        },
        functions: vec!["main.main".into()],
    };
    seen.tell(Told::Strings(*id, Ok(vec![constant])));
    insta::assert_snapshot!("strings_80x14", seen.screen());
    seen.keys("<enter>");
    insta::assert_snapshot!("string_80x14", seen.screen());
    seen.keys("<esc>5<enter>");
    assert!(seen.screen().contains("nothing more to show"));
    seen.keys("w");
    assert!(seen.screen().contains("have a reason"));
}

#[test]
fn two_files_show_what_changed() {
    let mut seen = Seen::measured(&["server.old", "server"], 80, 14);
    insta::assert_snapshot!("diff_80x14", seen.screen());
    seen.keys("<enter><enter>");
    assert_eq!(seen.rows(), ["main.(*server).serve", "main.main", "main.old"]);
    insta::assert_snapshot!("diff_functions_80x14", seen.screen());
    // What is gone is looked at in the old file.
    seen.keys("<end><enter>");
    let asks = seen.app.asks();
    assert!(
        matches!(&asks[..], [Ask::Text(_, What::Code(n), Side::Old)] if n == "main.old"),
        "{asks:?}"
    );
    assert!(seen.screen().contains("main.old (old)"));
    seen.keys("o");
    assert!(matches!(&seen.app.asks()[..], [Ask::Text(_, _, Side::New)]));
    assert!(seen.screen().contains("main.old (new)"));
}

#[test]
fn the_mouse_selects_opens_sorts_scrolls_and_goes_back() {
    let mut seen = Seen::measured(&["server"], 80, 24);
    // The second row: title, way, heads are above.
    seen.click(30, 4);
    let selected = |seen: &Seen| match seen.app.pages.last() {
        Some(Page::List(l)) => l.selected,
        _ => usize::MAX,
    };
    assert_eq!(selected(&seen), 1);
    seen.click(30, 4);
    assert_eq!(seen.rows(), ["main"]);
    // The way back stands in the second line.
    seen.click(2, 1);
    assert_eq!(seen.rows()[0], "std");
    let name = seen.screen().lines().nth(2).unwrap().find("module").unwrap() as u16;
    seen.click(name, 2);
    assert_eq!(seen.rows()[0], "[header]");
    seen.mouse(MouseEventKind::ScrollUp, 5, 5);
    assert_eq!(selected(&seen), 0);
    seen.mouse(MouseEventKind::ScrollDown, 5, 5);
    assert_eq!(selected(&seen), 3);
    // A word at the bottom.
    let keys = seen.screen().lines().nth(23).unwrap().to_string();
    seen.click(keys.find("help").unwrap() as u16, 23);
    insta::assert_snapshot!("help_80x24", seen.screen());
    seen.mouse(MouseEventKind::Down(MouseButton::Right), 5, 5);
    assert_eq!(seen.rows()[0], "[header]");
}

#[test]
fn any_size_of_screen_will_do() {
    insta::assert_snapshot!("modules_40x10", Seen::measured(&["server"], 40, 10).screen());
    for width in [0, 1, 2, 3, 10, 20, 25, 200] {
        for height in [0, 1, 2, 3, 4, 5, 6, 7, 60] {
            let mut seen = Seen::measured(&["server.old", "server"], width, height);
            seen.keys("s");
            seen.tell(Told::Held(Ok(retained())));
            seen.keys(
                "<down><enter><tab><tab><tab><esc>fx<esc><esc>/mai<enter><enter><pgdn><pgup>?<end><left>q",
            );
            assert_eq!(seen.app.ended, Some(0));
        }
    }
}

#[test]
fn nothing_of_a_file_steers_the_terminal() {
    for files in [&["server"][..], &["server.old", "server"]] {
        let mut seen = Seen::measured(files, 100, 24);
        for keys in ["", "/evil<enter>", "<enter>", "<enter>", "<enter>"] {
            seen.keys(keys);
            let screen = seen.screen();
            let steers = |c: char| c != '\n' && unsafe_on_terminal(c);
            assert!(!screen.contains(steers), "{screen:?}");
            assert!(
                screen.contains("\\u{1b}") || screen.contains("\\u{9b}"),
                "{screen}"
            );
        }
    }
}

#[test]
fn no_color_is_no_colour() {
    let colors = |color: bool| {
        let mut seen = Seen::measured(&["server.old", "server"], 80, 24);
        seen.color = color;
        seen.keys("<down><up>");
        let cells = seen.buffer().content().iter();
        cells
            .filter(|c| c.fg != Color::Reset || c.bg != Color::Reset)
            .count()
    };
    assert_eq!(colors(false), 0);
    assert!(colors(true) > 0);
}

#[test]
fn what_is_selected_stays_so_in_another_order() {
    let mut seen = Seen::measured(&["server"], 80, 24);
    seen.keys("<down>");
    seen.app.act(Action::SortBy(Sort::Name));
    seen.draw();
    assert!(seen.screen().contains("3 of 4"), "{}", seen.screen());
    assert_eq!(Tab::ALL.map(Tab::word).len(), 5);
}

#[test]
fn a_file_that_cant_be_measured_says_why() {
    let mut seen = Seen::new(&["server"], 80, 24);
    seen.tell(Told::Outline(Err("is cut short\u{1b}[1m".into())));
    assert!(
        seen.screen().contains("is cut short\\u{1b}[1m"),
        "{}",
        seen.screen()
    );
    seen.keys("<enter>wsf<esc>4/x<esc>q");
    assert_eq!(seen.app.ended, Some(0));
}
