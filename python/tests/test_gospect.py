"""The wheel says what the program says. The program of the wheel is the one that is asked, and it is on PATH."""

import concurrent.futures
import json
import os
import pickle
import subprocess
import tarfile
import threading

import gospect
import pytest

GO = os.environ.get("GOSPECT_TEST_BINARY")


@pytest.fixture(scope="session")
def binary(tmp_path_factory):
    """A Go program: the one that GOSPECT_TEST_BINARY names, or one built here."""
    if GO:
        return GO
    folder = tmp_path_factory.mktemp("hello")
    (folder / "go.mod").write_text("module example.com/hello\n")
    (folder / "main.go").write_text('package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n')
    subprocess.run(["go", "build", "-o", "hello", "."], cwd=folder, check=True, env={**os.environ, "CGO_ENABLED": "0"})
    return str(folder / "hello")


def said(*args):
    return json.loads(subprocess.run(["gospect", *args], capture_output=True, text=True).stdout)


@pytest.mark.parametrize("command", ["info", "size", "funcs"])
def test_the_dict_is_the_programs_json(binary, command):
    assert getattr(gospect, command)(binary) == said(command, "--format", "json", binary)


def test_check_and_vuln_take_the_programs_flags(binary):
    got = gospect.check(binary, no_policy=True, max_size="1KiB", rule=["static"])
    assert got == said("check", "--format", "json", "--no-policy", "--max-size=1KiB", "--rule=static", binary)
    assert [f["rule"] for f in got["findings"]] == ["max-size"]
    got = gospect.vuln(binary, no_policy=True, db="embedded")
    assert got == said("vuln", "--format", "json", "--no-policy", "--db=embedded", binary)
    with pytest.raises(ValueError, match="no-such-flag"):
        gospect.check(binary, no_such_flag=True)


def test_sbom_is_a_document(binary):
    doc = gospect.sbom(binary)
    assert doc["bomFormat"] == "CycloneDX" and doc["specVersion"] == "1.6"


def test_bytes_do_as_well(binary):
    with open(binary, "rb") as f:
        got = gospect.info(f.read())
    want = gospect.info(binary)
    assert got.pop("file") == "bytes" and want.pop("file") == binary
    assert got == want


def test_a_broken_file_says_where(tmp_path, binary):
    with open(binary, "rb") as f:
        head = f.read(40)
    broken = tmp_path / "broken"
    broken.write_bytes(head)
    with pytest.raises(gospect.GospectError) as e:
        gospect.info(broken)
    assert e.value.file == str(broken) and e.value.what
    # Engines send exceptions from one process to another.
    again = pickle.loads(pickle.dumps(e.value))
    assert str(again) == str(e.value) and again.offset == e.value.offset
    with pytest.raises(gospect.GospectError):
        gospect.info(tmp_path / "missing")


def test_scan_gives_records_as_they_come(tmp_path, binary):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as t:
        t.add(binary, "usr/bin/one")
        t.add(binary, "usr/bin/two")
    (tmp_path / "cut.tar.gz").write_bytes((tmp_path / "a.tar.gz").read_bytes()[:1000])
    records = sorted(gospect.scan(tmp_path, with_=["info"], jobs=2), key=lambda r: (r["path"], r["member"]))
    assert [r["member"] for r in records][:2] == [["usr/bin/one"], ["usr/bin/two"]]
    assert [bool(r["error"]) for r in records] == [False, False, True]
    assert records[0]["info"]["go_version"] == records[0]["go_version"]
    # Leaving early ends it.
    assert next(gospect.scan([tmp_path / "a.tar.gz"]))["sha256"]
    with pytest.raises(ValueError):
        next(gospect.scan(tmp_path, with_=["nothing"]))


def test_threads_run_side_by_side(binary):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        all_ = list(pool.map(gospect.info, [binary] * 8))
    assert all(a == all_[0] for a in all_)


def test_python_goes_on_while_a_binary_is_read(binary):
    with open(binary, "rb") as f:
        data = f.read()
    ticks = 0
    thread = threading.Thread(target=gospect.size, args=(data,))
    thread.start()
    while thread.is_alive():
        ticks += 1
    # With the lock held, this thread would get a turn before and after only.
    assert ticks > 1000


def test_the_program_comes_along(binary):
    done = subprocess.run(["gospect", "check", "--static", "--no-policy", binary + "-missing"], capture_output=True, text=True)
    assert done.returncode == 2 and "gospect: " in done.stderr


def test_parquet_is_read_by_duckdb_and_pyarrow(tmp_path, binary):
    duckdb = pytest.importorskip("duckdb")
    parquet = pytest.importorskip("pyarrow.parquet")
    with tarfile.open(tmp_path / "a.tar", "w") as t:
        t.add(binary, "usr/bin/one")
        t.add(binary, "usr/bin/two")
    out = str(tmp_path / "out.parquet")
    args = ["gospect", "scan", "--with", "vuln,sbom,info", "--no-policy", "--format", "parquet", "-o", out, str(tmp_path / "a.tar")]
    assert subprocess.run(args).returncode in (0, 1)
    want = {tuple(r["member"]): r for r in gospect.scan(tmp_path / "a.tar", with_=["vuln", "sbom", "info"], no_policy=True)}
    rows = parquet.read_table(out).to_pylist()
    assert len(rows) == len(want) == 2
    for row in rows:
        record = want[tuple(row["member"])]
        assert {k: row[k] for k in ("path", "size", "sha256", "error", "go_version", "linkage", "module")} == {
            k: record[k] for k in ("path", "size", "sha256", "error", "go_version", "linkage", "module")
        }
        assert json.loads(row["info"]) == record["info"]
        found = [f for f in record["vuln"]["findings"]]
        assert [v["id"] for v in row["vulnerabilities"]] == [f["id"] for f in found]
        assert row["modules"][0]["path"] == record["module"]
    db = duckdb.connect()
    told = db.sql(f"SELECT member[1], size, len(vulnerabilities), linkage FROM read_parquet('{out}') ORDER BY 1").fetchall()
    assert told == [(r["member"][0], r["size"], len(r["vulnerabilities"]), r["linkage"]) for r in sorted(rows, key=lambda r: r["member"])]
