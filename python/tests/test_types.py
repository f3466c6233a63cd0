"""What type checkers see of the package is what the JSON schemas say."""

import pathlib
import subprocess
import sys

import gospect
import pytest

PYTHON = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(PYTHON))
import stubs  # noqa: E402

RIGHT = """
import gospect

facts = gospect.info("server")
version: "str | None" = facts["go_version"]
linked = facts["linkage"] == "static"
for row in gospect.size(b"")["rows"]:
    total: int = row["bytes"]
for record in gospect.scan(["image.tar"], with_=["vuln"]):
    found = record.get("vuln")
    ids: "list[str]" = [f["id"] for f in found["findings"]] if found else []
    place: "list[str]" = record["member"]
try:
    gospect.check("server", static=True)
except gospect.GospectError as e:
    offset: "int | None" = e.offset
"""
WRONG = {
    'gospect.info("server")["no_such_fact"]': 'has no key "no_such_fact"',
    'gospect.info("server")["linkage"] == "semi-static"': "Non-overlapping equality check",
    'gospect.info(3)': "incompatible type",
    'x: int = next(gospect.scan("a.tar"))["error"]': "Incompatible types in assignment",
}


def test_the_types_are_the_schemas():
    installed = pathlib.Path(gospect.__file__).with_name("types.pyi").read_text()
    assert installed == stubs.stubs(), "python python/stubs.py writes types.pyi anew; then install the wheel again"
    assert pathlib.Path(gospect.__file__).with_name("py.typed").exists()


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """mypy's words on a program."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("typed")

    def run(text):
        (folder / "program.py").write_text(text)
        args = [sys.executable, "-m", "mypy", "--strict", "program.py"]
        done = subprocess.run(args, cwd=folder, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def test_a_type_checker_accepts_what_is_right_and_refuses_what_is_wrong(check):
    code, said = check(RIGHT)
    assert code == 0, said
    # All at once: each is told with its line.
    code, said = check("import gospect\n" + "".join(f"{line}\n" for line in WRONG))
    assert code == 1
    for number, (line, words) in enumerate(WRONG.items(), 2):
        assert any(f"program.py:{number}: error:" in told and words in told for told in said.splitlines()), (line, said)
