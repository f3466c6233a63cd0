//! Facts → plain sorted data. Pure functions: no I/O, no columns, no colours.
pub mod demangle;
pub mod diff;
pub mod funcs;
pub mod goregex;
pub mod gosort;
pub mod info;
pub mod listing;
pub mod nm;
pub mod objfile;
pub mod plugin;
pub mod policy;
pub mod recover;
pub mod resolve;
pub mod size;
pub mod symbols;
pub mod types;
pub mod whatif;
