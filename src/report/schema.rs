//! The JSON schemas of all output, as published under docs/schema.

macro_rules! schemas {
    ($($name:literal),* $(,)?) => {
        const ALL: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../docs/schema/", $name,
            ".json")))),*];
    };
}

// One line a sub-command that prints JSON, in the order of the alphabet. Braces, so that rustfmt leaves the
// lines alone.
schemas! {
    "check",
    "compare",
    "diff",
    "embeds",
    "funcs",
    "info",
    "objdump",
    "plugin",
    "reproduce",
    "scan",
    "size",
    "track",
    "types",
    "vuln",
    "whatif",
    "why",
}

/// The sub-commands that have a schema.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|s| s.0).collect()
}

/// The schema of a sub-command's JSON, as text.
pub fn get(name: &str) -> Option<&'static str> {
    ALL.iter().find(|s| s.0 == name).map(|s| s.1)
}
