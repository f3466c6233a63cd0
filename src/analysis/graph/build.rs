//! A program → its graph.

use rustc_hash::{FxHashMap, FxHashSet};

use super::code::{self, Found, Hold};
use super::data;
use super::flood::{Edges, Interface, Slot, Without, World};
use super::imports::{self, Imports};
use super::nodes::{NONE, Names, Nodes, Zone, zone_at, zones};
use super::{Graph, reflection};
use crate::disasm::refs::{self, Use};
use crate::error::Result;
use crate::go::Program;
use crate::go::packages::{self, Origin};

/// The parts while they are put together.
pub(super) struct Builder<'p, 'a> {
    pub program: &'p Program<'a>,
    pub zones: Vec<Zone>,
    pub found: Vec<Found>,
    words: Vec<(u64, u64)>,
    pub names: Names,
    pub nodes: Nodes,
}

/// Builds the graph; `list` is what `go list -deps -json` printed, where the user has it.
///
/// # Errors
/// Where the file has no pclntab or no moduledata.
pub(super) fn build<'p, 'a>(program: &'p Program<'a>, list: Option<&[u8]>) -> Result<Graph<'p, 'a>> {
    program.pclntab()?;
    program.moduledata()?;
    let types = program.types();
    let itabs = types.itabs.iter().map(|i| i.addr);
    let starts: FxHashSet<u64> = types.types.iter().map(|t| t.addr).chain(itabs).collect();
    let given = code::given(program);
    let found = code::read(program, &|a| starts.contains(&a), &given);
    let zones = zones(program);
    let mut described: Vec<(u64, u64)> = types
        .types
        .iter()
        .map(|t| (t.addr, t.addr.saturating_add(t.descriptor_size)))
        .chain(
            types
                .itabs
                .iter()
                .map(|i| (i.addr, i.addr.saturating_add(i.size))),
        )
        .collect();
    described.sort_unstable();
    let words = data::words(program, &zones, &described).found;
    let mut builder = Builder {
        program,
        zones,
        found,
        words,
        names: Names::default(),
        nodes: Nodes::default(),
    };
    builder.nodes(&described);
    builder.graph(list)
}

impl<'p, 'a> Builder<'p, 'a> {
    /// Finds where data nodes start, and makes the nodes.
    fn nodes(&mut self, described: &[(u64, u64)]) {
        let program = self.program;
        let types = program.types();
        let text = program.functions().range();
        let mut starts: Vec<u64> = described.iter().flat_map(|d| [d.0, d.1]).collect();
        starts.extend(
            self.found
                .iter()
                .flat_map(|f| &f.refs)
                .map(|r| r.1)
                .filter(|a| !text.contains(a)),
        );
        for (at, to) in &self.words {
            if !text.contains(to) {
                starts.push(*to);
            } else if zone_at(&self.zones, *at).is_some_and(|z| !z.write) {
                // A function value.
                starts.push(*at);
            }
        }
        for t in &types.types {
            data::of_type(program, t, &mut |a, _| starts.push(a));
        }
        for f in program.pclntab().iter().flat_map(|t| t.functions()) {
            starts.extend(f.funcdata().flatten());
        }
        starts.extend(self.tasks());
        starts.extend(self.zones.iter().map(|z| z.start));
        starts.retain(|a| zone_at(&self.zones, *a).is_some());
        starts.sort_unstable();
        starts.dedup();
        self.nodes = Nodes::new(program, &self.zones, starts, &mut self.names);
        for t in &types.types {
            if let Some(p) = types.package_of(t) {
                self.owned(t.addr, &p);
            }
        }
        for i in &types.itabs {
            if let Some(p) = types.at(i.typ).and_then(|t| types.package_of(t)) {
                self.owned(i.addr, &p);
            }
        }
    }

    fn owned(&mut self, addr: u64, package: &str) {
        let id = self.names.intern(package);
        if let Some(n) = self.nodes.data_starting(addr)
            && let Some(p) = self.nodes.package.get_mut(n as usize)
        {
            *p = id;
        }
    }

    /// Addresses of the packages' init tasks.
    fn tasks(&self) -> Vec<u64> {
        let Ok(m) = self.program.moduledata() else {
            return Vec::new();
        };
        let memory = self.program.memory();
        let p = memory.ptr_size();
        let count = m.inittasks.len.min(1 << 20);
        let each = (0..count).map_while(|i| memory.pointer(m.inittasks.addr.wrapping_add(i * p)));
        each.collect()
    }

