//! `gospect track check`: a file against what was recorded before it.

use std::path::Path;

use super::store::{Release, Store};
use super::{By, Common, Done, Failure, Report, What, measured, stamped};
use crate::analysis::diff;
use crate::analysis::policy::file::Budget;
use crate::cli::check::policy;
use crate::cli::frame::{self, Format, Sink};
use crate::cli::{FINDINGS, FINE};
use crate::input::Name;
use crate::report::{self, text};

/// What a file is held against.
struct Held {
    /// The releases, the oldest first.
    against: Vec<Release>,
    /// Those after them that are the file itself.
    passed_over: Vec<String>,
}

pub(super) fn run(what: &What, common: &Common, out: &mut Sink) -> Done {
    let What::Check {
        file,
        against,
        last,
        name,
        label,
        by,
        top,
        format,
        ..
    } = what
    else {
        return Ok(Ok(FINE));
    };
    let of_db = |e: String| (common.history.clone(), e);
    let (release, new) =
        measured(file, Some("new"), name.as_deref(), false).map_err(|e| (file.clone(), e))?;
    let budget = budget(what, file)?;
    let s = Store::open(&common.history, false).map_err(of_db)?;
    let own = label.clone().or_else(|| stamped(file));
    let held = match against {
        Some(label) => {
            let mut against = s.releases(Some(&release.name)).map_err(of_db)?;
            against.retain(|r| r.label == *label);
            Held {
                against,
                passed_over: Vec::new(),
            }
        }
        None => others(&s, &release, &new, own.as_deref(), (*last).max(1)).map_err(of_db)?,
    };
    if held.against.is_empty() {
        let other = if held.passed_over.is_empty() { "" } else { "other " };
        let what = format!(
            "has no {other}release of {} to hold the file against",
            release.name
        );
        return Err(of_db(what));
    }
    let whole = *format == Format::Json && top.is_none();
    let view = report::diff::View {
        top: top.unwrap_or(if whole { 0 } else { 10 }),
        all: whole,
        color: common.output.colored(),
        width: common.output.width(),
    };
    out.fold(format.fitting(&common.output));
    let mut status = FINE;
    let mut written = Ok(());
    for r in &held.against {
        let old = s.report(r).map_err(of_db)?;
        let mut d = diff::compare(&old, &new, By::from_word(by).unwrap_or(By::Module));
        d.breaches = diff::breaches(Some(&old), &new, &budget);
        if !d.breaches.is_empty() {
            status = FINDINGS;
        }
        let shown = |s: &[u8]| match format {
            Format::Text => text::escape(s),
            _ => String::from_utf8_lossy(s).into_owned(),
        };
        let names = (
            shown(r.label.as_bytes()),
            shown(file.as_os_str().as_encoded_bytes()),
        );
        let names = (names.0.as_str(), names.1.as_str());
        written = written.and_then(|()| match format {
            Format::Json => report::diff::write_json(out, names, &d, &view),
            Format::Markdown => report::diff::write_markdown(out, names, &d, &view),
            _ => report::diff::write_text(out, names, &d, &view),
        });
    }
    if !common.output.quiet {
        tell(&held, &budget, common);
    }
    Ok(written.map(|()| status))
}

/// What the flags and the policy allow.
fn budget(what: &What, file: &Path) -> Result<Budget, Failure> {
    let What::Check {
        policy,
        max_growth,
        max_size,
        ..
    } = what
    else {
        return Ok(Budget::default());
    };
    let Ok(loaded) = policy::load(policy.as_deref(), false) else {
        let path = policy.clone().unwrap_or_default();
        return Err((path, "the policy can't be read".into()));
    };
    let mut budget = loaded.as_ref().map_or_else(Budget::default, |l| {
        l.policy.budget_for(&policy::names(Some(l), &Name::file(file)))
    });
    budget.max_growth = max_growth.or(budget.max_growth);
    budget.max_size = max_size.or(budget.max_size);
    Ok(budget)
}

/// The last `count` releases that are another than the file: those of its own label are not, nor is the
/// newest that has exactly its sizes where older ones remain.
fn others(s: &Store, file: &Release, new: &Report, own: Option<&str>, count: usize) -> Result<Held, String> {
    let mut against = s.releases(Some(&file.name))?;
    let mut passed_over = Vec::new();
    against.retain(|r| {
        let is_own = own == Some(r.label.as_str());
        if is_own {
            passed_over.push(r.label.clone());
        }
        !is_own
    });
    while against.len() > 1
        && let Some(last) = against.last()
        && last.file_size == new.file_size
        && diff::compare(&s.report(last)?, new, By::Package)
            .rows
            .iter()
            .all(|r| r.delta() == 0)
    {
        passed_over.extend(against.pop().map(|r| r.label));
    }
    against.drain(..against.len().saturating_sub(count));
    Ok(Held { against, passed_over })
}

/// Says what was done, where that is not plain from the answer.
fn tell(held: &Held, budget: &Budget, common: &Common) {
    if !held.passed_over.is_empty() {
        let names: Vec<_> = held
            .passed_over
            .iter()
            .map(|l| text::escape(l.as_bytes()))
            .collect();
        let what = format!("passed over {}: that is the file itself", names.join(", "));
        frame::complain(&common.history, &what);
    }
    if budget.is_empty() {
        frame::note(
            "gospect: no budget is set, so nothing can fail: give --max-growth or --max-size, or a [budget] \
                in gospect.toml",
        );
    }
}
