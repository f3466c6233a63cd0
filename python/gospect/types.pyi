"""The dicts that gospect's functions give, by the JSON schemas. Written by python/stubs.py; not to be changed by hand.

For type checkers only: `if TYPE_CHECKING: from gospect.types import Info`.
"""

from typing import Any, Literal, TypedDict

from typing_extensions import NotRequired

class InfoModule(TypedDict):
    path: str
    version: str
    sum: str
    replace: None | InfoModule


class InfoLibraryDetails(TypedDict):
    name: str
    versions: list[str]
    imports: list[str] | None


class InfoSignature(TypedDict):
    kind: str
    bytes: int


class InfoSymbolTable(TypedDict):
    entries: int
    bytes: int


class InfoDwarfDetails(TypedDict):
    sections: int
    compressed: int
    bytes: int
    uncompressed_bytes: int


class InfoSelfCheck(TypedDict):
    state: Literal["untouched", "changed", "unknown"]
    says: str
    recorded: str | None
    computed: str | None
    host_id_matches: bool | None
    not_covered: list[str]


class InfoSettings(TypedDict):
    key: str
    value: str


class InfoLinkedValues(TypedDict):
    key: str
    value: str


class InfoContradictions(TypedDict):
    code: str
    what: str


class InfoEvidence(TypedDict):
    fact: str
    seen: str


class Info(TypedDict):
    schema: Literal["gospect/info"]
    version: Literal[1]
    file: str
    member: NotRequired[list[str]]
    file_size: int
    whole_size: int | None
    format: Literal["elf", "macho", "pe", "xcoff", "plan9", "wasm", "ar", "goobj"]
    slices: list[str]
    os: str | None
    arch: str | None
    endian: Literal["little", "big"]
    go_version: str | None
    go_version_source: str | None
    go_version_range: str | None
    functions: int | None
    compiler: Literal["gc", "gccgo", "tinygo", None]
    compiler_version: str | None
    experiments: list[str]
    build_mode: Literal["exe", "pie", "c-archive", "c-shared", "shared", "plugin", "archive", None]
    linkage: Literal["static", "static-pie", "dynamic", None]
    interpreter: str | None
    libraries: list[str] | None
    library_details: list[InfoLibraryDetails]
    glibc: str | None
    pie: bool | None
    relro: Literal["none", "partial", "full", None]
    nx: bool | None
    rpath: list[str] | None
    textrel: bool | None
    rwx_segments: int
    pe_flags: list[str]
    signature: InfoSignature | None
    symbols: bool | None
    symbol_table: InfoSymbolTable | None
    dwarf: bool | None
    dwarf_details: InfoDwarfDetails | None
    trimpath: bool | None
    race: bool | None
    msan: bool | None
    asan: bool | None
    cover: bool | None
    cgo: bool | None
    cgo_packages: list[str]
    boringcrypto: bool | None
    packed: Literal["upx", None]
    obfuscated: Literal["garble", None]
    go_build_id: str | None
    build_id: str | None
    self_check: InfoSelfCheck | None
    build_info: Literal["found", "recovered", "missing"]
    path: str | None
    main: None | InfoModule
    deps: list[InfoModule]
    recovered_modules: list[str]
    settings: list[InfoSettings]
    linked_values: list[InfoLinkedValues]
    contradictions: list[InfoContradictions]
    evidence: list[InfoEvidence]
    warnings: list[str]

class SizeGroups(TypedDict):
    key: str | None
    bytes: int
    inferred: int


SizeExplainParts = TypedDict(
    "SizeExplainParts",
    {
        "kind": str,
        "section": str,
        "bytes": int,
        "measured": bool,
        "from": str,
    },
)


class SizeExplain(TypedDict):
    name: str
    bytes: int
    parts: list[SizeExplainParts]
    largest: list[SizeGroups]


class SizeModules(TypedDict):
    path: str
    version: str
    inferred: NotRequired[bool]


SizeRows = TypedDict(
    "SizeRows",
    {
        "kind": Literal["code", "pclntab", "type", "itab", "string", "rodata", "embed", "data", "symtab", "dwarf", "dynamic", "relocation", "eh_frame", "c-code", "buildinfo", "signature", "header", "padding", "unknown"],
        "section": str,
        "package": str | None,
        "module": str | None,
        "symbol": NotRequired[str],
        "source_file": NotRequired[str],
        "unit": NotRequired[str],
        "slice": NotRequired[str],
        "bytes": int,
        "measured": bool,
        "from": Literal["container", "functions", "function-records", "pc-tables", "function-names", "file-names", "function-data", "types", "embed-table", "symbols", "compile-unit", "compressed-share", "code-reference", "pointer", "neighbour", "relocations", "unwind-table", "none"],
    },
)


SizeMemory = TypedDict(
    "SizeMemory",
    {
        "section": str,
        "package": str | None,
        "module": NotRequired[str | None],
        "symbol": NotRequired[str],
        "slice": NotRequired[str],
        "bytes": int,
        "measured": NotRequired[bool],
        "from": NotRequired[Literal["symbols", "code-reference", "container", "none"]],
    },
)