    /// The node at an address: a function, or the data that holds it.
    fn node(&self, addr: u64) -> Option<u32> {
        let functions = self.program.functions();
        if functions.range().contains(&addr) {
            return functions.at(addr).map(|i| i as u32);
        }
        zone_at(&self.zones, addr)?;
        self.nodes.data_at(addr)
    }

    fn edges(&self) -> Vec<(u32, u32, Hold)> {
        let program = self.program;
        let types = program.types();
        let mut out = Vec::new();
        let kept_by_variable = self.map_inits();
        for (from, to, hold) in self.found.iter().flat_map(|f| &f.refs) {
            let Some(node) = self.node(*to) else { continue };
            // The variable keeps its initializer, not the package's init.
            if *hold == Hold::Call && kept_by_variable.contains_key(&node) {
                continue;
            }
            let is_type = *hold != Hold::Data || types.at(*to).is_none();
            out.push((*from, node, if is_type { *hold } else { Hold::Type }));
        }
        out.extend(kept_by_variable.iter().map(|(f, v)| (*v, *f, Hold::Data)));
        for f in program.pclntab().iter().flat_map(|t| t.functions()) {
            let data = f.funcdata().flatten().filter_map(|a| self.node(a));
            out.extend(data.map(|n| (f.index() as u32, n, Hold::Data)));
        }
        for (at, to) in &self.words {
            if let (Some(from), Some(node)) = (self.node(*at), self.node(*to)) {
                let hold = if types.at(*to).is_some() || types.itab_holding(*to).is_some() {
                    Hold::Convert
                } else {
                    Hold::Data
                };
                if from != node {
                    out.push((from, node, hold));
                }
            }
        }
        for t in &types.types {
            let Some(from) = self.nodes.data_starting(t.addr) else {
                continue;
            };
            let end = t.addr.saturating_add(t.descriptor_size);
            data::of_type(program, t, &mut |a, hold| {
                let inside = a >= t.addr && a < end;
                if let Some(node) = self.node(a).filter(|n| !inside && *n != from) {
                    out.push((from, node, hold));
                }
            });
        }
        for i in &types.itabs {
            if let Some(from) = self.nodes.data_starting(i.addr) {
                out.extend(self.node(i.interface).map(|n| (from, n, Hold::Type)));
                // A comparison with an itab makes no interface.
                out.extend(self.node(i.typ).map(|n| (from, n, Hold::Child)));
            }
        }
        let memory = program.memory();
        // Tasks laid over each other can't cost more than the file is worth.
        let mut left = program.file().len() as u64;
        let p = memory.ptr_size();
        for task in self.tasks() {
            let (Some(from), Some(count)) =
                (self.nodes.data_starting(task), memory.u32(task.wrapping_add(4)))
            else {
                continue;
            };
            let count = u64::from(count).min(left);
            left -= count;
            for i in 0..count {
                let to = memory
                    .pointer(task.wrapping_add(8 + i * p))
                    .and_then(|a| self.node(a));
                out.extend(to.map(|n| (from, n, Hold::Init)));
            }
        }
        out
    }

    /// The initializers of map variables, with the variables: the linker drops one whose variable nothing
    /// uses (Go 1.21 and later).
    fn map_inits(&self) -> FxHashMap<u32, u32> {
        let Ok(table) = self.program.pclntab() else {
            return FxHashMap::default();
        };
        let image = self.program.image();
        let mut out = FxHashMap::default();
        for f in table.functions() {
            if memchr::memmem::find(f.name(), b".map.init.").is_none() {
                continue;
            }
            let Some((start, code)) = code::code_of(self.program, f.index()) else {
                continue;
            };
            // The map is stored when it is made.
            let mut variable = None;
            refs::scan(image.arch, image.endian, code, start, &mut |r| {
                if r.what == Use::Store {
                    variable = self.node(r.target).or(variable);
                }
            });
            if let Some(v) = variable {
                out.insert(f.index() as u32, v);
            }
        }
        out
    }

    /// The package of each init task, by node.
    fn task_packages(&self, packages: &[u32]) -> Vec<(u32, u32)> {
        let memory = self.program.memory();
        let p = memory.ptr_size();
        let of = |task: u64| {
            let node = self.nodes.data_starting(task)?;
            let count = memory.u32(task.wrapping_add(4))?;
            let functions =
                (0..u64::from(count.min(64))).filter_map(|i| memory.pointer(task.wrapping_add(8 + i * p)));
            let package = functions
                .filter_map(|f| self.program.functions().starting_at(f))
                .filter_map(|f| packages.get(f).copied())
                .find(|p| *p != NONE);
            Some((node, package.unwrap_or(NONE)))
        };
        self.tasks().into_iter().filter_map(of).collect()
    }

