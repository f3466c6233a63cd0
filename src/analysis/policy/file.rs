//! `gospect.toml` → [`Policy`]. Everything that is wrong is told at once, each with its line and column.
//!
//! The file is described in docs/gospect.toml.md, whose examples a test reads with this parser.

use globset::{GlobBuilder, GlobMatcher};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Level;
use super::rules::{self, Rule, nearest_word};
use super::select::{self, Profile};
use super::values::{Date, Growth, Value, ValueKind, size};

/// Something wrong in a policy file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong, without a full stop.
    pub message: String,
}

/// A whole policy file.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The rules that every file starts from.
    pub profile: Option<&'static Profile>,
    /// The least level that makes the exit status 1.
    pub level: Option<Level>,
    /// May a demanded rule be left open by a file that does not show what would tell? `None` is no.
    pub unknown_passes: Option<bool>,
    /// `[rules]`.
    pub rules: Vec<Setting>,
    /// `[[target]]` in order: later ones win.
    pub targets: Vec<Target>,
    /// `[[exception]]` in order.
    pub exceptions: Vec<Exception>,
    /// `[[vuln]]` in order: vulnerabilities that are put up with.
    pub vulns: Vec<Accepted>,
    /// `[budget]`.
    pub budget: Budget,
}

/// A vulnerability that is put up with for a time.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// Its id, or one of its CVE and GHSA names.
    pub id: String,
    /// In which module; `None` for all.
    pub module: Option<String>,
    /// In which files; `None` for all.
    pub paths: Option<Paths>,
    /// Why.
    pub reason: String,
    /// The first day on which it holds no more.
    pub expires: Date,
}

/// What is said about one rule.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The rule.
    pub rule: &'static Rule,
    /// Off, or on.
    pub on: bool,
    /// Level of its findings, where one is said.
    pub level: Option<Level>,
    /// Its value, where one is said.
    pub value: Option<Value>,
    /// May it be left open, where that is said.
    pub unknown_passes: Option<bool>,
}

/// What holds for some files only.
#[derive(Debug, Clone)]
pub struct Target {
    /// Which.
    pub paths: Paths,
    /// The rules they start from instead.
    pub profile: Option<&'static Profile>,
    /// `[target.rules]`.
    pub rules: Vec<Setting>,
    /// `[target.budget]`.
    pub budget: Budget,
    /// Its line in the file.
    pub line: usize,
}

/// A finding that is accepted for a time.
#[derive(Debug, Clone)]
pub struct Exception {
    /// The rule.
    pub rule: &'static Rule,
    /// In which files; `None` for all.
    pub paths: Option<Paths>,
    /// Words that the finding's message or evidence must hold.
    pub contains: Option<String>,
    /// Why.
    pub reason: String,
    /// The first day on which it holds no more.
    pub expires: Date,
    /// Its line in the file.
    pub line: usize,
}

/// Limits of size, for `check` (max-size of the file), `diff` and `track`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Budget {
    /// The file's, in bytes.
    pub max_size: Option<u64>,
    /// The file's, against the old one.
    pub max_growth: Option<Growth>,
    /// Those of parts of the file, in the order of their names.
    pub parts: Vec<PartBudget>,
}

/// Limits of one part of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct PartBudget {
    /// `package`, `module`, `kind` or `section`.
    pub by: &'static str,
    /// Its name; `net/...` is net and everything below it.
    pub name: String,
    /// In bytes.
    pub max_size: Option<u64>,
    /// Against its old size.
    pub max_growth: Option<Growth>,
}

/// What a budget can be given for, besides the file.
pub const PARTS: [&str; 4] = ["package", "module", "kind", "section"];

impl PartBudget {
    /// Is `name` (of a package, module, …) held to this?
    pub fn matches(&self, name: &str) -> bool {
        match self.name.strip_suffix("/...") {
            None => name == self.name,
            Some(top) => name
                .strip_prefix(top)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        }
    }
}

impl Budget {
    /// Is no limit set?
    pub fn is_empty(&self) -> bool {
        *self == Budget::default()
    }

    /// What `other` says goes before what this says.
    pub(super) fn overlay(&mut self, other: &Budget) {
        self.max_size = other.max_size.or(self.max_size);
        self.max_growth = other.max_growth.or(self.max_growth);
        for part in &other.parts {
            self.parts.retain(|p| (p.by, &p.name) != (part.by, &part.name));
            self.parts.push(part.clone());
        }
        self.parts.sort_by(|a, b| (a.by, &a.name).cmp(&(b.by, &b.name)));
    }
}

