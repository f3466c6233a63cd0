"""The examples under Ray Data and PySpark: the table of `gospect scan`, although a worker is killed in the middle of a task.

Each engine is a program of its own, as its users start it.
"""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tarfile

import pytest

EXAMPLES = pathlib.Path(__file__).parents[1] / "examples"
COLUMNS = ["path", "member", "size", "sha256", "error", "go_version", "os", "arch", "module", "module_version", "packed", "linkage"]
# Every Python process of an engine reads this first: the first one that has scanned the artifact called DIE is killed, before it gives its
# rows, and each that scans something writes it down.
KILLER = """
import os, signal
if os.environ.get("GOSPECT_TEST_LOG"):
    import gospect
    scan = gospect.scan
    def watched(path, *args, **options):
        records = list(scan(path, *args, **options))
        log = os.open(os.environ["GOSPECT_TEST_LOG"], os.O_RDWR | os.O_CREAT | os.O_APPEND)
        before = os.pread(log, 1 << 20, 0).decode()
        os.write(log, (path + "\\n").encode())
        if path.endswith("DIE") and path not in before:
            os.kill(os.getpid(), signal.SIGKILL)
        return iter(records)
    gospect.scan = watched
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Artifacts: a program in two sizes, alone, in archives, equal and of the same name; one cut short; and what is no Go."""
    pytest.importorskip("pyarrow")
    root = tmp_path_factory.mktemp("store")
    source = tmp_path_factory.mktemp("source")
    (source / "go.mod").write_text("module example.com/hello\n")
    for name, body, env in (
        ("small", "package main\n\nfunc main() { println(1) }\n", {}),
        ("large", 'package main\n\nimport "net/http"\n\nfunc main() { http.ListenAndServe("", nil) }\n', {}),
        ("windows", "package main\n\nfunc main() { println(1) }\n", {"GOOS": "windows"}),
    ):
        (source / "main.go").write_text(body)
        subprocess.run(["go", "build", "-o", name, "."], cwd=source, check=True, env={**os.environ, "CGO_ENABLED": "0", **env})
    for release, server in (("v1", "small"), ("v2", "large")):
        folder = root / release
        (folder / "deep/er").mkdir(parents=True)
        with tarfile.open(folder / "app.tar.gz", "w:gz") as t:
            t.add(source / server, "usr/bin/server")
            t.add(source / "windows", "usr/bin/tool.exe")
        with tarfile.open(folder / "twice.tar", "w") as t:
            t.add(source / "small", "bin/same")
            t.add(source / "large", "bin/same")
        (folder / "deep/er/DIE").write_bytes((source / "small").read_bytes())
        (folder / "deep/copy").write_bytes((source / "small").read_bytes())
        (folder / "cut.tar.gz").write_bytes((folder / "app.tar.gz").read_bytes()[:100_000])
        (folder / "README").write_text("no Go\n")
    return root


def key(row):
    return [row[c] if c == "member" else str(row[c]) for c in COLUMNS] + [json.dumps(row["vulnerabilities"])]


def alone(folder):
    """The rows of `gospect scan`."""
    args = ["gospect", "scan", "--format", "jsonl", "--with", "vuln", "--no-policy", "--db", "embedded", str(folder)]
    out = []
    for line in subprocess.run(args, capture_output=True, text=True).stdout.splitlines():
        record = json.loads(line)
        found = (record.get("vuln") or {}).get("findings", [])
        few = [{k: f[k] or "" for k in ("id", "module", "version", "level")} for f in found]
        out.append({**{c: record[c] for c in COLUMNS}, "vulnerabilities": few})
    return out


@pytest.mark.parametrize("engine", ["ray", "pyspark"])
def test_an_engine_gives_the_table_of_scan_though_a_worker_dies(engine, store, tmp_path):
    if not importlib.util.find_spec(engine):
        pytest.skip(f"{engine} is not installed")
    from pyarrow import parquet

    (tmp_path / "sitecustomize.py").write_text(KILLER)
    log = tmp_path / "log"
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    env = {**os.environ, "PYTHONPATH": path, "GOSPECT_TEST_LOG": str(log), "PYSPARK_PYTHON": sys.executable}
    program = EXAMPLES / {"ray": "ray_scan.py", "pyspark": "spark_scan.py"}[engine]
    out = tmp_path / "out"
    args = [sys.executable, str(program), str(store / "v2"), str(out), "3"]
    done = subprocess.run(args, env=env, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    scanned = log.read_text().splitlines()
    assert scanned.count(str(store / "v2/deep/er/DIE")) == 2, scanned
    files = sorted(out.glob("*.parquet"))
    assert len(files) == 3
    rows = [row for file in files for row in parquet.read_table(file).to_pylist()]
    want = alone(store / "v2")
    assert len(want) == 7 and sum(bool(r["error"]) for r in want) == 1
    assert sorted(map(key, rows)) == sorted(map(key, want))


def test_the_questions_are_answered_from_a_table(store, tmp_path):
    pytest.importorskip("duckdb")
    tables = {}
    for release in ("v1", "v2"):
        tables[release] = str(tmp_path / f"{release}.parquet")
        args = ["gospect", "scan", "--with", "vuln", "--no-policy", "--db", "embedded", "--format", "parquet", "-o", tables[release]]
        assert subprocess.run([*args, str(store / release)], capture_output=True).returncode == 2  # One artifact is cut short.
    sys.path.insert(0, str(EXAMPLES))
    import questions

    dynamic, vulnerable, grew = questions.ask(tables["v2"], tables["v1"]).values()
    assert dynamic == [(f"{store}/v2/app.tar.gz: usr/bin/tool.exe", "windows", "amd64")]
    told = {}
    for row in alone(store / "v2"):
        for id in {v["id"] for v in row["vulnerabilities"] if v["level"] == "symbol"}:
            told.setdefault(id, set()).add(row["sha256"])
    assert told and [(v[0], v[1]) for v in vulnerable] == sorted((id, len(sums)) for id, sums in told.items())
    sizes = {(r["path"], *r["member"]): r["size"] for r in alone(store)}
    server = [sizes[f"{store}/{v}/app.tar.gz", "usr/bin/server"] for v in ("v1", "v2")]
    assert grew == [("server", "example.com/hello", "linux", "amd64", server[1] - server[0])]


def test_parts_are_all_of_the_artifacts_and_even(store):
    pytest.importorskip("pyarrow")
    sys.path.insert(0, str(EXAMPLES))
    import artifacts

    many = [(f"a{i}", size) for i, size in enumerate(sorted((i * 7919 % 1000 for i in range(1000)), reverse=True))]
    parts = artifacts.parts(many, 16)
    assert sorted(p for part in parts for p in part) == sorted(p for p, _ in many)
    sums = [sum(dict(many)[p] for p in part) for part in parts]
    assert max(sums) - min(sums) < 1000
    found = artifacts.artifacts(str(store / "v1"))
    assert {p for p, _ in found} == {str(p) for p in (store / "v1").rglob("*") if p.is_file()}
    with pytest.raises(OSError):
        artifacts.artifacts(str(store / "missing"))
