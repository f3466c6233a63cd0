//! The go command, run in an environment of its own: nothing of the user's flags, workspace and settings gets
//! into a build, only where modules come from and where caches are.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::analysis::reproduce::{Cannot, Reason};
use crate::input::ending;

/// What a process needs of the user's environment to run at all and to reach the network.
const KEPT: [&str; 34] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NETRC",
    "SSH_AUTH_SOCK",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "XDG_CONFIG_HOME",
    "SystemRoot",
    "SystemDrive",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "ProgramData",
    "TEMP",
    "TMP",
    "PATHEXT",
    "ComSpec",
    "DEVELOPER_DIR",
    "SDKROOT",
    "LD_LIBRARY_PATH",
    "LANG",
];

/// Where modules come from, and where what was fetched and built is kept.
const ASKED: [&str; 11] = [
    "GOPROXY",
    "GOSUMDB",
    "GOPRIVATE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOINSECURE",
    "GOVCS",
    "GOAUTH",
    "GOMODCACHE",
    "GOCACHE",
    "GOPATH",
];

/// The go command.
pub(super) struct Go {
    env: Vec<(String, OsString)>,
    /// GOMODCACHE.
    pub modcache: PathBuf,
    /// The rebuild's own folder.
    pub work: PathBuf,
    logs: AtomicUsize,
    bar: ProgressBar,
}

/// Why a call did not succeed.
pub(super) enum Failed {
    /// The go command can't be started, or the user has ended the work.
    Not(String),
    /// It said this and failed.
    Said(String),
}

impl Go {
    /// Asks the user's go command for its settings.
    pub fn new(work: &Path, quiet: bool) -> Result<Go, Cannot> {
        let bar = if quiet || !std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            ProgressBar::hidden()
        } else {
            ProgressBar::new_spinner()
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        let kept = KEPT
            .iter()
            .filter_map(|k| Some((k.to_string(), std::env::var_os(k)?)));
        let mut go = Go {
            env: kept.collect(),
            modcache: PathBuf::new(),
            work: work.to_path_buf(),
            logs: AtomicUsize::new(0),
            bar,
        };
        let asked = go.settings()?;
        for key in ASKED {
            if let Some(v) = asked.get(key).and_then(|v| v.as_str()).filter(|v| !v.is_empty()) {
                go.env.push((key.into(), v.into()));
                if key == "GOMODCACHE" {
                    go.modcache = PathBuf::from(v);
                }
            }
        }
        let tmp = work.join("tmp");
        fs::create_dir_all(&tmp).map_err(|e| broken(&tmp, &e))?;
        for (key, value) in [
            ("GOFLAGS", ""),
            ("GOENV", "off"),
            ("GOWORK", "off"),
            ("GIT_TERMINAL_PROMPT", "0"),
        ] {
            go.env.push((key.into(), value.into()));
        }
        go.env.push(("GOTMPDIR".into(), tmp.into()));
        Ok(go)
    }

    /// The user's settings of where modules come from; these may stand in GOENV, which no later call reads.
    fn settings(&self) -> Result<serde_json::Map<String, serde_json::Value>, Cannot> {
        let no_go = |what: String| {
            Cannot::new(
                Reason::ToolchainNotServed,
                format!("the go command is needed: {what}"),
            )
        };
        let out = Command::new("go")
            .args(["env", "-json"])
            .env("GOTOOLCHAIN", "local")
            .env("GOWORK", "off")
            .current_dir(&self.work)
            .stdin(Stdio::null())
            .output()
            .map_err(|e| no_go(e.to_string()))?;
        if !out.status.success() {
            return Err(no_go(String::from_utf8_lossy(&out.stderr).trim().to_string()));
        }
        serde_json::from_slice(&out.stdout).map_err(|e| no_go(e.to_string()))
    }

    /// Says what is being done, on a terminal.
    pub fn doing(&self, what: &str) {
        self.bar.enable_steady_tick(Duration::from_millis(120));
        self.bar.set_message(what.to_string());
    }

    /// Takes the progress line away.
    pub fn done(&self) {
        self.bar.finish_and_clear();
    }

    /// Runs `command` in a folder, with this environment in addition; what it writes to standard output.
    pub fn run(&self, command: &[String], folder: &Path, env: &[(String, String)]) -> Result<String, Failed> {
        let (program, args) = command
            .split_first()
            .ok_or_else(|| Failed::Not("no command".into()))?;
        let number = self.logs.fetch_add(1, Ordering::Relaxed);
        let place = |kind: &str| self.work.join(format!("{number:02}.{kind}"));
        let file = |kind: &str| File::create(place(kind)).map_err(|e| Failed::Not(e.to_string()));
        let mut child = Command::new(program);
        child.args(args).current_dir(folder).env_clear();
        child.envs(self.env.iter().map(|(k, v)| (k, v)));
        child.envs(env.iter().map(|(k, v)| (k, v)));
        child.env("PWD", folder);
        child
            .stdin(Stdio::null())
            .stdout(file("out")?)
            .stderr(file("err")?);
        ending::apart(&mut child);
        let mut child = child
            .spawn()
            .map_err(|e| Failed::Not(format!("{program} can't be started: {e}")))?;
        let fine = wait(&mut child).map_err(Failed::Not)?;
        let read =
            |kind: &str| String::from_utf8_lossy(&fs::read(place(kind)).unwrap_or_default()).into_owned();
        if fine {
            return Ok(read("out"));
        }
        Err(Failed::Said(format!("{}{}", read("err"), read("out"))))
    }
}

/// Waits for a command; where the user has ended the work, ends it and everything that it has started.
fn wait(child: &mut Child) -> Result<bool, String> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if ending::cancelled() => {
                ending::end_all(child);
                return Err("cancelled".into());
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(e) => return Err(e.to_string()),
        }
    }
}

/// A file or folder of the rebuild that can't be written.
pub(super) fn broken(path: &Path, e: &std::io::Error) -> Cannot {
    let what = format!("{}: {}", path.display(), super::frame::io_words(e));
    Cannot::new(Reason::BuildFailed, what)
}

/// The lines of an error that say what is wrong: the go command's headings and hints left out.
pub(super) fn essence(said: &str) -> String {
    let lines = said
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    let kept: Vec<&str> = lines
        .filter(|l| !l.starts_with("go: downloading "))
        .take(4)
        .collect();
    kept.join("; ")
}