/// Glob patterns for paths: `*` and `?` stay within a folder, `**` does not; one without a slash is held
/// against the file's name.
#[derive(Debug, Clone)]
pub struct Paths(Vec<(GlobMatcher, bool)>);

impl Paths {
    /// Compiles patterns.
    ///
    /// # Errors
    /// What is wrong with the first bad one.
    pub fn new<'s>(patterns: impl IntoIterator<Item = &'s str>) -> Result<Paths, String> {
        let one = |p: &'s str| {
            let p = p.strip_prefix("./").unwrap_or(p);
            let glob = GlobBuilder::new(p).literal_separator(true).build();
            match glob {
                Ok(g) => Ok((g.compile_matcher(), !p.contains('/'))),
                Err(e) => Err(format!("`{p}` is no pattern: {}", e.kind())),
            }
        };
        patterns.into_iter().map(one).collect::<Result<_, _>>().map(Paths)
    }

    /// Does one of them match one of the names a file goes by (slashes between folders)?
    pub fn matches(&self, names: &[String]) -> bool {
        self.0.iter().any(|(glob, base_only)| {
            names.iter().any(|n| {
                let n = n.strip_prefix("./").unwrap_or(n);
                glob.is_match(n) || *base_only && glob.is_match(n.rsplit('/').next().unwrap_or(n))
            })
        })
    }
}

impl Policy {
    /// Reads a policy file's text.
    ///
    /// # Errors
    /// All problems, in the order of the file.
    pub fn parse(text: &str) -> Result<Policy, Vec<Problem>> {
        let mut reader = Reader {
            text,
            problems: Vec::new(),
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        for e in errors {
            reader.say(e.span().map_or(0, |s| s.start), e.message().to_string());
        }
        // A file that is no TOML has only its TOML errors: what was recovered of it would be guessed at.
        let policy = if reader.problems.is_empty() {
            reader.policy(table.get_ref())
        } else {
            Policy::default()
        };
        if reader.problems.is_empty() {
            return Ok(policy);
        }
        reader.problems.sort();
        reader.problems.dedup();
        Err(reader.problems)
    }

    /// Does it demand anything of a file, for all or for some?
    pub fn names_rules(&self) -> bool {
        let any =
            |rules: &[Setting], budget: &Budget| rules.iter().any(|s| s.on) || budget.max_size.is_some();
        self.profile.is_some()
            || any(&self.rules, &self.budget)
            || self
                .targets
                .iter()
                .any(|t| t.profile.is_some() || any(&t.rules, &t.budget))
    }

    /// The limits of size for a file that goes by `names`.
    pub fn budget_for(&self, names: &[String]) -> Budget {
        let mut budget = self.budget.clone();
        for target in self.targets.iter().filter(|t| t.paths.matches(names)) {
            budget.overlay(&target.budget);
        }
        budget
    }
}

struct Reader<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

type Key<'t> = Spanned<std::borrow::Cow<'t, str>>;

impl Reader<'_> {
    fn say(&mut self, at: usize, message: impl Into<String>) {
        let (line, column) = position(self.text, at);
        self.problems.push(Problem {
            line,
            column,
            message: message.into(),
        });
    }

    fn unknown_key(&mut self, key: &Key<'_>, known: &[&str]) {
        let name = key.get_ref();
        let hint = match nearest_word(name, known.iter().copied()) {
            Some(k) => format!("; did you mean `{k}`?"),
            None => format!("; known here: {}", known.join(", ")),
        };
        self.say(key.span().start, format!("unknown key `{name}`{hint}"));
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, key: &str, want: &str) {
        let is = value.get_ref().type_str();
        self.say(value.span().start, format!("`{key}` must be {want}, not {is}"));
    }

    fn string<'v>(&mut self, value: &'v Spanned<DeValue<'_>>, key: &str) -> Option<&'v str> {
        let s = value.get_ref().as_str();
        if s.is_none() {
            self.wrong_type(value, key, "a string");
        }
        s
    }

