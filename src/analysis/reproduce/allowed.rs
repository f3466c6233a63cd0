//! Which flags of a record may be handed to Go's compiler and linker, and to a C compiler.
//!
//! Anyone can write a record. A flag is let through where the tool's own documentation (Go 1.27: cmd/link,
//! cmd/compile, cmd/asm; gcc) says that it changes the program and does nothing else; a flag that names a
//! program to run, a file to write or a plugin to load is none of these, nor is one that is not known. The
//! user's own flags (`--set`) are not asked about.

use std::sync::LazyLock;

use regex::Regex;

use super::words;

/// Which tool a list of flags is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `-ldflags`.
    Link,
    /// `-gcflags`.
    Compile,
    /// `-asmflags`.
    Assemble,
    /// `CGO_CFLAGS` and its kin, `-extldflags`.
    C,
}

/// Flags of the linker without a value, or with one behind `=`.
const LINK: &str = r"^--?(s|w|aslr|bindnow|c|checklinkname|compressdwarf|d|f|g|h|k|linkshared|msan|asan|race|n|a|pruneweakmap|debugtramp)(=(true|false|0|1|\d+))?$|^--?(B|E|H|I|R|T|X|buildid|buildmode|funcalign|installsuffix|linkmode|pluginpath|r|randlayout|strictdups|extldflags)=";
/// Those that take the next word for their value.
const LINK_NEXT: &str = r"^--?(B|E|H|I|R|T|X|buildid|buildmode|funcalign|installsuffix|linkmode|pluginpath|r|randlayout|strictdups|extldflags)$";
const COMPILE: &str = r"^--?(\+|B|C|K|L|N|complete|dwarf|dwarfbasentries|dwarflocationlists|dynlink|e|h|l+|nolocalimports|race|msan|asan|shared|smallframes|std|wb|d|spectre|lang|c|goversion)(=[A-Za-z0-9_.,=+-]*)?$|^--?m(=\d)?$|^--?l=\d$";
const ASSEMBLE: &str = r"^--?(D=?[A-Za-z_]\w*(=\w*)?|dynlink|shared|linkshared|spectre=\w+|e)$";
const C: &str = r"^-(O[0-3sgz]?|Ofast|g[0-3]?|ggdb[0-3]?|gdwarf(-[2-5])?|pthread|static|static-pie|static-libgcc|shared|rdynamic|pipe|pie|no-pie|nopie|w|pedantic|m(32|64|musl|windows|console|thumb|arm)|m(no-)?(sse|avx|aes|bmi)[0-9a-z.]*|m(arch|cpu|tune|fpu|float-abi|abi|fpmath|cmodel)=[A-Za-z0-9_.+-]+|std=[a-z0-9+:]+|D[A-Za-z_]\w*(=[^@]*)?|U[A-Za-z_]\w*|[IL][^@-][^@]*|l[A-Za-z0-9_.+-]+|W(no-)?(error(=[a-z0-9-]+)?|all|extra|[a-z][a-z0-9+-]*(=\d+)?)|f(no-)?(pic|PIC|pie|PIE|plt|lto|common|builtin|exceptions|rtti|stack-protector(-strong|-all)?|stack-clash-protection|omit-frame-pointer|asynchronous-unwind-tables|strict-aliasing|cf-protection|visibility=\w+|data-sections|function-sections|cf-protection=\w+|debug-prefix-map=[^@]*|file-prefix-map=[^@]*|macro-prefix-map=[^@]*|sanitize=[a-z,]+)|mmacosx-version-min=[0-9.]+|Wl(,(-z,(relro|now|noexecstack|defs|lazy|stack-size=\d+)|-O\d|--as-needed|--no-as-needed|--build-id(=(none|sha1|md5|0x[0-9a-f]+))?|-s|-S|--strip-all|-?-static|-Bstatic|-Bdynamic|-Bsymbolic(-functions)?|--gc-sections|--hash-style=\w+|-?-rpath[=,][^@,]+|--(no-)?export-dynamic|-E|--no-undefined|--allow-multiple-definition|--start-group|--end-group|--enable-new-dtags|--disable-new-dtags|-search_paths_first|--sort-section=\w+|--unresolved-symbols=[a-z-]+))+)$";

fn compiled(re: &str) -> Option<Regex> {
    Regex::new(re).ok()
}

static RULES: LazyLock<[Option<Regex>; 5]> =
    LazyLock::new(|| [LINK, LINK_NEXT, COMPILE, ASSEMBLE, C].map(compiled));

fn fits(rule: usize, word: &str) -> bool {
    RULES
        .get(rule)
        .and_then(Option::as_ref)
        .is_some_and(|r| r.is_match(word))
}