class Size(TypedDict):
    schema: Literal["gospect/size"]
    version: Literal[1]
    file: str
    member: NotRequired[list[str]]
    file_size: int
    go_version: str | None
    filter: NotRequired[str]
    by: NotRequired[Literal["module", "package", "section", "kind", "symbol", "file"]]
    groups: NotRequired[list[SizeGroups]]
    explain: NotRequired[SizeExplain]
    modules: list[SizeModules]
    rows: list[SizeRows]
    memory: NotRequired[list[SizeMemory]]
    warnings: list[str]

class CheckFinding(TypedDict):
    rule: str
    level: Literal["note", "warning", "error"]
    file: str
    member: NotRequired[list[str]]
    message: str
    evidence: str | None
    help: str
    offset: int | None


class CheckSaid(TypedDict):
    rule: str
    message: str


class CheckFileExcepted(TypedDict):
    rule: str
    level: Literal["note", "warning", "error"]
    file: str
    member: NotRequired[list[str]]
    message: str
    evidence: str | None
    help: str
    offset: int | None
    reason: str
    expires: str


class CheckFile(TypedDict):
    file: str
    member: NotRequired[list[str]]
    findings: int
    passed: list[str]
    notes: list[CheckSaid]
    not_applicable: list[CheckSaid]
    unknown: list[CheckSaid]
    excepted: list[CheckFileExcepted]


class CheckSkipped(TypedDict):
    file: str
    member: NotRequired[list[str]]
    message: str


class CheckUnreadable(TypedDict):
    file: str
    member: NotRequired[list[str]]
    message: str


class CheckSummary(TypedDict):
    files: int
    clean: int
    errors: int
    warnings: int
    notes: int
    excepted: int
    skipped: int
    unreadable: int


class Check(TypedDict):
    schema: Literal["gospect/check"]
    version: Literal[1]
    policy: str | None
    today: str
    level: Literal["note", "warning", "error"]
    findings: list[CheckFinding]
    passed: list[str]
    files: list[CheckFile]
    skipped: list[CheckSkipped]
    unreadable: list[CheckUnreadable]
    summary: CheckSummary

class VulnMain(TypedDict):
    module: str
    version: str


class VulnDatabase(TypedDict):
    source: str
    modified: str | None
    entries: int


class VulnSeen(TypedDict):
    modules: int
    packages: int
    functions: int


class VulnCounts(TypedDict):
    symbol: int
    package: int
    module: int
    suppressed: int


class VulnFindingsCustomRange(TypedDict):
    inside: bool | None
    fixed: str | None


class VulnFindingsSuppressed(TypedDict):
    reason: str
    expires: str


class VulnFindingsPath(TypedDict):
    name: str
    package: str | None
    how: Literal["call", "address", "method", "init", "type", "data", None]
    at: str | None


class VulnFindings(TypedDict):
    id: str
    aliases: list[str]
    published: str | None
    reviewed: bool
    module: str
    version: str | None
    replaces: str | None
    package: str | None
    symbols: list[str]
    level: Literal["symbol", "package", "module"]
    scope: Literal["govulncheck", "toolchain", "go-experiment", "unknown-version", "replaced"]
    functions_seen: bool
    fixed: str | None
    custom_range: None | VulnFindingsCustomRange
    fails: bool
    suppressed: None | VulnFindingsSuppressed
    reached: NotRequired[bool | None]
    path: NotRequired[list[VulnFindingsPath]]


class VulnGaps(TypedDict):
    what: Literal["no-modules", "no-functions", "no-go-version", "unknown-version", "vendored"]
    message: str


class Vuln(TypedDict):
    schema: Literal["gospect/vuln"]
    version: Literal[1]
    file: str
    member: NotRequired[list[str]]
    go_version: str | None
    os: str | None
    arch: str | None
    path: str | None
    main: None | VulnMain
    database: VulnDatabase
    level: Literal["symbol", "package", "module"]
    fails: bool
    seen: VulnSeen
    counts: VulnCounts
    findings: list[VulnFindings]
    gaps: list[VulnGaps]

class FuncsPclntab(TypedDict):
    layout: Literal["1.2", "1.16", "1.18", "1.20"]
    addr: str
    size: int
    magic: str
    found: Literal["section", "symbols", "scan"]
    text: str


class FuncsFunctionsInlined(TypedDict):
    name: str
    package: str | None
    parent: int | None
    file: str
    line: int
    start_line: int | None
    bytes: int


class FuncsFunctions(TypedDict):
    name: str
    package: str | None
    addr: str
    end: str
    file: str | None
    line: int | None
    start_line: int | None
    source: Literal["pclntab", "symtab"]
    inlined: NotRequired[list[FuncsFunctionsInlined]]


class Funcs(TypedDict):
    schema: Literal["gospect/funcs"]
    version: Literal[1]
    file: str
    member: NotRequired[list[str]]
    pclntab: FuncsPclntab
    functions: list[FuncsFunctions]

class Scan(TypedDict):
    schema: Literal["gospect/scan"]
    version: Literal[1]
    path: str
    member: list[str]
    size: int | None
    sha256: str | None
    error: str | None
    go_version: str | None
    os: str | None
    arch: str | None
    module: str | None
    module_version: str | None
    packed: Literal[None, "upx"]
    linkage: Literal[None, "static", "static-pie", "dynamic"]
    info: NotRequired[Info | None]
    check: NotRequired[Check | None]
    sizes: NotRequired[Size | None]
    funcs: NotRequired[Funcs | None]
    vuln: NotRequired[Vuln | None]
    sbom: NotRequired[dict[str, Any] | None]
