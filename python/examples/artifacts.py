"""What the engines share: the artifacts below a folder in parts of about the same bytes, and a scan of a part as flat rows.

A task reads and returns rows, and does nothing else. It gives the same rows in the same order each time it runs, so an engine that runs
it again after its worker died, and keeps the rows of one run, neither loses nor doubles any.
"""

from __future__ import annotations

import heapq
import os
from typing import Iterable

import gospect
import pyarrow as pa

TEXTS = ["sha256", "error", "go_version", "os", "arch", "module", "module_version", "packed", "linkage"]
# The columns of `gospect scan --format parquet`, as far as they are asked for here.
SCHEMA = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        ("member", pa.list_(pa.string())),
        ("size", pa.int64()),
        *((name, pa.string()) for name in TEXTS),
        ("vulnerabilities", pa.list_(pa.struct([(key, pa.string()) for key in ("id", "module", "version", "level")]))),
    ]
)


def artifacts(folder: str) -> list[tuple[str, int]]:
    """Every file below `folder`, and every OCI layout as one, with its bytes; the largest first."""

    def failed(error: OSError) -> None:
        raise error  # A folder that can't be read must not look like an empty one.

    out = []
    for at, folders, files in os.walk(folder, onerror=failed):
        if "oci-layout" in files and "index.json" in files:
            below = [os.path.join(a, f) for a, _, fs in os.walk(at, onerror=failed) for f in fs]
            out.append((at, sum(map(os.path.getsize, below))))
            folders.clear()
            continue
        paths = [os.path.join(at, f) for f in files]
        out += [(p, os.path.getsize(p)) for p in paths if os.path.isfile(p) and not os.path.islink(p)]
    return sorted(out, key=lambda a: (-a[1], a[0]))


def parts(of: list[tuple[str, int]], count: int) -> list[list[str]]:
    """The artifacts, largest first, each put where the fewest bytes are: at most `count` parts."""
    heap: list[tuple[int, int, list[str]]] = [(0, i, []) for i in range(count)]
    for path, size in of:
        least, i, paths = heap[0]
        paths.append(path)
        heapq.heapreplace(heap, (least + size, i, paths))
    return [paths for _, _, paths in sorted(heap, key=lambda p: p[1]) if paths]


def rows(path: str) -> list[dict]:
    """What a scan says of one artifact, in an order that is always the same. One thread: the engine has the others."""
    out = []
    for record in gospect.scan(path, with_=["vuln"], jobs=1, no_policy=True, db="embedded"):
        found = (record.get("vuln") or {}).get("findings", [])
        row = {key: record[key] for key in ("path", "member", "size", *TEXTS)}
        row["vulnerabilities"] = [{key: f[key] or "" for key in ("id", "module", "version", "level")} for f in found]
        out.append(row)
    return sorted(out, key=lambda r: (r["member"], r["sha256"] or "", r["error"] or ""))


def table(paths: Iterable[str]) -> pa.Table:
    """The rows of several artifacts."""
    return pa.Table.from_pylist([row for path in paths for row in rows(path)], schema=SCHEMA)
