from __future__ import annotations

import json
import socket
import stat

import pytest

from tests.cli.conftest import KEY, Octotui
from tests.support.gateway import Reply, gateway

UUID = "05c8e247-7e64-472a-acb1-e7f2de5d0d04"


def ids(octotui: Octotui, *arguments: str) -> list[str]:
    return [task["id"] for task in json.loads(octotui.call("ls", "--json", *arguments).out)]


def test_ids_are_added_known_and_removed(octotui: Octotui) -> None:
    outcome = octotui.call("add", "sora-2:task_01k9", f"grok:{UUID}", "--tag", "night", "--tag", "b")
    assert (outcome.code, outcome.err) == (0, "2 added, 0 known already\n")
    assert outcome.out == f"added sora-2:task_01k9 Sora\nadded grok:{UUID} Grok\n"
    outcome = octotui.call("add", "sora-2:task_01k9", "veo3:17")
    assert (outcome.code, outcome.out) == (0, "known sora-2:task_01k9 Sora\nadded veo3:17 Veo\n")
    tasks = json.loads(octotui.call("ls", "--json").out)
    assert [task["tags"] for task in tasks] == [["night", "b"], ["night", "b"], []]
    outcome = octotui.call("rm", "veo3:17", "sora-2:task_01k9", "veo3:17")
    assert (outcome.code, outcome.out) == (0, "removed veo3:17\nremoved sora-2:task_01k9\n")
    assert ids(octotui) == [f"grok:{UUID}"]


def test_any_text_is_taken_from_standard_input(octotui: Octotui) -> None:
    text = '{"id": "video_1a2b", "model": "sora-2"}\n2026-01-01T00:00:00Z INFO created veo3.1:1790000000-aB\nnoise\n'
    outcome = octotui.call("add", stdin=text)
    assert (outcome.code, ids(octotui)) == (0, ["video_1a2b", "veo3.1:1790000000-aB"])
    assert "2 tasks: 1 Sora, 1 Veo (from JSON, log); 1 line ignored" in outcome.err
    assert octotui.call("add", "-", "grok:1", stdin="sora:1a2b").code == 0
    assert {"sora:1a2b", "grok:1"} < set(ids(octotui))
    assert octotui.call("add", stdin=b"\xff\xfe\nsora:9z8y\n\x80").code == 0
    assert "sora:9z8y" in ids(octotui)


def test_with_ids_standard_input_is_left_alone(octotui: Octotui) -> None:
    assert octotui.call("add", "grok:1", stdin="sora:1a2b").code == 0
    assert ids(octotui) == ["grok:1"]


def test_whose_task_it_is_is_asked_for_and_the_sure_ones_are_added(octotui: Octotui) -> None:
    outcome = octotui.call("add", "video_abc123", "grok:1", UUID)
    assert (outcome.code, outcome.out) == (2, "added grok:1 Grok\n")
    expected = (
        f"octotui: whose task is this? Say it with --provider (sora, grok, doubao, veo, unified): video_abc123 {UUID}"
    )
    assert outcome.err.splitlines()[-1] == expected
    assert ids(octotui) == ["grok:1"]
    assert octotui.call("add", "video_abc123", "--provider", "doubao").code == 0
    tasks = json.loads(octotui.call("ls", "--json", "--provider", "doubao").out)
    assert [(task["id"], task["route"]) for task in tasks] == [("video_abc123", "videos")]


def test_a_route_can_be_named(octotui: Octotui) -> None:
    assert octotui.call("add", "video_abc123", "--provider", "sora", "--route", "query").code == 0
    assert json.loads(octotui.call("ls", "--json").out)[0]["route"] == "query"
    assert octotui.call("add", "https://octopusx.ai/v1/video/generations/task_9z").code == 0
    assert json.loads(octotui.call("ls", "--json", "--provider", "unified").out)[0]["route"] == "generations"


