"""The benchmarks can be listed, and one of them measures; how fast anything is, no test says."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def benchmarks(*arguments):
    command = [sys.executable, "-m", "benchmarks", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_every_contest_has_a_name_of_its_own():
    names = [line for line in benchmarks("--list") if not line.startswith("|")]
    assert len(set(names)) == len(names) > 40


def test_a_contest_prints_its_table():
    head, rule, *rows = benchmarks("install_size", "--dry")
    assert head.count("|") == rule.count("|") == 7
    assert all(row.startswith("| install size") for row in rows)


def test_committed_results_are_of_contests_that_exist():
    names = {line.partition(": ")[2] for line in benchmarks("--list")}
    for file in (ROOT / "benchmarks" / "results").glob("*.json"):
        assert {r["work"] for r in json.loads(file.read_text())["records"]} <= names