    fn graph(mut self, list: Option<&[u8]>) -> Result<Graph<'p, 'a>> {
        let program = self.program;
        let edges = self.edges();
        let mut pairs = match list {
            Some(text) => imports::listed(text, &mut self.names)
                .map_err(|e| crate::error::Error::within("--imports", e))?,
            None => Vec::new(),
        };
        let seen = self.seen(&edges);
        let listed = program.packages();
        let std = |p: &str| matches!(listed.origin(p), Origin::Std);
        if list.is_none() {
            let name = |p: u32| self.names.list.get(p as usize).map_or("", String::as_str);
            pairs.extend(
                seen.iter()
                    .copied()
                    .filter(|(p, q)| imports::plausible(name(*p), name(*q), &std)),
            );
            let newest = *program.release().minors.end();
            let minor = program.version().map_or(newest, |v| v.minor);
            pairs.extend(imports::of_std(minor, &self.names));
            let order: Vec<u32> = self
                .task_packages(&self.nodes.package)
                .into_iter()
                .map(|t| t.1)
                .filter(|p| *p != NONE)
                .collect();
            let near = |v: u32, x: u32| {
                let module = |p: u32| listed.module(name(p)).map(|m| &m.path);
                std(name(x)) || module(x).is_some() && module(x) == module(v)
            };
            let more = imports::by_order(&order, &pairs, &name, &near);
            pairs.extend(more);
        }
        let count = self.names.list.len();
        let imports = Imports::new(count, pairs, list.is_some());
        let refers = Imports::new(count, seen, false);
        let mut world = World {
            weight: std::mem::take(&mut self.nodes.weight),
            package: std::mem::take(&mut self.nodes.package),
            edges: Edges::new(0, Vec::new()),
            ..World::default()
        };
        world.edges = Edges::new(world.weight.len(), edges);
        self.methods(&mut world, &imports);
        world.call_through(self.found.iter().flat_map(|f| &f.slots).copied());
        let tasks = self.task_packages(&world.package);
        world.roots = self.roots(&tasks);
        let packages = program.packages();
        let module = |path: &String| {
            let module = packages.module(path).filter(|m| !m.main)?;
            Some(module.path.as_str())
        };
        let modules = self.names.list.iter().map(module).collect();
        let mut graph = Graph {
            modules,
            tasks: tasks.into_iter().filter(|t| t.1 != NONE).collect(),
            known_roots: world.roots.len(),
            program,
            names: self.names,
            functions: self.nodes.functions,
            starts: self.nodes.starts,
            world,
            imports,
            refers,
            full: Default::default(),
            culprits: Vec::new(),
            unexplained: 0,
        };
        reflection::settle(&mut graph);
        graph.explain();
        reflection::name(&mut graph);
        Ok(graph)
    }

    /// Which package refers to which: code or types to functions, types and itabs, and what is inlined.
    fn seen(&self, edges: &[(u32, u32, Hold)]) -> Vec<(u32, u32)> {
        let of = |n: u32| self.nodes.package.get(n as usize).copied().unwrap_or(NONE);
        let mut out = FxHashSet::default();
        for (from, to, _) in edges {
            if (*from as usize) < self.nodes.functions {
                let (p, q) = (of(*from), of(*to));
                if p != q && p != NONE && q != NONE {
                    out.insert((p, q));
                }
            }
        }
        // By where they stand: many calls share a long name.
        let mut known: FxHashMap<u32, u32> = FxHashMap::default();
        let Ok(table) = self.program.pclntab() else {
            return out.into_iter().collect();
        };
        for (from, name) in self.found.iter().flat_map(|f| &f.inlined) {
            let q = *known.entry(*name).or_insert_with(|| {
                let package = packages::of_name(table.name_at(*name));
                package.and_then(|p| self.names.find(&p)).unwrap_or(NONE)
            });
            let p = of(*from);
            if p != q && p != NONE && q != NONE {
                out.insert((p, q));
            }
        }
        out.into_iter().collect()
    }

