"""A damaged ledger: every task that can be read comes into a new one, the old one stays, and people are told."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import tempfile
from collections import defaultdict
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octotui.engine.diagnostics import machine
from octotui.engine.diagnostics.finding import Verdict
from octotui.ledger import Ledger, LedgerCorrupt, LedgerTooNew, LedgerUnwritable, SavedView
from octotui.ledger.sqlite import migrations, schema
from octotui.ledger.sqlite.file import salvage as salvaging
from octotui.model import Download, DownloadState, LogEntry
from tests.ledger.conftest import new
from tests.support.database import database_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = 4096
SAVED = Download(DownloadState.SAVED, 7, 7, "/videos/one.mp4", "ab", 5.0)


def task_id(number: int) -> str:
    return f"video-{number:05}-{'x' * 100}"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a ledger with 400 tasks, tags, a saved download, a saved view, and what was removed."""
    path = tmp_path_factory.mktemp("sound") / "ledger.db"
    with Ledger.open(path) as ledger:
        ledger.add([task for number in range(500) for task in new(task_id(number), tags=(f"tag {number}",))], 1.0)
        ledger.request_download([task_id(0)])
        ledger.record_download(task_id(0), SAVED)
        ledger.remove([task_id(number) for number in range(400, 500)])
        ledger.save_view(SavedView("mine", "state:running", "added"))
        ledger.log(LogEntry(1.0, "state", task_id(0), "completed"))
    return path.read_bytes()


@cache
def ids_by_page(content: bytes) -> dict[int, set[str]]:
    """Return which tasks have their rows on which page (counted from 0)."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "l.db").write_bytes(content)
        with closing(sqlite3.connect(Path(folder) / "l.db")) as connection:
            ids = [row[0] for row in connection.execute("SELECT id FROM tasks")]
    found = defaultdict(set)
    pages = [content[start : start + PAGE] for start in range(0, len(content), PAGE)]
    leaves = [(number, page) for number, page in enumerate(pages) if page[0] == 0x0D]
    for each in ids:
        encoded = each.encode()
        # The row, and not the index or the log: behind its id come the provider and the route.
        for number, page in leaves:
            if encoded + b'["tag' in page or (encoded in page and b"soravideos" in page):
                found[number].add(each)
    return found


def damaged(path: Path, content: bytes) -> Path:
    """Write a damaged ledger, and that damage was met in it."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    Path(f"{path}.lock").write_bytes(b"damage was met: check all of it\n")
    return path


def overwritten(content: bytes, pages: list[int], seed: int | None) -> bytes:
    changed = bytearray(content)
    for number in pages:
        noise = bytes(PAGE) if seed is None else random.Random(seed + number).randbytes(PAGE)
        changed[number * PAGE : (number + 1) * PAGE] = noise
    return bytes(changed)


def test_the_map_of_rows_is_whole(sound: bytes) -> None:
    assert set().union(*ids_by_page(sound).values()) == {task_id(number) for number in range(400)}


