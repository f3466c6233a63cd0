//! When each Go release came out, until when it was supported, and its newest patch.
//!
//! Authority: go.dev/doc/devel/release: a release is supported until there are two newer major releases.

use super::values::Date;
use crate::go::version::Version;

/// The first release of each Go 1.N, N being the place in the table.
const RELEASED: [Date; 28] = [
    Date::new(2012, 3, 28),
    Date::new(2013, 5, 13),
    Date::new(2013, 12, 1),
    Date::new(2014, 6, 18),
    Date::new(2014, 12, 10),
    Date::new(2015, 8, 19),
    Date::new(2016, 2, 17),
    Date::new(2016, 8, 15),
    Date::new(2017, 2, 16),
    Date::new(2017, 8, 24),
    Date::new(2018, 2, 16),
    Date::new(2018, 8, 24),
    Date::new(2019, 2, 25),
    Date::new(2019, 9, 3),
    Date::new(2020, 2, 25),
    Date::new(2020, 8, 11),
    Date::new(2021, 2, 16),
    Date::new(2021, 8, 16),
    Date::new(2022, 3, 15),
    Date::new(2022, 8, 2),
    Date::new(2023, 2, 1),
    Date::new(2023, 8, 8),
    Date::new(2024, 2, 6),
    Date::new(2024, 8, 13),
    Date::new(2025, 2, 11),
    Date::new(2025, 8, 12),
    Date::new(2026, 2, 10),
    Date::new(2026, 8, 18),
];

/// Is a release supported?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Yes, as far as the table knows.
    Current,
    /// No, since that day.
    Ended(Date),
    /// The table is too old to tell: a release a year after the last one it knows must have had successors.
    Unknown,
}

/// Is the Go 1.N that `version` belongs to supported on `today`?
pub fn support(version: Version, today: Date) -> Support {
    let n = version.minor as usize;
    if version.major != 1 {
        return Support::Unknown;
    }
    if let Some(end) = RELEASED.get(n + 2) {
        return if today >= *end {
            Support::Ended(*end)
        } else {
            Support::Current
        };
    }
    match RELEASED.get(n) {
        Some(out) if today >= out.next_year() => Support::Unknown,
        Some(_) => Support::Current,
        // Newer than the table: two successors need a year from the day the table ends.
        None if RELEASED.last().is_some_and(|last| today < last.next_year()) => Support::Current,
        None => Support::Unknown,
    }
}

/// The newest patch of each Go 1.N from 1.18 on, as of [`PATCHES_OF`]; from the list of golang.org/toolchain
/// in the module proxy.
const PATCHES: [u32; 10] = [10, 13, 14, 13, 12, 12, 13, 14, 11, 4];
const FIRST_PATCHED: u32 = 18;

/// The day on which the newest patches were looked up.
pub const PATCHES_OF: Date = Date::new(2026, 11, 24);

/// The newest patch of the Go 1.N that `version` belongs to, where the table knows one that is newer.
pub fn newer_patch(version: Version) -> Option<Version> {
    let i = version
        .minor
        .checked_sub(FIRST_PATCHED)
        .filter(|_| version.major == 1)?;
    let newest = Version::new(1, version.minor, *PATCHES.get(i as usize)?);
    (version < newest).then_some(newest)
}

/// The newest Go 1.N that the table knows.
pub fn newest() -> u32 {
    RELEASED.len() as u32 - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(version: &str, day: &str) -> Support {
        support(Version::parse(version).unwrap(), Date::parse(day).unwrap())
    }

    #[test]
    fn a_release_ends_with_its_second_successor() {
        assert!(RELEASED.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(on("go1.24.11", "2026-02-09"), Support::Current);
        assert_eq!(
            on("go1.24.11", "2026-02-10"),
            Support::Ended(Date::new(2026, 2, 10))
        );
        assert_eq!(
            on("go1.20.14", "2026-11-21"),
            Support::Ended(Date::new(2024, 2, 6))
        );
        assert_eq!(on("go1.26.8", "2026-11-21"), Support::Current);
    }

    #[test]
    fn patches_are_known_for_the_releases_that_are() {
        assert_eq!(FIRST_PATCHED as usize + PATCHES.len(), RELEASED.len());
        let newer = |v: &str| newer_patch(Version::parse(v).unwrap());
        assert_eq!(newer("go1.27.0"), Some(Version::new(1, 27, 4)));
        assert_eq!(newer("go1.27rc1"), Some(Version::new(1, 27, 4)));
        assert_eq!(
            (newer("go1.27.4"), newer("go1.27.5"), newer("go1.28.1")),
            (None, None, None)
        );
    }

    #[test]
    fn what_the_table_can_not_know_is_unknown() {
        assert_eq!(on("go1.26.8", "2027-06-01"), Support::Unknown);
        assert_eq!(on("go1.27.4", "2026-11-21"), Support::Current);
        assert_eq!(on("go1.28rc1", "2026-12-21"), Support::Current);
        assert_eq!(on("go1.28", "2028-01-01"), Support::Unknown);
    }
}
