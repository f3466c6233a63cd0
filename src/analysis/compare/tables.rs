//! What is no code and no data of the program: headers, build IDs, symbols, debug information, signatures,
//! what lies between sections.

use rustc_hash::FxHashMap;

use super::cause::{Cause, Class};
use super::code;
use super::data::Data;
use super::functions::Pairs;
use super::layout;
use super::space::{Kind, Space};
use crate::go::{Program, buildid};
use crate::image::{Detail, Image, Section, clip};

/// Bytes of the build information before its texts.
const BLOB_HEAD: u64 = 32;

/// Compares all of it. What nothing explains is a cause of its own.
pub(super) fn causes(data: &Data<'_, '_, '_, '_>, pairs: &Pairs) -> Vec<Cause> {
    let (a, b) = (data.a.program, data.b.program);
    let (x, y) = (a.image(), b.image());
    let mut out = Vec::new();
    ids(x, y, &mut out);
    other_sections(x, y, &mut out);
    text(data, &mut out);
    layout::causes(x, y, &mut out);
    if x.entry != y.entry && !data.stands_for(pairs, x.entry, y.entry) {
        out.push(Cause::new("header", Class::Change).note("the program starts at another place"));
    }
    let head = |p: &Program<'_>| {
        let at = p.build_info().and_then(|b| b.blob.offset).unwrap_or(u64::MAX);
        clip(p.image().data, at, BLOB_HEAD).to_vec()
    };
    if head(a) != head(b) {
        out.push(open("the head of the build information differs"));
    }
    out
}

pub(super) fn open(note: impl Into<String>) -> Cause {
    Cause::new("not explained", Class::Open).note(note)
}

pub(super) fn names(image: &Image<'_>) -> Vec<String> {
    let name = |s: &Section<'_>| String::from_utf8_lossy(s.name).into_owned();
    image.sections.iter().map(name).collect()
}

/// Go build ID, GNU build ID, UUID.
fn ids(x: &Image<'_>, y: &Image<'_>, out: &mut Vec<Cause>) {
    let (p, q) = (buildid::read(x), buildid::read(y));
    let go = |i: &buildid::Ids<'_>| {
        let id = i.go.as_deref().filter(|id| !id.is_empty());
        id.map(|id| String::from_utf8_lossy(id).into_owned())
    };
    let host = |i: &buildid::Ids<'_>| {
        i.host
            .map(|h| h.iter().map(|b| format!("{b:02x}")).collect::<String>())
    };
    let written = |i: &buildid::Ids<'_>| i.parts().is_some();
    if go(&p) != go(&q) {
        let cause = match written(&p) && written(&q) {
            true => Cause::new("Go build ID", Class::Effect),
            false => Cause::new("-buildid", Class::Harmless),
        };
        out.push(cause.values(go(&p), go(&q)));
    }
    if host(&p) != host(&q) {
        let word = if matches!(x.detail, Detail::MachO(_)) {
            "UUID"
        } else {
            "GNU build ID"
        };
        // Made of Go's on both sides, or gone with it.
        let follows =
            |i: &buildid::Ids<'_>| i.host_is_from_go() == Some(true) || i.host.is_none() && !written(i);
        let class = if follows(&p) && follows(&q) {
            Class::Effect
        } else {
            Class::Harmless
        };
        let mut cause = Cause::new(word, class).values(host(&p), host(&q));
        let by_hand = |i: &buildid::Ids<'_>| i.host_is_from_go() == Some(false);
        if by_hand(&p) != by_hand(&q) {
            let which = if by_hand(&p) { "first" } else { "second" };
            cause = cause.note(format!(
                "the {which} file's is not made of its Go build ID: one of these was given by hand"
            ));
        }
        out.push(cause);
    }
}

/// A section by its segment (Mach-O), its name, and the how manieth of these it is.
pub(super) type Key<'a> = (&'a [u8], &'a [u8], usize);

/// All sections with their keys, in order.
pub(super) fn keyed<'i, 'a>(image: &'i Image<'a>) -> Vec<(Key<'a>, &'i Section<'a>)> {
    let mut met: FxHashMap<(&[u8], &[u8]), usize> = FxHashMap::default();
    let all = image.sections.iter().map(|s| {
        let n = met.entry((s.segment, s.name)).or_default();
        *n += 1;
        ((s.segment, s.name, *n), s)
    });
    all.collect()
}

/// The sections by their keys.
pub(super) fn by_name<'i, 'a>(image: &'i Image<'a>) -> FxHashMap<Key<'a>, &'i Section<'a>> {
    keyed(image).into_iter().collect()
}

