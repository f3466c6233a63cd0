//! The bytes of a member → what a record says of it. Equal bytes are analysed once.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};

use crate::analysis::info::{self, Identity};
use crate::cli::parts::{self, Rules};
use crate::go::packages::Module;
use crate::input::{Bytes, Name};
use crate::report::scan::{Facts, OneLine};

/// What is asked of every binary.
pub(super) struct Plan {
    /// Of [`parts::PARTS`].
    pub parts: Vec<&'static str>,
    pub rules: Rules,
}

/// What a member was found to be.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// `None` for what is no Go binary.
    pub facts: Option<Facts>,
    /// What could not be read of a Go binary.
    pub error: Option<String>,
    /// Has `check` or `vuln` a finding that counts?
    pub findings: bool,
}

impl Outcome {
    fn failed(error: String) -> Outcome {
        Outcome {
            error: Some(error),
            ..Outcome::default()
        }
    }

    /// Is there anything to tell?
    pub fn is_told(&self) -> bool {
        self.facts.is_some() || self.error.is_some()
    }
}

/// Outcomes by SHA-256, up to a number of bytes.
#[derive(Debug, Default)]
pub(super) struct Known {
    outcomes: Mutex<(HashMap<[u8; 32], Shared>, usize)>,
}

type Shared = Arc<OnceLock<Arc<Outcome>>>;

/// Bytes of outcomes that are kept for members that are equal to one seen before.
const KEPT: usize = 32 << 20;

impl Known {
    /// The outcome for `bytes`, which are called `name`, and their SHA-256.
    pub fn outcome(&self, plan: &Plan, name: &Name, bytes: &Bytes) -> (String, Arc<Outcome>) {
        let digest: [u8; 32] = Sha256::digest(&**bytes).into();
        let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
        // A policy may demand different things of different names.
        if plan.rules.policy.is_some() {
            return (hex.clone(), Arc::new(analyse(plan, name, &hex, bytes)));
        }
        let lock = || self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = Arc::clone(lock().0.entry(digest).or_default());
        let mut new = false;
        let outcome = cell.get_or_init(|| {
            new = true;
            Arc::new(analyse(plan, name, &hex, bytes))
        });
        if new {
            let mut all = lock();
            let parts = outcome.facts.iter().flat_map(|f| f.parts.values());
            all.1 += 200 + parts.flatten().map(String::len).sum::<usize>();
            if all.1 > KEPT {
                *all = Default::default();
            }
        }
        (hex, Arc::clone(outcome))
    }
}

/// A defect of ours in one of 10^5 binaries must not take the others along.
fn analyse(plan: &Plan, name: &Name, hex: &str, bytes: &Bytes) -> Outcome {
    let work = std::panic::AssertUnwindSafe(|| try_analyse(plan, name, hex, bytes));
    std::panic::catch_unwind(work).unwrap_or_else(|_| {
        Outcome::failed("gospect failed on it, which is a defect of gospect: please report it".into())
    })
}

fn try_analyse(plan: &Plan, name: &Name, hex: &str, bytes: &Bytes) -> Outcome {
    let facts = match info::identify(bytes) {
        Identity::Go(facts) => *facts,
        Identity::Broken(why) => return Outcome::failed(why),
        Identity::Other => return Outcome::default(),
    };
    let mut out = Outcome::default();
    let mut told = Facts {
        go_version: facts.go_version.clone(),
        os: facts.os.clone(),
        arch: facts.arch.clone(),
        module: facts
            .main
            .as_ref()
            .map(|m| m.path.clone())
            .or_else(|| facts.path.clone()),
        module_version: facts.main.as_ref().map(|m| m.version.clone()),
        packed: facts.packed,
        linkage: facts.linkage.known().map(|l| l.word()),
        modules: facts.main.iter().chain(&facts.deps).map(module).collect(),
        ..Facts::default()
    };
    let file = Name::file(Path::new(&format!("sha256:{hex}")));
    for &part in &plan.parts {
        let mut line = OneLine::default();
        let made = parts::write(part, &plan.rules, &facts, (name, &file), bytes, &mut line);
        let text = match made {
            Ok(mut more) => {
                out.findings |= more.fails;
                told.findings.append(&mut more.findings);
                told.vulnerabilities.append(&mut more.vulnerabilities);
                Some(line.finish())
            }
            Err(why) => {
                out.error.get_or_insert(format!("{part}: {why}"));
                None
            }
        };
        // `size` is the number of bytes in a record.
        told.parts
            .insert(if part == "size" { "sizes" } else { part }, text);
    }
    out.facts = Some(told);
    out
}

/// Path and version of what is in the program: the replacement, if there is one.
fn module(m: &Module) -> [String; 2] {
    let m = m.replace.as_deref().unwrap_or(m);
    [m.path.clone(), m.version.clone()]
}