    fn word<T>(&mut self, value: &Spanned<DeValue<'_>>, key: &str, known: &[(&str, T)]) -> Option<T>
    where
        T: Copy,
    {
        let s = self.string(value, key)?;
        let found = known.iter().find(|k| k.0 == s).map(|k| k.1);
        if found.is_none() {
            let words: Vec<&str> = known.iter().map(|k| k.0).collect();
            self.say(
                value.span().start,
                format!("`{key}` is `{s}`, but must be one of: {}", words.join(", ")),
            );
        }
        found
    }

    fn table<'v, 'd>(&mut self, value: &'v Spanned<DeValue<'d>>, key: &str) -> Option<&'v DeTable<'d>> {
        let t = value.get_ref().as_table();
        if t.is_none() {
            self.wrong_type(value, key, "a table");
        }
        t
    }

    fn tables<'v, 'd>(
        &mut self,
        value: &'v Spanned<DeValue<'d>>,
        key: &str,
    ) -> Vec<(usize, &'v DeTable<'d>)> {
        let Some(all) = value.get_ref().as_array() else {
            self.wrong_type(value, key, &format!("an array of tables: write [[{key}]]"));
            return Vec::new();
        };
        all.iter()
            .filter_map(|v| Some((v.span().start, self.table(v, key)?)))
            .collect()
    }

    /// A string, number, or array of them, as it is written.
    fn words(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<Vec<String>> {
        let one = |v: &DeValue<'_>| match v {
            DeValue::String(s) => Some(s.to_string()),
            DeValue::Integer(n) if n.radix() == 10 => Some(n.as_str().to_string()),
            DeValue::Float(n) => Some(n.as_str().to_string()),
            _ => None,
        };
        let words = match value.get_ref() {
            DeValue::Array(all) => all.iter().map(|v| one(v.get_ref())).collect(),
            v => one(v).map(|s| vec![s]),
        };
        if words.is_none() {
            self.wrong_type(value, key, "a string or an array of strings");
        }
        words
    }

    fn paths(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Paths> {
        let words = self.words(value, "path")?;
        match Paths::new(words.iter().map(String::as_str)) {
            Ok(p) => Some(p),
            Err(e) => {
                self.say(value.span().start, e);
                None
            }
        }
    }

    fn profile(&mut self, value: &Spanned<DeValue<'_>>) -> Option<&'static Profile> {
        let known: Vec<_> = select::PROFILES.iter().map(|p| (p.name, p)).collect();
        self.word(value, "profile", &known)
    }

    fn policy(&mut self, table: &DeTable<'_>) -> Policy {
        const KEYS: [&str; 9] = [
            "version",
            "profile",
            "level",
            "unknown",
            "rules",
            "target",
            "exception",
            "vuln",
            "budget",
        ];
        let mut p = Policy::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "version" => {
                    if value.get_ref().as_integer().is_none_or(|n| n.as_str() != "1") {
                        self.say(
                            value.span().start,
                            "`version` must be 1, the only version of this file there is",
                        );
                    }
                }
                "profile" => p.profile = self.profile(value),
                "level" => p.level = self.word(value, "level", &LEVELS),
                "unknown" => p.unknown_passes = self.word(value, "unknown", &UNKNOWN),
                "rules" => p.rules = self.rules(value),
                "target" => {
                    let all = self.tables(value, "target");
                    p.targets = all.into_iter().filter_map(|(at, t)| self.target(at, t)).collect();
                }
                "exception" => {
                    let all = self.tables(value, "exception");
                    p.exceptions = all
                        .into_iter()
                        .filter_map(|(at, t)| self.exception(at, t))
                        .collect();
                }
                "vuln" => {
                    let all = self.tables(value, "vuln");
                    p.vulns = all
                        .into_iter()
                        .filter_map(|(at, t)| self.accepted(at, t))
                        .collect();
                }
                "budget" => p.budget = self.budget(value),
                _ => self.unknown_key(key, &KEYS),
            }
        }
        p
    }

    fn rules(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Setting> {
        let Some(table) = self.table(value, "rules") else {
            return Vec::new();
        };
        let mut out = Vec::new();
        for (key, value) in table {
            let code = key.get_ref().as_ref();
            match rules::find(code) {
                Some(rule) => out.extend(self.setting(rule, value)),
                None => {
                    let hint = rules::nearest(code).map_or_else(
                        || "; `gospect check --list` names all".to_string(),
                        |c| format!("; did you mean `{c}`?"),
                    );
                    self.say(key.span().start, format!("there is no rule `{code}`{hint}"));
                }
            }
        }
        out
    }

    fn setting(&mut self, rule: &'static Rule, value: &Spanned<DeValue<'_>>) -> Option<Setting> {
        let before = self.problems.len();
        let mut s = Setting {
            rule,
            on: true,
            level: None,
            value: None,
            unknown_passes: None,
        };
        match value.get_ref() {
            DeValue::Boolean(on) => s.on = *on,
            DeValue::String(word) if word == "off" => s.on = false,
            DeValue::String(word) if Level::parse(word).is_some() => s.level = Level::parse(word),
            DeValue::String(word) if rule.kind == ValueKind::Nothing => self.say(
                value.span().start,
                format!(
                    "`{}` is `{word}`, but must be one of: error, warning, note, off",
                    rule.code
                ),
            ),
            DeValue::Table(t) => {
                for (key, value) in t {
                    match key.get_ref().as_ref() {
                        "level" => match self.word(value, "level", &LEVELS_OR_OFF) {
                            Some(None) => s.on = false,
                            Some(level) => s.level = level,
                            None => {}
                        },
                        "value" => s.value = self.value(rule, value),
                        "unknown" => s.unknown_passes = self.word(value, "unknown", &UNKNOWN),
                        _ => self.unknown_key(key, &["level", "value", "unknown"]),
                    }
                }
            }
            _ => s.value = self.value(rule, value),
        }
        if s.on && s.value.is_none() && rule.default_value().is_none() && before == self.problems.len() {
            self.say(value.span().start, format!("`{}` needs a value", rule.code));
        }
        (before == self.problems.len()).then_some(s)
    }

    fn value(&mut self, rule: &'static Rule, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        let words = self.words(value, rule.code)?;
        match rule.kind.read(&words) {
            Ok(v) => Some(v),
            Err(e) => {
                self.say(value.span().start, format!("{}: {e}", rule.code));
                None
            }
        }
    }

    fn target(&mut self, at: usize, table: &DeTable<'_>) -> Option<Target> {
        let (mut paths, mut told) = (None, false);
        let (mut profile, mut rules, mut budget) = (None, Vec::new(), Budget::default());
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "path" => {
                    told = true;
                    paths = self.paths(value);
                }
                "profile" => profile = self.profile(value),
                "rules" => rules = self.rules(value),
                "budget" => budget = self.budget(value),
                _ => self.unknown_key(key, &["path", "profile", "rules", "budget"]),
            }
        }
        if !told {
            self.say(at, "a [[target]] needs a `path`");
        }
        let line = position(self.text, at).0;
        Some(Target {
            line,
            paths: paths?,
            profile,
            rules,
            budget,
        })
    }

