"""A gateway that quotes the key and signed links: nothing of it is kept or shown."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import KEY, Octotui
from tests.support.gateway import Gateway, Reply, gateway

PLAIN_KEY = "k3y/of-a-house-without-prefix"
LINK = "https://cdn.example/v.mp4?Expires=1790000000&Signature=SIGNED-1&visitor=VISITOR-1"
SECRETS = (KEY, PLAIN_KEY, "sk-another-0123456789", "SIGNED-1")
WORDS = f"key {KEY} or {PLAIN_KEY} or sk-another-0123456789 may not fetch {LINK}"
FAILED = {"id": "sora:1a", "status": "failed", "error": {"code": KEY, "message": WORDS}}
COMPLETED = {"id": "sora:1a", "status": "completed", "video_url": LINK, "echo": f"Bearer {PLAIN_KEY}"}


def kept(octotui: Octotui) -> bytes:
    """Everything below the state folder, log and ledger alike."""
    return b"".join(path.read_bytes() for path in octotui.home.rglob("*") if path.is_file())


def shown(octotui: Octotui, server: Gateway, key: str) -> str:
    """All that the commands say of what the gateway has answered."""
    environ = {"OCTOTUI_BASE_URL": server.base_url, "OCTOTUI_API_KEY": key}
    octotui.call("add", "sora:1a")
    commands = (
        ["poll"],
        ["poll", "--json"],
        ["ls"],
        ["ls", "--json"],
        ["show", "sora:1a"],
        ["show", "sora:1a", "--json"],
        ["show", "sora:1a", "--report"],
        ["report"],
    )
    said = [octotui.call(*command, **environ) for command in commands]
    return "".join(each.out + each.err for each in said)


@pytest.mark.parametrize("key", [KEY, PLAIN_KEY])
@pytest.mark.parametrize(
    "reply",
    [Reply(FAILED), Reply({"error": {"code": PLAIN_KEY, "message": WORDS}}, status=400), Reply(WORDS, status=502)],
    ids=["a failed task", "a refused request", "a text"],
)
def test_an_echoed_key_and_signature_are_neither_kept_nor_shown(octotui: Octotui, reply: Reply, key: str) -> None:
    with gateway(lambda _: reply) as server:
        text = shown(octotui, server, key)
    assert "may not fetch https://cdn.example/v.mp4" in text
    leaks = [secret for secret in SECRETS if secret in text and (secret != PLAIN_KEY or key == PLAIN_KEY)]
    assert leaks == []
    assert key.encode() not in kept(octotui)


def test_links_are_whole_for_scripts_and_masked_for_journals(octotui: Octotui) -> None:
    with gateway(lambda _: Reply(COMPLETED)) as server:
        environ = {"OCTOTUI_BASE_URL": server.base_url, "OCTOTUI_API_KEY": PLAIN_KEY}
        events = {}
        for options in ([], ["--links"]):
            octotui.call("add", "sora:1a")
            lines = octotui.call("watch", "--until-done", "--jsonl", *options, **environ).out.splitlines()
            tasks = [json.loads(line)["task"] for line in lines]
            events["--links" in options] = [task["result_url"] for task in tasks if task and task["result_url"]]
            whole = json.loads(octotui.call("show", "sora:1a", "--json").out)["result_url"]
            listed = json.loads(octotui.call("ls", "--json").out)[0]["result_url"]
            report = octotui.call("show", "sora:1a", "--report").out
            octotui.call("rm", "sora:1a")
    assert {*events[True], whole, listed} == {LINK}
    assert set(events[False]) == {"https://cdn.example/v.mp4?Expires=1790000000&Signature=…&visitor=…"}
    assert "visitor=…" in report
    assert "VISITOR-1" not in report
    assert PLAIN_KEY.encode() not in kept(octotui)


def test_a_hook_gets_no_token_of_ours(octotui: Octotui, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    code = f"import os; open({str(seen)!r}, 'w').write(repr(dict(os.environ)))"
    config = tmp_path / "config.toml"
    config.write_text(f"on_completed = {json.dumps([sys.executable, '-c', code])}\n")
    tokens = {
        "OPENAI_API_KEY": "sk-of-another-house-1",
        "OCTOTUI_SYSTEM_TOKEN": "system-token-0123",
        "ECHO": f"Bearer {PLAIN_KEY}",
    }
    with gateway(lambda _: Reply(COMPLETED)) as server:
        environ = {"OCTOTUI_BASE_URL": server.base_url, "OCTOTUI_API_KEY": PLAIN_KEY, "OCTOTUI_CONFIG": str(config)}
        octotui.call("add", "sora:1a")
        octotui.call("watch", "--until-done", **(environ | tokens))
    environment = seen.read_text()
    assert "OCTOTUI_EVENT" in environment
    assert [secret for secret in (PLAIN_KEY, *tokens.values()) if secret in environment] == []
