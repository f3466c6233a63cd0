//! Go's order of versions, and whether a range of the vulnerability database holds one.
//!
//! Authority: golang.org/x/mod/semver (`Compare`) and golang.org/x/vuln v1.9.0, internal/semver (prefixes,
//! `Affects`, `GoTagToSemver`). Go's rules are not those of Cargo: `v1` and `v1.2` are versions, numbers have
//! no limit, a text that is no version comes before all versions, and `+incompatible` counts for nothing.

use std::cmp::Ordering;

/// What changes at a version. Exactly one of both in a sound database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// The first version that is vulnerable; `0` for all from the start.
    pub introduced: String,
    /// The first version that is not.
    pub fixed: String,
}

/// A range: events, in any order.
pub type Range = Vec<Event>;

struct Parsed<'a> {
    numbers: [&'a str; 3],
    pre: &'a str,
}

/// A version with a `v` in front; `None` where it is none.
fn parse(text: &str) -> Option<Parsed<'_>> {
    let (major, mut rest) = number(text.strip_prefix('v')?)?;
    let mut numbers = [major, "0", "0"];
    for slot in numbers.iter_mut().skip(1) {
        let Some(tail) = rest.strip_prefix('.') else {
            // `v1` and `v1.2` stand for `v1.0.0` and `v1.2.0`, and nothing may follow them.
            return rest.is_empty().then_some(Parsed { numbers, pre: "" });
        };
        (*slot, rest) = number(tail)?;
    }
    let (rest, build) = match rest.split_once('+') {
        Some((rest, build)) => (rest, Some(build)),
        None => (rest, None),
    };
    let pre = match rest {
        "" => "",
        pre => pre.strip_prefix('-')?,
    };
    let good = |list: &str, numbers_too: bool| {
        list.split('.').all(|id| {
            let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            let bad_number = numbers_too && is_number(id) && id.len() > 1 && id.starts_with('0');
            !id.is_empty() && plain && !bad_number
        })
    };
    let fine = (rest.is_empty() || good(pre, true)) && build.is_none_or(|b| good(b, false));
    fine.then_some(Parsed { numbers, pre })
}

