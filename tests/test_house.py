"""The house itself: its floors, its front door, and what lies on its top level."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.import_graph import ImportGraph, place_of

ROOT = Path(__file__).parent.parent
TOP = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "config.example.toml",
    "octotui",
    "pyproject.toml",
    "requirements.lock",
    "screenshots",
    "tests",
}

LONGEST_FILE = 400
LONGEST_CLASS = 250
FULLEST_FOLDER = 20


def floors() -> list[list[str]]:
    """The rooms of each floor, the highest first, as the contract in pyproject.toml has them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (each["layers"] for each in contracts if each["type"] == "layers")
    return [[room.strip() for room in layer.split("|")] for layer in layers]


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    return ImportGraph(ROOT / "octotui")


def sources() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / "octotui").rglob("*.py")}


def test_every_module_lies_on_a_floor(graph: ImportGraph) -> None:
    assert [name for name in graph.modules if name != "octotui" and place_of(name, floors()) is None] == []


def test_no_import_of_any_kind_runs_up_a_floor(graph: ImportGraph) -> None:
    climbing = graph.climbing(floors())
    assert not climbing, graph.drawn(climbing)


def test_no_import_of_any_kind_runs_in_a_circle(graph: ImportGraph) -> None:
    assert not graph.circles(), graph.drawn_circles()


def test_what_runs_up_or_in_a_circle_is_found_wherever_it_stands(tmp_path: Path) -> None:
    files = {
        "__init__.py": "",
        "top/__init__.py": "",
        "top/one.py": "from house.top.two import thing\nfrom house.low import base\nimport os",
        "top/two.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.top import three",
        "top/three.py": "def late():\n    from .one import thing",
        "side.py": "import house.low.base",
        "low/__init__.py": "",
        "low/base.py": "def late():\n    import house.top.one",
        "low/other.py": "from house import side",
    }
    for name, text in files.items():
        path = tmp_path / "house" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    graph = ImportGraph(tmp_path / "house")
    climbing = graph.climbing([["house.top", "house.side"], ["house.low"]])
    assert [(each.importer, each.imported) for each in climbing] == [
        ("house.low.base", "house.top.one"),
        ("house.low.other", "house.side"),
    ]
    assert graph.circles() == [{"house.top.one", "house.top.two", "house.top.three", "house.low.base"}]
    assert "house.top.three\n  └─ line 2: house.top.one" in graph.drawn_circles()


def test_the_contracts_between_the_rooms_are_kept() -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


def test_the_engine_works_where_there_is_no_textual() -> None:
    code = "import sys; sys.modules['textual'] = None; import octotui.engine.one_shot, octotui.engine.engine"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_nothing_else_lies_on_the_top_level() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {name.split("/")[0] for name in listed.splitlines()} <= TOP


