"""Two machines on one ledger: who does what, and how a file of the one is found from the other."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from octotui.cli.exit_codes import ExitCode
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life, LinkStyle
from octotui.ledger import Ledger
from tests.cli.conftest import Octotui
from tests.support.machines import machine
from tests.support.waiting import until


class Farm:
    """Two machines, and a gateway with two finished results."""

    def __init__(self, octotui: Octotui, url: str, box: Box, folder: Path) -> None:
        self.octotui = octotui
        self.url = url
        octotui.environ |= {"OCTOTUI_LEDGER": url, "OCTOTUI_BASE_URL": box.base_url, "OCTOTUI_API_KEY": box.key}
        self.here = machine("render-01", folder / "here", folder / "site")
        self.there = machine("render-03", folder / "there", folder / "site")
        self.ids = [
            box.create("sora", "sora-2", life=Life(age=100.0, queued=1.0, running=2.0, link=LinkStyle.AWS))
            for _ in range(2)
        ]
        assert octotui.run("add", *self.ids, "--provider", "sora", **self.here).code == 0
        assert octotui.run("poll", **self.here).code == 0


@pytest.fixture
def farm(octotui: Octotui, url: str, tmp_path: Path) -> Iterator[Farm]:
    with Box(faults=False, opening=False) as box:
        yield Farm(octotui, url, box, tmp_path)


def test_what_was_got_is_where_it_was_got_and_found_from_elsewhere(farm: Farm, tmp_path: Path) -> None:
    run, (first, second) = farm.octotui.run, farm.ids
    got = run("get", first, **farm.there)
    file = Path(got.out.rstrip("\n"))
    assert (got.code, file.is_file()) == (0, True)
    assert file.is_relative_to(tmp_path / "there")

    line = f"rsync -P --protect-args render-03:'{file}' ."
    shown = run("show", first, **farm.here).out
    assert f"on render-03: {file}\n" in shown
    assert line in shown
    assert "rsync" not in run("show", first, **farm.there).out
    assert f"on render-03: {file}" in run("ls", "-o", "wide", **farm.here).out
    (told,) = json.loads(run("ls", "--json", "-f", "box:render-03", **farm.here).out)
    assert (told["id"], told["file"], told["box"]) == (first, str(file), "render-03")
    assert run("ls", "--columns", "box", "-f", "state:saved", **farm.here).out.split() == ["BOX", "render-03"]

    opened = run("open", first, **farm.here)
    assert (opened.code, opened.out) == (ExitCode.FILE, "")
    assert f"is on render-03: {file}; {line} brings it here" in opened.err
    again = run("get", first, **farm.here)
    assert (again.code, again.out) == (0, "")
    assert f"saved elsewhere: {first} is on render-03: {file}; {line}" in again.err
    copied = run("get", first, "--out", str(tmp_path / "usb"), **farm.here)
    assert (copied.code, copied.out) == (ExitCode.FILE, "")
    assert line in copied.err
    retried = run("retry", first, **farm.here)
    assert (retried.code, retried.out) == (0, "")
    assert f"nothing to retry: {first} is saved: on render-03: {file}" in retried.err
    assert file.is_file()
    assert not list((tmp_path / "here").rglob("*.mp4"))

    (own,) = run("get", second, **farm.here).out.splitlines()
    assert Path(own).is_relative_to(tmp_path / "here")


def test_a_folder_that_both_mount_is_of_both(farm: Farm, tmp_path: Path) -> None:
    share = {"OCTOTUI_CONFIG": str(tmp_path / "config.toml")}
    (tmp_path / "config.toml").write_text(f'download_dir = "{tmp_path / "share"}"\n')
    run, (first, _) = farm.octotui.run, farm.ids
    (file,) = run("get", first, **farm.there, **share).out.splitlines()
    assert run("get", first, **farm.here, **share).out == f"{file}\n"
    assert "rsync" not in run("show", first, **farm.here, **share).out


def test_boxes_tells_who_does_what(farm: Farm) -> None:
    watch = [farm.octotui.start("watch", "--download", **each) for each in (farm.there, farm.here)]
    try:
        with Ledger.open(farm.url) as ledger:
            until(lambda: len([box for box in ledger.boxes() if not box.is_gone]) == 2, "both machines")
            until(lambda: all(task.is_saved for task in ledger.tasks()), "two results")
            until(lambda: sum(box.saved for box in ledger.boxes()) == 2, "word of them")
        told = json.loads(farm.octotui.run("boxes", "--json", **farm.here).out)
    finally:
        for process in watch:
            process.terminate()
            process.communicate(timeout=30)
    assert {box["box"] for box in told} == {"render-01", "render-03"}
    assert [box["leads"] for box in told] == [True, False]
    assert [box["gateway"] for box in told] == ["live", None]
    assert len({box["place"] for box in told}) == 2
    assert all(not box["gone"] and box["folder"] for box in told)
    lines = farm.octotui.run("boxes", **farm.here).out.splitlines()
    assert len(lines) == 3


def test_looking_writes_nothing_into_the_download_folder(farm: Farm, tmp_path: Path) -> None:
    farm.octotui.run("get", farm.ids[0], **farm.there)
    for command in (("ls", "-o", "wide"), ("show", farm.ids[0]), ("boxes",), ("open", farm.ids[0])):
        farm.octotui.run("--read-only", *command, **machine("render-07", tmp_path / "looking", tmp_path / "site"))
    assert not list((tmp_path / "looking").rglob(".octotui-place"))


def test_the_line_is_one_that_a_shell_takes(farm: Farm, tmp_path: Path) -> None:
    template = {"OCTOTUI_CONFIG": str(tmp_path / "config.toml")}
    (tmp_path / "config.toml").write_text("file_template = \"it is {title} $(reboot) `x`; 'q'.mp4\"\n")
    got = farm.octotui.run("get", farm.ids[0], **farm.there, **template)
    (file,) = got.out.splitlines() or [got.err]
    shown = farm.octotui.run("show", farm.ids[0], **farm.here).out
    (line,) = [line.partition("  ")[2].strip() for line in shown.splitlines() if "rsync" in line]
    assert shlex.split(line)[-2] == f"render-03:{file}"
    done = subprocess.run(["/bin/sh", "-nc", line], capture_output=True, check=True)
    assert done.stderr == b""
