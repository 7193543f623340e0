"""Commands beside a real gateway and a real S3 server: saved, delivered, lost here, brought back, imported."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import obstore
import pytest

from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life, LinkStyle
from octotui.ledger import Ledger
from tests.cli.conftest import Octotui, octotui
from tests.support.object_storage import S3Server
from tests.support.waiting import until

__all__ = ["octotui"]


@pytest.fixture
def box() -> Iterator[Box]:
    with Box(faults=False, opening=False, speed=math.inf) as running:
        yield running


@pytest.fixture
def home(octotui: Octotui, box: Box, s3: S3Server, bucket: str) -> Octotui:
    """Settings that deliver into the bucket, and two results that are ready."""
    octotui.environ |= {"OCTOTUI_BASE_URL": box.base_url, "OCTOTUI_API_KEY": box.key, **s3.environ}
    config = octotui.home / ".config" / "octotui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'deliver_to = "s3://{bucket}/results"\ndownload_dir = "~/videos"\n')
    life = Life(age=100.0, queued=1.0, running=2.0, link=LinkStyle.AWS)
    for _ in range(2):
        octotui.call("add", box.create("sora", "sora-2", life=life), "--provider", "sora", "--tag", "night")
    return octotui


def tasks(octotui: Octotui) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(octotui.call("ls", "--json").out)
    return found


def change_settings(octotui: Octotui, text: str) -> None:
    config = octotui.home / ".config" / "octotui" / "config.toml"
    config.write_text(config.read_text() + text)


def test_watch_ends_once_all_is_delivered_and_says_so(home: Octotui, s3: S3Server, bucket: str) -> None:
    outcome = home.run("watch", "--download", "--until-done", "--jsonl")
    assert outcome.code == 0, outcome.err
    events = [json.loads(line) for line in outcome.out.splitlines()]
    told = [event["task"]["delivered"] for event in events if event["event"] == "delivered"]
    assert sorted(told) == sorted(str(task["delivered"]) for task in tasks(home))
    assert all(url.startswith(f"s3://{bucket}/results/sora/") for url in told)
    assert len(s3.keys(bucket)) == 4
    for task in tasks(home):
        file = Path(str(task["file"]))
        name = str(task["delivered"]).removeprefix(f"s3://{bucket}/")
        assert s3.get(bucket, name) == file.read_bytes()
    listed = home.call("ls", "--state", "delivered", "-o", "csv", "--columns", "id,state,delivered").out
    assert listed.count(",delivered,s3://") == 2
    assert home.call("ls", "--filter", "state:saved", "-o", "csv").out.count("\n") == 3
    shown = home.call("show", str(tasks(home)[0]["id"])).out
    assert "state         delivered\n" in shown
    assert f"delivered     {tasks(home)[0]['delivered']}\n" in shown


def test_what_cannot_be_delivered_is_said_and_waits_for_the_next_one(home: Octotui, s3: S3Server, bucket: str) -> None:
    s3.fail(PUT=403)
    outcome = home.run("watch", "--download", "--until-done")
    assert outcome.code == 0
    assert "2 results not delivered yet: putting " in outcome.err
    assert "403" in outcome.err
    assert [task["download"] for task in tasks(home)] == ["saved", "saved"]
    s3.fail()
    assert home.run("watch", "--until-done").code == 0
    assert len(s3.keys(bucket)) == 4


def test_get_brings_back_what_is_lost_here_and_at_the_gateway(home: Octotui, box: Box, s3: S3Server) -> None:
    assert home.run("watch", "--download", "--until-done").code == 0
    before = tasks(home)
    contents = {str(task["id"]): Path(str(task["file"])).read_bytes() for task in before}
    shutil.rmtree(home.home / "videos")
    asked = len(box.requests)
    outcome = home.run("get", *contents)
    assert outcome.code == 0, outcome.err
    assert [Path(line).read_bytes() for line in outcome.out.splitlines()] == list(contents.values())
    assert [seen for seen in box.requests[asked:] if seen.host == "files"] == []
    after = tasks(home)
    assert [task["delivered"] for task in after] == [task["delivered"] for task in before]
    assert all(Path(f"{task['file']}.json").exists() for task in after)


def test_get_takes_nothing_from_the_storage_that_is_not_what_was_saved(
    home: Octotui, s3: S3Server, bucket: str
) -> None:
    assert home.run("watch", "--download", "--until-done").code == 0
    first, second = tasks(home)
    shutil.rmtree(home.home / "videos")
    name = str(first["delivered"]).removeprefix(f"s3://{bucket}/")
    s3.put(bucket, name, b"!" * len(s3.get(bucket, name)))
    s3.delete(bucket, str(second["delivered"]).removeprefix(f"s3://{bucket}/"))
    outcome = home.run("get", str(first["id"]), str(second["id"]))
    assert "it has another size or SHA-256; the gateway is asked" in outcome.err
    assert "is gone; the gateway is asked" in outcome.err
    assert outcome.code == 0
    assert all(b"ftyp" in Path(line).read_bytes()[:16] for line in outcome.out.splitlines())


def test_open_signs_a_link_where_there_is_no_file(home: Octotui, s3: S3Server) -> None:
    change_settings(home, 'keep_local = "until_delivered"\n')
    process = home.start("watch", "--download")
    try:
        deleted = [("saved", None), ("saved", None)]
        until(lambda: [(task["download"], task["file"]) for task in tasks(home)] == deleted, "the deletion", 30.0)
    finally:
        process.terminate()
        process.communicate()
    assert not [path for path in (home.home / "videos").rglob("*") if path.is_file()]
    (first, _) = tasks(home)
    assert (first["download"], first["state"]) == ("saved", "completed")
    outcome = home.call("open", str(first["id"]))
    assert outcome.code == 0
    assert f"{s3.endpoint}/" in outcome.err
    assert "X-Amz-Signature=" in outcome.err
    back = home.run("get", str(first["id"]))
    assert Path(back.out.strip()).is_file()


def test_import_makes_a_ledger_of_what_lies_in_a_bucket(
    home: Octotui, s3: S3Server, bucket: str, tmp_path: Path
) -> None:
    assert home.run("watch", "--download", "--until-done").code == 0
    before = tasks(home)
    s3.put(bucket, "results/foreign.json", b'{"somebody": "else"}')
    s3.put(
        bucket,
        "results/alone.mp4.json",
        s3.get(bucket, next(key for key in s3.keys(bucket) if key.endswith(".mp4.json"))),
    )
    elsewhere = {"OCTOTUI_STATE_DIR": str(tmp_path / "new"), "OCTOTUI_CONFIG": ""}
    outcome = home.call("import", f"s3://{bucket}/results", "--verify", **elsewhere)
    assert outcome.code == 8
    assert "not imported: s3://" in outcome.err
    assert "2 added, 0 completed, 0 known already, 1 not imported" in outcome.err
    found: list[dict[str, object]] = json.loads(home.call("ls", "--json", **elsewhere).out)
    keys = ("id", "provider", "model", "state", "download", "bytes_total", "delivered", "tags", "completed_at")
    assert [{key: task[key] for key in keys} for task in sorted(found, key=lambda task: str(task["id"]))] == [
        {key: task[key] for key in keys} for task in sorted(before, key=lambda task: str(task["id"]))
    ]
    assert [task["file"] for task in found] == [None, None]
    again = home.call("import", f"s3://{bucket}/results", **elsewhere)
    assert "0 added, 0 completed, 2 known already" in again.err
    brought = home.run("get", str(found[0]["id"]), **elsewhere)
    assert brought.code == 0, brought.err
    assert Path(brought.out.strip()).is_file()


def test_import_says_what_is_no_place(home: Octotui, bucket: str) -> None:
    outcome = home.call("import", "ftp://x/y")
    assert (outcome.code, "s3://bucket/prefix" in outcome.err) == (2, True)
    outcome = home.call("import", f"s3://{bucket}-nobody-has/x")
    assert (outcome.code, "The specified bucket does not exist" in outcome.err) == (8, True)


def checks(octotui: Octotui, name: str) -> list[dict[str, str]]:
    return [check for check in json.loads(octotui.call("doctor", "--json").out)["checks"] if check["name"] == name]


def test_doctor_tries_the_storage_and_leaves_nothing_there(home: Octotui, s3: S3Server, bucket: str) -> None:
    (found,) = checks(home, "delivery")
    assert (found["verdict"], found["says"]) == (
        "ok",
        f"s3://{bucket}/results takes an object, gives it back and deletes it",
    )
    assert s3.keys(bucket) == []
    assert "AbortIncompleteMultipartUpload" in checks(home, "bucket")[0]["says"]
    s3.send(
        "PUT", f"{bucket}?versioning", b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    )
    assert "versioning is on" in checks(home, "bucket")[1]["says"]


@pytest.mark.parametrize(("method", "verdict", "word"), [("PUT", "fail", "refused"), ("POST", "warn", "deleting")])
def test_doctor_says_what_one_may_not_do_there(
    home: Octotui, s3: S3Server, method: str, verdict: str, word: str
) -> None:
    s3.fail(**{method: 403})
    (found,) = checks(home, "delivery")
    assert (found["verdict"], word in found["says"], "403" in found["says"]) == (verdict, True, True)
    assert found["remedy"]


def test_doctor_knows_a_storage_that_writes_over_what_is_there(
    home: Octotui, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = obstore.put

    def put(*args: Any, **words: Any) -> object:
        words.pop("mode", None)
        return real(*args, **words)

    monkeypatch.setattr(obstore, "put", put)
    assert any("ignores If-None-Match" in found["says"] for found in checks(home, "delivery"))


def test_without_deliver_to_doctor_says_nothing_of_it(home: Octotui) -> None:
    (home.home / ".config" / "octotui" / "config.toml").write_text("")
    assert checks(home, "delivery") == checks(home, "bucket") == []


def test_a_folder_is_delivered_to_without_the_extra(home: Octotui, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    config = home.home / ".config" / "octotui" / "config.toml"
    config.write_text(f'deliver_to = "file://{share}"\nkeep_local = "until_delivered"\ndownload_dir = "~/videos"\n')
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "obstore.py").write_text("raise ImportError('not installed')")
    path = {"PYTHONPATH": f"{blocked}:{home.environ['PYTHONPATH']}"}
    assert home.run("watch", "--download", "--until-done", **path).code == 0
    videos = [file for file in share.rglob("*") if file.is_file() and file.suffix != ".json"]
    assert len(videos) == 2
    assert {str(task["delivered"]) for task in tasks(home)} == {f"file://{video}" for video in videos}
    config.write_text('deliver_to = "s3://bucket/x"\n')
    (found,) = json.loads(home.run("doctor", "--json", **path).out)["checks"][-1:]
    assert found
    said = [
        check for check in json.loads(home.run("doctor", "--json", **path).out)["checks"] if check["name"] == "delivery"
    ]
    assert "needs the extra s3: " in said[0]["says"]
    assert "obstore" in said[0]["says"]


def test_the_ledger_knows_each_copy(home: Octotui) -> None:
    assert home.run("watch", "--download", "--until-done").code == 0
    with Ledger.open(home.home / ".local" / "state" / "octotui" / "ledger.db") as ledger:
        for task in ledger.tasks():
            (copy,) = ledger.copies([task.id])[task.id]
            assert (copy.location, copy.sha256, copy.size) == (
                task.delivered,
                task.download.sha256,
                task.download.bytes_total,
            )
