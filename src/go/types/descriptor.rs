//! One descriptor at an address → [`Type`], or nothing where its parts don't fit together.

use std::cell::Cell;

use super::name::{self, Name};
use super::{Detail, Field, Kind, Method, Type};
use crate::go::memory::Memory;
use crate::go::moduledata::ModuleData;
use crate::go::release::{self, TypeLayout};

/// What is the same for all descriptors of a module.
#[derive(Debug)]
pub(super) struct Reader<'i, 'a> {
    pub memory: Memory<'i, 'a>,
    pub start: u64,
    pub end: u64,
    pub layout: TypeLayout,
    /// List entries that may still be read, so that descriptors laid over each other can't cost more than the
    /// file is worth.
    pub budget: Cell<u64>,
    /// Bytes of names that may still be handed out: types may share a long one.
    names: Cell<u64>,
}

/// Most fields, parameters and methods of one type.
const LIST_LIMIT: u64 = 1 << 16;

const FLAG_UNCOMMON: u8 = 1;
const FLAG_EXTRA_STAR: u8 = 2;
const FLAG_NAMED: u8 = 4;

impl<'i, 'a> Reader<'i, 'a> {
    pub fn new(memory: Memory<'i, 'a>, module: &ModuleData) -> Self {
        Reader {
            memory,
            start: module.types.start,
            end: module.types.end,
            layout: release::of(None).types,
            // An entry takes 8 bytes of the file, or more.
            budget: Cell::new(memory.image().data.len() as u64 / 8 + 4096),
            names: Cell::new(memory.image().data.len() as u64 * 2 + (4 << 20)),
        }
    }

    /// May a list of `count` entries be read?
    fn afford(&self, count: u64) -> Option<()> {
        let left = self.budget.get().checked_sub(count)?;
        self.budget.set(left);
        Some(())
    }

    fn ptr(&self) -> u64 {
        self.memory.ptr_size()
    }

    /// Bytes of the head that all descriptors have.
    fn head(&self) -> u64 {
        4 * self.ptr() + 16
    }

