//! The shortest chain from `main` to a target, link by link.

use super::Graph;
use super::code::Hold;
use super::flood::Without;
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

/// A chain, and what it starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// From `main.main`, or a package's init task, to the target.
    pub links: Vec<Link>,
    /// Is the target reached from a package's init alone?
    pub only_init: bool,
}

impl Graph<'_, '_> {
    /// How the program comes to a module, package, function or type; without the modules or packages in `drop` if there are any. `None` where
    /// the program has no such thing, or not without those.
    ///
    /// # Errors
    /// Where one of `drop` is not in the program.
    pub fn path(&self, target: &str, drop: &[String]) -> Result<Option<Path>, String> {
        let without = self.dropping(drop)?;
        Ok(self.shortest(target, &without))
    }

    fn shortest(&self, target: &str, without: &Without) -> Option<Path> {
        let set = self.packages_of(target);
        let wanted: Box<dyn Fn(u32) -> bool> = if set.is_empty() {
            let node = self.node_named(target)?;
            Box::new(move |n| n == node)
        } else {
            Box::new(move |n| self.package_number(n).is_some_and(|p| set.contains(&p)))
        };
        let main = self.names.find("main").unwrap_or(NONE);
        let (first, rest): (Vec<_>, Vec<_>) =
            self.world.roots.iter().copied().partition(|(node, package)| {
                *package == main && *package != NONE || self.name(*node) == "main.main"
            });
        let all: Vec<(u32, u32)> = first.iter().copied().chain(rest).collect();
        for (roots, only_init) in [(first, false), (all, true)] {
            let reach = self.world.flood_at_once(without, &roots);
            let Some(end) = reach.order.iter().copied().find(|n| wanted(*n)) else {
                continue;
            };
            let mut nodes = Vec::new();
            let mut at = end;
            while at != NONE && nodes.len() <= self.world.weight.len() {
                let (from, hold) = reach.parents.get(at as usize).copied()?;
                nodes.push((at, hold));
                at = from;
            }
            nodes.reverse();
            let mut links: Vec<Link> = Vec::new();
            for (i, (node, hold)) in nodes.iter().enumerate() {
                let before = i.checked_sub(1).and_then(|b| nodes.get(b)).map(|b| b.0);
                links.push(Link {
                    name: self.name(*node),
                    package: self
                        .package_number(*node)
                        .and_then(|p| self.names.list.get(p as usize).cloned()),
                    how: before.map(|_| *hold),
                    at: before.and_then(|b| self.place(b, *node)),
                });
            }
            return Some(Path { links, only_init });
        }
        None
    }

    /// The function or type of that name.
    fn node_named(&self, name: &str) -> Option<u32> {
        let table = self.program.pclntab().ok()?;
        let function = table.functions().position(|f| f.name() == name.as_bytes());
        if let Some(i) = function {
            return Some(i as u32);
        }
        let types = self.program.types();
        let t = types
            .types
            .iter()
            .find(|t| types.link_name(t) == name.as_bytes())?;
        let i = self.starts.binary_search(&t.addr).ok()?;
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
