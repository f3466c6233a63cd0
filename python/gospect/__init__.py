"""gospect opens any Go binary and answers what its maintainers ask before they ship it.

Each function takes a path, or the bytes of a binary, and gives the dict that the sub-command of the same name prints as JSON; the schemas
are what `gospect generate schema NAME` prints, and `gospect.types` has them for type checkers. Python's lock is free while a binary is read, so threads run side by side.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Optional, Sequence, Union

from . import _native

if TYPE_CHECKING:
    from .types import Check, Funcs, Info, Scan, Size, Vuln

__all__ = ["GospectError", "check", "funcs", "info", "sbom", "scan", "size", "vuln"]

Source = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview]


class GospectError(Exception):
    """A file that can't be read: `file`, what is wrong (`what`), in which `structure`, at which `offset` (both None where not known)."""

    def __init__(self, file: str, what: str, structure: Optional[str], offset: Optional[int]):
        self.file = file
        self.what = what
        self.structure = structure
        self.offset = offset
        place = structure or ""
        if offset is not None:
            place = f"{place} at offset {offset:#x}".strip()
        super().__init__(f"{file}: {what}" + (f" ({place})" if place else ""))

    def __reduce__(self):
        return (GospectError, (self.file, self.what, self.structure, self.offset))


def _flags(options: dict[str, Any]) -> list[str]:
    """`static=True, min_go="1.25"` as the command line has it: `--static --min-go=1.25`."""
    out = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        values = value if isinstance(value, (list, tuple)) else [value]
        for one in values:
            if one is True:
                out.append(flag)
            elif one is not None and one is not False:
                out.append(f"{flag}={os.fspath(one) if isinstance(one, os.PathLike) else one}")
    return out


def _one(command: str, source: Source, options: dict[str, Any]) -> Any:
    if isinstance(source, (bytes, bytearray, memoryview)):
        path, data = "bytes", bytes(source)
    else:
        path, data = os.fspath(source), None
    try:
        return json.loads(_native.one(command, _flags(options), path, data))
    except _native.Unreadable as e:
        raise GospectError(path, *e.args) from None
    except OSError as e:
        raise GospectError(path, str(e), None, None) from e


def info(source: Source) -> Info:
    """Who built it and from what, how it is linked and hardened, what was left in it."""
    return _one("info", source, {})


def size(source: Source) -> Size:
    """Every byte, attributed: the rows add up to the file."""
    return _one("size", source, {})


def funcs(source: Source) -> Funcs:
    """Its functions, stripped or not."""
    return _one("funcs", source, {})


def check(source: Source, **rules: Any) -> Check:
    """The gate. `rules` are the flags of `gospect check`: `static=True, profile="release", min_go="1.25", no_policy=True`."""
    return _one("check", source, rules)


def vuln(source: Source, **options: Any) -> Vuln:
    """Known vulnerabilities by the functions that are in it. `options`: `db`, `policy`, `no_policy`, `today`."""
    return _one("vuln", source, options)


def sbom(source: Source) -> dict[str, Any]:
    """What it is made of: a CycloneDX 1.6 document."""
    return _one("sbom", source, {})


def scan(
    paths: Union[str, "os.PathLike[str]", Iterable[Union[str, "os.PathLike[str]"]]],
    with_: Sequence[str] = (),
    **options: Any,
) -> Iterator[Scan]:
    """Every Go binary in files, folders, archives, packages and images: one record each, as they come.

    `with_` names what to tell besides: info, check, size (under `sizes`), funcs, vuln, sbom. `options` are the flags of `gospect scan`:
    `jobs=2, shard="1/8", all_layers=True, no_policy=True`. What can't be read is a record with `error`. Leaving the loop ends the scan.
    """
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    if with_:
        options["with"] = ",".join(with_)
    lines = _native.Lines(_flags(options), [os.fspath(p) for p in paths])
    return (json.loads(line) for line in lines)
