//! A plan, carried out: source, toolchain, build, comparison; and what is found out on the way.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::build::{self, Builder, Built};
use super::go::{Go, broken};
use super::{linker, source};
use crate::analysis::compare::{self, Cause};
use crate::analysis::reproduce::variables::{self, Variable};
use crate::analysis::reproduce::{
    Cannot, Material, Outcome, Plan, Reason, Source, Step, Verdict, record, words,
};
use crate::cli::sbom;
use crate::go::{Program, buildid};
use crate::input::{Bytes, ending};

/// What the user asked for beside the plan.
pub(super) struct Asked<'a> {
    pub checkout: Option<&'a Path>,
    pub no_buildinfo: bool,
    pub quiet: bool,
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// What is known before anything is done.
pub(super) fn outcome(program: &Program<'_>) -> Outcome {
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let deps = program
        .build_info()
        .map(|b| b.info.deps.as_slice())
        .unwrap_or_default();
    let material = |m: &crate::go::modinfo::Module<'_>| {
        let m = m.effective();
        Material {
            path: text(m.path),
            version: text(m.version),
            sum: (!m.sum.is_empty()).then(|| text(m.sum)),
        }
    };
    Outcome {
        verdict: None,
        because: Vec::new(),
        functions: None,
        steps: Vec::new(),
        env: Vec::new(),
        source: None,
        dependencies: deps.iter().map(material).collect(),
        go: None,
        content_id: None,
        expected: Vec::new(),
        theirs_sha256: sha256(program.image().data),
        ours_sha256: None,
        notes: Vec::new(),
        untouched: buildid::check(program),
        times: None,
    }
}

/// The commands that a plan leads to, as far as they are known before the first is run.
pub(super) fn steps(plan: &Plan, checkout: Option<&Path>, work: &Path) -> Result<Vec<Step>, Cannot> {
    let step = |what: &str, folder: &str, command: Vec<String>| Step {
        what: what.to_string(),
        folder: folder.to_string(),
        command,
    };
    let mut out = Vec::new();
    match (&plan.source, checkout) {
        (Source::Module { path, version, .. } | Source::Installed { path, version, .. }, _) => {
            out.push(step(
                "fetch the source",
                "fetch",
                source::download_command(&format!("{path}@{version}")),
            ));
        }
        (Source::Toolchain { module, .. }, _) => {
            out.push(step(
                "fetch the toolchain",
                "fetch",
                source::download_command(module),
            ));
            return Ok(out);
        }
        (
            Source::Folder {
                revision: Some(revision),
                ..
            },
            Some(from),
        ) => {
            let from = from.to_string_lossy();
            let command = ["git", "clone", "--no-checkout", "--shared", &from, "src"].map(str::to_string);
            out.push(step(
                &format!("take the source at {revision}"),
                ".",
                command.to_vec(),
            ));
        }
        (Source::Folder { .. }, _) => {}
    }
    let at = |name: &str| work.join("build1").join(name).to_string_lossy().into_owned();
    let wrapper = build::wrapper(&at("orders.json"))?;
    // A module's archive holds no vendored modules: where the record has them, they are fetched into it.
    let vendor = plan.vendored || checkout.is_some_and(|from| from.join("vendor").is_dir());
    let command = build::command(plan, vendor, &wrapper, &plan.ldflags, &at("program"));
    out.push(step("build it, the link step wrapped", "src", command));
    if plan.build_id.is_some() {
        let command = ["go", "tool", "buildid", "-w", &at("program")].map(str::to_string);
        out.push(step("complete the build ID", "src", command.to_vec()));
    }
    Ok(out)
}

/// Carries out a plan in the folder `work`.
pub(super) fn run(
    theirs: &Program<'_>,
    plan: &Plan,
    asked: &Asked<'_>,
    work: &Path,
    outcome: &mut Outcome,
) -> Result<Verdict, Cannot> {
    let begun = sbom::now();
    let go = Go::new(work, asked.quiet)?;
    let done = in_environment(theirs, plan, asked, &go, outcome);
    go.done();
    outcome.times = Some((begun, sbom::now()));
    if ending::cancelled() {
        return Err(Cannot::new(Reason::BuildFailed, "cancelled"));
    }
    done
}

fn in_environment(
    theirs: &Program<'_>,
    plan: &Plan,
    asked: &Asked<'_>,
    go: &Go,
    outcome: &mut Outcome,
) -> Result<Verdict, Cannot> {
    toolchain(go, plan)?;
    if let Source::Toolchain { module, member } = &plan.source
        && let Some(verdict) = distributed(theirs, go, plan, module, member, outcome)?
    {
        return Ok(verdict);
    }
    let fetched = source::fetch(go, plan, asked.checkout, &mut outcome.steps)?;
    outcome.source = Some((fetched.material.clone(), fetched.from));
    let mut builder = Builder::new(go, plan, &fetched)?;
    if asked.no_buildinfo {
        builder.linker = Some(linker::without_buildinfo(&mut builder)?);
    }
    outcome.env = builder.env();
    let rebuilt = builder
        .vendor()
        .and_then(|()| rebuilt(theirs, plan, &mut builder, outcome));
    outcome.steps.append(&mut builder.steps);
    let built = rebuilt?;
    go.doing("comparing");
    judge(theirs, plan, &built, outcome)
}

