//! Known vulnerabilities of a program: which advisories of the Go vulnerability database are on what is in
//! it, stripped or not.
//!
//! `osv` → `db` (the database, embedded or read) and a program → `subject`; `judge` holds one against the
//! other, `file` does so for each program in a file. What is found is what `govulncheck -mode=binary` finds
//! in the program's unstripped twin, and marked as such; beyond that, what that one passes over is judged
//! (see [`Scope`]).

pub mod db;
pub mod file;
pub mod judge;
pub mod osv;
pub mod reach;
pub mod semver;
pub mod subject;

pub use db::Database;
pub use file::{Ask, File, look};
pub use judge::{Finding, Gap, Judgement, Level, Scope, judge};
pub use reach::Reach;
pub use subject::{Functions, Subject};