/// The first word of `text` that may not be handed to the tool, if any.
pub fn refused(tool: Tool, text: &str) -> Option<String> {
    let Some(mut all) = words::split(text) else {
        return Some(text.to_string());
    };
    // `-gcflags=all=-N -l`: a pattern of packages comes first.
    if matches!(tool, Tool::Compile | Tool::Assemble)
        && let Some(first) = all.first_mut()
        && !first.starts_with('-')
    {
        match first.split_once('=') {
            Some((pattern, rest)) if !pattern.is_empty() => *first = rest.to_string(),
            _ => return Some(first.clone()),
        }
        all.retain(|w| !w.is_empty());
    }
    let mut at = 0;
    while let Some(word) = all.get(at) {
        at += 1;
        let ok = match tool {
            Tool::Link if fits(1, word) => {
                let value = all.get(at).map_or("", String::as_str);
                at += 1;
                link_value(word, value)
            }
            Tool::Link if fits(0, word) => {
                let (name, value) = word.split_once('=').unwrap_or((word, ""));
                link_value(name, value)
            }
            Tool::Link => false,
            Tool::Compile => fits(2, word) && !word.contains("dump"),
            Tool::Assemble => fits(3, word),
            Tool::C => fits(4, word),
        };
        if !ok {
            return Some(word.clone());
        }
    }
    None
}

/// Flags for the C linker are looked at themselves.
fn link_value(name: &str, value: &str) -> bool {
    name.trim_start_matches('-') != "extldflags" || refused(Tool::C, value).is_none()
}

/// Does this list of the linker's flags have a C linker run?
pub fn links_with_c(ldflags: &str) -> bool {
    ldflags.contains("linkmode=external")
        || ldflags.contains("linkmode external")
        || ldflags.contains("extldflags")
}

/// Is it a name that can't be taken for anything but a value: no flag, no path upwards, no space?
pub fn plain(text: &str) -> bool {
    let ok = |c: char| c.is_ascii_alphanumeric() || "-_.+,/~!=".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(ok) && !text.split('/').any(|e| e == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_compile() {
        assert!(RULES.iter().all(Option::is_some));
    }

    #[test]
    fn what_releases_use_is_allowed() {
        for (tool, text) in [
            (
                Tool::Link,
                "-s -w -X main.version=1.2.3 -X 'main.date=2026-01-02 03:04' -buildid=",
            ),
            (Tool::Link, "-s -w -extldflags=-static -linkmode=external"),
            (
                Tool::Link,
                "-s -w -linkmode external -extldflags '-static -Wl,-z,relro,-z,now'",
            ),
            (Tool::Link, "-B 0x1122 -H=windowsgui"),
            (Tool::Compile, "all=-N -l"),
            (Tool::Compile, "-l -B -d=checkptr=0"),
            (Tool::Compile, "example.com/pair/inner=-N -l"),
            (Tool::Assemble, "all=-D X=1"),
            (Tool::C, "-O2 -g"),
            (
                Tool::C,
                "-O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -I/usr/include/x",
            ),
            (Tool::C, "-L/usr/local/lib -lm -static -Wl,-z,relro"),
            (Tool::C, ""),
        ] {
            let expected = (text == "all=-D X=1").then(|| "-D".to_string());
            assert_eq!(refused(tool, text), expected, "{text}");
        }
    }

    #[test]
    fn what_runs_or_writes_is_refused() {
        for (tool, text) in [
            (Tool::Link, "-extld=/tmp/evil"),
            (Tool::Link, "-s -extld sh"),
            (Tool::Link, "-extldflags=-fplugin=/tmp/x.so"),
            (Tool::Link, "-extldflags '-wrapper sh,-c,id'"),
            (Tool::Link, "-extar=/bin/sh"),
            (Tool::Link, "-cpuprofile=/etc/x"),
            (Tool::Link, "-capturehostobjs /tmp"),
            (Tool::Link, "-o=/etc/passwd"),
            (Tool::Link, "@/etc/passwd"),
            (Tool::Link, "-tmpdir=/"),
            (Tool::Compile, "-o=/x"),
            (Tool::Compile, "all=-asmhdr=/x"),
            (Tool::Compile, "-d=ssa/all/dump=x"),
            (Tool::Compile, "-cpuprofile=/x"),
            (Tool::Assemble, "-o /x"),
            (Tool::C, "-B/tmp/evil"),
            (Tool::C, "-fplugin=/x.so"),
            (Tool::C, "-specs=/x"),
            (Tool::C, "-Wl,-plugin,/x.so"),
            (Tool::C, "@/x"),
            (Tool::C, "-o /x"),
            (Tool::C, "'unended"),
        ] {
            assert!(refused(tool, text).is_some(), "{text}");
        }
    }

    #[test]
    fn names_are_no_flags() {
        assert!(plain("github.com/a/b/v2") && plain("v1.2.3+dirty") && plain("netgo,osusergo"));
        assert!(!plain("-toolexec=x") && !plain("a/../b") && !plain("a b") && !plain(""));
    }
}
