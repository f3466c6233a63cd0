//! Type descriptors: what reflection and the garbage collector know of each type, in every Go program.
//!
//! `Types::find` gathers all descriptors that typelinks, itabs and other descriptors lead to; since Go 1.27
//! they also stand one behind the other, which is walked. Authority: Go 1.27's internal/abi/type.go and
//! runtime/type.go, Go 1.16 to 1.26's runtime/type.go, cmd/compile/internal/reflectdata. The head of a
//! descriptor has not changed since Go 1.14; names (Go 1.17), struct fields (Go 1.19) and maps (Go 1.24,
//! 1.27) have, and are told apart by what fits.

mod descriptor;
mod link;
mod name;
mod walk;

pub use name::Name;

use std::borrow::Cow;

use super::memory::Memory;
use super::moduledata::ModuleData;
use super::packages;
use super::release::Release;
use crate::error::Error;

/// Kinds of types, numbered as Go does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Bool = 1,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    Array,
    Chan,
    Func,
    Interface,
    Map,
    Pointer,
    Slice,
    String,
    Struct,
    UnsafePointer,
}

impl Kind {
    const ALL: [(Kind, &'static str); 26] = [
        (Kind::Bool, "bool"),
        (Kind::Int, "int"),
        (Kind::Int8, "int8"),
        (Kind::Int16, "int16"),
        (Kind::Int32, "int32"),
        (Kind::Int64, "int64"),
        (Kind::Uint, "uint"),
        (Kind::Uint8, "uint8"),
        (Kind::Uint16, "uint16"),
        (Kind::Uint32, "uint32"),
        (Kind::Uint64, "uint64"),
        (Kind::Uintptr, "uintptr"),
        (Kind::Float32, "float32"),
        (Kind::Float64, "float64"),
        (Kind::Complex64, "complex64"),
        (Kind::Complex128, "complex128"),
        (Kind::Array, "array"),
        (Kind::Chan, "chan"),
        (Kind::Func, "func"),
        (Kind::Interface, "interface"),
        (Kind::Map, "map"),
        (Kind::Pointer, "ptr"),
        (Kind::Slice, "slice"),
        (Kind::String, "string"),
        (Kind::Struct, "struct"),
        (Kind::UnsafePointer, "unsafe.Pointer"),
    ];

    fn of(number: u8) -> Option<Kind> {
        let i = usize::from(number).checked_sub(1)?;
        Kind::ALL.get(i).map(|k| k.0)
    }

    /// The word that reflect prints.
    pub fn word(self) -> &'static str {
        Kind::ALL.get(self as usize - 1).map_or("", |k| k.1)
    }
}

/// The compiler's pseudo package of the shapes that generic code is made for.
const SHAPES: &[u8] = b"go.shape";

/// A field of a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// Name and tag.
    pub name: Name<'a>,
    /// Address of its type.
    pub typ: u64,
    /// Offset in the struct, in bytes.
    pub offset: u64,
    /// Is it embedded?
    pub embedded: bool,
}

/// A method, of an interface or of a type that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// Address of its type; `None` where the linker dropped the method.
    pub typ: Option<u64>,
    /// Offset in the text of the function that interface calls use; `None` for interfaces' methods and
    /// dropped ones.
    pub text: Option<u32>,
    /// Offset in the text of the function that is called with a plain receiver; `None` as before.
    pub direct: Option<u32>,
}

/// What is behind the head of a descriptor, by kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Detail<'a> {
    Basic,
    Array {
        elem: u64,
        slice: u64,
        len: u64,
    },
    /// `direction`: 1 receive, 2 send, 3 both.
    Chan {
        elem: u64,
        direction: u64,
    },
    Func {
        params: Vec<u64>,
        results: Vec<u64>,
        variadic: bool,
    },
    Interface {
        package: Option<Name<'a>>,
        methods: Vec<Method<'a>>,
        /// Address of the methods' records.
        methods_at: u64,
    },
    /// `group` is the type of a bucket or, since Go 1.24, of a group of slots.
    Map {
        key: u64,
        elem: u64,
        group: u64,
    },
    Pointer {
        elem: u64,
    },
    Slice {
        elem: u64,
    },
    Struct {
        package: Option<Name<'a>>,
        fields: Vec<Field<'a>>,
        /// Address of the fields' records.
        fields_at: u64,
    },
}

