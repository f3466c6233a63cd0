//! What a rebuild is asked to be: the file's record and facts, and what the user says beside them.

use super::super::allowed::{self, Tool};
use super::super::{Cannot, Reason};
use super::Told;
use crate::analysis::info::Facts;
use crate::go::modinfo::ModInfo;
use crate::go::version::Version;

/// The file's facts and record, and what the user says beside them.
pub(super) struct Asked<'a> {
    pub facts: &'a Facts,
    pub record: &'a ModInfo<'a>,
    pub told: &'a Told,
}

impl Asked<'_> {
    /// A build setting: the user's, else the file's.
    pub(super) fn setting(&self, key: &str) -> Option<String> {
        let told = self.told.set.iter().rev().find(|(k, _)| k == key);
        told.map(|(_, v)| v.clone())
            .or_else(|| self.record.setting(key).map(|v| v.into_owned()))
    }

    /// A setting of the file that may be handed to a tool, or the user's, whatever it is.
    pub(super) fn checked(&self, key: &str, tool: Tool) -> Result<Option<String>, Cannot> {
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

    pub(super) fn plain(&self, key: &str) -> Result<Option<String>, Cannot> {
        match self.setting(key).filter(|v| !v.is_empty()) {
            Some(v) if !allowed::plain(&v) => Err(not_allowed(key, &v)),
            v => Ok(v),
        }
    }

    /// The main module's version that the file names.
    pub(super) fn version(&self) -> Option<String> {
        let version = String::from_utf8_lossy(self.record.main.as_ref()?.version);
        let version = version.strip_suffix("+dirty").unwrap_or(&version);
        (!version.is_empty() && version != "(devel)").then(|| version.to_string())
    }

    pub(super) fn trimmed(&self) -> bool {
        match self.record.settings.is_empty() {
            false => self.setting("-trimpath").as_deref() == Some("true"),
            true => self.facts.trimpath.known() != Some(&false),
        }
    }

    /// The toolchain's name, as GOTOOLCHAIN takes it.
    pub(super) fn toolchain(&self) -> Result<String, Cannot> {
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
}

fn not_allowed(key: &str, word: &str) -> Cannot {
    let what = format!(
        "{key} has {word:?}, which may do more than change the program; --set {key}=… says what to use"
    );
    Cannot::new(Reason::FlagNotAllowed, what)
}
