//! What the file says, and what the user adds → the plan of a rebuild.

use super::allowed::{self, Tool};
use super::folders::{self, Folders};
use super::words;
use super::{Cannot, Reason};
use crate::analysis::info::{self, Facts};
use crate::go::Program;
use crate::go::buildinfo;
use crate::go::modinfo::{self, ModInfo, Module};
use crate::go::version::{Version, experiments};
use crate::image::Format;

/// The package of a build whose files were named on the command line.
const FILES: &str = "command-line-arguments";

/// Why C code is not compiled.
pub const NO_C: &str = "C compilers would run, on code of the module: --allow-cgo lets them";

/// What stands in for the C compilers where they may not run: no program of this name.
pub const REFUSED_COMPILER: &str = "gospect-does-not-allow-c-compilers";

/// What the user says where the file doesn't, or otherwise.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// `P@V`.
    pub module: Option<String>,
    /// Import path of the main package.
    pub package: Option<String>,
    /// `go1.26.5`, or `1.26.5`.
    pub go: Option<String>,
    /// Build settings by the names that the record gives them: `-tags`, `-ldflags`, `CGO_ENABLED`, `GOAMD64`,
    /// ...
    pub set: Vec<(String, String)>,
    /// Is a folder with the source given?
    pub source: bool,
    /// May C code be compiled?
    pub allow_cgo: bool,
}

/// Where the source comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A module of the proxy, copied and built as the main module.
    Module {
        /// Module path.
        path: String,
        /// A version, or a revision that the proxy resolves.
        version: String,
        /// `h1:…` where the file names one.
        sum: Option<String>,
    },
    /// The same, installed as `go install P@V` does: its files are named after the module cache.
    Installed {
        /// Module path.
        path: String,
        /// Version.
        version: String,
        /// `h1:…` where the file names one.
        sum: Option<String>,
    },
    /// A folder that the user names.
    Folder {
        /// The commit that the file is stamped with.
        revision: Option<String>,
        /// Had it uncommitted changes?
        modified: bool,
    },
    /// A command of the Go distribution, in the module that holds the toolchain.
    Toolchain {
        /// `golang.org/toolchain@v0.0.1-go1.24.2.linux-amd64`.
        module: String,
        /// Path in it: `pkg/tool/linux_amd64/link`.
        member: String,
    },
}

/// How the file is built again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// `go1.26.8`.
    pub go: String,
    /// Where the source comes from.
    pub source: Source,
    /// Path of the main module, for finding it in a folder.
    pub module: String,
    /// The main module's version that the file names, without `+dirty`.
    pub version: Option<String>,
    /// What is handed to `go build`: `./cmd/x`, `.`, an import path, or files below the module's folder.
    pub packages: Vec<String>,
    /// GOOS, GOARCH and what else of the environment the build depends on.
    pub env: Vec<(String, String)>,
    /// Flags of `go build` but `-ldflags` and `-o`.
    pub flags: Vec<String>,
    /// The linker's flags, word by word.
    pub ldflags: Vec<String>,
    /// Are they those that the file records, so that nothing is to be found out?
    pub ldflags_recorded: bool,
    /// The module information as the file stores it, with its frame; empty where there is none.
    pub modinfo: Vec<u8>,
    /// The Go build ID in the go command's four parts; `None` where there is none, or another.
    pub build_id: Option<String>,
    /// GNU build ID or UUID, in hex.
    pub gnu_id: Option<String>,
    /// The builder's folders, where the file shows them.
    pub folders: Option<Folders>,
    /// Dependencies are vendored: their lines have no sums.
    pub vendored: bool,
    /// Modules of a workspace are among the dependencies.
    pub workspace: bool,
    /// Was the source changed after the commit that is named?
    pub dirty: bool,
    /// What was concluded, for the user.
    pub notes: Vec<String>,
}