/// Is the toolchain to be had, and is it the one that was asked for?
fn toolchain(go: &Go, plan: &Plan) -> Result<(), Cannot> {
    go.doing(&format!("fetching {}", plan.go));
    let ask = ["go", "version"].map(str::to_string);
    let said = go.run(&ask, &go.work, plan.env.get(..1).unwrap_or_default());
    let said = said.map_err(|e| build::failed(Reason::ToolchainNotServed, e))?;
    match said.split_whitespace().nth(2) {
        Some(version) if version == plan.go => Ok(()),
        _ => {
            let what = format!("asked for {}, the go command is {}", plan.go, said.trim());
            Err(Cannot::new(Reason::ToolchainNotServed, what))
        }
    }
}

/// A command of Go itself is in the toolchain's module. `None` where the distribution leaves it to be built
/// when it is needed.
fn distributed(
    theirs: &Program<'_>,
    go: &Go,
    plan: &Plan,
    module: &str,
    member: &str,
    outcome: &mut Outcome,
) -> Result<Option<Verdict>, Cannot> {
    let native: Vec<(String, String)> = Vec::new();
    let found = source::download(go, module, &native).map_err(|c| match c.reason {
        Reason::SourceNotServed => Cannot::new(Reason::ToolchainNotServed, c.message),
        _ => c,
    })?;
    outcome.steps.push(Step {
        what: "fetch the toolchain".into(),
        folder: "fetch".into(),
        command: source::download_command(module),
    });
    let (path, version) = module.split_once('@').unwrap_or((module, ""));
    let material = Material {
        path: path.to_string(),
        version: version.to_string(),
        sum: Some(found.sum.clone()),
    };
    let Ok(ours) = fs::read(Path::new(&found.dir).join(member)) else {
        outcome
            .notes
            .push(format!("{} has no {member}: it is built", plan.go));
        return Ok(None);
    };
    outcome.source = Some((material, "toolchain"));
    // What was read off the file is for a build, and there is none.
    outcome.notes = vec!["the toolchain's own file was compared; nothing was built".into()];
    outcome.ours_sha256 = Some(sha256(&ours));
    if ours == theirs.image().data {
        return Ok(Some(Verdict::Identical));
    }
    compare(theirs, ours, outcome).map(Some)
}

/// Builds; where the file does not say all that the linker was told, finds out the rest and builds again.
fn rebuilt(
    theirs: &Program<'_>,
    plan: &Plan,
    builder: &mut Builder<'_>,
    outcome: &mut Outcome,
) -> Result<Built, Cannot> {
    let mut ldflags = plan.ldflags.clone();
    let mut built = builder.build("build it, the link step wrapped", &ldflags)?;
    if plan.ldflags_recorded || same(theirs, &built) {
        return Ok(built);
    }
    if let Some(flag) = id_flag(plan, &built) {
        outcome.notes.push(format!(
            "the file's own ID was told to the linker: {}",
            flag.join(" ")
        ));
        ldflags.extend(flag);
        built = builder.build("build again with the file's own ID", &ldflags)?;
        if same(theirs, &built) {
            return Ok(built);
        }
    }
    let found = set_variables(theirs, &ldflags, builder)?;
    let mut wanted: Vec<&Variable> = found.iter().collect();
    while !wanted.is_empty() {
        let mut flags = ldflags.clone();
        for v in &wanted {
            flags.push("-X".into());
            flags.push(format!("{}={}", v.name, String::from_utf8_lossy(&v.theirs)));
        }
        match builder.build("build again with the variables that -X set", &flags) {
            Ok(again) => {
                for v in &wanted {
                    let value = String::from_utf8_lossy(&v.theirs);
                    outcome
                        .notes
                        .push(format!("found in the file: -X {}={value}", v.name));
                }
                return Ok(again);
            }
            // The linker names the variable that it can't set.
            Err(e) => {
                let before = wanted.len();
                wanted.retain(|v| !e.message.contains(&v.name));
                if wanted.len() == before {
                    return Err(e);
                }
            }
        }
    }
    Ok(built)
}

fn same(theirs: &Program<'_>, built: &Built) -> bool {
    fs::read(&built.path).is_ok_and(|ours| ours == theirs.image().data)
}

/// The flag that gives a program the GNU build ID or UUID of the file, where the two differ.
fn id_flag(plan: &Plan, built: &Built) -> Option<Vec<String>> {
    let bytes = Bytes::from(fs::read(&built.path).ok()?);
    let ours = crate::analysis::info::gather(&bytes, None).ok()?.build_id;
    match (&plan.gnu_id, ours) {
        (Some(theirs), ours) if Some(theirs) != ours.as_ref() => {
            let digits: String = theirs.chars().filter(char::is_ascii_hexdigit).collect();
            Some(vec!["-B".into(), format!("0x{digits}")])
        }
        (None, Some(_)) => Some(vec!["-B".into(), "none".into()]),
        _ => None,
    }
}

