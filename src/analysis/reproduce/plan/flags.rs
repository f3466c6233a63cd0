//! The environment of a rebuild, and the flags of `go build` and of the linker.

use super::super::allowed::{self, Tool};
use super::super::{Cannot, Reason, words};
use super::asked::Asked;
use super::{NO_C, REFUSED_COMPILER};
use crate::analysis::info::Facts;
use crate::go::Program;
use crate::go::modinfo::LEVELS;
use crate::go::version::{Version, experiments};
use crate::image::Format;

impl Asked<'_> {
    pub(super) fn environment(&self, go: &str) -> Result<Vec<(String, String)>, Cannot> {
        let (os, arch) = self.target()?;
        let mut env = vec![
            ("GOTOOLCHAIN".to_string(), go.to_string()),
            ("GOOS".into(), os),
            ("GOARCH".into(), arch),
        ];
        let told = self
            .setting("CGO_ENABLED")
            .map(|v| if v == "1" { "1" } else { "0" });
        let cgo = told.unwrap_or(if self.facts.cgo.known() == Some(&true) {
            "1"
        } else {
            "0"
        });
        env.push(("CGO_ENABLED".into(), cgo.into()));
        for key in LEVELS.iter().copied().chain(["GOFIPS140"]) {
            if let Some(v) = self.plain(key)? {
                env.push((key.into(), v));
            }
        }
        let version = self.facts.go_version.as_deref().unwrap_or_default();
        let seen = experiments(version).join(",");
        let experiment = self.plain("GOEXPERIMENT")?.unwrap_or(seen);
        if !experiment.is_empty() && allowed::plain(&experiment) {
            env.push(("GOEXPERIMENT".into(), experiment));
        }
        if cgo == "1" && !self.told.allow_cgo {
            // The file shows no C; should its source have some all the same, the build ends there.
            for key in ["CC", "CXX", "FC", "PKG_CONFIG"] {
                env.push((key.into(), REFUSED_COMPILER.into()));
            }
        }
        if cgo == "1" && self.told.allow_cgo {
            for key in ["CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"] {
                if let Some(v) = self.checked(key, Tool::C)? {
                    env.push((key.into(), v));
                }
            }
        }
        Ok(env)
    }

    pub(super) fn flags(&self) -> Result<Vec<String>, Cannot> {
        let mut out = Vec::new();
        let settings = !self.record.settings.is_empty();
        if self.trimmed() {
            out.push("-trimpath".to_string());
        }
        // Before Go 1.18, which recorded no settings, there was no stamp to switch off.
        let since = Version::parse(self.facts.go_version.as_deref().unwrap_or_default());
        if settings || since.is_none_or(|v| v >= Version::new(1, 18, 0)) {
            out.push("-buildvcs=false".into());
        }
        match self.plain("-buildmode")?.as_deref() {
            // `exe` stands for the default, which is PIE on some systems.
            None | Some("exe") => {
                let mode = self.facts.build_mode.filter(|m| *m == "pie" && !settings);
                out.extend(mode.map(|m| format!("-buildmode={m}")));
            }
            Some(mode) => out.push(format!("-buildmode={mode}")),
        }
        if let Some(tags) = self.plain("-tags")? {
            out.push(format!("-tags={tags}"));
        }
        for (key, tool) in [("-gcflags", Tool::Compile), ("-asmflags", Tool::Assemble)] {
            if let Some(v) = self.checked(key, tool)? {
                out.push(format!("{key}={v}"));
            }
        }
        for key in ["-race", "-msan", "-asan", "-cover"] {
            if self.setting(key).as_deref() == Some("true") {
                out.push(key.into());
            }
        }
        if let Some(profile) = self.setting("-pgo") {
            // The profile of the main package is found again without a flag.
            if !profile.ends_with("default.pgo") && profile != "off" {
                let what =
                    format!("-pgo={profile}: the profile is not in the file; --set -pgo=FILE names it");
                if !self.told.set.iter().any(|(k, _)| k == "-pgo") {
                    return Err(Cannot::new(Reason::SourceNotNamed, what));
                }
                out.push(format!("-pgo={profile}"));
            }
        }
        Ok(out)
    }

    /// The linker's flags, and whether the file records them.
    pub(super) fn ldflags(
        &self,
        program: &Program<'_>,
        notes: &mut Vec<String>,
    ) -> Result<(Vec<String>, bool), Cannot> {
        let told = self.told.set.iter().any(|(k, _)| k == "-ldflags");
        let recorded = !self.record.settings.is_empty() && !self.trimmed();
        let given = self.checked("-ldflags", Tool::Link)?.unwrap_or_default();
        if told || recorded {
            if !told && allowed::links_with_c(&given) && !self.told.allow_cgo {
                return Err(Cannot::new(Reason::CgoNotAllowed, NO_C));
            }
            let split = words::split(&given).unwrap_or_default();
            return Ok((split, recorded));
        }
        let seen = read_off(self.facts, program);
        if !seen.is_empty() {
            let flags = words::join(&seen).unwrap_or_default();
            notes.push(format!(
                "linker flags are not recorded; read off the file: {flags}"
            ));
        }
        Ok((seen, false))
    }
}

/// The linker's flags, as far as the file shows them.
fn read_off(facts: &Facts, program: &Program<'_>) -> Vec<String> {
    let image = program.image();
    let mut out = Vec::new();
    let dwarf = facts.dwarf.part().is_some();
    match (facts.symbols.is(), dwarf) {
        (true, true) => {}
        (true, false) => out.push("-w".to_string()),
        (false, false) => out.extend(["-s".into(), "-w".into()]),
        (false, true) => out.extend(["-s".into(), "-w=0".into()]),
    }
    let id = facts.go_build_id.as_deref().unwrap_or_default();
    if id.split('/').count() != 4 {
        // The go command makes four parts.
        out.push(format!("-buildid={id}"));
    }
    let by_c = image.format == Format::Elf && image.section(".comment").is_some();
    if by_c {
        out.push("-linkmode=external".into());
        if facts.interpreter.is_none() && facts.libraries.known().is_none_or(Vec::is_empty) {
            out.push("-extldflags=-static".into());
        }
    }
    for v in &facts.linked_values {
        out.extend(["-X".to_string(), format!("{}={}", v.name, v.value)]);
    }
    out
}