/// Plans the rebuild.
///
/// # Errors
/// Why there can be none.
pub fn plan(program: &Program<'_>, told: &Told) -> Result<Plan, Cannot> {
    let facts = info::gather_program(program);
    as_linked(&facts)?;
    let blob = program.build_info().map(|b| b.blob.framed_modinfo);
    let framed = blob
        .or_else(|| buildinfo::runtime_modinfo(program.image()))
        .unwrap_or_default();
    let lines = framed
        .get(16..framed.len().saturating_sub(16))
        .unwrap_or_default();
    let parsed = modinfo::parse(lines).unwrap_or_default();
    let record = &parsed;
    let asked = Asked {
        facts: &facts,
        record,
        told,
    };
    let go = asked.toolchain()?;
    let mut notes = Vec::new();
    let (module, package) = asked.package()?;
    let source = asked.source(&go, &module, &package, &mut notes)?;
    let cgo = asked.setting("CGO_ENABLED").is_some_and(|v| v == "1");
    if cgo && !told.allow_cgo && facts.cgo.known() != Some(&false) {
        return Err(Cannot::new(Reason::CgoNotAllowed, NO_C));
    }
    let flags = asked.flags()?;
    let (ldflags, ldflags_recorded) = asked.ldflags(program, &mut notes)?;
    let trimmed = asked.trimmed();
    let deps: Vec<String> = record.deps.iter().map(Module::effective).map(cached).collect();
    let files = package == FILES;
    let (packages, below) = match files {
        true => (folders::files(program, &module), String::new()),
        false => (
            vec![package.clone()],
            package.strip_prefix("./").unwrap_or("").to_string(),
        ),
    };
    if packages.is_empty() {
        let what = "was built from files on the command line, whose names it does not show: --package names \
            the package";
        return Err(Cannot::new(Reason::SourceNotNamed, what));
    }
    let versions = |m: &&Module<'_>| m.replace.is_none() && m.version != b"(devel)";
    let sums = record.deps.iter().filter(versions).map(|m| m.sum.is_empty());
    let main_version = record.main.as_ref().map_or(&b""[..], |m| m.version);
    Ok(Plan {
        env: asked.environment(&go)?,
        folders: (!trimmed).then(|| folders::read(program, &below, files.then_some(&module), &deps)),
        vendored: sums.clone().count() > 0 && sums.clone().all(|none| none),
        workspace: record
            .deps
            .iter()
            .any(|m| m.version == b"(devel)" && m.path != module.as_bytes()),
        dirty: main_version.ends_with(b"+dirty") || record.setting("vcs.modified").as_deref() == Some("true"),
        modinfo: framed.to_vec(),
        build_id: facts.go_build_id.clone().filter(|id| id.split('/').count() == 4),
        gnu_id: facts.build_id.clone(),
        go,
        source,
        module,
        version: asked.version(),
        packages,
        flags,
        ldflags,
        ldflags_recorded,
        notes,
    })
}

/// `path@version` as the module cache names it.
fn cached(m: &Module<'_>) -> String {
    let text = |b: &[u8]| folders::escaped(&String::from_utf8_lossy(b));
    format!("{}@{}", text(m.path), text(m.version))
}

/// A file that Go's linker did not leave as it is can't come out of a build.
fn as_linked(facts: &Facts) -> Result<(), Cannot> {
    let refuse = |what: String| Err(Cannot::new(Reason::NotAsLinked, what));
    if let Some(by) = facts.packed {
        return refuse(format!("is packed ({by}): unpack it first, as it was before"));
    }
    if let Some(by) = facts.obfuscated {
        return refuse(format!(
            "was obfuscated ({by}): its source is not what was compiled"
        ));
    }
    if facts.build_mode == Some("c-archive") {
        return refuse(
            "is a C archive, which carries no build ID of its own: archives are not built again".into(),
        );
    }
    match facts.compiler {
        Some("gc") => Ok(()),
        Some(other) => refuse(format!("was built by {other}, not by the Go toolchain")),
        None => refuse("is no Go program".into()),
    }
}

/// The file's facts and record, and what the user says beside them.
struct Asked<'a> {
    facts: &'a Facts,
    record: &'a ModInfo<'a>,
    told: &'a Told,
}

