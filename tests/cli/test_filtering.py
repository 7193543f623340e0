"""`--filter`: the language of the screen, in every command that takes it."""

from __future__ import annotations

import json
import time

import pytest
from click.testing import CliRunner

from octotui.cli.command_table import octotui as program
from tests.cli.conftest import Octotui
from tests.cli.filled import fill
from tests.cli.test_asking import VIDEO
from tests.cli.test_process import modules_of
from tests.support.bad_server import BadServer, Serve, clip, says
from tests.support.tasks import ready, saved


def ids(octotui: Octotui, *arguments: str) -> list[str]:
    return [task["id"] for task in json.loads(octotui.call("ls", "--json", *arguments).out)]


def test_ls_shows_what_matches(octotui: Octotui) -> None:
    fill(octotui)
    assert ids(octotui, "-f", "provider:grok state:ready,expired") == [
        *("grok:05c8e247-91aa-4d2f-b1a2-77aa10e2a71e", "grok:9911aa02-0000-4d2f-b1a2-77aa10e2a71e")
    ]
    assert ids(octotui, "-f", "grok:05c8") == ["grok:05c8e247-91aa-4d2f-b1a2-77aa10e2a71e"]
    assert ids(octotui, "-f", "left<30m") == ["video_9f2c81d0"]
    assert ids(octotui, "-f", "done:1h size>20MB", "--provider", "veo") == ["task_01k6zz"]


@pytest.mark.parametrize("command", ["ls", "get", "wait", "rm", "tag", "report", "watch"])
def test_what_makes_no_sense_is_code_2_and_says_what_to_write(octotui: Octotui, command: str) -> None:
    extra = ["+x"] if command == "tag" else []
    outcome = octotui.call(command, "--filter", "foo:bar", *extra)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("octotui: --filter: no field foo: state, provider, ")
    assert octotui.call(command, "-f", "size>x", *extra).err == (
        "octotui: --filter: size>x: write a size, as in size>50MB\n"
    )


def test_no_tasks_is_said_only_where_there_are_none(octotui: Octotui) -> None:
    assert octotui.call("ls", "-f", "state:failed").err == "no tasks: octotui add ID\n"
    fill(octotui)
    for arguments in (["-f", "zzz"], ["--state", "cancelled", "--provider", "veo"]):
        outcome = octotui.call("ls", *arguments)
        assert (outcome.code, outcome.out, outcome.err) == (0, "", "none of 20 match\n")
    for command in (["rm"], ["wait"], ["get"], ["tag", "+x"], ["report"]):
        assert "none of 20 match\n" in octotui.call(*command, "-f", "zzz").err
    assert octotui.call("ls", "-f", "zzz", "--json").out == "[]\n"


def test_ids_and_a_filter_together_mean_what_is_both(octotui: Octotui) -> None:
    octotui.call("add", "grok:1", "grok:2", "--tag", "x")
    octotui.call("tag", "grok:1", "+night")
    assert octotui.call("rm", "grok:1", "grok:2", "-f", "tag:night").out == "removed grok:1\n"
    assert octotui.call("rm", "grok:2", "-f", "tag:night").err == "none of 1 match\n"


def test_wait_and_get_take_what_matches(octotui: Octotui) -> None:
    fill(octotui, [saved("video_1", tags=("night",)), saved("video_2"), ready("video_9", -60)])
    outcome = octotui.call("wait", "-f", "tag:night", "--json")
    assert [task["id"] for task in json.loads(outcome.out)] == ["video_1"]
    outcome = octotui.call("get", "-f", "left<9h")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "none of 3 match\n")
    outcome = octotui.call("get", "-f", "video_9")
    assert "lost, not tried: video_9" in outcome.err


def test_report_counts_what_matches(octotui: Octotui) -> None:
    fill(octotui)
    told = json.loads(octotui.call("report", "-f", "state:failed", "--json").out)
    assert (told["added"], told["failed"], told["saved"]) == (1, {}, 0)
    assert json.loads(octotui.call("report", "-f", "file:videos", "--json").out)["saved"] == 2


@pytest.mark.parametrize("more", [["--by", "model"], ["--html", "-"], ["-o", "csv"]])
def test_what_goes_by_hours_takes_no_filter(octotui: Octotui, more: list[str]) -> None:
    fill(octotui)
    outcome = octotui.call("report", "-f", "state:failed", *more)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("octotui: --filter is about single tasks: take it without --by, or with --by tag")
    told = json.loads(octotui.call("report", "-f", "tag:camp", "--by", "tag", "--json").out)
    assert (told["added"], told["asks"]) == (1, None)


def test_ls_names_every_field_and_column() -> None:
    shown = CliRunner().invoke(program, ["ls", "--help"]).output
    for name in ("state:", "box:", "left<", "created:", "size<", "sha256", "took"):
        assert f"  {name} " in shown


def test_a_filter_costs_no_start_that_has_none(octotui: Octotui) -> None:
    assert "octotui.presentation.filters" not in modules_of(octotui, "ls", "--json")
    assert not {"octotui.cli.selection", "octotui.cli.listing"} & modules_of(octotui, "add", "grok:1")


def test_watch_prints_saves_and_waits_for_what_matches(octotui: Octotui) -> None:
    with BadServer() as server:
        octotui.environ["OCTOTUI_BASE_URL"] = server.url
        for name in ("one", "two"):
            link = server.on(f"/{name}.mp4", Serve(clip(300_000)))
            body = VIDEO | {"id": name, "status": "completed", "video_url": link, "expires_at": time.time() + 7200}
            server.on(f"/v1/videos/sora:{name}", says(200, json.dumps(body)))
        server.on("/v1/videos/sora:slow", says(200, json.dumps(VIDEO | {"status": "processing"})))
        octotui.call("add", "sora:one", "sora:two", "sora:slow")
        octotui.call("tag", "sora:one", "+night")
        outcome = octotui.call("watch", "-f", "tag:night", "--download", "--until-done", "--jsonl")
    assert outcome.code == 0, outcome
    events = [json.loads(line) for line in outcome.out.splitlines()]
    assert {event["task"]["id"] for event in events if event["task"]} == {"sora:one"}
    assert events[-1]["event"] == "saved"
    states = {task["id"]: task["download"] for task in json.loads(octotui.call("ls", "--json").out)}
    assert states == {"sora:one": "saved", "sora:two": "none", "sora:slow": "none"}
    unit = octotui.call("watch", "-f", "tag:night left<2h", "--download", "--print-unit").out
    assert "watch --download --filter 'tag:night left<2h'" in unit or '"tag:night left<2h"' in unit
