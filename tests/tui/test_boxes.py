"""Machines that share a ledger, as people read of them: rows, where a file is, and the line that brings it here."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.ledger import Box, DownloadRequest
from octotui.ledger.records import Changes
from octotui.model import Download, DownloadState, EngineStatus, GatewayState, Task
from octotui.presentation.boxes.box_rows import box_lines, in_order
from octotui.presentation.boxes.rsync_line import rsync_line
from octotui.presentation.boxes.whereabouts import ALONE, Fleet, file_words, not_here, with_file_words
from octotui.presentation.copy_choices import copies_of, copies_of_all
from octotui.presentation.overview import Scene, overview_lines
from octotui.presentation.styled_text import Role, plain, width_of
from octotui.presentation.task_details import detail_lines
from octotui.presentation.task_record import TaskRecord
from octotui.presentation.task_row import shown_word
from octotui.tui.other_boxes import WaitingWords
from octotui.units import clock_time
from tests.tui.tasks import NOW, ready, saved

HOSTILE = [
    "it's; rm -rf $HOME `x`",
    "-e sh",
    "two  blanks",
    "$(reboot)",
    "a\\b",
    '"quoted"',
    "雨夜.mp4",
    "a!b#c&d|e",
    "~root",
]
URL = "https://octopusx.ai"


def box(host: str, *, silent: float = 0.5, saved_files: int = 0, fetched: int = 0, **status: object) -> Box:
    told: dict[str, object] = {"host": host, "place": f"place of {host}", "folder": f"/{host}", "leads": False}
    return Box(EngineStatus(NOW, **(told | status)), silent, saved_files, fetched)  # type: ignore[arg-type]


LEADER = box(
    "render-01", leads=True, gateway=GatewayState.LIVE, version="0.2.0", disk_free=10**12, downloads_running=2,
    download_speed=9e6, saved_files=814, fetched=61 * 10**9,
)  # fmt: skip
SAVER = box("render-02", downloads_running=1, download_speed=1e6, disk_free=5 * 10**9)
GONE = box("render-03", silent=200.0, disk_free=1, downloads_running=4, leads=True)
FLEET = Fleet("place of render-02", (LEADER, SAVER, GONE), NOW)


def elsewhere(task_id: str = "far", file: str = "/films/x.mp4", host: str = "render-03") -> Task:
    done = Download(DownloadState.SAVED, 5, 5, file, "ab", NOW, box=host, place=f"place of {host}")
    return replace(saved(task_id), download=done)


# Rows


def test_who_asks_comes_first_and_who_is_silent_last() -> None:
    longer = box("render-04", silent=9000.0)
    assert in_order([longer, GONE, SAVER, LEADER]) == [LEADER, SAVER, GONE, longer]


def test_a_row_says_what_a_machine_does() -> None:
    lines = [plain(line) for line in box_lines([GONE, SAVER, LEADER], 140, 9)]
    assert lines[0].split() == ["Box", "Does", "Saves", "now", "Room", "Last", "hour", "Results", "Folder"]
    assert re.split(r" {2,}", lines[1].rstrip()) == [
        "render-01 0.2.0", "asks (live), saves", "2 files, 9.0 MB/s", "1.0 TB", "61.0 GB", "814", "/render-01",
    ]  # fmt: skip
    assert re.split(r" {2,}", lines[2].rstrip()) == ["render-02", "saves", "1 file, 1.0 MB/s", "5.0 GB", "/render-02"]
    assert re.split(r" {2,}", lines[3].rstrip()) == ["render-03", "silent for 3m", "1 B", "/render-03"]


def test_what_a_machine_that_is_gone_said_last_is_no_work() -> None:
    (_, row) = box_lines([GONE], 100, 3)
    assert "4 files" not in plain(row)
    assert Role.WARN in {role for _, role in row}


@pytest.mark.parametrize("width", [20, 30, 50, 79, 100, 200])
def test_rows_fit_and_always_say_who_and_what(width: int) -> None:
    many = [replace_folder(LEADER, "/mnt/" + "long/" * 40), SAVER, GONE]
    lines = box_lines(many, width, 9)
    assert all(width_of(line) <= max(width, 38) for line in lines)
    assert all("render-0" in plain(line) for line in lines[1:])
    assert "silent" in plain(lines[3])


def replace_folder(one: Box, folder: str) -> Box:
    return one._replace(status=one.status._replace(folder=folder))


def test_what_has_no_room_is_counted() -> None:
    many = [box(f"r{n:02}") for n in range(60)]
    lines = box_lines(many, 100, 6)
    assert len(lines) == 8
    assert plain(lines[-1]) == "and 54 more"


def test_a_name_that_a_terminal_would_obey_is_harmless() -> None:
    (_, row) = box_lines([replace_folder(box("a\x1b[2Jb"), "/x\ny")], 100, 3)
    assert "\x1b" not in plain(row)
    assert "\n" not in plain(row)


# The overview


def test_the_overview_has_machines_only_where_several_share_the_ledger() -> None:
    alone = "\n".join(plain(line) for line in overview_lines(Scene(), NOW, 200, 50, None))
    assert "Boxes" not in alone
    for size in ((200, 50), (100, 60), (60, 80)):
        text = "\n".join(plain(line) for line in overview_lines(Scene(boxes=FLEET.boxes), NOW, *size, None))
        assert "Boxes" in text
        assert "2 at work, 1 silent" in text
        assert "render-03" in text


# Where a file is


def test_a_file_of_another_machine_is_named_with_it() -> None:
    assert file_words(elsewhere(), FLEET) == "on render-03: /films/x.mp4"
    assert with_file_words(elsewhere(), FLEET).download.file == "on render-03: /films/x.mp4"
    here = elsewhere(host="render-02")
    assert file_words(here, FLEET) == "/films/x.mp4"
    assert with_file_words(here, FLEET) is here
    assert file_words(elsewhere(), ALONE) == "/films/x.mp4"


def test_two_machines_with_one_folder_have_its_files_both() -> None:
    shared = elsewhere()
    shared = replace(shared, download=shared.download._replace(place=FLEET.place))
    assert FLEET.elsewhere(shared.download) is None


def test_the_details_say_where_it_is_and_what_brings_it() -> None:
    record = TaskRecord(elsewhere(), fleet=FLEET)
    text = "\n".join(plain(line) for line in detail_lines(record, NOW, 160, unfolded=False))
    assert "on render-03: /films/x.mp4" in text
    assert "rsync -P --protect-args render-03:'/films/x.mp4' ." in text
    here = "\n".join(
        plain(line) for line in detail_lines(TaskRecord(saved("a"), fleet=FLEET), NOW, 160, unfolded=False)
    )
    assert "rsync" not in here


def test_the_details_say_who_saves_it() -> None:
    download = Download(DownloadState.RUNNING, 5, 10, box="render-01", place="place of render-01", speed=9e6)
    record = TaskRecord(replace(ready("a"), download=download), fleet=FLEET)
    text = "\n".join(plain(line) for line in detail_lines(record, NOW, 160, unfolded=False))
    assert "running on render-01" in text


def test_playing_it_says_where_it_is() -> None:
    assert not_here(elsewhere(), FLEET, "y") == (
        "It is on render-03: /films/x.mp4 (y has the line that brings it here)"
    )
    assert not_here(elsewhere(), FLEET, "") == "It is on render-03: /films/x.mp4"
    assert not_here(elsewhere(file="/films/a\nb.mp4"), FLEET, "y") == "It is on render-03: /films/a\nb.mp4"
    assert not_here(elsewhere(), ALONE, "y") is None


def test_what_can_be_copied_of_it() -> None:
    texts = {item.key: item for item in copies_of(elsewhere(), URL, None, FLEET)}
    assert (texts["p"].label, texts["p"].text) == ("path on render-03", "/films/x.mp4")
    assert texts["r"].label == "rsync line, from render-03"
    assert texts["r"].text == "rsync -P --protect-args render-03:'/films/x.mp4' ."
    several = {item.key: item for item in copies_of_all([elsewhere(), saved("here")], URL, FLEET)}
    assert [line.split()[1] for line in several["r"].text.split("\n")] == ["-P", "-avP"]


def test_no_line_is_copied_that_would_not_be_safe() -> None:
    keys = {item.key for item in copies_of(elsewhere(file="/films/a\x1b]52;c;x\x07.mp4"), URL, None, FLEET)}
    assert "r" not in keys


# The line


@pytest.mark.parametrize("name", HOSTILE)
def test_a_shell_hands_the_name_over_as_it_is(name: str, tmp_path: Path) -> None:
    rsync = tmp_path / "rsync"
    rsync.write_text('#!/bin/sh\nfor word in "$@"; do printf "%s\\0" "$word"; done\n')
    rsync.chmod(stat.S_IRWXU)
    path = f"/films/{name}"
    line = rsync_line("render-03", path)
    assert line is not None
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        capture_output=True,
        check=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": "/x"},
    )
    assert done.stdout.decode().split("\0")[:-1] == ["-P", "--protect-args", f"render-03:{path}", "."]


_WILD = re.compile(r"[*?\[]")


def as_rsync_reads(part: str) -> str:
    """What the other side takes a part of a path for: with wildcards a pattern, in which backslashes take one away."""
    if _WILD.search(part) is None:
        return part
    assert _WILD.search(re.sub(r"\\.", "", part)) is None, "a wildcard is left"
    return re.sub(r"\\(.)", r"\1", part)


@given(st.text().map(lambda text: f"/{text}"))
def test_a_line_is_one_path_of_one_machine_or_none(path: str) -> None:
    line = rsync_line("render-03", path)
    if line is None:
        assert not path.isprintable() or ("\\" in path and _WILD.search(path) is not None)
        return
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in line)
    *options, named, here = shlex.split(line)
    assert (options, here) == (["rsync", "-P", "--protect-args"], ".")
    host, _, far = named.partition(":")
    assert host == "render-03"
    assert "/".join(map(as_rsync_reads, far.split("/"))) == path


@pytest.mark.skipif(shutil.which("rsync") is None, reason="no rsync here")
@pytest.mark.parametrize("name", [*HOSTILE, "a[1].mp4", "s*x.mp4", "what?.mp4", "-P", "~", "[[x]]"])
def test_rsync_brings_that_very_file(name: str, tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    for other in (name, "a1.mp4", "sbx.mp4", "whatx.mp4"):
        (there / other).write_text(other)
    over = tmp_path / "over"
    over.write_text('#!/bin/sh\nshift\nexec "$@"\n')
    over.chmod(stat.S_IRWXU)
    line = rsync_line("render-03", str(there / name))
    assert line is not None
    subprocess.run(["/bin/sh", "-c", line], cwd=here, check=True, env=os.environ | {"RSYNC_RSH": str(over)})
    assert {file.name: file.read_text() for file in here.iterdir()} == {name: name}


@given(st.text())
def test_no_host_is_an_option_a_user_or_a_command(host: str) -> None:
    line = rsync_line(host, "/x")
    assert line is None or line == f"rsync -P --protect-args {host}:'/x' ."
    assert line is None or re.fullmatch(r"[A-Za-z0-9][\w.-]*", host, re.ASCII)


@pytest.mark.parametrize("host", ["", None, "-oProxyCommand=x", "a b", "a:b", "user@a", "a'b", "a\n"])
def test_a_name_that_is_none_of_a_machine_has_no_line(host: str | None) -> None:
    assert rsync_line(host, "/films/x.mp4") is None


@pytest.mark.parametrize("path", ["", None, "x.mp4", "-x", "/a\nb", "/a\u202eb", "/a\ud800b", "/a\x7f", "/a\\b*"])
def test_a_path_that_nobody_sees_whole_has_no_line(path: str | None) -> None:
    assert rsync_line("render-03", path) is None


# Who is waited for


def waiting(place: str | None, **download: object) -> tuple[Task, Changes]:
    wanted = Download(DownloadState.WANTED, **download)  # type: ignore[arg-type]
    one = replace(ready("a"), download=wanted)
    return one, Changes(1, [one], [], (), {"a": DownloadRequest(1, None, place)})


def test_a_result_that_waits_for_a_machine_that_is_gone_says_so() -> None:
    one, changes = waiting("place of render-03")
    words = WaitingWords()
    assert words.apply(changes, None) == [one]
    (told,) = words.apply(Changes(2, [], []), FLEET)
    assert told.download.error == f"waits for render-03, silent since {clock_time(NOW - 200)}"
    assert shown_word(told, NOW) == "waiting"
    assert words.apply(Changes(3, [], []), FLEET) == []
    back = FLEET._replace(boxes=(LEADER, SAVER, box("render-03")))
    assert words.apply(Changes(4, [], []), back) == [one]
    assert words.waits_for(one) == "waits for render-03"


def test_what_nobody_is_waited_for_stays_as_it_is() -> None:
    for place in (None, FLEET.place, "place of render-01"):
        one, changes = waiting(place)
        assert WaitingWords().apply(changes, FLEET) == [one]
    one, changes = waiting("place of render-03", error="the disk is full")
    assert WaitingWords().apply(changes, FLEET) == [one]


def test_a_machine_that_nobody_remembers_is_not_named() -> None:
    _, changes = waiting("place of nobody")
    (told,) = WaitingWords().apply(changes, FLEET)
    assert told.download.error == "waits for a machine that is not there any more"


def test_the_details_say_who_is_waited_for() -> None:
    one, _ = waiting("place of render-01")
    record = TaskRecord(one, fleet=FLEET, waits_for="waits for render-01")
    text = "\n".join(plain(line) for line in detail_lines(record, NOW, 160, unfolded=False))
    assert "waits for render-01" in text