impl Asked<'_> {
    /// A build setting: the user's, else the file's.
    fn setting(&self, key: &str) -> Option<String> {
        let told = self.told.set.iter().rev().find(|(k, _)| k == key);
        told.map(|(_, v)| v.clone())
            .or_else(|| self.record.setting(key).map(|v| v.into_owned()))
    }

    /// A setting of the file that may be handed to a tool, or the user's, whatever it is.
    fn checked(&self, key: &str, tool: Tool) -> Result<Option<String>, Cannot> {
        let Some(value) = self.setting(key).filter(|v| !v.is_empty()) else {
            return Ok(None);
        };
        if self.told.set.iter().any(|(k, _)| k == key) {
            return Ok(Some(value));
        }
        match allowed::refused(tool, &value) {
            None => Ok(Some(value)),
            Some(word) => Err(not_allowed(key, &word)),
        }
    }

    fn plain(&self, key: &str) -> Result<Option<String>, Cannot> {
        match self.setting(key).filter(|v| !v.is_empty()) {
            Some(v) if !allowed::plain(&v) => Err(not_allowed(key, &v)),
            v => Ok(v),
        }
    }

    /// The main module's version that the file names.
    fn version(&self) -> Option<String> {
        let version = String::from_utf8_lossy(self.record.main.as_ref()?.version);
        let version = version.strip_suffix("+dirty").unwrap_or(&version);
        (!version.is_empty() && version != "(devel)").then(|| version.to_string())
    }

    fn trimmed(&self) -> bool {
        match self.record.settings.is_empty() {
            false => self.setting("-trimpath").as_deref() == Some("true"),
            true => self.facts.trimpath.known() != Some(&false),
        }
    }

    /// The toolchain's name, as GOTOOLCHAIN takes it.
    fn toolchain(&self) -> Result<String, Cannot> {
        let refuse = |what: String| Err(Cannot::new(Reason::ToolchainNotServed, what));
        let Some(told) = self.told.go.clone().or_else(|| self.facts.go_version.clone()) else {
            return refuse("does not say which Go version built it: --go names one".into());
        };
        let name = told.split([' ', '-']).next().unwrap_or_default();
        let name = format!("go{}", name.strip_prefix("go").unwrap_or(name));
        let number = |c: char| c.is_ascii_digit() || c == '.' || "rcbeta".contains(c);
        let digits = name.get(2..).unwrap_or_default();
        // `go1.22.1 X:…` and `go1.27.1-X:…` are releases; any other word behind a number is a patched
        // toolchain.
        let rest = told
            .get(told.find([' ', '-']).unwrap_or(told.len())..)
            .unwrap_or_default();
        let known = rest.is_empty() || rest.trim_start_matches([' ', '-']).starts_with("X:");
        if !known
            || !digits.starts_with("1.")
            || !digits.chars().all(number)
            || Version::parse(&name).is_none()
        {
            return refuse(format!(
                "was built by {told:?}, which no proxy serves; --go names another"
            ));
        }
        Ok(name)
    }

    /// Path of the main module, and what `go build` is given.
    fn package(&self) -> Result<(String, String), Cannot> {
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let told = self
            .told
            .module
            .as_ref()
            .map(|m| m.split('@').next().unwrap_or_default().to_string());
        let recorded = self.record.main.as_ref().map(|m| text(m.path));
        let path = self
            .told
            .package
            .clone()
            .unwrap_or_else(|| text(self.record.path));
        if told.is_none() && recorded.is_none() && (path.starts_with("cmd/") || path == "cmd") {
            return Ok((String::new(), path));
        }
        let module = told.or(recorded).filter(|m| !m.is_empty());
        let Some(module) = module else {
            let inferred = self.facts.recovered_modules.first();
            let hint = inferred.map_or(String::new(), |m| format!(" (perhaps {m})"));
            let what = format!("does not name its main module{hint}: --module PATH@VERSION does");
            return Err(Cannot::new(Reason::SourceNotNamed, what));
        };
        if !allowed::plain(&module) {
            return Err(Cannot::new(
                Reason::SourceNotNamed,
                format!("names no module: {module:?}"),
            ));
        }
        let files = path == FILES;
        if files || path.is_empty() {
            // The package is where main.main is; only the build finds that out.
            return Ok((module, if files { path } else { ".".into() }));
        }
        let below = path
            .strip_prefix(module.as_str())
            .filter(|r| r.is_empty() || r.starts_with('/'));
        match below {
            Some("") => Ok((module, ".".into())),
            Some(rest) if allowed::plain(rest) && !rest.ends_with(".test") => {
                Ok((module, format!(".{rest}")))
            }
            _ => {
                let what = format!(
                    "the package {path:?} is not one of the module {module}: --package names another"
                );
                Err(Cannot::new(Reason::SourceNotNamed, what))
            }
        }
    }

    fn source(
        &self,
        go: &str,
        module: &str,
        package: &str,
        notes: &mut Vec<String>,
    ) -> Result<Source, Cannot> {
        if module.is_empty() {
            return self.distribution(go, package);
        }
        let main = self.record.main.as_ref();
        let revision = self.record.setting("vcs.revision").map(|v| v.into_owned());
        if self.told.source {
            let modified = self.record.setting("vcs.modified").as_deref() == Some("true");
            return Ok(Source::Folder { revision, modified });
        }
        let told = self
            .told
            .module
            .as_ref()
            .and_then(|m| m.split_once('@'))
            .map(|m| m.1.to_string());
        let recorded = self.version();
        let named = |what: &str| Err(Cannot::new(Reason::SourceNotNamed, what.to_string()));
        if !module.split('/').next().is_some_and(|host| host.contains('.')) {
            return named(
                "the main module has no host in its path, so no proxy serves it: --source DIR names a \
                    checkout",
            );
        }
        // Of files on the command line, the main module is among the dependencies.
        let local = |m: &&Module<'_>| {
            m.path != module.as_bytes() && (m.effective().version.is_empty() || m.version == b"(devel)")
        };
        if let Some(m) = self.record.deps.iter().find(local) {
            let path = String::from_utf8_lossy(m.path);
            return named(&format!(
                "{path} came from a folder of the builder: --source DIR names a checkout that has it"
            ));
        }
        let version = match (told, recorded, revision) {
            (Some(v), ..) => v,
            (None, Some(v), _) => v,
            (None, None, Some(revision)) => {
                notes.push(format!(
                    "no version is recorded; the source is that of vcs.revision {revision}"
                ));
                revision
            }
            (None, None, None) => {
                return named(
                    "no version is recorded: --module PATH@VERSION names it, or --source DIR a checkout",
                );
            }
        };
        if !allowed::plain(&version) {
            return named(&format!("{version:?} is no version"));
        }
        let sum = main.filter(|m| m.path == module.as_bytes() && !m.sum.is_empty());
        let sum = sum.map(|m| String::from_utf8_lossy(m.sum).into_owned());
        let path = module.to_string();
        // A checkout has no sum; only what came through the module cache has one.
        Ok(match sum {
            Some(_) => Source::Installed { path, version, sum },
            None => Source::Module { path, version, sum },
        })
    }

    /// Go's own commands come with the toolchain.
    fn distribution(&self, go: &str, package: &str) -> Result<Source, Cannot> {
        let (os, arch) = self.target()?;
        let exe = if os == "windows" { ".exe" } else { "" };
        let name = package.strip_prefix("cmd/").unwrap_or("go");
        if !allowed::plain(name) {
            return Err(Cannot::new(
                Reason::SourceNotNamed,
                format!("names no command of Go: {package:?}"),
            ));
        }
        let member = match name {
            "go" | "gofmt" => format!("bin/{name}{exe}"),
            _ => format!("pkg/tool/{os}_{arch}/{name}{exe}"),
        };
        Ok(Source::Toolchain {
            module: format!("golang.org/toolchain@v0.0.1-{go}.{os}-{arch}"),
            member,
        })
    }

    /// GOOS and GOARCH.
    fn target(&self) -> Result<(String, String), Cannot> {
        let told = |key: &str, seen: Option<&str>| -> Result<String, Cannot> {
            let value = self.plain(key)?.or_else(|| seen.map(str::to_string));
            value.ok_or_else(|| {
                let what = format!("does not say its {key}: --set {key}=… does");
                Cannot::new(Reason::SourceNotNamed, what)
            })
        };
        let os = told("GOOS", self.facts.os.as_deref())?;
        Ok((os, told("GOARCH", self.facts.arch.as_deref())?))
    }

    fn environment(&self, go: &str) -> Result<Vec<(String, String)>, Cannot> {
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
        for key in LEVELS {
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

    fn flags(&self) -> Result<Vec<String>, Cannot> {
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
    fn ldflags(&self, program: &Program<'_>, notes: &mut Vec<String>) -> Result<(Vec<String>, bool), Cannot> {
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

/// What of the environment chooses instructions.
const LEVELS: [&str; 11] = [
    "GO386",
    "GOAMD64",
    "GOARM",
    "GOARM64",
    "GOMIPS",
    "GOMIPS64",
    "GOPPC64",
    "GORISCV64",
    "GOWASM",
    "GOFIPS140",
    "GOLOONG64",
];

fn not_allowed(key: &str, word: &str) -> Cannot {
    let what = format!(
        "{key} has {word:?}, which may do more than change the program; --set {key}=… says what to use"
    );
    Cannot::new(Reason::FlagNotAllowed, what)
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