fn number(text: &str) -> Option<(&str, &str)> {
    let end = text
        .bytes()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    (!digits.is_empty() && (digits == "0" || !digits.starts_with('0'))).then_some((digits, rest))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn by_number(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn by_prerelease(a: &str, b: &str) -> Ordering {
    if a.is_empty() || b.is_empty() {
        // A release comes after its pre-releases.
        return a.is_empty().cmp(&b.is_empty());
    }
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match (is_number(x), is_number(y)) {
                (true, true) => by_number(x, y),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => x.cmp(y),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// With a `v` in front, whatever of `v` and `go` stood there.
fn canonical(text: &str) -> String {
    let text = text.strip_prefix('v').unwrap_or(text);
    let text = text.strip_prefix("go").unwrap_or(text);
    match text.starts_with('v') || text.starts_with("go") {
        true => text.to_string(),
        false => format!("v{text}"),
    }
}

/// The order of two versions, with `v`, `go` or nothing in front.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (canonical(a), canonical(b));
    match (parse(&a), parse(&b)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(x), Some(y)) => {
            let numbers = x.numbers.iter().zip(y.numbers);
            let order = numbers.fold(Ordering::Equal, |o, (p, q)| o.then_with(|| by_number(p, q)));
            order.then_with(|| by_prerelease(x.pre, y.pre))
        }
    }
}

/// Is `a` the earlier version?
pub fn less(a: &str, b: &str) -> bool {
    compare(a, b) == Ordering::Less
}

/// Is it a version, with `v`, `go` or nothing in front?
pub fn valid(text: &str) -> bool {
    parse(&canonical(text)).is_some()
}

/// Is it a version that Go made up for a commit (`v0.0.0-20230101120000-abcdefabcdef` and its kin)?
pub fn is_pseudo(version: &str) -> bool {
    let text = version.split('+').next().unwrap_or_default();
    let Some((rest, hash)) = text.rsplit_once('-') else {
        return false;
    };
    let stamp = rest.rsplit(['-', '.']).next().unwrap_or_default();
    hash.len() == 12
        && hash.bytes().all(|b| b.is_ascii_alphanumeric())
        && stamp.len() == 14
        && is_number(stamp)
}

/// Does a range hold a version? From each `introduced` up to the `fixed` behind it; a range without events
/// holds all.
pub fn holds(range: &[Event], version: &str) -> bool {
    if range.is_empty() {
        return true;
    }
    let mut events: Vec<&Event> = range.iter().collect();
    let at = |e: &&Event| -> String {
        match e.fixed.is_empty() || e.introduced == "0" {
            true => e.introduced.clone(),
            false => e.fixed.clone(),
        }
    };
    events.sort_by(|a, b| match (a.introduced == "0", b.introduced == "0") {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => compare(&at(a), &at(b)),
    });
    let mut inside = false;
    for e in events {
        if !inside && !e.introduced.is_empty() {
            inside = e.introduced == "0" || !less(version, &e.introduced);
        } else if inside && !e.fixed.is_empty() {
            inside = less(version, &e.fixed);
        }
    }
    inside
}

/// Does one of the ranges hold a version? No range at all holds every version.
pub fn affects(ranges: &[Range], version: &str) -> bool {
    ranges.is_empty() || ranges.iter().any(|r| holds(r, version))
}

/// The earliest version after `version` that is fixed in all ranges.
pub fn fixed_after(ranges: &[Range], version: &str) -> Option<String> {
    let fixes = ranges.iter().flatten().map(|e| e.fixed.as_str());
    let mut fixes: Vec<&str> = fixes.filter(|f| !f.is_empty() && less(version, f)).collect();
    fixes.sort_by(|a, b| compare(a, b));
    let sound = |f: &&str| !ranges.iter().any(|r| holds(r, f));
    fixes.into_iter().find(sound).map(str::to_string)
}

/// `go1.21rc2` as a version: `v1.21.0-rc.2`; experiments behind it count for nothing. `None` for development
/// versions.
pub fn of_go(text: &str) -> Option<String> {
    let text = text.strip_prefix("go")?;
    let text = text.split([' ', '\t']).next().unwrap_or_default();
    let text = text.split("-X:").next().unwrap_or_default();
    if text == "1" {
        return Some("v1.0.0".into());
    }
    let (major, rest) = digits(text)?;
    let (minor, rest) = digits(rest.strip_prefix('.')?)?;
    let (patch, rest) = match rest.strip_prefix('.') {
        Some(r) => digits(r)?,
        None => ("0", rest),
    };
    let words = [("beta", "beta"), ("rc", "rc"), ("-pre", "pre")];
    let pre = match words
        .iter()
        .find_map(|(w, out)| Some((out, rest.strip_prefix(w)?)))
    {
        Some((word, n)) => {
            let (n, end) = digits(n)?;
            if !end.is_empty() {
                return None;
            }
            format!("-{word}.{n}")
        }
        None if rest.is_empty() => String::new(),
        None => return None,
    };
    Some(format!("v{major}.{minor}.{patch}{pre}"))
}

fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text
        .bytes()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at_checked(end).filter(|(d, _)| !d.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Range {
        let one = |e: &str| match e.split_at(1) {
            ("i", v) => Event {
                introduced: v.into(),
                fixed: String::new(),
            },
            (_, v) => Event {
                introduced: String::new(),
                fixed: v.into(),
            },
        };
        text.split(' ').map(one).collect()
    }

    #[test]
    fn versions_are_ordered_as_go_orders_them() {
        let all = [
            "bad",
            "v0",
            "v0.0.1-0.20200101000000-abcdefabcdef",
            "v0.0.1",
            "1.0.0-alpha",
            "v1.0.0-alpha.1",
            "v1.0.0-alpha.beta",
            "v1.0.0-rc.9",
            "v1.0.0-rc.10",
            "v1.0.0",
            "go1.19",
            "v1.19.1",
            "v18446744073709551616.0.0",
        ];
        for (i, a) in all.iter().enumerate() {
            for (j, b) in all.iter().enumerate() {
                assert_eq!(compare(a, b), i.cmp(&j), "{a} {b}");
            }
        }
        assert_eq!(compare("v2.0.0+incompatible", "2.0.0"), Ordering::Equal);
        assert!(
            !valid("v01.0.0")
                && !valid("v1.0.0-01")
                && !valid("v1-x")
                && !valid("v1.0.0-")
                && !valid("v1.0.0+")
        );
    }

    #[test]
    fn ranges_are_closed_on_the_left() {
        let r = range("i0 f1.2.3 i1.4.0 f1.4.2");
        for (v, held) in [
            ("v0.1.0", true),
            ("v1.2.3-rc.1", true),
            ("v1.2.3", false),
            ("v1.4.0", true),
            ("v1.4.2", false),
        ] {
            assert_eq!(holds(&r, v), held, "{v}");
        }
        assert!(
            holds(&range("f1.0.0 i0"), "v0.9.0"),
            "events may stand in any order"
        );
        assert!(affects(&[], "v1.0.0") && affects(&[Vec::new()], "v1.0.0"));
        assert_eq!(fixed_after(&[r], "v1.4.1").as_deref(), Some("1.4.2"));
        assert_eq!(
            fixed_after(&[range("i0 f1.5.0"), range("i1.4.0 f1.6.0")], "v1.0.0").as_deref(),
            Some("1.6.0")
        );
        assert_eq!(fixed_after(&[range("i0")], "v1.0.0"), None);
    }

    #[test]
    fn gos_own_versions() {
        let v = |t| of_go(t).unwrap_or_default();
        assert_eq!(v("go1.27.4"), "v1.27.4");
        assert_eq!(v("go1.21rc2"), "v1.21.0-rc.2");
        assert_eq!(v("go1.20-pre4"), "v1.20.0-pre.4");
        assert_eq!(v("go1.26.8-X:boringcrypto"), "v1.26.8");
        assert_eq!(v("go1.21.5 X:loopvar"), "v1.21.5");
        assert_eq!(v("devel go1.28-abc"), "");
        assert_eq!(v("go1.27.4-vendored"), "");
    }

    #[test]
    fn versions_of_commits() {
        assert!(is_pseudo("v0.0.0-20230101120000-abcdefabcdef"));
        assert!(is_pseudo("v1.2.4-0.20230101120000-abcdefabcdef+dirty"));
        assert!(!is_pseudo("v1.2.3") && !is_pseudo("v1.2.3-rc.1"));
    }
}