@pytest.mark.parametrize(
    "task_id", ["VmVv+" * 51 + "AbC/9==", "a b", "日本語", "-dash", "[/bold]", "a'b\"c`d", "ERROR"]
)
def test_a_typed_id_is_taken_as_it_is(octotui: Octotui, task_id: str) -> None:
    outcome = octotui.call("add", "--provider", "unified", "--", task_id)
    assert outcome.code == 0
    assert ids(octotui) == [task_id]
    assert octotui.call("show", "--json", "--", task_id).code == 0


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("video_", "video_ can mean 2 tasks: video_9f2c81d0  video_77aa"),
        ("video_…", "video_… can mean 2 tasks: video_9f2c81d0  video_77aa"),
        ("05", "not watched: 05; add it first: octotui add 05"),
        ("video_9…aa", "not watched: video_9…aa; add it first: octotui add video_9…aa"),
    ],
)
def test_part_of_an_id_that_means_no_task_or_several_is_refused(octotui: Octotui, part: str, message: str) -> None:
    octotui.call("add", "grok:05c8e247", "video_9f2c81d0", "video_77aa", "--provider", "grok")
    for command in ("show", "rm", "poll", "get", "wait"):
        outcome = octotui.call(command, part)
        assert (outcome.code, outcome.err) == (2, f"octotui: {message}\n")
    assert len(ids(octotui)) == 3


@pytest.mark.parametrize("part", ["05C8E247", "grok:05c8", "grok:05…e247", "grok:05c8...", "…c8e247"])
def test_a_shortened_or_partial_id_means_the_one_task_that_fits(octotui: Octotui, part: str) -> None:
    octotui.call("add", "grok:05c8e247", "video_9f2c81d0", "video_77aa", "--provider", "grok")
    assert json.loads(octotui.call("show", "--json", part).out)["id"] == "grok:05c8e247"
    assert octotui.call("rm", part).out == "removed grok:05c8e247\n"


def test_of_many_that_fit_five_are_named(octotui: Octotui) -> None:
    octotui.call("add", *(f"video_77a{number}" for number in range(7)), "--provider", "grok")
    outcome = octotui.call("show", "video_77a")
    assert outcome.code == 2
    assert outcome.err.startswith("octotui: video_77a can mean 7 tasks: video_77a0  video_77a1")
    assert outcome.err.endswith("video_77a4 and 2 more\n")


def test_a_shortened_id_is_no_new_task_but_a_watched_one(octotui: Octotui) -> None:
    octotui.call("add", "video_9f2c81d0", "video_77aa", "--provider", "grok")
    for outcome in (octotui.call("add", "video_9f2…d0"), octotui.call("add", "-", stdin="stuck: video_9f2c8...\n")):
        assert (outcome.code, outcome.out) == (0, "known video_9f2c81d0 Grok\n")
    outcome = octotui.call("add", "-", stdin="stuck: video_5a…bc\n")
    assert outcome.code == 2
    assert "video_5a…bc is shortened, and no watched task fits it" in outcome.err
    assert octotui.call("add", "video_…").code == 2
    assert len(ids(octotui)) == 2


