//! The words of a policy → values: days, sizes, growth, and what a rule takes as its value.

use std::fmt;

use crate::go::version::Version;

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Year, for example 2026.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Date {
    /// The day, without a check.
    pub const fn new(year: i32, month: u8, day: u8) -> Date {
        Date { year, month, day }
    }

    /// Reads `YYYY-MM-DD`; `None` for anything else and for days that do not exist.
    pub fn parse(s: &str) -> Option<Date> {
        let mut parts = s.split('-');
        let (y, m, d) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |p: &str, n: usize| p.len() == n && p.bytes().all(|b| b.is_ascii_digit());
        if parts.next().is_some() || !digits(y, 4) || !digits(m, 2) || !digits(d, 2) {
            return None;
        }
        let date = Date::new(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?);
        let leap = date.year % 4 == 0 && date.year % 100 != 0 || date.year % 400 == 0;
        let last = match date.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=last).contains(&date.day).then_some(date)
    }

    /// The day (UTC) that holds a time in seconds since 1970.
    pub fn from_unix(seconds: i64) -> Date {
        // Howard Hinnant's days-to-civil: eras of 400 years, years that start in March.
        let z = seconds.div_euclid(86_400) + 719_468;
        let (era, day_of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted + 2) / 5 + 1) as u8;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Date::new(year as i32, month as u8, day)
    }

    /// Days since 1970-01-01: what [`Date::from_unix`] began with.
    pub fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let shifted = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * shifted + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The same day one year later; 29 February becomes 28 February.
    pub fn next_year(self) -> Date {
        let day = if self.month == 2 {
            self.day.min(28)
        } else {
            self.day
        };
        Date::new(self.year + 1, self.month, day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Reads a size in bytes: `1500`, `20MiB`, `20 MB`, `1.5G`. K, M, G and KiB, MiB, GiB are powers of 1024; kB,
/// MB, GB of 1000.
///
/// # Errors
/// In words for a person.
pub fn size(s: &str) -> Result<u64, String> {
    let bad = || format!("`{s}` is no size; sizes look like 20MiB, 500kB, 1048576");
    let t = s.trim();
    let end = t
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))
        .unwrap_or(t.len());
    let (number, unit) = t.split_at(end);
    let number: f64 = number.replace('_', "").parse().map_err(|_| bad())?;
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(bad()),
    };
    let bytes = number * factor as f64;
    if bytes.is_finite() && bytes >= 0.0 && bytes < (1u64 << 53) as f64 {
        Ok(bytes.round() as u64)
    } else {
        Err(bad())
    }
}

/// How much something may grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Growth {
    /// By so many bytes.
    Bytes(u64),
    /// By so many hundredths of its old size.
    Percent(f64),
}

impl Growth {
    /// Reads `2%`, `0.5%`, or a size.
    ///
    /// # Errors
    /// In words for a person.
    pub fn parse(s: &str) -> Result<Growth, String> {
        let Some(number) = s.trim().strip_suffix('%') else {
            return size(s).map(Growth::Bytes).map_err(|_| {
                format!("`{s}` is no growth; write a share of the old size (2%) or a size (200KiB)")
            });
        };
        match number.trim().parse::<f64>() {
            Ok(p) if p.is_finite() && p >= 0.0 => Ok(Growth::Percent(p)),
            _ => Err(format!("`{s}` is no percentage")),
        }
    }

    /// The bytes that something which was `old` bytes long may grow by.
    pub fn allowance(self, old: u64) -> u64 {
        match self {
            Growth::Bytes(n) => n,
            Growth::Percent(p) => (old as f64 * p / 100.0) as u64,
        }
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Growth::Bytes(n) => write!(f, "{n} bytes"),
            Growth::Percent(p) => write!(f, "{p}%"),
        }
    }
}

/// What kind of value a rule takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// None.
    Nothing,
    /// A Go version: `1.25.0`.
    GoVersion,
    /// Two or three numbers: `2.31`.
    Numbers,
    /// A size in bytes: `20MiB`.
    Size,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any number of words; those listed, or all where none are.
    Words(&'static [&'static str]),
    /// Any number of systems: `linux`, `linux/amd64`.
    Targets,
    /// Any number of names with a size in bytes: `example.com/m=2MiB`.
    Limits,
}

/// A rule's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// None was given, or the rule takes none.
    Nothing,
    /// A Go version, and how it was written.
    GoVersion(Version, String),
    /// The numbers between dots.
    Numbers(Vec<u32>),
    /// Bytes.
    Size(u64),
    /// One of the rule's words.
    Word(&'static str),
    /// Words.
    Words(Vec<String>),
    /// Names and bytes.
    Limits(Vec<(String, u64)>),
}

