//! A stripped program → its functions as symbols, from the pclntab, which no stripping takes away.

use super::symbols::{self, GoSymbol};
use crate::go::Program;
use crate::go::pclntab::Table;

/// The symbols of a program, in the order of the file, and behind them, where none of them is code, the
/// functions of the pclntab.
pub fn symbols<'t>(program: &'t Program<'_>) -> Vec<GoSymbol<'t>> {
    let mut all = symbols::in_file_order(program.image()).unwrap_or_default();
    if let Ok(table) = program.pclntab()
        && !names_code(&all)
    {
        all.extend(functions(table));
    }
    all
}

/// Is any of the symbols code?
pub fn names_code(symbols: &[GoSymbol<'_>]) -> bool {
    symbols.iter().any(|s| matches!(s.code, b'T' | b't'))
}

/// A table's functions as symbols: `T`, from entry to end. Empty stretches, which only mark addresses, are
/// left out.
fn functions<'t>(table: &'t Table<'_>) -> impl Iterator<Item = GoSymbol<'t>> {
    let functions = table.functions().filter(|f| f.size() > 0);
    functions.map(|f| GoSymbol {
        name: f.name(),
        addr: f.entry(),
        size: i64::try_from(f.size()).unwrap_or(i64::MAX),
        code: b'T',
    })
}