/// String variables that hold something else than in a build with symbols.
fn set_variables(
    theirs: &Program<'_>,
    ldflags: &[String],
    builder: &mut Builder<'_>,
) -> Result<Vec<Variable>, Cannot> {
    let mut flags = Vec::new();
    let mut rest = ldflags.iter();
    while let Some(f) = rest.next() {
        match f.as_str() {
            "-s" | "-w" | "-w=0" => {}
            "-X" => {
                rest.next();
            }
            _ => flags.push(f.clone()),
        }
    }
    let built = builder.build("build with symbols, to see which variables -X set", &flags)?;
    let bytes = Bytes::from(fs::read(&built.path).map_err(|e| broken(&built.path, &e))?);
    let ours = Program::open(&bytes).map_err(|e| Cannot::new(Reason::BuildFailed, e.to_string()))?;
    let mut found = variables::differing(theirs, &ours);
    // What no flag can hold was not set by one.
    found.retain(|v| {
        let text = std::str::from_utf8(&v.theirs).ok();
        text.is_some_and(|t| !t.contains('\0') && words::join(&[t]).is_some())
    });
    Ok(found)
}

/// Bytes and record of the rebuild against the file's.
fn judge(theirs: &Program<'_>, plan: &Plan, built: &Built, outcome: &mut Outcome) -> Result<Verdict, Cannot> {
    let ours = fs::read(&built.path).map_err(|e| broken(&built.path, &e))?;
    outcome.ours_sha256 = Some(sha256(&ours));
    // The third part is the hash of the main package as it was compiled, in which the record has no part.
    let content = |id: &str| id.split('/').nth(2).map(str::to_string);
    let id = plan.build_id.as_deref().and_then(content);
    outcome.content_id = id.zip(content(&built.natural_id)).map(|(a, b)| a == b);
    let stamped = matches!(plan.source, Source::Installed { .. });
    let differences = match plan.modinfo.is_empty() {
        // The file claims nothing.
        true => Vec::new(),
        false => record::compare(&plan.modinfo, &built.natural, stamped),
    };
    let cause = record::Difference::cause;
    outcome.expected = differences.iter().filter(|d| d.expected).map(cause).collect();
    outcome.because = differences.iter().filter(|d| !d.expected).map(cause).collect();
    outcome.because.extend(other_version(plan, outcome));
    let same = ours == theirs.image().data;
    if let Some(sum) = outcome.because.iter().find(|c| c.what == "module sum") {
        let what = format!(
            "{} is served with another sum than the file names",
            sum.name.as_deref().unwrap_or_default()
        );
        return Err(Cannot::new(Reason::SumMismatch, what));
    }
    if same {
        return Ok(match outcome.because.is_empty() {
            true => Verdict::Identical,
            false => Verdict::IdenticalButFor,
        });
    }
    let verdict = compare(theirs, ours, outcome)?;
    if plan.dirty {
        let what = "the source had changes that no commit has, and without them the program differs";
        return Err(Cannot::new(Reason::Dirty, what));
    }
    Ok(verdict)
}

/// The version that was built, where the file names another.
fn other_version(plan: &Plan, outcome: &Outcome) -> Option<Cause> {
    let built = outcome
        .source
        .as_ref()
        .filter(|(_, from)| *from == "module proxy")?;
    let theirs = plan.version.as_ref()?;
    let differs = *theirs != built.0.version;
    differs.then(|| record::version_cause(&plan.module, theirs, &built.0.version))
}

/// Why two programs are not the same.
fn compare(theirs: &Program<'_>, ours: Vec<u8>, outcome: &mut Outcome) -> Result<Verdict, Cannot> {
    let bytes = Bytes::from(ours);
    let ours = Program::open(&bytes).map_err(|e| Cannot::new(Reason::BuildFailed, e.to_string()))?;
    let found = compare::compare(theirs, &ours);
    outcome.because.extend(found.because);
    outcome.functions = Some(found.functions);
    Ok(match found.verdict {
        compare::Verdict::IdenticalBut => Verdict::IdenticalButFor,
        // Of a slice of a fat file only the slice was built; its bytes were compared before.
        compare::Verdict::Different | compare::Verdict::Identical => Verdict::Different,
    })
}

/// Folders of the module cache are read-only, those of a rebuild must go.
pub(super) fn make_removable(work: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mut all = vec![work.to_path_buf()];
        while let Some(dir) = all.pop() {
            // What can't be changed stays, and is not worth failing for.
            let _ = fs::set_permissions(&dir, fs::Permissions::from_mode(0o700));
            let below = fs::read_dir(&dir).into_iter().flatten().flatten();
            all.extend(
                below
                    .filter(|e| e.file_type().is_ok_and(|t| t.is_dir()))
                    .map(|e| e.path()),
            );
        }
    }
    #[cfg(not(unix))]
    let _ = work;
}