impl ValueKind {
    /// Reads values of this kind; several are taken only where words are.
    ///
    /// # Errors
    /// In words for a person.
    pub fn read<S: AsRef<str>>(self, given: &[S]) -> Result<Value, String> {
        if let ValueKind::Words(known) = self {
            for w in given {
                if !known.is_empty() && !known.contains(&w.as_ref()) {
                    return Err(format!("`{}` is not one of: {}", w.as_ref(), known.join(", ")));
                }
            }
            return Ok(Value::Words(
                given.iter().map(|w| w.as_ref().to_string()).collect(),
            ));
        }
        if self == ValueKind::Targets {
            let all = given.iter().map(|w| target(w.as_ref()));
            return all.collect::<Result<_, _>>().map(Value::Words);
        }
        if self == ValueKind::Limits {
            return given
                .iter()
                .map(|w| limit(w.as_ref()))
                .collect::<Result<_, _>>()
                .map(Value::Limits);
        }
        let [one] = given else {
            return Err("one value is needed".to_string());
        };
        let s = one.as_ref();
        match self {
            ValueKind::Nothing | ValueKind::Words(_) | ValueKind::Targets | ValueKind::Limits => {
                Err("this rule takes no value".to_string())
            }
            ValueKind::GoVersion => match Version::parse(s) {
                Some(v) => Ok(Value::GoVersion(v, s.strip_prefix("go").unwrap_or(s).to_string())),
                None => Err(format!(
                    "`{s}` is no Go version; versions look like 1.25 or 1.25.3"
                )),
            },
            ValueKind::Numbers => {
                let numbers: Option<Vec<u32>> = s.split('.').map(|n| n.parse().ok()).collect();
                numbers
                    .map(Value::Numbers)
                    .ok_or_else(|| format!("`{s}` is no version; versions look like 2.31"))
            }
            ValueKind::Size => size(s).map(Value::Size),
            ValueKind::Word(known) => known
                .iter()
                .find(|k| **k == s)
                .map(|k| Value::Word(k))
                .ok_or_else(|| format!("`{s}` is not one of: {}", known.join(", "))),
        }
    }
}

/// GOOS words, as of Go 1.27.
const SYSTEMS: [&str; 15] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "illumos",
    "ios",
    "js",
    "linux",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
];
/// GOARCH words, as of Go 1.27.
const ARCHS: [&str; 14] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
    "riscv64", "s390x", "wasm",
];
/// What people write for GOOS and GOARCH words.
const OTHERWISE: [(&str, &str); 12] = [
    ("macos", "darwin"),
    ("osx", "darwin"),
    ("win", "windows"),
    ("win32", "windows"),
    ("win64", "windows"),
    ("x86_64", "amd64"),
    ("x64", "amd64"),
    ("x86-64", "amd64"),
    ("i386", "386"),
    ("x86", "386"),
    ("i686", "386"),
    ("aarch64", "arm64"),
];

/// A name and a size, as `example.com/m=2MiB`.
fn limit(word: &str) -> Result<(String, u64), String> {
    match word.rsplit_once('=').map(|(name, max)| (name, size(max))) {
        Some((name, Ok(max))) if !name.is_empty() => Ok((name.to_string(), max)),
        Some((name, Err(e))) if !name.is_empty() => Err(e),
        _ => Err(format!(
            "`{word}` is no module or package with a size: example.com/m=2MiB"
        )),
    }
}

