//! WebAssembly function bodies → instructions in the text format, one to a line.
//!
//! The crate wasmparser decodes. Authority for the text: chapter 6 of the WebAssembly specification. Blocks
//! are not indented, since Go's compiler nests hundreds of them, and a call names its function as far as the
//! name is known.

use std::borrow::Cow;
use std::io::Write;

use super::refs::{Reference, Use};
use wasmparser::{BinaryReader, BlockType, FunctionBody, MemArg, MemArgTarget, Operator, RefType, ValType};

/// One instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction<'t> {
    /// Bytes from the start of the function's body.
    pub offset: usize,
    /// Bytes of the instruction.
    pub len: usize,
    /// `?` where it is not known; then it reaches to the end of the body.
    pub text: &'t [u8],
    /// Is it?
    pub known: bool,
}

/// Where the first instruction of a body lies, behind the local variables; the end where these can't be read.
pub fn start(body: &[u8]) -> usize {
    let reader = FunctionBody::new(BinaryReader::new(body, 0)).get_operators_reader();
    reader.map_or(body.len(), |r| place(r.original_position(), body))
}

fn place(at: u64, body: &[u8]) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX).min(body.len())
}

/// Hands each instruction of a body to `each`; `name` gives a function's name by its index in the module.
pub fn decode<'n>(
    body: &[u8],
    name: &dyn Fn(u32) -> Option<Cow<'n, [u8]>>,
    mut each: impl FnMut(Instruction<'_>),
) {
    let Ok(mut reader) = FunctionBody::new(BinaryReader::new(body, 0)).get_operators_reader() else {
        return;
    };
    let mut text = Vec::with_capacity(64);
    while !reader.eof() {
        let offset = place(reader.original_position(), body);
        text.clear();
        let Ok(operator) = reader.read() else {
            return each(Instruction {
                offset,
                len: body.len() - offset,
                text: b"?",
                known: false,
            });
        };
        let known = write(&operator, name, &mut text);
        each(Instruction {
            offset,
            len: place(reader.original_position(), body).saturating_sub(offset),
            text: &text,
            known,
        });
    }
}

/// Where in a body the code of each of Go's resume points begins, and its number in the line table. Go's
/// functions can be entered in their middle, so their code is cut into blocks, and a table at the start jumps
/// to the end of the one before the wanted (cmd/internal/obj/wasm). The numbers between two points belong to
/// calls and inlined calls inside a block, which nothing in the code tells.
pub fn resume_points(body: &[u8]) -> Vec<(usize, u32)> {
    let mut out = vec![(start(body), 0)];
    let Ok(mut reader) = FunctionBody::new(BinaryReader::new(body, 0)).get_operators_reader() else {
        return out;
    };
    let mut depth = 0usize;
    // The depth of the block whose end comes before the next point, and the points' numbers.
    let mut table: Option<(usize, Vec<u32>)> = None;
    while !reader.eof() {
        let Ok(operator) = reader.read() else { break };
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
            Operator::BrTable { targets } if table.is_none() => {
                let all = targets.targets().flatten().chain([targets.default()]);
                let mut first = Vec::new();
                for (number, block) in (0..).zip(all) {
                    if block as usize == first.len() {
                        first.push(number);
                    }
                }
                first.reverse();
                table = Some((depth, first));
            }
            Operator::End => {
                if let Some((next, numbers)) = &mut table
                    && *next == depth
                    && let Some(number) = numbers.pop()
                {
                    *next = depth.saturating_sub(1);
                    out.push((place(reader.original_position(), body), number));
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    out
}

/// Appends an operand by the name that the decoder has for it.
macro_rules! operand {
    ($out:ident, $name:ident, memarg, $v:expr) => {
        memory_argument($v, $out)
    };
    ($out:ident, $name:ident, blockty, $v:expr) => {
        block_type($v, $out)
    };
    ($out:ident, $name:ident, function_index, $v:expr) => {
        function(*$v, $name, $out)
    };
    ($out:ident, $name:ident, relative_depth, $v:expr) => {
        number(*$v, $out)
    };
    ($out:ident, $name:ident, local_index, $v:expr) => {
        number(*$v, $out)
    };
    ($out:ident, $name:ident, global_index, $v:expr) => {
        number(*$v, $out)
    };
    ($out:ident, $name:ident, data_index, $v:expr) => {
        number(*$v, $out)
    };
    ($out:ident, $name:ident, elem_index, $v:expr) => {
        number(*$v, $out)
    };
    ($out:ident, $name:ident, table, $v:expr) => {
        index_unless_first(*$v, $out)
    };
    ($out:ident, $name:ident, mem, $v:expr) => {
        index_unless_first(*$v, $out)
    };
    ($out:ident, $name:ident, $other:ident, $v:expr) => {
        let _ = $v;
    };
}

macro_rules! write_operator {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $type:ty),* })? => $visit:ident ($($rest:tt)*) )*) => {
        /// Appends name and simple operands; gives the name as the decoder has it.
        fn plain<'n>(operator: &Operator<'_>, name: &dyn Fn(u32) -> Option<Cow<'n, [u8]>>,
        out: &mut Vec<u8>) -> &'static str {
            #[allow(unused_variables, unreachable_patterns)]
            match operator {
                $( Operator::$op $({ $($arg),* })? => {
                    word(stringify!($visit), out);
                    $( $( operand!(out, name, $arg, $arg); )* )?
                    stringify!($op)
                } )*
                _ => "",
            }
        }
    };
}
wasmparser::for_each_operator!(write_operator);

