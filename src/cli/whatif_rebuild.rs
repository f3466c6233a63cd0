//! `gospect whatif --rebuild PACKAGE`: really builds the variants with the Go toolchain at hand, to hold what
//! was predicted against them.
//!
//! Everything goes into a temporary folder that is removed at the end, also after a signal to end.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::frame::note;
use crate::analysis::whatif::{self, Facts, Options, Report, Variant};
use crate::go::Program;
use crate::input::{Bytes, ending};

/// What a real build came to: its size, or what was wrong with it.
pub(super) type Real = Result<u64, String>;

/// One build of the package.
struct Build {
    id: &'static str,
    args: Vec<OsString>,
    env: Vec<(&'static str, &'static str)>,
}

/// Builds `package` as it is with the user's `flags`, predicts, builds the variants. The report, and beside
/// each of its variants the real size.
///
/// # Errors
/// Why the package can't be built as it is, in a line.
pub(super) fn run(
    package: &OsStr,
    flags: &[OsString],
    options: Options,
) -> Result<(Report, Vec<Option<Real>>), String> {
    ending::be_patient();
    let folder = tempfile::Builder::new().prefix("gospect-whatif-").tempdir();
    let folder = folder.map_err(|e| format!("no temporary folder: {e}"))?;
    let progress = Progress::new();
    let first = Build {
        id: "default",
        args: flags.to_vec(),
        env: Vec::new(),
    };
    progress.begin(1, "as it is");
    let path = build(folder.path(), package, &first)?;
    let bytes = Bytes::from(std::fs::read(&path).map_err(|e| e.to_string())?);
    let program = Program::open(&bytes).map_err(|e| e.to_string())?;
    let report = whatif::predict(&program, options);
    let recorded = Facts::read(&program).map(|f| f.ldflags()).unwrap_or_default();
    let (rest, given) = without_ldflags(flags);
    let old = if recorded.is_empty() { given } else { recorded };

    let builds: Vec<(usize, Build)> = report
        .variants
        .iter()
        .enumerate()
        .filter_map(|(i, v)| Some((i, variant(v, &rest, &old)?)))
        .collect();
    progress.begin(builds.len(), "variants");
    let real: Mutex<Vec<Option<Real>>> = Mutex::new(vec![None; report.variants.len()]);
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism()
        .map_or(1, |n| n.get())
        .clamp(1, 4);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((i, b)) = builds.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let result = build(folder.path(), package, b)
                        .and_then(|p| std::fs::metadata(p).map(|m| m.len()).map_err(|e| e.to_string()));
                    progress.step(b.id);
                    if let Ok(mut all) = real.lock()
                        && let Some(slot) = all.get_mut(*i)
                    {
                        *slot = Some(result);
                    }
                }
            });
        }
    });
    progress.end();
    if ending::cancelled() {
        return Err("cancelled".into());
    }
    Ok((report, real.into_inner().unwrap_or_else(|e| e.into_inner())))
}

/// How a variant is built; `None` for those that no build makes.
fn variant(v: &Variant, rest: &[OsString], old: &str) -> Option<Build> {
    let mut args = rest.to_vec();
    let mut env = Vec::new();
    let add = match v.id {
        "w" => "-w",
        "s" => "-s",
        "sw" => "-s -w",
        "no-compressdwarf" => "-compressdwarf=false",
        "trimpath-sw" => {
            args.push("-trimpath".into());
            "-s -w"
        }
        "cgo0" if v.bytes.is_some() => {
            env.push(("CGO_ENABLED", "0"));
            ""
        }
        _ => return None,
    };
    let ldflags = [add, old]
        .iter()
        .filter(|f| !f.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ");
    if !ldflags.is_empty() {
        args.push(format!("-ldflags={ldflags}").into());
    }
    Some(Build { id: v.id, args, env })
}

/// The flags without `-ldflags`, and its last value.
fn without_ldflags(flags: &[OsString]) -> (Vec<OsString>, String) {
    let (mut rest, mut value) = (Vec::new(), String::new());
    let mut it = flags.iter();
    while let Some(f) = it.next() {
        let text = f.to_string_lossy();
        let name = text.trim_start_matches('-');
        if !text.starts_with('-') {
            rest.push(f.clone());
        } else if name == "ldflags" {
            value = it
                .next()
                .map(|v| v.to_string_lossy().into_owned())
                .unwrap_or_default();
        } else if let Some(v) = name.strip_prefix("ldflags=") {
            value = v.into();
        } else {
            rest.push(f.clone());
        }
    }
    (rest, value)
}

fn build(folder: &Path, package: &OsStr, b: &Build) -> Result<PathBuf, String> {
    let out = folder.join(b.id);
    let errors = folder.join(format!("{}.err", b.id));
    let stderr = std::fs::File::create(&errors).map_err(|e| e.to_string())?;
    let mut go = Command::new("go");
    go.arg("build")
        .arg("-o")
        .arg(&out)
        .args(&b.args)
        .arg(package)
        .envs(b.env.iter().copied());
    go.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
    let mut child = go.spawn().map_err(|e| format!("go can't be started: {e}"))?;
    let status = wait(&mut child)?;
    if status {
        return Ok(out);
    }
    let said = std::fs::read_to_string(&errors).unwrap_or_default();
    let said: Vec<&str> = said.lines().filter(|l| !l.starts_with('#')).take(3).collect();
    Err(format!("go build fails: {}", said.join("; ")))
}

/// Waits for a build, or ends it where the user has cancelled.
fn wait(child: &mut Child) -> Result<bool, String> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if ending::cancelled() => {
                let _ = child.kill();
                let _ = child.wait();
                return Err("cancelled".into());
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(e) => return Err(e.to_string()),
        }
    }
}

/// A bar on a terminal; nothing elsewhere.
struct Progress(ProgressBar, Instant);

impl Progress {
    fn new() -> Progress {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(1)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} building {msg} [{bar:20}] {pos}/{len} {elapsed}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress(bar, Instant::now())
    }

    fn begin(&self, steps: usize, what: &str) {
        self.0.set_length(steps as u64);
        self.0.set_position(0);
        self.0.set_message(what.to_string());
    }

    fn step(&self, id: &str) {
        self.0.set_message(id.to_string());
        self.0.inc(1);
    }

    fn end(&self) {
        self.0.finish_and_clear();
        if std::io::stderr().is_terminal() {
            note(&format!("built in {:.1} s", self.1.elapsed().as_secs_f64()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_ldflags_are_kept_behind_the_variants() {
        let flags: Vec<OsString> = ["-tags=x", "-ldflags", "-X a.b=c", "-race"]
            .map(Into::into)
            .to_vec();
        let (rest, old) = without_ldflags(&flags);
        assert_eq!(rest, ["-tags=x", "-race"]);
        let v = Variant {
            id: "sw",
            ..Variant::default()
        };
        let b = variant(&v, &rest, &old).expect("sw is built");
        assert_eq!(
            b.args.last().and_then(|a| a.to_str()),
            Some("-ldflags=-s -w -X a.b=c")
        );
    }

    #[test]
    fn strip_is_no_build() {
        assert!(
            variant(
                &Variant {
                    id: "strip",
                    ..Variant::default()
                },
                &[],
                ""
            )
            .is_none()
        );
    }
}
