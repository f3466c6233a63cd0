//! The shortest chains from `main` to a target, link by link.

use rustc_hash::FxHashMap;

use super::Graph;
use super::code::Hold;
use super::flood::{Reach, Without};
use super::nodes::NONE;

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The function, the type, or what is known of the data.
    pub name: String,
    /// Its package.
    pub package: Option<String>,
    /// How the link before holds it; `None` for the first.
    pub how: Option<Hold>,
    /// File and line of the call, where it is one.
    pub at: Option<String>,
}

/// Nodes, each with how the one before holds it.
type Chain = Vec<(u32, Hold)>;

/// A chain, and what it starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// From `main.main`, or a package's init task, to the target.
    pub links: Vec<Link>,
    /// Is the target reached from a package's init alone?
    pub only_init: bool,
    /// Where it is: the packages that lead from `main` to the one whose init task the chain starts with, each
    /// importing the next; empty where that is not seen.
    pub imported: Vec<String>,
}

/// How the program comes to what a user names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// By these chains, the shortest first.
    Paths(Vec<Path>),
    /// It is the main module: all begins there.
    Own,
    /// The program has no such module, package, function, type or embedded file.
    Absent,
    /// It goes with the modules or packages that were dropped.
    Gone,
    /// It is there and no chain to it is seen: the linker has a reason.
    Unseen,
}

impl Found {
    /// The chains; none where there is another answer.
    pub fn paths(&self) -> &[Path] {
        match self {
            Found::Paths(paths) => paths,
            _ => &[],
        }
    }
}

/// How the program comes to some functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// By this chain, to this one of the functions.
    By(Path, usize),
    /// Because reflection may call every exported method, and for no other reason.
    ByReflection,
    /// In a way that is not seen: the linker has a reason.
    Unseen,
}

impl Graph<'_, '_> {
    /// How the program comes to a module, package, function, type or embedded file; without the modules or
    /// packages in `drop` if there are any. Up to `count` chains, no two from the same place into the target.
    ///
    /// # Errors
    /// Where one of `drop` is not in the program.
    pub fn paths(&self, target: &str, drop: &[String], count: usize) -> Result<Found, String> {
        let without = self.dropping(drop)?;
        let set = self.packages_of(target);
        let wanted: Box<dyn Fn(u32) -> bool> = if set.is_empty() {
            let Some(node) = self.node_named(target) else {
                let mut modules = self.program.packages().modules().iter();
                return Ok(if modules.any(|m| m.main && m.path == target) {
                    Found::Own
                } else {
                    Found::Absent
                });
            };
            Box::new(move |n| n == node)
        } else {
            Box::new(move |n| self.package_number(n).is_some_and(|p| set.contains(&p)))
        };
        let [first, all] = self.starts_of_chains();
        for (roots, only_init) in [(first, false), (all, true)] {
            let reach = self.world.flood_at_once(&without, &roots);
            let found = self.chains_into(&reach, &*wanted, count.max(1));
            if !found.is_empty() {
                let paths = found.into_iter().map(|nodes| self.path_of(&nodes, only_init));
                return Ok(Found::Paths(paths.collect()));
            }
        }
        let left = self.world.flood(&without, &self.world.roots);
        let stays = (0..self.world.weight.len() as u32).any(|n| left.has(n) && wanted(n));
        Ok(if stays || drop.is_empty() {
            Found::Unseen
        } else {
            Found::Gone
        })
    }

    /// For each list of functions (by index) how the program comes to one of them.
    pub fn reached(&self, targets: &[Vec<usize>]) -> Vec<Reached> {
        let mut out: Vec<Option<Reached>> = vec![None; targets.len()];
        let plain = Without {
            no_reflection: true,
            ..Without::default()
        };
        let [first, all] = self.starts_of_chains();
        for (roots, only_init) in [(first, false), (all, true)] {
            let reach = self.world.flood_at_once(&plain, &roots);
            let mut place = vec![u32::MAX; self.functions];
            for (i, n) in reach.order.iter().enumerate() {
                if let Some(p) = place.get_mut(*n as usize) {
                    *p = i as u32;
                }
            }
            for (list, answer) in targets.iter().zip(&mut out).filter(|o| o.1.is_none()) {
                let nearest = list.iter().filter_map(|f| Some((*place.get(*f)?, *f))).min();
                *answer = nearest
                    .filter(|n| n.0 != u32::MAX)
                    .and_then(|(_, f)| Some((self.back(&reach, f as u32)?, f)))
                    .map(|(nodes, f)| Reached::By(self.path_of(&nodes, only_init), f));
            }
        }
        // That only reflection keeps something is told where nothing else could, however little of the
        // program is understood.
        let lost = |reach: &Reach, list: &[usize]| !list.iter().any(|f| reach.has(*f as u32));
        let wide = self.world.reflection.then(|| {
            let any = Without {
                no_reflection: true,
                any_method: true,
                ..Without::default()
            };
            self.world.flood(&any, &self.world.roots)
        });
        let decide = |(list, answer): (&Vec<usize>, Option<Reached>)| match (answer, &wide) {
            (Some(known), _) => known,
            (None, Some(wide)) if lost(wide, list) && !lost(&self.full, list) => Reached::ByReflection,
            _ => Reached::Unseen,
        };
        targets.iter().zip(out).map(decide).collect()
    }

