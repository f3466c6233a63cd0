//! A linker changed as some publishers change theirs, built from the toolchain's own source.
//!
//! The go command refuses overlays beneath the module cache, where toolchains are, so GOROOT is copied.

use std::fs;
use std::path::PathBuf;

use super::build::{Builder, failed};
use super::go::broken;
use super::source::copy;
use crate::analysis::reproduce::{Cannot, Reason, Step};

/// Builds `cmd/link` without the call that writes the build information, for the machine that this runs on.
pub(super) fn without_buildinfo(builder: &mut Builder<'_>) -> Result<PathBuf, Cannot> {
    let (go, work) = (builder.go, builder.go.work.clone());
    let root = work.join("goroot");
    go.doing("building a linker that leaves the build information out");
    copy(builder.goroot.as_ref(), &root)?;
    let main = root.join("src/cmd/link/internal/ld/main.go");
    let text = fs::read_to_string(&main).map_err(|e| broken(&main, &e))?;
    let call = "ctxt.buildinfo()";
    let calls = text.lines().filter(|l| l.trim() == call).count();
    if calls != 1 {
        let what = format!("{} calls buildinfo {calls} times, not once", main.display());
        return Err(Cannot::new(Reason::BuildFailed, what));
    }
    let without: Vec<&str> = text.lines().filter(|l| l.trim() != call).collect();
    fs::write(&main, without.join("\n") + "\n").map_err(|e| broken(&main, &e))?;
    let out = work.join("link");
    let exe = root
        .join("bin")
        .join(format!("go{}", std::env::consts::EXE_SUFFIX));
    let mut command = vec![exe.to_string_lossy().into_owned()];
    command.extend(["build", "-o"].map(str::to_string));
    command.extend([out.to_string_lossy().into_owned(), "cmd/link".into()]);
    let env = [("GOTOOLCHAIN", "local"), ("CGO_ENABLED", "0")].map(|(k, v)| (k.to_string(), v.to_string()));
    let mut env = env.to_vec();
    env.push(("GOROOT".into(), root.to_string_lossy().into_owned()));
    go.run(&command, &root.join("src"), &env)
        .map_err(|e| failed(Reason::BuildFailed, e))?;
    builder.steps.push(Step {
        what: format!("build a linker from the toolchain's source, without {call}"),
        folder: "goroot/src".into(),
        command,
    });
    Ok(out)
}