    fn exception(&mut self, at: usize, table: &DeTable<'_>) -> Option<Exception> {
        let (mut rule, mut paths, mut contains, mut reason, mut expires) = (None, None, None, None, None);
        let before = self.problems.len();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "rule" => {
                    let known: Vec<_> = rules::all().map(|r| (r.code, r)).collect();
                    if let Some(code) = self.string(value, "rule") {
                        rule = known.iter().find(|k| k.0 == code).map(|k| k.1);
                        if rule.is_none() {
                            let hint = rules::nearest(code)
                                .map_or(String::new(), |c| format!("; did you mean `{c}`?"));
                            self.say(value.span().start, format!("there is no rule `{code}`{hint}"));
                        }
                    }
                }
                "path" => paths = self.paths(value),
                "contains" => contains = self.string(value, "contains").map(str::to_string),
                "reason" => reason = self.reason(value),
                "expires" => expires = self.expires(value),
                _ => self.unknown_key(key, &["rule", "path", "contains", "reason", "expires"]),
            }
        }
        self.needs(at, table, "an [[exception]]", &["rule", "reason", "expires"]);
        if before < self.problems.len() {
            return None;
        }
        let line = position(self.text, at).0;
        Some(Exception {
            rule: rule?,
            paths,
            contains,
            reason: reason?,
            expires: expires?,
            line,
        })
    }

    fn needs(&mut self, at: usize, table: &DeTable<'_>, what: &str, keys: &[&str]) {
        for key in keys {
            if !table.keys().any(|k| k.get_ref() == key) {
                self.say(at, format!("{what} needs `{key}`"));
            }
        }
    }

    fn reason(&mut self, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let reason = self.string(value, "reason").map(str::to_string);
        if reason.as_ref().is_some_and(|r| r.trim().is_empty()) {
            self.say(value.span().start, "`reason` must say why");
        }
        reason
    }

    fn expires(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Date> {
        let text = match value.get_ref() {
            DeValue::Datetime(d) => d.to_string(),
            DeValue::String(s) => s.to_string(),
            _ => String::new(),
        };
        let expires = Date::parse(&text);
        if expires.is_none() {
            self.say(value.span().start, "`expires` must be a day: 2027-01-31");
        }
        expires
    }

    fn accepted(&mut self, at: usize, table: &DeTable<'_>) -> Option<Accepted> {
        let (mut id, mut module, mut paths, mut reason, mut expires) = (None, None, None, None, None);
        let before = self.problems.len();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "id" => id = self.string(value, "id").map(str::to_string),
                "module" => module = self.string(value, "module").map(str::to_string),
                "path" => paths = self.paths(value),
                "reason" => reason = self.reason(value),
                "expires" => expires = self.expires(value),
                _ => self.unknown_key(key, &["id", "module", "path", "reason", "expires"]),
            }
        }
        self.needs(at, table, "a [[vuln]]", &["id", "reason", "expires"]);
        if before < self.problems.len() {
            return None;
        }
        Some(Accepted {
            id: id?,
            module,
            paths,
            reason: reason?,
            expires: expires?,
        })
    }

    fn budget(&mut self, value: &Spanned<DeValue<'_>>) -> Budget {
        let mut out = Budget::default();
        let Some(table) = self.table(value, "budget") else {
            return out;
        };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if let Some(by) = PARTS.iter().find(|p| **p == name) {
                let Some(parts) = self.table(value, by) else {
                    continue;
                };
                for (key, value) in parts {
                    let Some(limits) = self.table(value, key.get_ref()) else {
                        continue;
                    };
                    let mut part = PartBudget {
                        by,
                        name: key.get_ref().to_string(),
                        max_size: None,
                        max_growth: None,
                    };
                    for (key, value) in limits {
                        if !self.limit(key, value, &mut part.max_size, &mut part.max_growth) {
                            self.unknown_key(key, &["max-size", "max-growth"]);
                        }
                    }
                    out.parts.push(part);
                }
            } else if !self.limit(key, value, &mut out.max_size, &mut out.max_growth) {
                self.unknown_key(
                    key,
                    &["max-size", "max-growth", "package", "module", "kind", "section"],
                );
            }
        }
        out.parts.sort_by(|a, b| (a.by, &a.name).cmp(&(b.by, &b.name)));
        out
    }

    /// Reads `max-size` or `max-growth`; false for any other key.
    fn limit(
        &mut self,
        key: &Key<'_>,
        value: &Spanned<DeValue<'_>>,
        max_size: &mut Option<u64>,
        max_growth: &mut Option<Growth>,
    ) -> bool {
        let name = key.get_ref().as_ref();
        if name != "max-size" && name != "max-growth" {
            return false;
        }
        let text = match value.get_ref() {
            DeValue::String(s) => s.to_string(),
            DeValue::Integer(n) if n.radix() == 10 => n.as_str().to_string(),
            _ => {
                self.wrong_type(value, name, "a size such as \"20MiB\"");
                return true;
            }
        };
        let result = if name == "max-size" {
            size(&text).map(|n| *max_size = Some(n))
        } else {
            Growth::parse(&text).map(|g| *max_growth = Some(g))
        };
        if let Err(e) = result {
            self.say(value.span().start, e);
        }
        true
    }
}

const LEVELS: [(&str, Level); 3] = [
    ("note", Level::Note),
    ("warning", Level::Warning),
    ("error", Level::Error),
];
const LEVELS_OR_OFF: [(&str, Option<Level>); 4] = [
    ("error", Some(Level::Error)),
    ("warning", Some(Level::Warning)),
    ("note", Some(Level::Note)),
    ("off", None),
];
const UNKNOWN: [(&str, bool); 2] = [("fail", false), ("pass", true)];

/// Line and column (in characters) of a byte offset, both from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
