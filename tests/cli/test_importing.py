from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Octotui
from tests.engine.test_importing import TASK, saved


def test_it_prints_what_it_did(octotui: Octotui, tmp_path: Path) -> None:
    saved(tmp_path / "v", "sora:1a")
    saved(tmp_path / "v", "sora:2b", "gone.mp4").unlink()
    outcome = octotui.call("import", str(tmp_path / "v"))
    assert (outcome.code, outcome.out) == (8, "added sora:1a\n")
    assert outcome.err.splitlines() == [
        f"octotui: not imported: {tmp_path / 'v' / 'gone.mp4'}: there is only its side-car, no video",
        "1 added, 0 completed, 0 known already, 1 not imported",
    ]
    (tmp_path / "v" / "gone.mp4.json").unlink()
    outcome = octotui.call("import", str(tmp_path / "v"), "--verify")
    assert (outcome.code, outcome.err.splitlines()[-1]) == (0, "1 file read again, as its side-car says")
    (task,) = json.loads(octotui.call("ls", "--json").out)
    assert (task["id"], task["state"], task["download"]) == ("sora:1a", "completed", "saved")


def test_as_json(octotui: Octotui, tmp_path: Path) -> None:
    saved(tmp_path / "v")
    saved(tmp_path / "v", "sora:2b", "gone.mp4").unlink()
    outcome = octotui.call("import", "--json", str(tmp_path / "v"))
    assert outcome.code == 8
    assert json.loads(outcome.out) == {
        "added": [TASK.id],
        "completed": [],
        "known": [],
        "not_imported": [{"file": str(tmp_path / "v" / "gone.mp4"), "reason": "there is only its side-car, no video"}],
    }


def test_a_folder_that_is_not_there_is_exit_code_8(octotui: Octotui, tmp_path: Path) -> None:
    outcome = octotui.call("import", str(tmp_path / "nowhere"))
    assert outcome.code == 8
    assert "there is no such folder" in outcome.err


def test_a_folder_without_any_is_no_error(octotui: Octotui, tmp_path: Path) -> None:
    outcome = octotui.call("import", str(tmp_path))
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "0 added, 0 completed, 0 known already, 0 not imported\n"
