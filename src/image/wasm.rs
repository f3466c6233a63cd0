//! WebAssembly modules (js, wasip1) → [`super::Image`], read with the crate `wasmparser`.
//!
//! The address space is the linear memory: every active data segment with a constant offset is a segment.
//! Sections keep their standard names (`type`, `import`, `code`, `data`, …); custom sections keep their own.
//! Functions are symbols whose value is the function's index in the module, imports included.

use wasmparser::{Data, DataKind, KnownCustom, Name, Operator, Parser, Payload};

use super::{Arch, Detail, Endian, Format, Image, Parts, Perm, Section, Segment};
use crate::error::{Error, Result};

/// What only wasm has.
#[derive(Debug, Default)]
pub struct Wasm<'a> {
    /// Module and name of each imported function: the module's own functions are numbered behind them.
    pub imports: Vec<(&'a str, &'a str)>,
    /// Modules that functions are imported from: `gojs`, `wasi_snapshot_preview1`.
    pub import_modules: Vec<&'a str>,
    /// Offset in bytes and size of each function body in the code section, in order.
    pub bodies: Vec<(u64, u64)>,
    /// The `producers` section: (field, name, version).
    pub producers: Vec<(&'a str, &'a str, &'a str)>,
}

/// The kind that the reader gives custom sections.
pub const CUSTOM: u32 = 0;

pub(super) fn parse(data: &[u8]) -> Result<Parts<'_>> {
    let mut wasm = Wasm::default();
    let (mut sections, mut segments, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(data) {
        let payload = match payload {
            Ok(p) => p,
            Err(e) if sections.is_empty() => return Err(Error::at("wasm module", e.offset(), e.message())),
            Err(e) => {
                warnings.push(Error::at("wasm section", e.offset(), e.message()));
                break;
            }
        };
        if let Some((id, range)) = payload.as_section() {
            let name: &[u8] = match &payload {
                Payload::CustomSection(c) => c.name().as_bytes(),
                _ => standard_name(id).as_bytes(),
            };
            sections.push(section(name, id, range.start, range.end - range.start));
        }
        match payload {
            Payload::ImportSection(imports) => {
                for i in imports.into_imports().flatten() {
                    if matches!(i.ty, wasmparser::TypeRef::Func(_)) {
                        wasm.imports.push((i.module, i.name));
                    }
                    if !wasm.import_modules.contains(&i.module) && wasm.import_modules.len() < 64 {
                        wasm.import_modules.push(i.module);
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let r = body.range();
                wasm.bodies.push((r.start, (r.end - r.start)));
            }
            Payload::DataSection(all) => {
                segments.extend(all.into_iter().flatten().filter_map(|d| segment(&d)))
            }
            Payload::CustomSection(c) if c.name() == "producers" => {
                if let KnownCustom::Producers(p) = c.as_known() {
                    for field in p.into_iter().flatten() {
                        for v in field.values.into_iter().flatten() {
                            wasm.producers.push((field.name, v.name, v.version));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok(Parts {
        format: Format::Wasm,
        data,
        arch: Arch::Wasm,
        endian: Endian::Little,
        // Go's wasm port has 64-bit pointers in a 32-bit memory.
        ptr_size: 8,
        entry: 0,
        segments,
        sections,
        warnings,
        detail: Detail::Wasm(wasm),
    })
}

fn segment<'a>(d: &Data<'a>) -> Option<Segment<'a>> {
    let DataKind::Active { offset_expr, .. } = &d.kind else {
        return None;
    };
    let addr = match offset_expr.get_operators_reader().read().ok()? {
        Operator::I32Const { value } => u64::from(value as u32),
        Operator::I64Const { value } => value as u64,
        _ => return None,
    };
    let offset = d.range.end.checked_sub(d.data.len() as u64)?;
    let size = d.data.len() as u64;
    let perm = Perm {
        read: true,
        write: true,
        exec: false,
    };
    Some(Segment {
        name: b"",
        addr,
        mem_size: size,
        offset,
        file_size: size,
        perm,
        flags: 0,
        align: 0,
    })
}

fn section(name: &[u8], kind: u8, offset: u64, size: u64) -> Section<'_> {
    Section {
        name,
        segment: b"",
        addr: 0,
        mem_size: 0,
        offset,
        file_size: size,
        align: 0,
        perm: Perm::default(),
        alloc: false,
        kind: u32::from(kind),
        flags: 0,
        link: 0,
        info: 0,
        entry_size: 0,
    }
}

fn standard_name(id: u8) -> &'static str {
    const NAMES: [&str; 14] = [
        "custom",
        "type",
        "import",
        "function",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "element",
        "code",
        "data",
        "datacount",
        "tag",
    ];
    NAMES.get(usize::from(id)).copied().unwrap_or("unknown")
}

impl<'a> Image<'a> {
    /// The wasm part, `None` for other formats.
    pub fn wasm(&self) -> Option<&Wasm<'a>> {
        match &self.detail {
            Detail::Wasm(w) => Some(w),
            _ => None,
        }
    }

    /// Function names of the `name` section: (function index, name).
    pub fn wasm_function_names(&self) -> Vec<(u32, &'a str)> {
        let mut out = Vec::new();
        let Some(s) = self
            .sections
            .iter()
            .find(|s| s.kind == CUSTOM && s.name == b"name")
        else {
            return out;
        };
        let bytes = self.section_bytes(s);
        // The section's contents start with its own name, a length byte and 4 letters.
        let Some(body) = bytes.get(5..) else { return out };
        let reader = wasmparser::BinaryReader::new(body, s.offset + 5);
        for sub in wasmparser::NameSectionReader::new(reader).flatten() {
            if let Name::Function(map) = sub {
                out.extend(map.into_iter().flatten().map(|n| (n.index, n.name)));
            }
        }
        out
    }
}
