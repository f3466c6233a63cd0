//! Types → text or JSON.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::json::{self, hex, lossy};
use super::text::escape;
use crate::analysis::types;
use crate::go::Program;
use crate::go::types::{Detail, Method, Type};
use crate::input::Name;

#[derive(Serialize)]
struct Report {
    schema: &'static str,
    version: u32,
    #[serde(flatten)]
    file: json::Named,
    layout: Option<&'static str>,
    moduledata: String,
    types: Vec<One>,
    itabs: Vec<Itab>,
}

#[derive(Serialize)]
struct One {
    name: String,
    package: Option<String>,
    kind: &'static str,
    named: bool,
    addr: String,
    descriptor_size: u64,
    size: u64,
    pointer_bytes: u64,
    align: u8,
    hash: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    elem: Option<Ref>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Ref>,
    #[serde(skip_serializing_if = "Option::is_none")]
    len: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<Vec<Ref>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Vec<Ref>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variadic: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<OneField>>,
    methods: Vec<OneMethod>,
}

#[derive(Serialize)]
struct Ref {
    name: Option<String>,
    addr: String,
}

#[derive(Serialize)]
struct OneField {
    name: String,
    #[serde(rename = "type")]
    typ: Ref,
    offset: u64,
    embedded: bool,
    tag: String,
}

#[derive(Serialize)]
struct OneMethod {
    name: String,
    #[serde(rename = "type")]
    typ: Option<Ref>,
    addr: Option<String>,
}

#[derive(Serialize)]
struct Itab {
    addr: String,
    size: u64,
    interface: Ref,
    #[serde(rename = "type")]
    typ: Ref,
}

fn reference(p: &Program<'_>, addr: u64) -> Ref {
    Ref {
        name: p.types().at(addr).map(|t| lossy(t.name)),
        addr: hex(addr),
    }
}

fn one<'a>(p: &Program<'a>, t: &Type<'a>) -> One {
    let refs = |all: &[u64]| all.iter().map(|a| reference(p, *a)).collect::<Vec<_>>();
    let mut out = One {
        name: lossy(t.name),
        package: types::package(p, t).map(Cow::into_owned),
        kind: t.kind.word(),
        named: t.named,
        addr: hex(t.addr),
        descriptor_size: t.descriptor_size,
        size: t.size,
        pointer_bytes: t.pointer_bytes,
        align: t.align,
        hash: t.hash,
        elem: None,
        key: None,
        len: None,
        direction: None,
        params: None,
        results: None,
        variadic: None,
        fields: None,
        methods: methods(p, &t.methods),
    };
    match &t.detail {
        Detail::Basic => {}
        Detail::Array { elem, len, .. } => {
            out.elem = Some(reference(p, *elem));
            out.len = Some(*len);
        }
        Detail::Chan { elem, direction } => {
            out.elem = Some(reference(p, *elem));
            out.direction = Some(match direction {
                1 => "receive",
                2 => "send",
                _ => "both",
            });
        }
        Detail::Func {
            params,
            results,
            variadic,
        } => {
            out.params = Some(refs(params));
            out.results = Some(refs(results));
            out.variadic = Some(*variadic);
        }
        Detail::Interface { methods: all, .. } => out.methods = methods(p, all),
        Detail::Map { key, elem, .. } => {
            out.key = Some(reference(p, *key));
            out.elem = Some(reference(p, *elem));
        }
        Detail::Pointer { elem } | Detail::Slice { elem } => out.elem = Some(reference(p, *elem)),
        Detail::Struct { fields, .. } => {
            let field = |f: &crate::go::types::Field<'_>| OneField {
                name: lossy(f.name.text),
                typ: reference(p, f.typ),
                offset: f.offset,
                embedded: f.embedded,
                tag: lossy(f.name.tag),
            };
            out.fields = Some(fields.iter().map(field).collect());
        }
    }
    out
}

fn methods(p: &Program<'_>, all: &[Method<'_>]) -> Vec<OneMethod> {
    let table = p.pclntab().ok();
    all.iter()
        .map(|m| OneMethod {
            name: lossy(m.name.text),
            typ: m.typ.map(|a| reference(p, a)),
            addr: m.text.zip(table).map(|(o, t)| hex(t.text_addr(u64::from(o)))),
        })
        .collect()
}

/// Writes the JSON object: the given types, and all itabs.
///
/// # Errors
/// What the writer says.
pub fn json<'p, 'm: 'p>(
    out: &mut dyn Write,
    file: &Name,
    p: &'p Program<'m>,
    types: impl Iterator<Item = &'p Type<'m>>,
) -> io::Result<()> {
    let module = p.moduledata().ok();
    let itabs = p.types().itabs.iter().map(|i| Itab {
        addr: hex(i.addr),
        size: i.size,
        interface: reference(p, i.interface),
        typ: reference(p, i.typ),
    });
    let report = Report {
        schema: "gospect/types",
        version: 1,
        file: file.into(),
        layout: module.and_then(|m| m.layout).map(|l| l.versions),
        moduledata: hex(module.map_or(0, |m| m.addr)),
        types: types.map(|t| one(p, t)).collect(),
        itabs: itabs.collect(),
    };
    json::write(out, &report)
}

/// Writes a line per type: address, bytes of the descriptor, kind, bytes of a value, name and package; with
/// `members`, its fields and methods below.
///
/// # Errors
/// What the writer says.
pub fn text<'p, 'm: 'p>(
    out: &mut dyn Write,
    p: &'p Program<'m>,
    types: impl Iterator<Item = &'p Type<'m>>,
    members: bool,
) -> io::Result<()> {
    let name = |addr: u64| p.types().at(addr).map_or_else(|| hex(addr), |t| escape(t.name));
    for t in types {
        write!(
            out,
            "{:#10x} {:6} {:14} {:8} {}",
            t.addr,
            t.descriptor_size,
            t.kind.word(),
            t.size,
            escape(t.name)
        )?;
        match types::package(p, t).filter(|_| t.named) {
            Some(package) => writeln!(out, "\t{}", escape(package.as_bytes()))?,
            None => writeln!(out)?,
        }
        if !members {
            continue;
        }
        let mut methods = t.methods.as_slice();
        match &t.detail {
            Detail::Struct { fields, .. } => {
                for f in fields {
                    writeln!(
                        out,
                        "{:11}{:6} {} {}",
                        "",
                        f.offset,
                        escape(f.name.text),
                        name(f.typ)
                    )?;
                }
            }
            Detail::Interface { methods: all, .. } => methods = all,
            _ => {}
        }
        for m in methods {
            let signature = m
                .typ
                .map(name)
                .unwrap_or_else(|| "func (dropped by the linker)".to_string());
            let signature = signature.strip_prefix("func").unwrap_or(&signature);
            writeln!(out, "{:17} {}{}", "", escape(m.name.text), signature)?;
        }
    }
    Ok(())
}