/// `visit_i32_load8_u` → `i32.load8_u`.
fn word(visit: &str, out: &mut Vec<u8>) {
    let name = visit.strip_prefix("visit_").unwrap_or(visit);
    let (head, rest) = name.split_once('_').unwrap_or((name, ""));
    let dotted = matches!(
        head,
        "i32"
            | "i64"
            | "f32"
            | "f64"
            | "v128"
            | "local"
            | "global"
            | "memory"
            | "table"
            | "ref"
            | "data"
            | "elem"
            | "i8x16"
            | "i16x8"
            | "i32x4"
            | "i64x2"
            | "f32x4"
            | "f64x2"
    );
    out.extend_from_slice(head.as_bytes());
    if rest.is_empty() || name == "select_multi" {
        return;
    }
    out.push(if dotted { b'.' } else { b'_' });
    match rest.strip_prefix("atomic_") {
        Some(atomic) => {
            let (width, operation) = match atomic.split_once('_') {
                Some((width, operation)) if width.starts_with("rmw") => (width, Some(operation)),
                _ => (atomic, None),
            };
            out.extend_from_slice(b"atomic.");
            out.extend_from_slice(width.as_bytes());
            if let Some(operation) = operation {
                out.push(b'.');
                out.extend_from_slice(operation.as_bytes());
            }
        }
        None => out.extend_from_slice(rest.as_bytes()),
    }
}

/// Appends an instruction's text and says whether all of it is known.
fn write<'n>(
    operator: &Operator<'_>,
    name: &dyn Fn(u32) -> Option<Cow<'n, [u8]>>,
    out: &mut Vec<u8>,
) -> bool {
    if plain(operator, name, out).is_empty() {
        out.push(b'?');
        return false;
    }
    // Writing into memory does not fail.
    let _ = match operator {
        Operator::BrTable { targets } => {
            targets.targets().flatten().for_each(|t| number(t, out));
            number(targets.default(), out);
            Ok(())
        }
        Operator::CallIndirect {
            type_index,
            table_index,
        }
        | Operator::ReturnCallIndirect {
            type_index,
            table_index,
        } => {
            index_unless_first(*table_index, out);
            write!(out, " (type {type_index})")
        }
        Operator::I32Const { value } => write!(out, " {value}"),
        Operator::I64Const { value } => write!(out, " {value}"),
        Operator::F32Const { value } => {
            let bits = value.bits();
            float(
                f64::from(f32::from_bits(bits)),
                format_args!("{:?}", f32::from_bits(bits)),
                (bits & 0x7f_ffff).into(),
                1 << 22,
                out,
            )
        }
        Operator::F64Const { value } => {
            let v = f64::from_bits(value.bits());
            float(
                v,
                format_args!("{v:?}"),
                value.bits() & ((1 << 52) - 1),
                1 << 51,
                out,
            )
        }
        Operator::MemoryCopy { dst_mem, src_mem } if (*dst_mem, *src_mem) != (0, 0) => {
            write!(out, " {dst_mem} {src_mem}")
        }
        Operator::TableCopy { dst_table, src_table } if (*dst_table, *src_table) != (0, 0) => {
            write!(out, " {dst_table} {src_table}")
        }
        Operator::TypedSelect { ty } => write!(out, " (result {})", value_type(*ty)),
        Operator::RefNull { hty } => match RefType::new(true, *hty).map(|r| value_type(ValType::Ref(r))) {
            Some("funcref") => write!(out, " func"),
            Some("externref") => write!(out, " extern"),
            _ => write!(out, " ?"),
        },
        _ => Ok(()),
    };
    true
}

fn number(v: u32, out: &mut Vec<u8>) {
    let _ = write!(out, " {v}");
}

fn index_unless_first(v: u32, out: &mut Vec<u8>) {
    if v != 0 {
        number(v, out);
    }
}