@pytest.mark.parametrize(
    ("answer", "provider"),
    [
        ({"id": "video_abc123", "object": "video", "status": "queued"}, "unified"),
        ({"task_id": "task_LtujSKpBYTZNT4BXpUlfKYypoM5XabYQ"}, "unified"),
        ({"request_id": UUID}, "grok"),
        ({"id": UUID, "status": "pending", "model": "veo3.1"}, "veo"),
    ],
)
def test_of_a_create_answer_nobody_is_asked_whose_it_is(
    octotui: Octotui, answer: dict[str, str], provider: str
) -> None:
    outcome = octotui.call("add", "-", stdin=json.dumps(answer))
    assert outcome.code == 0
    assert [task["provider"] for task in json.loads(octotui.call("ls", "--json").out)] == [provider]


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["add", "a\x1bb"], "", "control characters"),
        (["add", ".."], "", "is not a task id"),
        (["add"], "hello world\n", "no task found, ignored: hello world"),
        (["add"], "", "no task found"),
        (["add", "x", "--provider", "sorra"], "", "'sorra' is no provider; did you mean sora?"),
        (["add", "x", "--route", "vidoes"], "", "'vidoes' is not one of 'videos', 'query', 'generations'"),
        (["add", "grok:1", "--tag", "a\x07"], "", "a tag is a short text"),
        (["ls", "--provider", "x"], "", "is no provider"),
        (["ls", "--state", "x"], "", "'x' is not one of"),
        (["show", "nowhere"], "", "not watched: nowhere; add it first: octotui add nowhere"),
        (["show"], "", "Missing argument 'ID'"),
        (["rm", "nowhere"], "", "not watched: nowhere"),
        (["rm"], "", "give ids, or a filter"),
        (["poll", "nowhere"], "", "not watched: nowhere"),
        (["get", "nowhere"], "", "not watched: nowhere"),
        (["wait", "nowhere"], "", "not watched: nowhere"),
        (["wait", "--timeout", "soon"], "", "must be a time"),
        (["lss"], "", "'lss' is no command; did you mean ls? Valid: demo, add,"),
        (
            ["config", "chek"],
            "",
            "'chek' is no command; did you mean check? Valid: check, edit, get, init, path, set, unset",
        ),
        (["ls", "--jsn"], "", "No such option '--jsn'"),
        ([], "", "the dashboard needs a terminal"),
        (["demo"], "", "the dashboard needs a terminal; octotui demo --headless does"),
        (["completion", "tcsh"], "", "'tcsh' is not one of"),
        (["--config", "nowhere.toml", "ls"], "", "nowhere.toml: there is no such file"),
        (["--profile", "x", "ls"], "", "'x' is no profile"),
    ],
)
def test_misuse_is_one_clear_line_and_exit_code_2(
    octotui: Octotui, arguments: list[str], stdin: str, words: str
) -> None:
    outcome = octotui.call(*arguments, stdin=stdin)
    assert outcome.code == 2
    assert outcome.err.count(words) == 1
    assert outcome.err.splitlines()[-1].startswith("octotui: ")
    assert "Traceback" not in outcome.err
    assert "\x1b" not in outcome.err


def test_lists_are_filtered_by_provider_and_state(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a", "grok:2b")
    assert ids(octotui, "--provider", "grok") == ["grok:2b"]
    assert ids(octotui, "--state", "unknown") == ["sora:1a", "grok:2b"]
    assert ids(octotui, "--state", "completed") == []
    assert ids(octotui, "--state", "ready") == []
    assert octotui.call("ls", "--json", "--state", "failed").out == "[]\n"


def test_an_empty_list_says_what_to_do_on_stderr(octotui: Octotui) -> None:
    outcome = octotui.call("ls")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "no tasks: octotui add ID\n")


def test_show_prints_the_facts(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a", "--tag", "night")
    lines = dict(line.split(None, 1) for line in octotui.call("show", "sora:1a").out.splitlines())
    assert lines["id"] == "sora:1a"
    assert lines["provider"] == "Sora, asked on videos"
    assert lines["tags"] == "night"


def test_state_is_private_and_each_profile_has_its_own(octotui: Octotui) -> None:
    config = octotui.home / ".config" / "octotui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[profiles.studio]\n")
    octotui.call("add", "sora:1a")
    octotui.call("add", "grok:1", "--profile", "studio")
    assert ids(octotui) == ["sora:1a"]
    assert ids(octotui, "--profile", "studio") == ["grok:1"]
    assert json.loads(octotui.call("--profile", "studio", "ls", "--json").out)[0]["id"] == "grok:1"
    assert json.loads(octotui.call("ls", "--json", OCTOTUI_PROFILE="studio").out)[0]["id"] == "grok:1"
    folder = octotui.home / ".local" / "state" / "octotui"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {"ledger.db", "ledger-studio.db"} <= {file.name for file in folder.iterdir()}


def test_commands_that_send_nothing_need_no_key_and_never_look_for_one(octotui: Octotui) -> None:
    config = octotui.home / "config.toml"
    config.write_text('api_key_command = ["touch", "asked"]\n')
    del octotui.environ["OCTOTUI_API_KEY"]
    for arguments in (["add", "sora:1a"], ["ls"], ["show", "sora:1a"], ["rm", "sora:1a"]):
        assert octotui.run(*arguments, "--config", str(config)).code == 0
    assert not (octotui.home / "asked").exists()


