//! Everything that gospect says of a file on one page: the Markdown of each command under one heading, as
//! Markdown or as HTML to print.
//!
//! The page is made from that Markdown (pulldown-cmark), so that it says nothing else than the commands. HTML
//! in it, which no writer of ours makes, is shown as text.

mod gather;

use std::io::{self, Write};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

pub use gather::{Ask, gather, judged};

use super::markdown::cell;
use super::page::{BASE, Page, Parts, THEME, text};

const STYLE: &str = "main{max-width:1080px;margin:auto;padding:14px}h2{font-size:20px;border-bottom:2px solid var(--line);margin-top:32px}\
h3{font-size:16px;margin:18px 0 4px}.scroll{overflow-x:auto}code{font-size:.92em;overflow-wrap:anywhere}td{overflow-wrap:anywhere;min-width:60px}td:first-child{min-width:120px}\
nav ul{columns:3;padding-left:18px}a{color:var(--link)}figure{margin:12px 0;overflow-x:auto}\
@media(max-width:700px){nav ul{columns:1}}@media \
print{.scroll{overflow:visible}main{max-width:none;padding:0}body{font-size:11px}}";

/// What the page is made of.
pub const PAGE: Parts = (&[BASE, STYLE], &[THEME]);

/// A part of the page.
#[derive(Debug)]
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// The command that says the same.
    pub command: &'static str,
    /// What it says, in Markdown; or why it can say nothing.
    pub body: Result<Vec<u8>, String>,
    /// A drawing of the figures, in SVG, for the page in HTML.
    pub drawing: Option<Vec<u8>>,
}

/// What is told of a file.
#[derive(Debug)]
pub struct Whole {
    /// As it was named.
    pub file: String,
    /// Bytes.
    pub size: u64,
    /// Of the file's bytes.
    pub sha256: String,
    /// The day that counts as today.
    pub day: String,
    /// In the order they are shown.
    pub sections: Vec<Section>,
}

impl Whole {
    fn heading(&self) -> String {
        format!(
            "# gospect report: {}\n\n{} bytes, SHA-256 `{}`. Made on {} by gospect {}.\n",
            cell(&self.file),
            super::text::grouped(self.size),
            self.sha256,
            self.day,
            env!("CARGO_PKG_VERSION")
        )
    }

    /// Markdown, as for a release note.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.heading().as_bytes())?;
        for s in &self.sections {
            write!(out, "\n## {}\n\n", s.title)?;
            out.write_all(s.markdown().as_bytes())?;
        }
        Ok(())
    }

    /// A page that loads nothing.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_html(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut tables = 0;
        let mut body = String::from("<main>\n");
        body.push_str(&rendered(&self.heading(), &mut tables));
        body.push_str(
            "<p class=\"noprint\"><button id=\"theme\" type=\"button\"></button></p>\n<nav \
            class=\"noprint\" aria-label=\"Contents\"><ul>\n",
        );
        for (i, s) in self.sections.iter().enumerate() {
            body.push_str(&format!("<li><a href=\"#s{i}\">{}</a></li>\n", s.title));
        }
        body.push_str("</ul></nav>\n");
        for (i, s) in self.sections.iter().enumerate() {
            body.push_str(&format!("<h2 id=\"s{i}\">{}</h2>\n", s.title));
            body.push_str(&format!(
                "<p class=\"dim\">As <code>{}</code> says.</p>\n",
                text(s.command)
            ));
            body.push_str(&rendered(&s.markdown(), &mut tables));
            if let Some(svg) = &s.drawing {
                body.push_str(&format!(
                    "<figure aria-hidden=\"true\">{}</figure>\n",
                    String::from_utf8_lossy(svg)
                ));
            }
        }
        body.push_str("</main>");
        let title = format!("gospect report: {}", self.file);
        let page = Page {
            title: &title,
            styles: PAGE.0,
            body: &body,
            scripts: PAGE.1,
            ..Page::default()
        };
        page.write(out)
    }
}

impl Section {
    /// Without the first heading, which names the file again.
    fn markdown(&self) -> String {
        match &self.body {
            Ok(bytes) => {
                let all = String::from_utf8_lossy(bytes);
                let rest = match all.split_once('\n') {
                    Some((first, rest)) if first.starts_with('#') && !first.contains("gospect ") => rest,
                    _ => &all,
                };
                format!("{}\n", rest.trim())
            }
            Err(why) => format!("Nothing can be told: {}.\n", cell(why)),
        }
    }
}

/// Markdown as HTML. Tables may be scrolled by keyboard; those whose head says nothing have none.
fn rendered(markdown: &str, tables: &mut usize) -> String {
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut head: Option<usize> = None;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Html(t) | Event::InlineHtml(t) => events.push(Event::Text(t)),
            Event::Start(Tag::Table(_)) => {
                *tables += 1;
                let around = format!(
                    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table {tables}\">"
                );
                events.push(Event::Html(around.into()));
                events.push(event);
            }
            Event::End(TagEnd::Table) => {
                events.push(event);
                events.push(Event::Html("</div>".into()));
            }
            Event::Start(Tag::TableHead) => {
                head = Some(events.len());
                events.push(event);
            }
            Event::End(TagEnd::TableHead) => {
                let at = head.take().unwrap_or(events.len());
                let says = |e: &Event<'_>| matches!(e, Event::Text(t) | Event::Code(t) if *t != "–".into());
                if !events.get(at..).is_some_and(|h| h.iter().any(says)) {
                    events.truncate(at + 1);
                }
                events.push(event);
            }
            Event::End(TagEnd::TableCell) if head.is_some() => {
                if matches!(events.last(), Some(Event::Start(Tag::TableCell))) {
                    events.push(Event::Text("–".into()));
                }
                events.push(event);
            }
            other => events.push(other),
        }
    }
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    // The page's policy lets no style stand in an element; in text quotes are escaped, so that this is markup
    // only.
    out.replace(" style=\"text-align: right\"", " class=\"num\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(body: Result<Vec<u8>, String>) -> Whole {
        Whole {
            file: "</title><script>".into(),
            size: 1234,
            sha256: "00".into(),
            day: "2026-11-25".into(),
            sections: vec![Section {
                title: "Gate",
                command: "gospect check FILE",
                body,
                drawing: None,
            }],
        }
    }

    #[test]
    fn html_in_a_name_is_text_and_empty_heads_are_gone() {
        let text = "## name\n\n<img src=x>\n\n| | |\n| --- | ---: |\n| a | <b>x</b> |\n\n| | File |\n| --- \
            | --- |\n| b | c |\n";
        let mut out = Vec::new();
        whole(Ok(text.into())).write_html(&mut out).unwrap();
        let html = String::from_utf8(out).unwrap();
        assert!(
            !html.contains("<img") && !html.contains("<b>") && !html.contains("<script>alert"),
            "{html}"
        );
        assert!(
            html.contains("<td>a</td>") && html.contains("<th>File</th>"),
            "{html}"
        );
        assert!(html.contains("<td class=\"num\">") && !html.contains("style=\""));
        assert!(!html.contains("<th></th>") && !html.contains(">name<"));
    }

    #[test]
    fn what_could_not_be_told_is_said() {
        let mut out = Vec::new();
        whole(Err("is stripped".into())).write_markdown(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("## Gate\n\nNothing can be told: is stripped."),
            "{text}"
        );
    }
}
