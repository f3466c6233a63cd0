#!/usr/bin/env python3
"""gospect beside the tools that people use today, on one Go binary with symbols: processor time (user and system, best of
five runs of whole processes, in turn), as rows of Markdown with versions and the date.

usage: benches/peers.py GOSPECT FILE

Each tool that is on PATH (go, bloaty, gsa, govulncheck, checksec) is measured; what is not there is told. govulncheck
gets the database that is in gospect, as the Go proxy has it, so that neither waits for a network."""

import datetime
import json
import os
import shutil
import subprocess
import sys

RUNS = 5


def once(command):
    """Seconds of processor time."""
    child = os.fork()
    if child == 0:
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.execvp(command[0], command)
    _, status, used = os.wait4(child, 0)
    # Findings are 1, and 3 with govulncheck.
    if os.waitstatus_to_exitcode(status) not in (0, 1, 3):
        sys.exit(f"{' '.join(command)}: status {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime


def row(what, ours, theirs, version):
    best = [float("inf")] * 2
    for _ in range(RUNS):
        for i, command in enumerate((ours, theirs)):
            best[i] = min(best[i], once(command))
    a, b = best
    print(f"| {what} | {version} | {b:.3f} s | {a:.3f} s | {a / b * 100:.0f} % |", flush=True)


def said(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    return (run.stdout + run.stderr).strip()


def go_tool(name):
    """The tool itself: `go tool` would be measured with it."""
    return said("go", "tool", "-n", name)


def database(gospect, file):
    source = json.loads(subprocess.run([gospect, "vuln", "--exit-zero", "--format", "json", file], capture_output=True, check=True).stdout)
    module = source["database"]["source"].replace(" ", "@")
    got = subprocess.run(["go", "mod", "download", "-json", module], capture_output=True, check=True)
    return "file://" + json.loads(got.stdout)["Dir"] + "/data/osv"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    gospect, file = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    print(f"{datetime.date.today()}: {os.path.basename(file)}, {os.path.getsize(file):,} bytes, {said(gospect, '--version')}\n")
    print("| against | version | it | gospect | time |\n| --- | --- | --- | --- | --- |")
    have = {t: shutil.which(t) for t in ("go", "bloaty", "gsa", "govulncheck", "checksec")}
    if have["go"]:
        version = said("go", "env", "GOVERSION")
        row("`go version -m`", [gospect, "version", "-m", file], ["go", "version", "-m", file], version)
        row("`go tool nm -size`", [gospect, "nm", "-size", file], [go_tool("nm"), "-size", file], version)
        row("`go tool objdump`", [gospect, "objdump", file], [go_tool("objdump"), file], version)
    if have["bloaty"]:
        row("`bloaty -d compileunits,symbols`", [gospect, "size", "--by", "symbol", file], ["bloaty", "-d", "compileunits,symbols", file], said("bloaty", "--version"))
    if have["gsa"]:
        row("`gsa -f json`", [gospect, "size", "--format", "json", file], ["gsa", "-f", "json", file], said("gsa", "--version").split("\n")[0])
    if have["govulncheck"] and have["go"]:
        theirs = ["govulncheck", "-db", database(gospect, file), "-mode=binary", "-format", "json", file]
        version = [line.split("@")[-1] for line in said("govulncheck", "-version").split("\n") if "govulncheck@" in line]
        row("`govulncheck -mode=binary`", [gospect, "vuln", "--format", "json", file], theirs, " ".join(version))
    if have["checksec"]:
        row("`checksec --file`", [gospect, "check", "--no-policy", file], ["checksec", f"--file={file}"], said("checksec", "--version").split(",")[0].removeprefix("checksec "))
    for tool, path in have.items():
        if not path:
            print(f"\nLEFT OUT: {tool} is not on PATH", end="")
    print()


if __name__ == "__main__":
    main()
