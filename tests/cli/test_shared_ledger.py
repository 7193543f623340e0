"""Commands on a ledger that several machines share, on a PostgreSQL server."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from octotui.cli.exit_codes import ExitCode
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life, LinkStyle
from octotui.ledger import Ledger
from octotui.ledger.url import in_words
from tests.cli.conftest import Octotui
from tests.support.postgres import Cluster, new_cluster
from tests.support.waiting import until


@pytest.fixture
def shared(octotui: Octotui, url: str) -> Octotui:
    octotui.environ["OCTOTUI_LEDGER"] = url
    return octotui


def test_commands_use_it(shared: Octotui, url: str) -> None:
    assert shared.call("add", "sora:1a", "--tag", "night").code == 0
    (task,) = json.loads(shared.call("ls", "--json").out)
    assert (task["id"], task["tags"]) == ("sora:1a", ["night"])
    assert json.loads(shared.call("--read-only", "ls", "--json").out) == [task]
    with Ledger.open(url) as ledger:
        assert ledger.count() == 1
    assert not list(shared.home.rglob("ledger*.db")), "there is no file beside it"


def test_it_is_named_without_its_password(shared: Octotui, url: str) -> None:
    shared.environ["OCTOTUI_LEDGER"] = url.replace("octotui@", "octotui:s3cret@")
    checked = shared.call("config", "check")
    assert f"ledger     {in_words(url)}\n" in checked.out
    doctor = shared.call("doctor", "--json", OCTOTUI_BASE_URL="http://127.0.0.1:9")
    (found,) = [check for check in json.loads(doctor.out)["checks"] if check["name"] == "ledger"]
    assert (found["verdict"], in_words(url) in found["says"]) == ("ok", True)
    said = shared.call("config", "get", "ledger").out
    assert in_words(url) in said
    for text in (checked.out, doctor.out, said):
        assert "s3cret" not in text


def test_a_server_that_is_away_is_named(shared: Octotui, tmp_path: Path) -> None:
    outcome = shared.call("ls", OCTOTUI_LEDGER=f"postgresql://ann@/farm?host={tmp_path}")
    assert outcome.code == ExitCode.FILE
    assert "cannot be reached" in outcome.err
    assert "Traceback" not in outcome.err


def saved_files(*homes: Path) -> Counter[str]:
    """How many files there are of each result, by its name."""
    return Counter(file.name for home in homes for file in home.rglob("*.mp4"))


def test_two_machines_ask_once_and_save_each_result_once(shared: Octotui, url: str, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    with Box(faults=False, opening=False) as box:
        ids = [
            box.create("sora", "sora-2", life=Life(age=100.0, queued=1.0, running=2.0, link=LinkStyle.AWS))
            for _ in range(12)
        ]
        shared.environ |= {"OCTOTUI_BASE_URL": box.base_url, "OCTOTUI_API_KEY": box.key}
        assert shared.call("add", *ids, "--provider", "sora").code == 0
        both = [shared.start("watch", "--download", "--until-done", HOME=str(home)) for home in (shared.home, second)]
        for process in both:
            _, errors = process.communicate(timeout=90)
            assert process.returncode == 0, errors
        fetched = Counter(each.path for each in box.requests if each.host == "files")
    assert len(saved_files(shared.home, second)) == 12
    assert set(saved_files(shared.home, second).values()) == {1}
    assert len(fetched) == 12
    with Ledger.open(url) as ledger:
        assert all(task.is_saved for task in ledger.tasks())
        assert {copy.task_id for copies in ledger.copies(ids).values() for copy in copies} == set(ids)


def test_work_goes_on_where_the_server_was_restarted(octotui: Octotui, cluster: Cluster) -> None:
    del cluster  # it skips the test where there is no PostgreSQL
    with new_cluster() as own, Box(faults=False, opening=False) as box:
        octotui.environ |= {
            "OCTOTUI_LEDGER": own.url(),
            "OCTOTUI_BASE_URL": box.base_url,
            "OCTOTUI_API_KEY": box.key,
        }
        ids = [box.create("sora", "sora-2", life=Life(queued=1.0, running=4.0, link=LinkStyle.AWS)) for _ in range(4)]
        assert octotui.call("add", *ids, "--provider", "sora").code == 0
        process = octotui.start("watch", "--download", "--until-done")
        with Ledger.open(own.url()) as ledger:
            until(ledger.lease, "somebody who works")
        own.stop("immediate")
        own.start()
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        with Ledger.open(own.url()) as ledger:
            assert all(task.is_saved for task in ledger.tasks())
        assert len(saved_files(octotui.home)) == 4
