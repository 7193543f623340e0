"""The house itself: its floors, its front door, and what lies on its top level."""

from __future__ import annotations

import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
TOP = {
    ".ci",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "config.example.toml",
    "octotui",
    "pyproject.toml",
    "requirements.lock",
    "screenshots",
    "tests",
}


def test_no_import_runs_up_a_floor() -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


def test_no_import_runs_in_a_circle() -> None:
    # Imports inside functions and for the type check alone count too.
    graph = grimp.build_graph("octotui", cache_dir=None)
    TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()


def test_the_engine_works_where_there_is_no_textual() -> None:
    code = "import sys; sys.modules['textual'] = None; import octotui.engine.one_shot, octotui.engine.engine"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_nothing_else_lies_on_the_top_level() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {name.split("/")[0] for name in listed.splitlines()} <= TOP


def test_no_file_is_longer_than_anybody_wants_to_read() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / "octotui").rglob("*.py")}
    assert {str(path): lines for path, lines in lengths.items() if lines > 400} == {}


def test_the_lock_names_every_dependency() -> None:
    locked = {line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line}
    project = (ROOT / "pyproject.toml").read_text()
    assert {"textual", "httpx", "click", "pytest", "mypy", "ruff"} <= locked
    assert all(f'"{name}' in project for name in ("textual", "httpx", "click"))
