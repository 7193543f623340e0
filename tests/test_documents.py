"""What documents, docstrings and comments point at is there, and what they say of the public face is so."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from octotui.change_feed import TaskChange
from octotui.cli.exit_codes import ExitCode
from octotui.model import EventKind
from octotui.task_json import task_json
from tests.support.clock import NOW
from tests.support.tasks import running
from tests.test_house import floors

ROOT = Path(__file__).parent.parent
USERS_FILES = {"config.toml", "octotui/config.toml"}
"""Files that are named in the text and lie on a user's disk."""

_FILE = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.(?:md|py|toml|tcss|lock))(?::\w+)?`")
_DOCUMENT = re.compile(r"(?<![\w`\"/.-])([A-Z]+\.md)\b")
_TEST_PATH = re.compile(r"(?<![\w/.])tests/[\w./-]*\w")
_TEST_MODULE = re.compile(r"python -m (tests[\w.]*\w)")
_DOTTED = re.compile(r"`(octotui(?:\.\w+)+)`")
_SECTION = re.compile(r"`([\w/.-]+\.md)`,\s+\"([^\"]+)\"")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def tracked() -> list[str]:
    """Every file of the repository, also those that are about to be added."""
    names = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(names, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


FILES = tracked()
TEXTS = {
    name: (ROOT / name).read_text()
    for name in FILES
    if name.endswith((".py", ".md", ".toml", ".tcss")) or name.startswith(".ci/")
}
FOLDERS = {str(parent) for name in FILES for parent in Path(name).parents}


def is_there(name: str) -> bool:
    """Whether a file is called so, by its whole path or by the end of it (`GATEWAY.md`, `polling/scheduler.py`)."""
    return any(file == name or file.endswith(f"/{name}") for file in FILES)


def is_path(name: str) -> bool:
    return name.rstrip("/") in FOLDERS or name in FILES


def is_module(dotted: str) -> bool:
    """Whether a dotted name is a module, or something that stands in one (`octotui.cli.exit_codes.ExitCode.OK`)."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        stem = "/".join(parts[:length])
        module = next((TEXTS[path] for path in (f"{stem}.py", f"{stem}/__init__.py") if path in TEXTS), None)
        if module is not None:
            return all(re.search(rf"\b{word}\b", module) for word in parts[length:])
    return False


def missing() -> Iterator[str]:
    for name, text in TEXTS.items():
        for cited in [*_FILE.findall(text), *_DOCUMENT.findall(text)]:
            if cited not in USERS_FILES and not is_there(cited):
                yield f"{name}: `{cited}`"
        for cited in _TEST_PATH.findall(text):
            if not is_path(cited):
                yield f"{name}: {cited}"
        for dotted in [*_TEST_MODULE.findall(text), *_DOTTED.findall(text)]:
            if not is_module(dotted):
                yield f"{name}: {dotted}"


def test_every_file_and_module_that_is_cited_is_there() -> None:
    assert list(missing()) == []


@pytest.mark.parametrize(
    ("cited", "found"),
    [("GATEWAY.md", True), ("polling/scheduler.py", True), ("nowhere.md", False), ("heduler.py", False)],
)
def test_a_file_is_known_by_the_end_of_its_path(cited: str, found: bool) -> None:
    assert is_there(cited) is found


@pytest.mark.parametrize(
    ("dotted", "found"),
    [("octotui.cli.exit_codes.ExitCode", True), ("octotui.cli.exit_codes.Nothing", False), ("tests.nothing", False)],
)
def test_a_module_is_known_by_its_name(dotted: str, found: bool) -> None:
    assert is_module(dotted) is found


def test_every_section_that_is_cited_is_there() -> None:
    cited = [(name, *found) for name, text in TEXTS.items() for found in _SECTION.findall(text)]
    assert len(cited) > 5
    for name, file, words in cited:
        text = next(text for path, text in TEXTS.items() if path.endswith(file))
        assert words.casefold() in text.casefold(), f"{name}: {file}, {words}"


def test_every_link_of_a_document_leads_somewhere() -> None:
    links = [(name, link) for name, text in TEXTS.items() if name.endswith(".md") for link in _LINK.findall(text)]
    assert links
    assert [(name, link) for name, link in links if not (ROOT / name).parent.joinpath(link).exists()] == []


def test_the_interface_shows_the_keys_of_a_task() -> None:
    found = re.search(r"```json\n(.*?)```", TEXTS["octotui/cli/INTERFACE.md"], re.DOTALL)
    assert found is not None
    assert list(json.loads(found[1])) == list(task_json(running("video_1"), NOW))


def test_the_interface_names_every_exit_code() -> None:
    rows = re.findall(r"(?m)^\| (\d+) \| (\w+) \|", TEXTS["octotui/cli/INTERFACE.md"])
    assert rows == [(str(int(code)), code.name) for code in ExitCode]


def test_the_interface_names_every_event_of_the_change_feed() -> None:
    _, _, section = TEXTS["octotui/cli/INTERFACE.md"].partition("## One change as JSON")
    rows = re.findall(r"(?m)^\| (\w+) \| (?!what)", section)
    elsewhere = {
        EventKind.EXPIRING,
        EventKind.HOOK,
        EventKind.NOTIFY,
        EventKind.INBOX,
        EventKind.ENGINE,
        EventKind.DELIVERY,
    }
    assert set(rows) == {TaskChange(kind, NOW, None, "").event for kind in EventKind if kind not in elsewhere}
    assert len(rows) == len(set(rows))


def test_the_table_of_floors_names_every_room_of_the_contract() -> None:
    table = re.findall(r"(?m)^\| [\d½–]+ \| (.*?) \|", TEXTS["CONTRIBUTING.md"])
    named = {
        path.removesuffix(".py").rstrip("/").replace("/", ".") for row in table for path in re.findall(r"`(.*?)`", row)
    }
    assert named == {room for floor in floors() for room in floor} - {"octotui.__main__"}
