//! Findings of functions → how the program comes to them, by the graph of what keeps what.

use super::judge::{Finding, Level};
use super::subject;
use crate::analysis::graph::{Graph, Hold, Link, Path, Reached};
use crate::go::Program;

/// How the program comes to a vulnerable function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// By this chain.
    By(Path),
    /// It is in the file because reflection may call every exported method; nothing calls it that can be
    /// seen.
    Uncalled,
    /// The way to it can't be seen.
    Unseen,
}

/// Fills in [`Finding::reach`] where a function was seen. Reads the code of the whole program, so it is done
/// on request.
pub(super) fn find(program: &Program<'_>, findings: &mut [Finding]) {
    let mut asked: Vec<&mut Finding> = findings
        .iter_mut()
        .filter(|f| f.level == Level::Symbol && f.package.is_some() && !f.unseen)
        .collect();
    if asked.is_empty() {
        return;
    }
    let Ok(graph) = Graph::new(program, None) else {
        return;
    };
    let wanted: Vec<(&str, &[String])> = asked
        .iter()
        .map(|f| (f.package.as_deref().unwrap_or_default(), f.symbols.as_slice()))
        .collect();
    let mut holders: Vec<Vec<(usize, &[u8])>> = vec![Vec::new(); wanted.len()];
    subject::holders(program, &wanted, &mut |i, f, name| {
        if let Some(list) = holders.get_mut(i) {
            list.push((f, name));
        }
    });
    let functions: Vec<Vec<usize>> = holders.iter().map(|h| h.iter().map(|h| h.0).collect()).collect();
    for ((f, holders), reached) in asked.iter_mut().zip(&holders).zip(graph.reached(&functions)) {
        f.reach = Some(match reached {
            Reached::By(mut path, end) => {
                path.links
                    .extend(inlined(program, end, holders, f.package.as_deref()));
                Reach::By(path)
            }
            Reached::ByReflection => Reach::Uncalled,
            Reached::Unseen => Reach::Unseen,
        });
    }
}

/// The last link, where the function that the chain ends with is not vulnerable itself but has one that is
/// inlined.
fn inlined(
    program: &Program<'_>,
    end: usize,
    holders: &[(usize, &[u8])],
    package: Option<&str>,
) -> Option<Link> {
    let f = program.pclntab().ok()?.get(end)?;
    let mut names = holders.iter().filter(|h| h.0 == end).map(|h| h.1);
    if names.clone().any(|n| n == f.name()) {
        return None;
    }
    let name = names.next()?;
    let mut runs = f.inline_indices().filter(|r| r.value >= 0);
    let run = runs.find(|r| f.inlined_name(r.value) == name);
    let site = run.and_then(|r| f.frames(r.start).get(1).map(|f| f.position));
    Some(Link {
        name: String::from_utf8_lossy(name).into_owned(),
        package: package.map(str::to_string),
        how: Some(Hold::Call),
        at: site.map(|p| format!("{}:{}", String::from_utf8_lossy(p.file), p.line)),
    })
}