    /// Enters the types' method slots and the interfaces.
    fn methods(&self, world: &mut World, imports: &Imports) {
        let program = self.program;
        let Ok(table) = program.pclntab() else { return };
        let types = program.types();
        let mut signatures: FxHashMap<(&[u8], u64), u32> = FxHashMap::default();
        let count = self.names.list.len();
        world.importers = vec![Vec::new(); count];
        world.interfaces_of = vec![Vec::new(); count];
        world.imports.clone_from(&imports.of);
        for (p, list) in imports.of.iter().enumerate() {
            for q in list {
                if let Some(i) = world.importers.get_mut(*q as usize) {
                    i.push(p as u32);
                }
            }
        }
        for t in &types.types {
            let Some(node) = self.nodes.data_starting(t.addr) else {
                continue;
            };
            if let crate::go::types::Detail::Interface { methods, .. } = &t.detail {
                let mut interface = Interface::default();
                for m in methods {
                    let next = signatures.len() as u32;
                    let id = *signatures
                        .entry((m.name.text, m.typ.unwrap_or(0)))
                        .or_insert(next);
                    interface.signatures.push(id);
                }
                let own = t
                    .package
                    .and_then(|p| self.names.find(&packages::unescape(p.text)));
                match own.and_then(|own| world.interfaces_of.get_mut(own as usize)) {
                    Some(list) => {
                        list.push(node);
                        interface.package = own;
                    }
                    None => world.everywhere.push(node),
                }
                world.interfaces.insert(node, interface);
            }
            for m in &t.methods {
                let function = |offset: Option<u32>| {
                    let addr = table.text_addr(u64::from(offset?));
                    program.functions().starting_at(addr).map(|i| i as u32)
                };
                let (interface, direct) = (function(m.text), function(m.direct));
                if interface.is_none() && direct.is_none() {
                    continue;
                }
                let next = signatures.len() as u32;
                let signature = *signatures
                    .entry((m.name.text, m.typ.unwrap_or(0)))
                    .or_insert(next);
                let index = world.slots.len() as u32;
                world.slots.push(Slot {
                    typ: node,
                    signature,
                    exported: m.name.exported,
                    always: false,
                    holds: [
                        m.typ.and_then(|a| self.node(a)).unwrap_or(NONE),
                        interface.unwrap_or(NONE),
                        direct.unwrap_or(NONE),
                    ],
                });
                world.slots_of.entry(node).or_default().push(index);
            }
        }
        world.by_signature = vec![Vec::new(); signatures.len()];
        for (i, s) in world.slots.iter().enumerate() {
            if let Some(l) = world.by_signature.get_mut(s.signature as usize) {
                l.push(i as u32);
            }
        }
    }

    /// Where the linker starts: the entry point, `main.main`, the init tasks; C code may call any function
    /// that it exports.
    fn roots(&self, tasks: &[(u32, u32)]) -> Vec<(u32, u32)> {
        let program = self.program;
        let functions = program.functions();
        let mut out = Vec::new();
        let Ok(table) = program.pclntab() else { return out };
        for (i, f) in table.functions().enumerate() {
            if matches!(f.name(), b"main.main") {
                out.push((i as u32, NONE));
            }
        }
        let main = self.names.find("main");
        out.extend(tasks.iter().filter(|t| Some(t.1) == main));
        out.extend(functions.at(program.image().entry).map(|i| (i as u32, NONE)));
        for (i, f) in table.functions().enumerate() {
            let name = f.name();
            let first = name.starts_with(b"_rt0_")
                || matches!(
                    name,
                    b"runtime.unreachableMethod" | b"runtime.rt0_go" | b"runtime.main"
                );
            if first || functions.is_c(i) {
                out.push((i as u32, NONE));
            }
        }
        out.extend(tasks.iter().filter(|t| Some(t.1) != main));
        out
    }
}

impl Graph<'_, '_> {
    /// Finds what the rules do not reach in the whole program, although the linker did: methods that no known
    /// call explains live with their types, functions as long as their packages.
    fn explain(&mut self) {
        let none = Without::default();
        // A method that is called in some way which is not seen.
        let reach = self.world.flood(&none, &self.world.roots);
        let lost = |s: &Slot| s.holds.iter().skip(1).all(|f| *f == NONE || !reach.has(*f));
        let always: Vec<usize> = (0..self.world.slots.len())
            .filter(|i| self.world.slots.get(*i).is_some_and(lost))
            .collect();
        for i in always {
            if let Some(s) = self.world.slots.get_mut(i) {
                s.always = true;
            }
        }
        let mut extra = Vec::new();
        let mut reach = self.world.flood(&none, &self.world.roots);
        let explained = reach.bytes;
        for i in 0..self.functions as u32 {
            if !reach.has(i) {
                let package = self.world.package.get(i as usize).copied().unwrap_or(NONE);
                extra.push((i, package));
            }
        }
        // Of functions that hold each other one root is enough, but which one is not known: all are.
        self.world.roots.extend(extra);
        reach = self.world.flood(&none, &self.world.roots);
        self.unexplained = reach.bytes - explained;
        self.full = reach;
    }
}
