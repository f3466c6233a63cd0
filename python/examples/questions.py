"""Three questions to the table of a scan, by DuckDB: `python questions.py TABLE [OLDER]`.

A table is a folder of Parquet files that an engine wrote, or a file of `gospect scan --with vuln --format parquet`.
"""

from __future__ import annotations

import os
import sys

import duckdb

NAME = "array_to_string([path] || member, ': ')"
QUESTIONS = {
    "Which binaries are dynamic?": f"""
        SELECT {NAME} AS binary, os, arch FROM scan WHERE linkage = 'dynamic' ORDER BY ALL""",
    "Which have known vulnerabilities, by the functions that are in them?": f"""
        SELECT v.id AS id, count(DISTINCT sha256) AS binaries, min({NAME}) AS first_one
        FROM (SELECT *, unnest(vulnerabilities) AS v FROM scan) WHERE v.level = 'symbol' GROUP BY ALL ORDER BY ALL""",
    # The same program: its main module, platform and file name. Where there are several, the largest one counts.
    "What grew, and by how many bytes?": """
        WITH named AS (SELECT 'new' AS time, * FROM scan UNION ALL BY NAME SELECT 'old' AS time, * FROM older),
        sized AS (SELECT time, module, os, arch, parse_filename(coalesce(member[-1], path)) AS name, max(size) AS size
            FROM named WHERE module IS NOT NULL GROUP BY ALL)
        SELECT name, module, os, arch, n.size - o.size AS bytes
        FROM (FROM sized WHERE time = 'new') n JOIN (FROM sized WHERE time = 'old') o USING (name, module, os, arch)
        WHERE n.size > o.size ORDER BY bytes DESC, name, module, os, arch""",
}


def ask(table: str, older: str | None = None) -> dict[str, list[tuple]]:
    """The questions with their answers; the last one is asked only with an older table."""
    db = duckdb.connect()
    for name, place in (("scan", table), ("older", older)):
        if place:
            files = os.path.join(place, "*.parquet") if os.path.isdir(place) else place
            db.read_parquet(files).create_view(name)
    asked = QUESTIONS if older else {q: sql for q, sql in QUESTIONS.items() if "older" not in sql}
    return {question: db.sql(sql).fetchall() for question, sql in asked.items()}


if __name__ == "__main__":
    for question, answer in ask(*sys.argv[1:3]).items():
        print(question)
        for row in answer:
            print("  ", *row)