/// One type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type<'a> {
    /// Virtual address of the descriptor.
    pub addr: u64,
    /// Bytes of the descriptor: head, kind's own part, package and methods; the records of fields, parameters
    /// and interface methods too where they follow it directly, as the compiler lays them out.
    pub descriptor_size: u64,
    /// What kind of type it is.
    pub kind: Kind,
    /// As reflect prints it: `main.T`, `*http.Server`, `map[string]int`; the package's last element in front.
    pub name: &'a [u8],
    /// The stored name, for the attribution of bytes.
    pub stored_name: Name<'a>,
    /// Has it a name of its own?
    pub named: bool,
    /// Import path of the package as stored, of types with a name.
    pub package: Option<Name<'a>>,
    /// Bytes of a value.
    pub size: u64,
    /// Bytes of a value that can hold pointers.
    pub pointer_bytes: u64,
    /// Alignment of a variable in bytes.
    pub align: u8,
    /// Go's hash of the type.
    pub hash: u32,
    /// Address of the pointer bitmap, 0 for none.
    pub gcdata: u64,
    /// Address of the pointer type's descriptor, where the linker kept it.
    pub pointer_to: Option<u64>,
    /// Methods, of types with a name and of what embeds them.
    pub methods: Vec<Method<'a>>,
    /// By kind.
    pub detail: Detail<'a>,
}

/// A table of methods that makes a type an interface's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Itab {
    /// Virtual address.
    pub addr: u64,
    /// Bytes.
    pub size: u64,
    /// Address of the interface's descriptor.
    pub interface: u64,
    /// Address of the type's descriptor.
    pub typ: u64,
}

/// All type descriptors and itabs of a module.
#[derive(Debug, Clone, Default)]
pub struct Types<'a> {
    /// In the order of addresses.
    pub types: Vec<Type<'a>>,
    /// In the order of addresses.
    pub itabs: Vec<Itab>,
    /// What could not be read.
    pub warnings: Vec<Error>,
}

impl<'a> Types<'a> {
    /// Gathers what the moduledata leads to, laid out as the one of `candidates` that fits best. Broken
    /// descriptors are left out.
    pub(super) fn find(
        memory: &Memory<'_, 'a>,
        module: &ModuleData,
        candidates: &[&'static Release],
    ) -> Types<'a> {
        walk::find(memory, module, candidates)
    }

    /// The type whose descriptor starts at `addr`.
    pub fn at(&self, addr: u64) -> Option<&Type<'a>> {
        let i = self.types.binary_search_by_key(&addr, |t| t.addr).ok()?;
        self.types.get(i)
    }

    /// The type whose descriptor holds `addr`, with what follows it directly.
    pub fn holding(&self, addr: u64) -> Option<&Type<'a>> {
        let after = self.types.partition_point(|t| t.addr <= addr);
        let t = self.types.get(after.checked_sub(1)?)?;
        (addr - t.addr < t.descriptor_size).then_some(t)
    }

    /// The itab that holds `addr`.
    pub fn itab_holding(&self, addr: u64) -> Option<&Itab> {
        let after = self.itabs.partition_point(|i| i.addr <= addr);
        let i = self.itabs.get(after.checked_sub(1)?)?;
        (addr - i.addr < i.size).then_some(i)
    }

    /// The package a type is of: its own, or for a type without a name that of the first named type it is
    /// made of.
    pub fn package_of(&self, t: &Type<'a>) -> Option<Cow<'a, str>> {
        self.package_within(t, 8).map(packages::unescape)
    }

    fn package_within(&self, t: &Type<'a>, depth: u8) -> Option<&'a [u8]> {
        let path = |n: Name<'a>| Some(n.text).filter(|p| !p.is_empty() && *p != SHAPES);
        if t.package.is_some() || t.named {
            return t.package.and_then(path);
        }
        let depth = depth.checked_sub(1)?;
        let of = |addr: u64| self.at(addr).and_then(|t| self.package_within(t, depth));
        match &t.detail {
            Detail::Basic => None,
            Detail::Array { elem, .. }
            | Detail::Chan { elem, .. }
            | Detail::Pointer { elem }
            | Detail::Slice { elem } => of(*elem),
            Detail::Map { key, elem, .. } => of(*elem).or_else(|| of(*key)),
            Detail::Func { params, results, .. } => {
                params.iter().chain(results).take(16).find_map(|a| of(*a))
            }
            Detail::Interface { package, .. } => package.and_then(path),
            Detail::Struct { package, fields, .. } => {
                let own = package.and_then(path);
                own.or_else(|| fields.iter().take(16).find_map(|f| of(f.typ)))
            }
        }
    }
}