@pytest.mark.parametrize("seed", [None, 1, 2], ids=["zeros", "noise", "other noise"])
@pytest.mark.parametrize("hit", ["first", "root", "middle", "many", "last"])
def test_all_tasks_come_but_those_on_the_pages_that_are_lost(
    path: Path, sound: bytes, hit: str, seed: int | None
) -> None:
    rows = ids_by_page(sound)
    leaves = sorted(rows)
    pages = {
        "first": [0],
        "root": [1],
        "middle": leaves[len(leaves) // 2 :][:3],
        "many": leaves[1:-1:4],
        "last": leaves[-2:],
    }[hit]
    content = overwritten(sound, pages, seed)
    damaged(path, content)
    lost = set().union(*(rows.get(number, set()) for number in pages))
    with Ledger.open(path) as ledger:
        tasks = {task.id: task for task in ledger.tasks()}
        assert set(tasks) == {task_id(number) for number in range(400)} - lost
        assert all(task.tags == (f"tag {int(task.id[6:11])}",) for task in tasks.values())
        if task_id(0) in tasks:
            assert tasks[task_id(0)].download == SAVED
        assert ledger.check() == []
        salvage = ledger.notices.salvage
        assert salvage is not None
        assert salvage.tasks == len(tasks)
        assert Path(salvage.moved_to).read_bytes() == content
        # The index of the tasks has not been hit: of what is lost, the ids at least are told.
        assert salvage.ids == len(lost)
        if lost:
            assert set(Path(salvage.ids_file).read_text("utf-8").splitlines()) == lost
        if hit != "first":
            assert [view.name for view in ledger.saved_views()] == ["mine"]
        # It is a ledger like any other, whose numbers go on.
        assert ledger.add(new("another"), 2.0) == (["another"], [])
        assert "another" in [task.id for task in ledger.changes(0).tasks]


@pytest.mark.parametrize("part", [0.6, 0.75, 0.9])
def test_a_ledger_that_was_cut_off_gives_what_it_has(path: Path, sound: bytes, part: float) -> None:
    content = sound[: int(len(sound) * part)]
    damaged(path, content)
    rows = ids_by_page(sound)
    kept = {each for page, ids in rows.items() if (page + 1) * PAGE <= len(content) for each in ids}
    assert kept
    with Ledger.open(path) as ledger:
        found = {task.id for task in ledger.tasks()}
    assert kept <= found <= kept | rows.get(len(content) // PAGE, set()), "of a page that was cut, what is left of it"


@settings(max_examples=25, deadline=None)
@given(flips=st.lists(st.tuples(st.integers(0, 2**24), st.integers(1, 255)), min_size=1, max_size=30))
def test_flipped_bytes_cost_no_task_that_is_not_on_their_pages(sound: bytes, flips: list[tuple[int, int]]) -> None:
    content = bytearray(sound)
    # What the first page holds is tried by itself: a flip there may well be another program's file, or a newer one.
    places = [PAGE + place % (len(sound) - PAGE) for place, _ in flips]
    for place, (_, bits) in zip(places, flips, strict=True):
        content[place] ^= bits
    hit = {place // PAGE for place in places}
    kept = {each for page, ids in ids_by_page(sound).items() if page not in hit for each in ids}
    folder = Path(tempfile.mkdtemp())
    try:
        path = damaged(folder / "ledger.db", bytes(content))
        with Ledger.open(path) as ledger:
            assert {task.id for task in ledger.tasks()} >= kept
            ledger.events()
            ledger.durations()
            ledger.status()
            ledger.add(new("another"), 2.0)
            assert ledger.task("another") is not None
    finally:
        shutil.rmtree(folder)


def states_of_a_salvage(path: Path) -> Iterator[Callable[[], bool]]:
    yield lambda: b"moved_to" in Path(f"{path}.lock").read_bytes()
    yield lambda: any(path.parent.glob("*.corrupt-*"))
    yield Path(f"{path}.copy").exists
    yield Path(f"{path}.new").exists
    yield lambda: Path(f"{path}.new").exists() and Path(f"{path}.new").stat().st_size > 10 * PAGE


@pytest.mark.parametrize("state", range(5))
def test_whoever_starts_after_a_kill_goes_on_with_the_salvage(
    path: Path, tmp_path: Path, sound: bytes, start: Callable[..., subprocess.Popen[str]], state: int
) -> None:
    rows = ids_by_page(sound)
    page = sorted(rows)[5]
    content = overwritten(sound, [1, page], 3)
    damaged(path, content)
    has_come = list(states_of_a_salvage(path))[state]
    process = start("open")
    while not has_come() and process.poll() is None:
        pass
    process.kill()
    process.wait()
    with Ledger.open(path) as ledger:
        assert {task.id for task in ledger.tasks()} == {task_id(number) for number in range(400)} - rows[page]
        salvage = ledger.notices.salvage
    assert salvage is not None
    assert Path(salvage.moved_to).read_bytes() == content
    names = {file.name.split(".")[2] for file in path.parent.iterdir() if file.name.count(".") > 1}
    assert not any(name in {"copy", "new"} for name in names), "nothing of the work is left behind"
    assert len([file for file in path.parent.glob("*.corrupt-*") if file.suffix != ".ids"]) <= 3


def test_two_that_start_at_once_do_it_once(
    path: Path, sound: bytes, start: Callable[..., subprocess.Popen[str]]
) -> None:
    damaged(path, overwritten(sound, [1], 3))
    processes = [start("open") for _ in range(4)]
    assert [process.communicate()[0] for process in processes] == ["400\n"] * 4
    assert len([file for file in path.parent.glob("*.corrupt-*") if not file.name.endswith(("-wal", "-shm"))]) == 1


def test_no_room_for_the_new_one_is_said_and_the_next_start_goes_on(
    path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = overwritten(sound, [1], 3)
    damaged(path, content)

    def no_room(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(salvaging, "salvage", no_room)
        with pytest.raises(LedgerUnwritable, match=r"No space left.*make room"):
            Ledger.open(path)
    with Ledger.open(path) as ledger:
        assert ledger.count() == 400


def test_a_ledger_without_a_task_that_can_be_read_is_still_an_error(path: Path, sound: bytes) -> None:
    damaged(path, overwritten(sound, list(range(1, len(sound) // PAGE)), 5))
    with pytest.raises(LedgerCorrupt, match="No task could be read"):
        Ledger.open(path)


@pytest.mark.parametrize("version", [-7, 2**31 - 1, 0, 2])
def test_a_version_that_cannot_be_is_damage(path: Path, sound: bytes, version: int) -> None:
    damaged(path, sound)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()
    with Ledger.open(path) as ledger:
        assert ledger.count() == 400
        assert schema.version_of(database_of(ledger)._writer) == len(migrations.MIGRATIONS)
        assert ledger.notices.salvage is not None
        assert "version" in ledger.notices.salvage.reason


@pytest.mark.parametrize("place", [0, 16, 19, 27, 31, 44, 47, 59, 68, 100, 105, 1000, 3000, 4000])
def test_a_flip_on_the_first_page_costs_no_task(path: Path, sound: bytes, place: int) -> None:
    content = bytearray(sound)
    content[place] ^= 0x55
    damaged(path, bytes(content))
    with Ledger.open(path) as ledger:
        assert ledger.count() == 400
        assert len(ledger.tasks()) == 400


def test_a_newer_version_is_no_damage(path: Path, sound: bytes) -> None:
    damaged(path, sound)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(migrations.MIGRATIONS) + 1}")
        connection.commit()
    with pytest.raises(LedgerTooNew):
        Ledger.open(path)


def test_people_are_told_until_the_old_file_is_gone(path: Path, sound: bytes) -> None:
    damaged(path, overwritten(sound, [1], 3))
    with Ledger.open(path) as ledger:
        salvage = ledger.notices.salvage
        assert salvage is not None
        said = ledger.notices.urgent(salvage.at + 10)
        assert said is not None
        assert said.startswith("400 tasks came over from a damaged ledger")
        assert salvage.moved_to in said
        assert ledger.notices.urgent(salvage.at + 7200) is None, "a screen has other news after an hour"
        finding = machine.judge_ledger(ledger)
    assert finding.verdict is Verdict.WARN
    assert said in finding.says
    assert finding.remedy is not None
    assert "delete the damaged file" in finding.remedy
    Path(salvage.moved_to).unlink()
    with Ledger.open(path) as ledger:
        assert ledger.notices.lines == []
        assert machine.judge_ledger(ledger).verdict is Verdict.OK


def test_the_digest_is_that_of_the_newest_version() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.migrate(connection)
        assert schema.digest_of(connection) == schema.DIGEST


def test_a_column_whose_name_is_damaged_is_met_at_the_start_and_costs_no_task(path: Path, sound: bytes) -> None:
    content = sound.replace(b"duration REAL, at REAL", b"durati0n REAL, at REAL")
    assert content != sound
    damaged(path, content)
    with Ledger.open(path) as ledger:
        assert ledger.durations() == []
        assert {task.id for task in ledger.tasks()} == {each for ids in ids_by_page(sound).values() for each in ids}
        assert ledger.notices.salvage is not None


def test_a_table_that_somebody_added_is_no_damage(path: Path, sound: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sound)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE mine (x)")
        connection.execute("CREATE INDEX mine_too ON tasks (model)")
    with Ledger.open(path) as ledger:
        assert ledger.notices.salvage is None
