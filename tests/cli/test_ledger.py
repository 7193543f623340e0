"""`ledger copy` and `ledger check`: nothing is lost on the way, and nobody is at work meanwhile."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

from octotui.ledger import Ledger
from octotui.ledger.interchange.copying import differences
from octotui.model import NewTask
from tests.cli.conftest import Octotui

DEFAULT = Path(".local/state/octotui/ledger.db")


def filled(octotui: Octotui, count: int = 3) -> Path:
    octotui.call("add", *(f"grok:{number}a" for number in range(count)), "--tag", "night")
    return octotui.home / DEFAULT


def test_a_copy_is_compared_and_the_old_file_set_aside(octotui: Octotui, tmp_path: Path) -> None:
    old, new = filled(octotui), tmp_path / "new" / "ledger.db"
    before = octotui.call("ls", "--json").out
    done = octotui.call("ledger", "copy", str(old), str(new))
    assert done.code == 0, done.err
    table, said = done.out.split("compared: ")
    assert ["tasks", "3", "3"] in [line.split() for line in table.splitlines()]
    assert said.startswith("every task is there and the same\nthe old file is now ")
    assert not old.exists()
    [kept] = old.parent.glob("ledger.db.copied-*")
    with Ledger.open(kept, read_only=True) as source, Ledger.open(new, read_only=True) as target:
        assert list(differences(source, target)) == []
    new.rename(old)
    assert octotui.call("ls", "--json").out == before


def test_the_same_line_again_goes_on_where_a_copy_was_broken_off(octotui: Octotui, tmp_path: Path) -> None:
    old, new = filled(octotui), tmp_path / "new.db"
    with Ledger.open(new) as begun:
        begun.add([NewTask("grok:1a", "grok", "videos", tags=("night",))], 1.0)
    done = octotui.call("ledger", "copy", str(old), str(new), "--json")
    said = json.loads(done.out)
    assert (done.code, said["different"], said["lacking"], said["moved_to"]) == (0, ["grok:1a"], [], None)
    assert next(each for each in said["tables"] if each["table"] == "tasks")["copied"] == 2
    assert old.exists()


def test_a_dry_run_counts_and_makes_nothing(octotui: Octotui, tmp_path: Path) -> None:
    old, new = filled(octotui), tmp_path / "new.db"
    done = octotui.call("ledger", "copy", str(old), str(new), "--dry-run")
    assert done.code == 0
    assert ["tasks", "3", "0"] in [line.split() for line in done.out.splitlines()]
    assert not new.exists()
    assert old.exists()


def test_nothing_is_copied_while_somebody_works(octotui: Octotui, tmp_path: Path) -> None:
    old, new = filled(octotui), tmp_path / "new.db"
    with Ledger.open(old) as worker:
        assert worker.take_lease("worker", socket.gethostname(), os.getpid(), 1.0)
        # Its word is renewed while the copy waits to see whether it is gone.
        process = octotui.start("ledger", "copy", str(old), str(new))
        while process.poll() is None:
            worker.take_lease("worker", socket.gethostname(), os.getpid(), 1.0)
        out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert f"process {os.getpid()} on {socket.gethostname()} works on {old}: stop it first" in err
    assert old.exists()


def test_what_cannot_be_copied_is_said_and_the_old_file_stays(octotui: Octotui, tmp_path: Path) -> None:
    old, new = filled(octotui), tmp_path / "new.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("UPDATE tasks SET progress = 'half' WHERE id = 'grok:1a'")
        connection.commit()
    done = octotui.call("ledger", "copy", str(old), str(new))
    assert done.code == 8
    assert "1 row of damaged tasks left out: octotui ledger check" in done.out
    assert old.exists()


def test_words_for_what_is_no_ledger(octotui: Octotui, tmp_path: Path) -> None:
    gone = tmp_path / "gone.db"
    done = octotui.call("ledger", "copy", str(gone), str(tmp_path / "new.db"))
    assert (done.code, done.out) == (2, "")
    assert f"{gone} is no file" in done.err
    assert not gone.exists()
    old = filled(octotui)
    assert octotui.call("ledger", "copy", str(old), str(old)).code == 2


def test_a_whole_ledger_is_said_to_be_whole(octotui: Octotui) -> None:
    old = filled(octotui)
    done = octotui.call("ledger", "check")
    assert (done.code, done.out) == (0, f"{old}: whole, 3 tasks\n")
    assert json.loads(octotui.call("ledger", "check", str(old), "--json").out) == {
        "place": str(old),
        "tasks": 3,
        "problems": [],
    }


def test_damage_is_said_with_exit_code_8(octotui: Octotui) -> None:
    old = filled(octotui, 2000)
    with old.open("r+b") as file:
        file.seek(old.stat().st_size - 4096 * 3 + 100)
        file.write(b"\xff" * 300)
    done = octotui.call("ledger", "check", str(old))
    assert done.code == 8
    assert done.out or done.err