@pytest.mark.parametrize("arguments", [["poll"], ["get"], ["wait"], ["watch"]])
def test_commands_that_ask_say_which_key_is_missing(octotui: Octotui, arguments: list[str]) -> None:
    del octotui.environ["OCTOTUI_API_KEY"]
    octotui.call("add", "sora:1a")
    outcome = octotui.call(*arguments)
    assert outcome.code == 2
    assert "there is no key: set OCTOTUI_API_KEY, or name api_key_file" in outcome.err
    assert str(octotui.home / ".config" / "octotui" / "config.toml") in outcome.err


@pytest.mark.parametrize("arguments", [["poll"], ["get"], ["wait"], ["watch", "--until-done"]])
def test_a_key_of_another_house_is_sent_to_nobody(octotui: Octotui, arguments: list[str]) -> None:
    octotui.call("add", "sora:1a")
    octotui.environ |= {"OCTOTUI_API_KEY": "", "OPENAI_API_KEY": KEY}
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        way_out = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.getsockname()[1]}", "NO_PROXY": ""}
        outcome = octotui.run(*arguments, **way_out)
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):
            proxy.accept()
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "octotui: OPENAI_API_KEY is set, but no base URL was named: it is not sent to https://octopusx.ai: "
        "set OCTOTUI_API_KEY, or name the gateway with OCTOTUI_BASE_URL or base_url in "
        f"{octotui.home}/.config/octotui/config.toml\n"
    )


@pytest.mark.parametrize("named", ["OCTOTUI_BASE_URL", "OPENAI_BASE_URL", "base_url", "profile"])
def test_a_key_of_another_house_goes_to_the_gateway_that_was_named(octotui: Octotui, named: str) -> None:
    octotui.environ |= {"OCTOTUI_API_KEY": "", "OPENAI_API_KEY": KEY}
    file = octotui.home / "c.toml"
    octotui.environ["OCTOTUI_CONFIG"] = str(file)
    with gateway(lambda _: Reply({"id": "sora:1a", "status": "in_progress"})) as server:
        line = f'base_url = "{server.base_url}/v1"\n'
        file.write_text({"base_url": line, "profile": f"[profiles.p]\n{line}"}.get(named, ""))
        if named.isupper():
            octotui.environ[named] = f"{server.base_url}/v1/"
        octotui.environ["OCTOTUI_PROFILE"] = "p" if named == "profile" else ""
        octotui.call("add", "sora:1a")
        assert octotui.call("poll").code == 0
    assert [(path, headers["Authorization"]) for path, headers in server.requests] == [
        ("/v1/videos/sora:1a", f"Bearer {KEY}")
    ]


def test_a_bad_configuration_is_told_line_by_line_and_without_the_key(octotui: Octotui) -> None:
    config = octotui.home / "c.toml"
    config.write_text(f'api_key = "{KEY}"\npoll_secnds = 1\n')
    outcome = octotui.call("poll", "--config", str(config))
    assert outcome.code == 2
    lines = outcome.err.splitlines()
    assert lines[0].startswith(f"octotui: {config}:1: api_key: a key never stands in the configuration")
    assert lines[1].startswith(f"{config}:2: poll_secnds: 'poll_secnds' is no setting; did you mean poll_seconds?")
    assert KEY not in outcome.err


def test_a_title_is_given_kept_and_shown(octotui: Octotui) -> None:
    octotui.call("add", "sora-2:task_01k9", "--title", "  Shot 12,\n the roof ")
    octotui.call("add", "-", stdin=json.dumps({"id": "video_abc123def", "model": "sora-2", "prompt": "a cat"}))
    titles = {task["id"]: task["title"] for task in json.loads(octotui.call("ls", "--json").out)}
    assert titles == {"sora-2:task_01k9": "Shot 12, the roof", "video_abc123def": "a cat"}
    octotui.call("add", "video_abc123def", "--title", "Cat")
    lines = dict(line.split(None, 1) for line in octotui.call("show", "video_abc123def").out.splitlines())
    assert lines["title"] == "Cat"
    assert "Cat" not in octotui.call("show", "video_abc123def", "--report").out
    refused = octotui.call("add", "video_abc123def", "--title", " ")
    assert (refused.code, "a title is a short text" in refused.err) == (2, True)