    /// `main.main` with its package's init task, and all that the linker starts from; what is taken to live
    /// without a known reason begins no chain.
    fn starts_of_chains(&self) -> [Vec<(u32, u32)>; 2] {
        let main = self.names.find("main").unwrap_or(NONE);
        let roots = self.world.roots.get(..self.known_roots).unwrap_or_default();
        let (first, rest): (Vec<_>, Vec<_>) = roots.iter().copied().partition(|(node, package)| {
            *package == main && *package != NONE || self.name(*node) == "main.main"
        });
        let all = first.iter().copied().chain(rest).collect();
        [first, all]
    }

    /// The nodes from a root to the first of a target, for up to `count` places that lead into it.
    fn chains_into(&self, reach: &Reach, wanted: &dyn Fn(u32) -> bool, count: usize) -> Vec<Chain> {
        let mut out: Vec<Chain> = Vec::new();
        let Some(nearest) = reach.order.iter().copied().find(|n| wanted(*n)) else {
            return out;
        };
        let shortest = self.back(reach, nearest).unwrap_or_default();
        let taken = shortest.iter().rev().nth(1).map(|n| n.0);
        out.push(shortest);
        for from in reach.order.iter().copied() {
            if out.len() >= count {
                break;
            }
            if wanted(from) || Some(from) == taken {
                continue;
            }
            let edges = self.world.edges.of(from).iter();
            let Some((to, hold)) = edges
                .filter(|e| reach.has(e.0) && wanted(e.0))
                .min_by_key(|e| e.1)
            else {
                continue;
            };
            let Some(mut nodes) = self.back(reach, from) else {
                continue;
            };
            if nodes.iter().all(|n| !wanted(n.0)) {
                nodes.push((*to, *hold));
                out.push(nodes);
            }
        }
        out.sort_by_key(Vec::len);
        out
    }

    /// The chain by which a node was reached.
    fn back(&self, reach: &Reach, end: u32) -> Option<Chain> {
        let mut nodes = Vec::new();
        let mut at = end;
        while at != NONE && nodes.len() <= self.world.weight.len() {
            let (from, hold) = reach.parents.get(at as usize).copied()?;
            nodes.push((at, hold));
            at = from;
        }
        nodes.reverse();
        Some(nodes)
    }

    fn path_of(&self, nodes: &[(u32, Hold)], only_init: bool) -> Path {
        let before = std::iter::once(None).chain(nodes.iter().map(|n| Some(n.0)));
        let links = nodes.iter().zip(before).map(|((node, hold), before)| Link {
            name: self.name(*node),
            package: self
                .package_number(*node)
                .or_else(|| self.tasks.get(node).copied())
                .and_then(|p| self.names.list.get(p as usize).cloned()),
            how: before.map(|_| *hold),
            at: before.and_then(|b| self.place(b, *node)),
        });
        let start = nodes.first().and_then(|n| self.tasks.get(&n.0));
        Path {
            links: links.collect(),
            only_init,
            imported: start
                .filter(|_| only_init)
                .map_or(Vec::new(), |p| self.import_chain(*p)),
        }
    }

    /// The fewest imports from `main` to a package.
    fn import_chain(&self, to: u32) -> Vec<String> {
        let Some(main) = self.names.find("main") else {
            return Vec::new();
        };
        let mut from: FxHashMap<u32, u32> = FxHashMap::default();
        let mut queue = std::collections::VecDeque::from([main]);
        while let Some(p) = queue.pop_front().filter(|p| *p != to) {
            for q in self.imports.of.get(p as usize).into_iter().flatten() {
                if *q != main && !from.contains_key(q) {
                    from.insert(*q, p);
                    queue.push_back(*q);
                }
            }
        }
        if to != main && !from.contains_key(&to) {
            return Vec::new();
        }
        let mut chain: Vec<u32> = std::iter::successors(Some(to), |p| from.get(p).copied()).collect();
        chain.reverse();
        let names = chain.iter().filter_map(|p| self.names.list.get(*p as usize));
        names.cloned().collect()
    }

    /// The function, type or embedded file of that name.
    fn node_named(&self, name: &str) -> Option<u32> {
        let table = self.program.pclntab().ok()?;
        let function = table.functions().position(|f| f.name() == name.as_bytes());
        if let Some(i) = function {
            return Some(i as u32);
        }
        let types = self.program.types();
        let t = types.types.iter().find(|t| types.link_name(t) == name.as_bytes());
        if let Some(t) = t {
            let i = self.starts.binary_search(&t.addr).ok()?;
            return Some((self.functions + i) as u32);
        }
        let embeds = self.program.embeds();
        let file = embeds
            .iter()
            .find(|e| e.path == Some(name.as_bytes()) && !e.is_folder())?;
        let i = self.starts.binary_search(&file.addr).ok()?;
        Some((self.functions + i) as u32)
    }

    /// File and line where function `from` first names `to`.
    fn place(&self, from: u32, to: u32) -> Option<String> {
        use crate::disasm::refs;
        let program = self.program;
        if from as usize >= self.functions {
            return None;
        }
        let (start, code) = super::code::code_of(program, from as usize)?;
        let (low, high) = if (to as usize) < self.functions {
            let range = program.functions().code(to as usize)?;
            (range.start, range.end)
        } else {
            let i = to as usize - self.functions;
            let start = self.starts.get(i).copied()?;
            (start, self.starts.get(i + 1).copied().unwrap_or(u64::MAX))
        };
        let mut at = None;
        refs::scan(
            program.image().arch,
            program.image().endian,
            code,
            start,
            &mut |r| {
                if at.is_none() && r.target >= low && r.target < high {
                    at = Some(r.at);
                }
            },
        );
        let position = program.pclntab().ok()?.get(from as usize)?.position(at?);
        Some(format!(
            "{}:{}",
            String::from_utf8_lossy(position.file),
            position.line
        ))
    }
}
