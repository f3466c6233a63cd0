//! What a person reads: for each module what is in the file, what mends it, and what could not be judged.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::{Run, age, is_certain, page, place, remedy, version, way};
use crate::analysis::vuln::{File, Finding, Level, semver};
use crate::report::text::{escape, grouped};

/// Writes the run.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, run: &Run<'_>, color: bool, quiet: bool, verbose: bool) -> io::Result<()> {
    let pen = Pen { color, verbose };
    for (name, file) in &run.files {
        pen.file(out, run, name, file, quiet)?;
    }
    if quiet {
        return Ok(());
    }
    let meta = run.db.meta();
    let of = match (meta.modified.get(..10), age(meta, run.today)) {
        (Some(day), Some(1)) => format!("of {day}, 1 day old"),
        (Some(day), Some(days)) => format!("of {day}, {days} days old"),
        _ => "of unknown date".into(),
    };
    let entries = grouped(run.db.len() as u64);
    writeln!(
        out,
        "database: {}, {of}, {entries} entries (CC-BY-4.0)",
        safe(&meta.source)
    )
}

fn safe(text: &str) -> String {
    escape(text.as_bytes())
}

struct Pen {
    color: bool,
    verbose: bool,
}

impl Pen {
    fn paint(&self, code: &str, text: &str) -> String {
        match self.color {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_string(),
        }
    }

    fn file(
        &self,
        out: &mut dyn Write,
        run: &Run<'_>,
        name: &str,
        file: &File,
        quiet: bool,
    ) -> io::Result<()> {
        let j = &file.judgement;
        // What makes the exit status 1 is told in full, the rest counted or, asked for, told too.
        let (certain, possible): (Vec<&Finding>, Vec<&Finding>) =
            j.findings.iter().partition(|f| is_certain(f));
        let shown = |f: &&&Finding| self.verbose || f.fails(run.level);
        let told: Vec<&Finding> = certain.iter().filter(shown).copied().collect();
        writeln!(
            out,
            "{}: {}",
            self.paint("1", &safe(name)),
            self.verdict(run, file, &certain, &possible)
        )?;
        for g in &j.gaps {
            writeln!(
                out,
                "  {}: {}",
                self.paint("1;33", "not judged in full"),
                safe(&g.message)
            )?;
        }
        self.modules(out, &told)?;
        let told: Vec<&Finding> = possible.iter().filter(shown).copied().collect();
        if !told.is_empty() {
            writeln!(
                out,
                "  {}",
                self.paint(
                    "1",
                    "Functions with known vulnerabilities, in modules of unknown version:"
                )
            )?;
            self.modules(out, &told)?;
        }
        for s in &file.suppressed {
            let (id, why) = (&s.finding.id, safe(&s.reason));
            writeln!(
                out,
                "  put up with until {}: {id} in {}: {why}",
                s.expires,
                safe(&s.finding.module)
            )?;
        }
        if !quiet {
            self.upgrades(out, &certain, run.level)?;
        }
        Ok(())
    }

    fn verdict(&self, run: &Run<'_>, file: &File, certain: &[&Finding], possible: &[&Finding]) -> String {
        let ids = |all: &[&Finding], want: &dyn Fn(&Finding) -> bool| {
            all.iter()
                .filter(|f| want(f))
                .map(|f| f.id.as_str())
                .collect::<BTreeSet<_>>()
                .len()
        };
        let j = &file.judgement;
        if j.blind {
            return self.paint("1;31", "can't be judged");
        }
        let mut parts = Vec::new();
        let at = |l: Level| ids(certain, &|f| f.level == l && !f.unseen);
        let (symbol, package, module) = (at(Level::Symbol), at(Level::Package), at(Level::Module));
        let unseen = ids(certain, &|f| f.unseen);
        if symbol > 0 {
            parts.push(format!(
                "{} in functions of the program",
                many(symbol, "vulnerability", "vulnerabilities")
            ));
        }
        if unseen > 0 {
            parts.push(format!("{unseen} in its modules, whose functions can't be seen"));
        }
        let ids_possible = ids(possible, &|f| f.fails(run.level));
        if ids_possible > 0 {
            let word = many(ids_possible, "advisory", "advisories");
            parts.push(format!("functions of {word} are in it, versions unknown"));
        }
        let loud = file.fails(run.level);
        let mut line = match parts.is_empty() {
            true => "no vulnerable function".to_string(),
            false => parts.join("; "),
        };
        if package + module > 0 {
            let less = format!(
                "{package} in packages and {module} in modules whose vulnerable functions it does not have"
            );
            line = format!("{line}; {less}");
        }
        self.paint(if loud { "1;31" } else { "1;32" }, &line)
    }

    /// Findings under their modules.
    fn modules(&self, out: &mut dyn Write, all: &[&Finding]) -> io::Result<()> {
        let mut by: BTreeMap<(&str, &str, Option<&str>), Vec<&Finding>> = BTreeMap::new();
        for f in all {
            by.entry((&f.module, &f.version, f.replaces.as_deref()))
                .or_default()
                .push(f);
        }
        for ((module, v, replaces), mut found) in by {
            found.sort_by(|a, b| (&a.id, &a.package).cmp(&(&b.id, &b.package)));
            let instead = replaces.map_or(String::new(), |r| format!(" (in place of {})", safe(r)));
            let head = format!("{} {}{instead}", safe(module), safe(&version(module, v)));
            writeln!(out, "  {}", self.paint("1", &head))?;
            let mut last = "";
            for f in found {
                if f.id != last {
                    let names = match f.aliases.is_empty() {
                        true => String::new(),
                        false => format!(" ({})", safe(&f.aliases.join(", "))),
                    };
                    let remedy = safe(&remedy(f));
                    writeln!(
                        out,
                        "    {}{names}: {remedy}; {}",
                        self.paint("1;31", &safe(&f.id)),
                        page(&safe(&f.id))
                    )?;
                }
                last = &f.id;
                writeln!(out, "      {}", safe(&place(f, self.verbose)))?;
                if let Some(reach) = &f.reach {
                    writeln!(out, "        {}", safe(&way(reach, self.verbose)))?;
                }
            }
        }
        Ok(())
    }

    /// The commands that take the vulnerable functions out.
    fn upgrades(&self, out: &mut dyn Write, certain: &[&Finding], level: Level) -> io::Result<()> {
        let mut wanted: BTreeMap<&str, &str> = BTreeMap::new();
        // What stands in for another module is fixed where it is replaced.
        for f in certain.iter().filter(|f| f.fails(level) && f.replaces.is_none()) {
            let Some(fixed) = f.fixed.as_deref() else { continue };
            let to = wanted.entry(&f.module).or_insert(fixed);
            if semver::less(to, fixed) {
                *to = fixed;
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        writeln!(out, "  {}", self.paint("1", "To fix:"))?;
        for (module, v) in wanted {
            let v = version(module, v);
            match module {
                "stdlib" | "toolchain" => writeln!(out, "    build with {v} or newer: go get toolchain@{v}")?,
                _ => writeln!(out, "    go get {}@{}", safe(module), safe(&v))?,
            }
        }
        Ok(())
    }
}

fn many(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}
