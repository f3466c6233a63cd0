//! What keeps a package in a program, what it holds, and what the program would lose with it.
//!
//! The linker keeps what its roots lead to. [`Graph`] puts together again, from the binary alone, what it went by: code and what it names,
//! descriptors and what they are made of, the methods that interfaces and reflection may call, the packages' init tasks. A question is a flood over it with something
//! left out. Authorities: cmd/link/internal/ld/deadcode.go and inittask.go of Go 1.27; docs/why.md says how well it agrees.

mod answer;
mod build;
mod chain;
mod code;
mod data;
mod flood;
mod imports;
mod nodes;
mod reflection;

pub use answer::{Row, Table};
pub use chain::{Link, Path};
pub use code::Hold;

use flood::{Reach, World};
use imports::Imports;
use nodes::Names;

use crate::error::Result;
use crate::go::Program;

/// The graph of a program.
#[derive(Debug)]
pub struct Graph<'p, 'a> {
    program: &'p Program<'a>,
    names: Names,
    functions: usize,
    starts: Vec<u64>,
    world: World,
    imports: Imports,
    refers: Imports,
    full: Reach,
    culprits: Vec<u32>,
    unexplained: u64,
}

impl<'p, 'a> Graph<'p, 'a> {
    /// Reads the whole program. `list` is what `go list -deps -json` prints for the package that was built: a binary does not hold imports, and
    /// without the list they are inferred.
    ///
    /// # Errors
    /// Where the file has no pclntab or moduledata, and where `list` is none.
    pub fn new(program: &'p Program<'a>, list: Option<&[u8]>) -> Result<Graph<'p, 'a>> {
        build::build(program, list)
    }

    /// Bytes that the graph accounts for: functions with their part of the pclntab, types, and data that something refers to.
    pub fn total(&self) -> u64 {
        self.full.bytes
    }

    /// Bytes of functions, with what they hold, that no rule explains: they are taken to live as long as their packages.
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