    pub fn name(&self, addr: u64) -> Option<Name<'a>> {
        let name = name::read(self.memory, addr, self.start, self.layout.varint_names)?;
        match self.names.get().checked_sub(name.text.len() as u64) {
            Some(left) => self.names.set(left),
            None => {
                self.memory.image().budget().left_out("type names");
                return None;
            }
        }
        Some(name)
    }

    fn name_at_offset(&self, offset: u32) -> Option<Name<'a>> {
        let addr = self
            .start
            .checked_add(u64::from(offset))
            .filter(|a| offset != 0 && *a < self.end)?;
        self.name(addr)
    }

    /// A name that is pointed at; `None` for a null pointer.
    fn name_by_pointer(&self, at: u64) -> Option<Name<'a>> {
        self.memory
            .pointer(at)
            .filter(|a| *a != 0)
            .and_then(|a| self.name(a))
    }

    fn type_at_offset(&self, offset: u32) -> Option<u64> {
        (offset != 0 && offset != u32::MAX && (offset as i32) > 0)
            .then(|| self.start.wrapping_add(u64::from(offset)))
    }

    /// The descriptor at `addr`, if there is one.
    pub fn read(&self, addr: u64) -> Option<Type<'a>> {
        let m = self.memory;
        let p = self.ptr();
        if !addr.is_multiple_of(4) {
            return None;
        }
        let b = m.bytes(addr, self.head())?;
        let e = m.image().endian;
        let at = |i: u64| i as usize;
        let size = e.word(b, 0, p as u8)?;
        let pointer_bytes = e.word(b, at(p), p as u8)?;
        let hash = e.u32(b, at(2 * p))?;
        let [flags, align, field_align, kind] = *b.get(at(2 * p + 4)..at(2 * p + 8))? else {
            return None;
        };
        let kind = Kind::of(kind & 0x1f)?;
        let fits = pointer_bytes <= size
            && align.is_power_of_two()
            && field_align.is_power_of_two()
            && align <= 16
            && self.size_fits(kind, size);
        if !fits {
            return None;
        }
        let stored_name = self.name_at_offset(e.u32(b, at(4 * p + 8))?)?;
        let name = match stored_name.text {
            [b'*', rest @ ..] if flags & FLAG_EXTRA_STAR != 0 => rest,
            all => all,
        };
        if name.is_empty() {
            return None;
        }
        let (detail, base, list) = self.detail(addr, kind)?;
        let mut descriptor_size = base;
        let (mut methods, mut package) = (Vec::new(), None);
        if flags & FLAG_UNCOMMON != 0 && base != 0 {
            let u = addr.checked_add(base)?;
            let count = u64::from(m.u16(u + 4)?);
            let offset = u64::from(m.u32(u + 8)?);
            package = self.name_at_offset(m.u32(u)?);
            methods = self.methods(u.checked_add(offset)?, count)?;
            descriptor_size = (base + 16).max(if count > 0 { base + offset + 16 * count } else { 0 });
            // Lists stand between the two.
            descriptor_size = descriptor_size.max(base + 16 + list);
        } else {
            descriptor_size += list;
        }
        Some(Type {
            addr,
            descriptor_size,
            kind,
            name,
            stored_name,
            named: flags & FLAG_NAMED != 0,
            package: package.filter(|p| !p.text.is_empty() && flags & FLAG_NAMED != 0),
            size,
            pointer_bytes,
            align,
            hash,
            gcdata: m.pointer(addr + 3 * p + 8)?,
            pointer_to: self.type_at_offset(e.u32(b, at(4 * p + 12))?),
            methods,
            detail,
        })
    }

    /// Is this a descriptor beyond doubt? For places that nothing points at.
    pub fn certain(&self, t: &Type<'a>) -> bool {
        let starts: &[&[u8]] = match t.kind {
            Kind::Array | Kind::Slice => &[b"["],
            Kind::Chan => &[b"chan", b"<-chan", b"(chan"],
            Kind::Func => &[b"func("],
            Kind::Interface => &[b"interface {"],
            Kind::Map => &[b"map["],
            Kind::Pointer => &[b"*"],
            Kind::Struct => &[b"struct {", b"map."],
            _ => &[],
        };
        let named_well = t.named || starts.iter().any(|s| t.name.starts_with(s));
        let printable = std::str::from_utf8(t.name).is_ok_and(|n| !n.contains(|c: char| c.is_control()));
        let m = self.memory;
        let equal = m.pointer(t.addr + 2 * self.ptr() + 8);
        let pointers_fit = (t.gcdata == 0 || m.bytes_from(t.gcdata).is_some())
            && equal.is_some_and(|e| e == 0 || m.bytes_from(e).is_some());
        named_well && printable && pointers_fit && t.hash != 0 && t.name.len() < 4096
    }

    fn size_fits(&self, kind: Kind, size: u64) -> bool {
        let p = self.ptr();
        match kind {
            Kind::Bool | Kind::Int8 | Kind::Uint8 => size == 1,
            Kind::Int16 | Kind::Uint16 => size == 2,
            Kind::Int32 | Kind::Uint32 | Kind::Float32 => size == 4,
            Kind::Int64 | Kind::Uint64 | Kind::Float64 | Kind::Complex64 => size == 8,
            Kind::Complex128 => size == 16,
            Kind::String | Kind::Interface => size == 2 * p,
            Kind::Slice => size == 3 * p,
            Kind::Array | Kind::Struct => size <= 1 << 50,
            _ => size == p,
        }
    }

    /// What follows the head: the parts, bytes up to the package and methods (0 where not known), bytes of
    /// the lists that directly follow.
    fn detail(&self, addr: u64, kind: Kind) -> Option<(Detail<'a>, u64, u64)> {
        let m = self.memory;
        let (p, head) = (self.ptr(), self.head());
        let at = addr.checked_add(head)?;
        let pointer = |i: u64| m.pointer(at + i * p);
        let elem = || pointer(0).filter(|a| *a != 0);
        Some(match kind {
            Kind::Array => {
                let len = m.word(at + 2 * p)?;
                (
                    Detail::Array {
                        elem: elem()?,
                        slice: pointer(1)?,
                        len,
                    },
                    head + 3 * p,
                    0,
                )
            }
            Kind::Chan => {
                let direction = m.word(at + p)?;
                if !(1..=3).contains(&direction) {
                    return None;
                }
                (
                    Detail::Chan {
                        elem: elem()?,
                        direction,
                    },
                    head + 2 * p,
                    0,
                )
            }
            Kind::Func => self.func(addr, at)?,
            Kind::Interface => {
                let (list, len, cap) = (pointer(1)?, m.word(at + 2 * p)?, m.word(at + 3 * p)?);
                if len != cap || len > LIST_LIMIT {
                    return None;
                }
                let methods = self.interface_methods(list, len)?;
                let follows = len * 8;
                let detail = Detail::Interface {
                    package: self.name_by_pointer(at),
                    methods,
                    methods_at: list,
                };
                (detail, head + 4 * p, follows)
            }
            Kind::Map => {
                let detail = Detail::Map {
                    key: elem()?,
                    elem: pointer(1)?,
                    group: pointer(2)?,
                };
                (detail, head + self.layout.maps.size(p), 0)
            }
            Kind::Pointer => (Detail::Pointer { elem: elem()? }, head + p, 0),
            Kind::Slice => (Detail::Slice { elem: elem()? }, head + p, 0),
            Kind::Struct => {
                let (list, len, cap) = (pointer(1)?, m.word(at + 2 * p)?, m.word(at + 3 * p)?);
                if len != cap || len > LIST_LIMIT {
                    return None;
                }
                let fields = self.fields(list, len)?;
                let follows = len * 3 * p;
                let detail = Detail::Struct {
                    package: self.name_by_pointer(at),
                    fields,
                    fields_at: list,
                };
                (detail, head + 4 * p, follows)
            }
            _ => (Detail::Basic, head, 0),
        })
    }

    fn func(&self, addr: u64, at: u64) -> Option<(Detail<'a>, u64, u64)> {
        let m = self.memory;
        let p = self.ptr();
        let (params, results) = (u64::from(m.u16(at)?), m.u16(at + 2)?);
        let variadic = results & 0x8000 != 0;
        let results = u64::from(results & 0x7fff);
        let base = self.head() + p.max(4);
        let flags = m.u8(addr + 2 * p + 4)?;
        let uncommon = if flags & FLAG_UNCOMMON != 0 { 16 } else { 0 };
        let first = addr + base + uncommon;
        let total = params + results;
        self.afford(total)?;
        let mut all: Vec<u64> = (0..total).map_while(|i| m.pointer(first + i * p)).collect();
        if all.len() as u64 != total || all.contains(&0) {
            return None;
        }
        let results = all.split_off(params as usize);
        Some((
            Detail::Func {
                params: all,
                results,
                variadic,
            },
            base,
            total * p,
        ))
    }

    fn methods(&self, at: u64, count: u64) -> Option<Vec<Method<'a>>> {
        self.afford(count)?;
        let m = self.memory;
        let one = |i: u64| {
            let at = at.checked_add(i * 16)?;
            let typ = m.u32(at + 4)?;
            // 0 and -1 mark what the linker dropped.
            let dropped = typ == 0 || typ == u32::MAX;
            Some(Method {
                name: self.name_at_offset(m.u32(at)?)?,
                typ: if dropped { None } else { self.type_at_offset(typ) },
                text: m.u32(at + 8).filter(|o| !dropped && *o != u32::MAX),
                direct: m.u32(at + 12).filter(|o| !dropped && *o != u32::MAX),
            })
        };
        let all: Vec<_> = (0..count).map_while(one).collect();
        (all.len() as u64 == count).then_some(all)
    }

    fn interface_methods(&self, at: u64, count: u64) -> Option<Vec<Method<'a>>> {
        self.afford(count)?;
        let m = self.memory;
        let one = |i: u64| {
            let at = at.checked_add(i * 8)?;
            Some(Method {
                name: self.name_at_offset(m.u32(at)?)?,
                typ: self.type_at_offset(m.u32(at + 4)?),
                text: None,
                direct: None,
            })
        };
        let all: Vec<_> = (0..count).map_while(one).collect();
        (all.len() as u64 == count).then_some(all)
    }

    fn fields(&self, at: u64, count: u64) -> Option<Vec<Field<'a>>> {
        self.afford(count)?;
        let m = self.memory;
        let p = self.ptr();
        let one = |i: u64| {
            let at = at.checked_add(i * 3 * p)?;
            let name = self.name_by_pointer(at)?;
            let raw = m.word(at + 2 * p)?;
            Some(Field {
                name,
                typ: m.pointer(at + p).filter(|a| *a != 0)?,
                offset: if self.layout.shifted_offsets {
                    raw >> 1
                } else {
                    raw
                },
                embedded: if self.layout.shifted_offsets {
                    raw & 1 != 0
                } else {
                    name.embedded
                },
            })
        };
        let all: Vec<_> = (0..count).map_while(one).collect();
        (all.len() as u64 == count).then_some(all)
    }
}