def test_no_file_is_longer_than_anybody_wants_to_read() -> None:
    lengths = {name: len(text.splitlines()) for name, text in sources().items()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_class_is_longer_than_anybody_wants_to_read() -> None:
    lengths = {
        f"{name}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, text in sources().items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_CLASS} == {}


def test_no_folder_is_fuller_than_anybody_can_overlook() -> None:
    counts = Counter(str(Path(name).parent) for name in sources() if not name.endswith("/__init__.py"))
    assert {folder: count for folder, count in counts.items() if count > FULLEST_FOLDER} == {}


def test_the_lock_names_every_dependency() -> None:
    locked = {line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line}
    project = (ROOT / "pyproject.toml").read_text()
    assert {"textual", "httpx", "click", "pytest", "mypy", "ruff"} <= locked
    assert all(f'"{name}' in project for name in ("textual", "httpx", "click"))


_SENTENCES = {"text", "words", "error", "message", "error_message", "reason", "outcome"}
"""What octotui's own sentences are called: attributes of log entries, downloads, failures, outcomes, errors."""
_READERS = {"startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition", "find", "index"}
_WORDS_FROM_OUTSIDE = ("gateway", "intake", "config", "demo")
"""Rooms that read what users, files and gateways say."""


def _is_sentence(node: ast.expr) -> bool:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value  # .lower(), .casefold()
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str" and node.args:
        node = node.args[0]
    if isinstance(node, ast.BoolOp):
        return any(map(_is_sentence, node.values))
    if isinstance(node, ast.Name):
        return node.id in _SENTENCES - {"text"}
    return isinstance(node, ast.Attribute) and node.attr in _SENTENCES


def _is_fixed_text(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and isinstance(node.value, str)) or isinstance(node, ast.JoinedStr)


def prose_read_in(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and code of each place that reads a meaning out of a sentence, or names a kind of event by hand."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _READERS:
            is_read = _is_sentence(node.func.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            matches = node.func.attr in {"match", "search", "fullmatch", "findall"}
            is_read = matches and any(map(_is_sentence, node.args))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            is_read = node.func.id == "LogEntry" and len(node.args) > 1 and _is_fixed_text(node.args[1])
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            kind = isinstance(node.left, ast.Attribute) and node.left.attr in {"kind", "detail", "trouble"}
            is_read = any(map(_is_fixed_text, sides)) and (kind or any(map(_is_sentence, sides)))
        else:
            continue
        if is_read:
            yield node.lineno, ast.unparse(node)


@pytest.mark.parametrize(
    "code",
    [
        "event.kind == kind and event.text.startswith(words)",
        "words is not None and (words.startswith(DISK) or x)",
        "words is not None and 'on the disk' in words",
        "'certificate' in error.message.lower()",
        "str(error).startswith('disk')",
        "(download.error or '').startswith('disk')",
        "_DISK.match(download.error)",
        "event.kind == 'lost'",
        "LogEntry(now, 'lost', task.id, words)",
    ],
)
def test_reading_prose_is_seen(code: str) -> None:
    assert len(list(prose_read_in(code))) == 1


def test_nothing_reads_a_meaning_out_of_a_sentence_of_our_own() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {code}"
        for path in sorted((ROOT / "octotui").rglob("*.py"))
        if path.relative_to(ROOT / "octotui").parts[0] not in _WORDS_FROM_OUTSIDE
        for line, code in prose_read_in(path.read_text())
    ]
    assert found == []


_PRIVATE_WORDS = re.compile(
    "_(shift|herald|errands?|lifeline|ladder|annex|pulling|thrift|dossier|ink|holding|happening|occasions?|tended|unwant|"
    "keep_house|take_in)_"
)
"""What nobody but its author understands: no name has it in it."""
_OLD_CLASSES = re.compile(
    "_?(Rung|Gate|Budget|Breaker|Sweeps|Candidate|MinuteTally|Rescue|Room|Folder|Part|Means|Ended|Event|News|"
    "Follower|Store|Views|Wire|Acting|Moving|Looking|Piece|Line|Sheet)"
)
"""What these are has a name of its own by now (`Source`, `RequestGate` ...); longer names may have the word in them.

A rung is also a column of the ledger's attempts, and a budget a field of the engine's status: those are public words.
"""
_OLD_FUNCTIONS = re.compile("_?(hear|wish|want|take|look|tell|forget)")
"""What is taken, looked at or told is part of a function's name."""


def old_names_in(module: str, source: str) -> Iterator[str]:
    """Yield each name that is given in a module, its own among them, and that the house no longer has."""
    given = [module]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            given.append(node.name)
            if _OLD_CLASSES.fullmatch(node.name):
                yield node.name
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given.append(node.name)
            if _OLD_FUNCTIONS.fullmatch(node.name):
                yield node.name
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            given.append(node.id if isinstance(node, ast.Name) else node.attr)
        elif isinstance(node, ast.arg):
            given.append(node.arg)
    for name in given:
        words = "_".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)).lower()
        if _PRIVATE_WORDS.search(f"_{words}_"):
            yield name


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("shift", ""),
        ("one", "class Herald: ..."),
        ("one", "class _Store: ..."),
        ("one", "class DownloadLadder: ..."),
        ("one", "async def _take(): ..."),
        ("one", "def f(errands): ..."),
        ("one", "self._wake_shift = 1"),
        ("one", "TAKE_IN: int = 1"),
    ],
)
def test_an_old_name_is_seen(module: str, source: str) -> None:
    assert len(list(old_names_in(module, source))) == 1


@pytest.mark.parametrize("source", ["class WatchedFolder: ...", "def take_lease(rung): ...", "thinking = ascii = 1"])
def test_a_word_in_another_one_is_no_old_name(source: str) -> None:
    assert list(old_names_in("wishes", source)) == []


def test_nothing_has_a_name_that_the_house_gave_up() -> None:
    found = {name: list(old_names_in(Path(name).stem, text)) for name, text in sources().items()}
    assert {name: old for name, old in found.items() if old} == {}