/// `$main.main`, or in quotes where a character may not stand in an identifier; the index where the name is
/// not known.
fn function<'n>(index: u32, name: &dyn Fn(u32) -> Option<Cow<'n, [u8]>>, out: &mut Vec<u8>) {
    let Some(name) = name(index).filter(|n| !n.is_empty()) else {
        return number(index, out);
    };
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-./:<=>?@\\^_`|~".contains(b);
    if name.iter().all(plain) {
        out.extend_from_slice(b" $");
        out.extend_from_slice(&name);
        return;
    }
    out.extend_from_slice(b" $\"");
    for &b in name.iter() {
        if b < b' ' || matches!(b, b'"' | b'\\' | 0x7f) {
            let _ = write!(out, "\\{b:02x}");
        } else {
            out.push(b);
        }
    }
    out.push(b'"');
}

fn memory_argument(m: &MemArg, out: &mut Vec<u8>) {
    if let MemArgTarget::Memory(memory) = m.target {
        index_unless_first(memory, out);
    }
    if m.offset != 0 {
        let _ = write!(out, " offset={}", m.offset);
    }
    if m.align != m.max_align {
        let _ = write!(out, " align={}", 1u64.checked_shl(m.align.into()).unwrap_or(0));
    }
}

fn block_type(t: &BlockType, out: &mut Vec<u8>) {
    let _ = match t {
        BlockType::Empty => Ok(()),
        BlockType::Type(t) => write!(out, " (result {})", value_type(*t)),
        BlockType::FuncType(index) => write!(out, " (type {index})"),
    };
}

fn value_type(t: ValType) -> &'static str {
    match t {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::V128 => "v128",
        ValType::Ref(r) if r == RefType::FUNCREF => "funcref",
        ValType::Ref(r) if r == RefType::EXTERNREF => "externref",
        ValType::Ref(_) => "?",
    }
}

/// A float in the fewest digits that tell it; a NaN with its payload unless that is the usual one.
fn float(
    v: f64,
    shown: std::fmt::Arguments<'_>,
    payload: u64,
    usual: u64,
    out: &mut Vec<u8>,
) -> std::io::Result<()> {
    let sign = if v.is_sign_negative() { "-" } else { "" };
    if v.is_nan() && payload == usual {
        write!(out, " {sign}nan")
    } else if v.is_nan() {
        write!(out, " {sign}nan:{payload:#x}")
    } else {
        write!(out, " {shown}")
    }
}

/// `i64.const` and `i32.const`, which may be addresses. A constant's bytes are looked for wherever its opcode
/// stands: operands are not told apart from opcodes, so the caller must expect a few numbers that are no
/// addresses.
pub(super) fn constants(code: &[u8], pc: u64, found: &mut impl FnMut(Reference)) {
    for at in memchr::memchr2_iter(0x41, 0x42, code) {
        let (mut target, mut shift) = (0u64, 0);
        for b in code.iter().skip(at + 1).take(5) {
            target |= u64::from(b & 0x7f) << shift;
            shift += 7;
            if b & 0x80 == 0 {
                // Addresses are positive; shorter constants are mostly counts and offsets.
                if b & 0x40 == 0 && shift >= 14 {
                    found(Reference {
                        at: pc,
                        target,
                        what: Use::Address,
                    });
                }
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_of_two_bytes_and_more() {
        let mut all = Vec::new();
        let code = [0x42, 0x80, 0x80, 0x04, 0x42, 0x05, 0x41, 0xff, 0xff, 0x7f];
        constants(&code, 0, &mut |r| all.push(r.target));
        assert_eq!(all, [0x1_0000]);
    }

    fn texts(body: &[u8]) -> Vec<String> {
        let mut out = Vec::new();
        let name = |i: u32| (i == 1).then_some(Cow::Borrowed(&b"a.(*T).f"[..]));
        decode(body, &name, |i| {
            out.push(String::from_utf8_lossy(i.text).into_owned())
        });
        out
    }

    #[test]
    fn instructions_are_written_in_the_text_format() {
        // No local variables; i64.load8_u align=1 offset=3, i32.trunc_sat_f64_s, call 1, call 2, f64.const
        // 1.5, memory.copy, end
        let body = [
            0, 0x31, 0, 3, 0xfc, 2, 0x10, 1, 0x10, 2, 0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0xfc, 10, 0, 0,
            0x0b,
        ];
        assert_eq!(
            texts(&body),
            [
                "i64.load8_u offset=3",
                "i32.trunc_sat_f64_s",
                "call $\"a.(*T).f\"",
                "call 2",
                "f64.const 1.5",
                "memory.copy",
                "end"
            ]
        );
    }

    #[test]
    fn names_have_their_dots_where_the_specification_has_them() {
        for (visit, name) in [
            ("visit_i32_wrap_i64", "i32.wrap_i64"),
            ("visit_br_table", "br_table"),
            ("visit_call_indirect", "call_indirect"),
            ("visit_i64_atomic_rmw8_add_u", "i64.atomic.rmw8.add_u"),
            ("visit_memory_atomic_notify", "memory.atomic.notify"),
            ("visit_unreachable", "unreachable"),
        ] {
            let mut out = Vec::new();
            word(visit, &mut out);
            assert_eq!(out, name.as_bytes());
        }
    }

    #[test]
    fn any_bytes_are_survived() {
        let mut seed = 3u64;
        for n in 0..3000 {
            let body: Vec<u8> = (0..n % 90)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (seed >> 33) as u8
                })
                .collect();
            let mut end = start(&body);
            decode(&body, &|_| None, |i| {
                assert_eq!(i.offset, end);
                end = i.offset + i.len;
            });
            assert!(end <= body.len());
            assert!(resume_points(&body).iter().all(|p| p.0 <= body.len()));
        }
    }
}
