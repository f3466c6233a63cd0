//! Any bytes → the graph of `gospect why`: what each module holds, and the shortest chain to one.
#![no_main]

use gospect::Program;
use gospect::analysis::graph::Graph;

gospect_fuzz::target!(|data| {
    let file = data.to_vec().into();
    let Ok(program) = Program::open(&file) else { return };
    let Ok(graph) = Graph::new(&program, None) else { return };
    let table = graph.table();
    if let Some(row) = table.packages.last() {
        let _ = graph.paths(&row.name, &[], 1);
    }
});