/// Sections that neither memory nor debuggers hold, and those that only one file has.
fn other_sections(x: &Image<'_>, y: &Image<'_>, out: &mut Vec<Cause>) {
    let told = |s: &Section<'_>| {
        s.is_debug()
            || s.name.is_empty()
            || matches!(
                s.name,
                b".symtab" | b".strtab" | b".shstrtab" | b".note.go.buildid" | b".note.gnu.build-id"
            )
    };
    let (of_x, of_y) = (by_name(x), by_name(y));
    for (key, s) in keyed(x).into_iter().filter(|s| !told(s.1)) {
        let name = String::from_utf8_lossy(s.name).into_owned();
        let Some(t) = of_y.get(&key) else {
            out.push(
                Cause::new("section", Class::Change)
                    .section(name)
                    .values(Some(format!("{} bytes", s.file_size)), None),
            );
            continue;
        };
        let (p, q) = (x.section_bytes(s), y.section_bytes(t));
        if s.name == b".comment" && p != q {
            let text = |b: &[u8]| {
                let all = b.split(|b| *b == 0).filter(|t| !t.is_empty());
                Some(all.map(String::from_utf8_lossy).collect::<Vec<_>>().join("; "))
            };
            out.push(
                Cause::new("C compiler", Class::Change)
                    .section(name)
                    .values(text(p), text(q)),
            );
        } else if (!s.alloc || s.name.starts_with(b".note")) && p != q {
            out.push(open("contents differ").section(name));
        }
    }
    for (key, t) in keyed(y).into_iter().filter(|t| !told(t.1)) {
        let name = String::from_utf8_lossy(t.name).into_owned();
        if !of_x.contains_key(&key) {
            out.push(
                Cause::new("section", Class::Change)
                    .section(name)
                    .values(None, Some(format!("{} bytes", t.file_size))),
            );
        }
    }
}

/// Code that is in no function of Go's table.
fn text(data: &Data<'_, '_, '_, '_>, out: &mut Vec<Cause>) {
    let pieces = |s: &Space<'_, '_>| -> Vec<(String, Vec<u8>, u64)> {
        let functions = s.program.functions();
        let range = functions.range();
        let ids = buildid::read(s.program.image());
        let mut all = Vec::new();
        for area in s.areas.iter().filter(|x| x.kind == Kind::Text) {
            let name = String::from_utf8_lossy(area.name).into_owned();
            let (start, end) = (area.addr, area.addr + area.bytes.len() as u64);
            let mut cut = |from: u64, to: u64| {
                let bytes = area.bytes.get((from - start) as usize..(to - start) as usize);
                let mut bytes = bytes.unwrap_or_default().to_vec();
                if let Some(id) = ids.go.as_deref().filter(|id| !id.is_empty())
                    && let Some(at) = memchr::memmem::find(&bytes, id)
                {
                    bytes[at..at + id.len()].fill(0);
                }
                all.push((name.clone(), bytes, from));
            };
            if range.start >= end || range.end <= start {
                cut(start, end);
                continue;
            }
            cut(start, range.start.max(start));
            for i in (0..functions.len())
                .take(2)
                .filter(|i| functions.code(*i).is_none())
            {
                let entries = functions.entries();
                if let (Some(from), Some(to)) = (entries.get(i), entries.get(i + 1)) {
                    cut((*from).clamp(start, end), (*to).clamp(start, end));
                }
            }
            cut(range.end.min(end), end);
        }
        all
    };
    let (p, q) = (pieces(data.a), pieces(data.b));
    let image = data.a.program.image();
    let mut other = p.len() != q.len();
    let mut section = None;
    for ((name, x, at_x), (_, y, at_y)) in p.iter().zip(&q) {
        let mut claims = code::Claims::default();
        if x != y && !code::equal(image.arch, image.endian, (x, *at_x), (y, *at_y), 0, &mut claims) {
            other = true;
            section = Some(name.clone());
        }
    }
    if other {
        let mut cause = Cause::new("C code", Class::Change).note("code that is in no Go function");
        cause.section = section;
        out.push(cause);
    }
}

/// Does the program look like one that can be compared further than the record?
pub(super) fn comparable(a: &Program<'_>, b: &Program<'_>) -> bool {
    a.image().format == b.image().format
        && a.image().arch == b.image().arch
        && a.image().ptr_size == b.image().ptr_size
        && a.pclntab().is_ok()
        && b.pclntab().is_ok()
}
