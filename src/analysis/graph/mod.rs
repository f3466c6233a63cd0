//! What keeps a package in a program, what it holds, and what the program would lose with it.
//!
//! The linker keeps what its roots lead to. [`Graph`] puts together again, from the binary alone, what it
//! went by: code and what it names, descriptors and what they are made of, the methods that interfaces and
//! reflection may call, the packages' init tasks. A question is a flood over it with something left out.
//! Authorities: cmd/link/internal/ld/deadcode.go and inittask.go of Go 1.27; docs/why.md says how well it
//! agrees.

mod answer;
mod build;
mod chain;
mod code;
mod cut;
mod data;
mod flood;
mod held;
mod imports;
mod nodes;
mod reflection;

pub use answer::{Row, Table};
pub use chain::{Found, Link, Path, Reached};
pub use code::Hold;
pub use held::{Held, Holdings};

use flood::{Reach, World};
use imports::Imports;
use nodes::Names;

use crate::error::Result;
use crate::go::Program;

/// A part of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A function, by its index in the pclntab.
    Function(usize),
    /// Data from this address to where the next part starts: a type descriptor, an itab, an init task, a
    /// variable or several.
    Data(u64),
}

/// What each module and package holds, and for certain: [`Graph::table`] of a program whose imports are
/// inferred.
///
/// # Errors
/// As [`Graph::new`].
pub fn retained(program: &Program<'_>) -> Result<Table> {
    Ok(Graph::new(program, None)?.table())
}

/// The graph of a program.
#[derive(Debug)]
pub struct Graph<'p, 'a> {
    program: &'p Program<'a>,
    names: Names,
    /// The module of each package, by its path; `None` for the program's own and where there is none.
    modules: Vec<Option<&'p str>>,
    functions: usize,
    starts: Vec<u64>,
    world: World,
    imports: Imports,
    refers: Imports,
    /// The packages' init tasks: node and package.
    tasks: rustc_hash::FxHashMap<u32, u32>,
    /// How many of the roots are the linker's own.
    known_roots: usize,
    full: Reach,
    culprits: Vec<u32>,
    unexplained: u64,
}

impl<'p, 'a> Graph<'p, 'a> {
    /// Reads the whole program. `list` is what `go list -deps -json` prints for the package that was built: a
    /// binary does not hold imports, and without the list they are inferred.
    ///
    /// # Errors
    /// Where the file has no pclntab or moduledata, and where `list` is none.
    pub fn new(program: &'p Program<'a>, list: Option<&[u8]>) -> Result<Graph<'p, 'a>> {
        build::build(program, list)
    }

    /// Bytes that the graph accounts for: functions with their part of the pclntab, types, and data that
    /// something refers to.
    pub fn total(&self) -> u64 {
        self.full.bytes
    }

    /// Bytes of functions, with what they hold, that no rule explains: they are taken to live as long as
    /// their packages.
    pub fn unexplained(&self) -> u64 {
        self.unexplained
    }

    /// Were the imports told, not inferred?
    pub fn imports_are_exact(&self) -> bool {
        self.imports.exact
    }

    /// Does reflection keep all exported methods?
    pub fn reflection(&self) -> bool {
        self.world.reflection
    }

    /// Bytes that reflection keeps, at least.
    pub fn reflection_bytes(&self) -> u64 {
        if !self.world.reflection {
            return 0;
        }
        self.full.bytes - reflection::without(self).bytes
    }

    /// The functions whose calls of reflection make the linker keep them, by index.
    pub fn culprits(&self) -> &[u32] {
        &self.culprits
    }

    /// Their names.
    pub fn culprit_names(&self) -> Vec<String> {
        self.culprits.iter().map(|c| self.name(*c)).collect()
    }

    /// All edges but those from a type to its methods, in the order of their first ends: what a flood goes
    /// by.
    pub fn edges(&self) -> impl Iterator<Item = (Node, Node, Hold)> + '_ {
        (0..self.world.weight.len() as u32).flat_map(move |from| {
            let edges = self.world.edges.of(from).iter();
            edges.map(move |(to, hold)| (self.node(from), self.node(*to), *hold))
        })
    }

    /// The methods that types have: the type's address and the functions, which stay only while something may
    /// call them.
    pub fn methods(&self) -> impl Iterator<Item = (u64, Node)> + '_ {
        self.world.slots.iter().flat_map(move |s| {
            let functions = s.holds.iter().skip(1).filter(|f| **f != nodes::NONE);
            functions.filter_map(move |f| match self.node(s.typ) {
                Node::Data(typ) => Some((typ, self.node(*f))),
                Node::Function(_) => None,
            })
        })
    }

    fn node(&self, node: u32) -> Node {
        match (node as usize).checked_sub(self.functions) {
            None => Node::Function(node as usize),
            Some(i) => Node::Data(self.starts.get(i).copied().unwrap_or(0)),
        }
    }

    /// A function's name, a type's, or nothing for data.
    fn name(&self, node: u32) -> String {
        if (node as usize) < self.functions {
            let f = self.program.pclntab().ok().and_then(|t| t.get(node as usize));
            return f.map_or(String::new(), |f| String::from_utf8_lossy(f.name()).into_owned());
        }
        let addr = self
            .starts
            .get(node as usize - self.functions)
            .copied()
            .unwrap_or(0);
        let types = self.program.types();
        if let Some(t) = types.at(addr) {
            return String::from_utf8_lossy(&types.link_name(t)).into_owned();
        }
        if let Some(package) = self
            .tasks
            .get(&node)
            .and_then(|p| self.names.list.get(*p as usize))
        {
            // As the linker calls it.
            return format!("{package}..inittask");
        }
        if let Some(i) = types.itab_holding(addr) {
            let name = |a| {
                types.at(a).map_or(String::new(), |t| {
                    String::from_utf8_lossy(&types.link_name(t)).into_owned()
                })
            };
            return format!("{} as {}", name(i.typ), name(i.interface));
        }
        format!("data at {addr:#x}")
    }
}