/// A system as `linux` or `linux/amd64`.
fn target(word: &str) -> Result<String, String> {
    let (os, arch) = word
        .split_once('/')
        .map_or((word, None), |(os, arch)| (os, Some(arch)));
    let meant = |word: &str, known: &[&'static str]| -> Option<&'static str> {
        let lower = word.to_ascii_lowercase();
        let other = OTHERWISE
            .iter()
            .find(|o| o.0 == lower)
            .map(|o| o.1)
            .filter(|o| known.contains(o));
        other.or_else(|| super::rules::nearest_word(&lower, known.iter().copied()))
    };
    let known_os = SYSTEMS.contains(&os);
    if known_os && arch.is_none_or(|a| ARCHS.contains(&a)) {
        return Ok(word.to_string());
    }
    let hint = match (known_os, arch) {
        (true, Some(arch)) => meant(arch, &ARCHS).map(|a| format!("{os}/{a}")),
        (false, None) if ARCHS.contains(&os) => Some(format!("linux/{os}")),
        (false, Some(a)) if ARCHS.contains(&os) && SYSTEMS.contains(&a) => Some(format!("{a}/{os}")),
        (false, Some(a)) => {
            let arch = if ARCHS.contains(&a) {
                Some(a)
            } else {
                meant(a, &ARCHS)
            };
            meant(os, &SYSTEMS)
                .zip(arch)
                .map(|(os, arch)| format!("{os}/{arch}"))
        }
        (_, None) => meant(os, &SYSTEMS).map(str::to_string),
    };
    let hint = hint.map_or("systems are written as linux or linux/amd64".to_string(), |h| {
        format!("did you mean `{h}`?")
    });
    Err(format!("`{word}` is no system that Go builds for; {hint}"))
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Nothing => Ok(()),
            Value::GoVersion(_, s) => f.write_str(s),
            Value::Numbers(n) => {
                let words: Vec<String> = n.iter().map(u32::to_string).collect();
                f.write_str(&words.join("."))
            }
            Value::Size(n) => write!(f, "{n}"),
            Value::Word(w) => f.write_str(w),
            Value::Words(w) => f.write_str(&w.join(", ")),
            Value::Limits(l) => {
                let words: Vec<String> = l.iter().map(|(name, max)| format!("{name}={max}")).collect();
                f.write_str(&words.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_counted() {
        assert_eq!(Date::parse("2026-11-21"), Some(Date::new(2026, 11, 21)));
        assert_eq!(Date::parse("2024-02-29"), Some(Date::new(2024, 2, 29)));
        for bad in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "2026-11-21T10:00:00",
            "",
            "tomorrow",
        ] {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
        assert_eq!(Date::from_unix(0), Date::new(1970, 1, 1));
        assert_eq!(Date::from_unix(951_782_400), Date::new(2000, 2, 29));
        assert_eq!(Date::from_unix(1_795_219_200).to_string(), "2026-11-21");
        assert_eq!(Date::from_unix(-1), Date::new(1969, 12, 31));
        for day in [-719_468, -1, 0, 59, 11_016, 20_778, 400_000] {
            assert_eq!(Date::from_unix(day * 86_400).days(), day);
        }
        assert_eq!(Date::new(2024, 2, 29).next_year(), Date::new(2025, 2, 28));
    }

    #[test]
    fn sizes_know_both_families_of_units() {
        let all = ["1500", "20MiB", "20 MB", "1.5k", "1_000", "0"].map(|s| size(s).unwrap());
        assert_eq!(all, [1500, 20 << 20, 20_000_000, 1536, 1000, 0]);
        for bad in ["", "MiB", "20MBit", "-1", "1e400", "99999999999GiB", "1.2.3"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn systems_are_known_by_their_words() {
        let read = |w: &str| ValueKind::Targets.read(&[w]);
        assert_eq!(read("linux"), Ok(Value::Words(vec!["linux".into()])));
        assert!(read("windows/arm64").is_ok());
        for (wrong, meant) in [
            ("amd64", "`linux/amd64`"),
            ("amd64/linux", "`linux/amd64`"),
            ("linux/x86_64", "`linux/amd64`"),
            ("Linux/amd64", "`linux/amd64`"),
            ("macos/arm64", "`darwin/arm64`"),
            ("linus", "`linux`"),
        ] {
            let said = read(wrong).unwrap_err();
            assert!(said.contains(meant), "{wrong}: {said}");
        }
    }

    #[test]
    fn limits_are_names_with_sizes() {
        let read = |w: &str| ValueKind::Limits.read(&[w]);
        assert_eq!(
            read("example.com/m=2MiB"),
            Ok(Value::Limits(vec![("example.com/m".into(), 2 << 20)]))
        );
        for bad in ["example.com/m", "=2MiB", "example.com/m=much", ""] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn growth_is_a_share_or_a_size() {
        assert_eq!(Growth::parse("2%").unwrap().allowance(1000), 20);
        assert_eq!(Growth::parse("1KiB").unwrap().allowance(7), 1024);
        assert!(Growth::parse("-2%").is_err());
        assert!(Growth::parse("much").is_err());
    }

    #[test]
    fn values_are_of_their_kind() {
        assert!(ValueKind::Nothing.read(&["x"]).is_err());
        assert_eq!(
            ValueKind::Numbers.read(&["2.31"]).unwrap(),
            Value::Numbers(vec![2, 31])
        );
        assert_eq!(
            ValueKind::Word(&["full", "partial"]).read(&["full"]).unwrap(),
            Value::Word("full")
        );
        assert!(
            ValueKind::Word(&["full"])
                .read(&["fool"])
                .unwrap_err()
                .contains("full")
        );
        assert!(ValueKind::GoVersion.read(&["latest"]).is_err());
        assert_eq!(
            ValueKind::GoVersion.read(&["go1.25"]).unwrap().to_string(),
            "1.25"
        );
        assert!(ValueKind::Size.read::<&str>(&[]).is_err());
    }
}
