"""Standard files that are closed or full, proxies that are none, words that are no text: one line, the right code."""

from __future__ import annotations

import os
import subprocess

import pytest

from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from tests.cli.conftest import Octotui, Outcome


def shell(octotui: Octotui, line: str, **environ: str) -> Outcome:
    """Run `octotui` in a shell's `line`, where it is `"$@"`."""
    done = subprocess.run(
        ["sh", "-c", line, "sh", *octotui.command()],
        capture_output=True,
        check=False,
        cwd=octotui.home,
        env=octotui.environ | environ,
        timeout=60,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('"$@" ls --json >&-', "standard output is closed"),
        ('"$@" ls --json >/dev/full', "No space left on device"),
        ('"$@" --help >&-', "standard output is closed"),
        ('"$@" config path <&- >&-', "standard output is closed"),
        ('"$@" ls --json >&- 2>&-', ""),
    ],
)
def test_output_that_goes_nowhere_is_one_line_and_code_8(octotui: Octotui, line: str, words: str) -> None:
    outcome = shell(octotui, line)
    assert (outcome.code, outcome.err) == (8, f"octotui: {words}\n" if words else "")


def test_input_that_is_closed_is_empty_and_messages_may_go_nowhere(octotui: Octotui) -> None:
    assert shell(octotui, '"$@" add <&-').err == "octotui: no task found\n"
    assert shell(octotui, '"$@" show nothing 2>&-').code == 2
    assert shell(octotui, '"$@" add sora:1a <&- 2>&-').code == 0


def test_no_file_of_ours_becomes_a_standard_file(octotui: Octotui) -> None:
    """With stdout and stderr closed the ledger must not be opened as them, where any library would write into it."""
    assert shell(octotui, '"$@" add sora:1a <&- >&- 2>&-').code in {0, 8}
    assert "sora:1a" in octotui.call("ls").out


@pytest.mark.parametrize("command", [["poll"], ["watch", "--until-done"], ["wait"]])
@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("http://[", "HTTP_PROXY is not a URL of a proxy, such as http://host:port"),
        ("http://user:secret@", "HTTP_PROXY is not a URL of a proxy, such as http://host:port"),
        ("http://h:99999", "HTTP_PROXY is not a URL of a proxy, such as http://host:port"),
        ("ftp://secret:secret@host", "HTTP_PROXY is a proxy of a kind that is not known; an http:// one would be"),
    ],
)
def test_a_proxy_that_is_none_is_one_line_and_code_2(
    octotui: Octotui, command: list[str], proxy: str, words: str
) -> None:
    octotui.call("add", "sora:1a")
    outcome = octotui.run(*command, NO_PROXY="", HTTP_PROXY=proxy, OCTOTUI_BASE_URL="http://gateway.example")
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1] == f"octotui: {words}"
    assert "Traceback" not in outcome.err
    assert "secret" not in outcome.err


def test_a_third_proxy_for_other_programs_is_no_matter(octotui: Octotui) -> None:
    with Box(faults=False, opening=False) as box:
        task_id = box.create("sora", "sora-2", life=Life(age=100.0, queued=1.0, running=2.0, size=3000))
        octotui.call("add", task_id, "--provider", "sora")
        socks = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "socks5://h:1"}
        environ = {"OCTOTUI_BASE_URL": box.base_url, "OCTOTUI_API_KEY": box.key, "NO_PROXY": "127.0.0.1"}
        outcome = octotui.run("wait", "--download", **(environ | socks))
    assert outcome.code == 0, outcome.err


NO_TEXT = os.fsdecode(b"\xff\xfe")


@pytest.mark.parametrize(
    "arguments",
    [
        *(["show", NO_TEXT], ["rm", NO_TEXT], ["add", NO_TEXT], ["add", "a", "--tag", NO_TEXT], [NO_TEXT]),
        *(
            ["ls", "--provider", NO_TEXT],
            ["--config", NO_TEXT, "ls"],
            ["--profile", NO_TEXT, "ls"],
            ["import", NO_TEXT],
        ),
    ],
)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_bytes_that_are_no_text_are_shown_escaped(octotui: Octotui, arguments: list[str], locale: str) -> None:
    outcome = octotui.run(*arguments, LC_ALL=locale)
    assert outcome.code in {2, 8}
    assert "Traceback" not in outcome.err
    assert outcome.err.startswith("octotui: ")
    assert len(outcome.err.splitlines()) == 1


@pytest.mark.parametrize("variable", ["OCTOTUI_CONFIG", "OCTOTUI_BASE_URL", "OCTOTUI_PROFILE", "OCTOTUI_API_KEY"])
def test_nor_do_they_matter_in_the_environment(octotui: Octotui, variable: str) -> None:
    outcome = octotui.run("poll", **{variable: NO_TEXT})
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 1


def test_a_folder_that_the_ledger_cannot_name_is_refused(octotui: Octotui) -> None:
    """Else files would be saved in another folder, whose name has question marks in it."""
    octotui.call("add", "sora:1a")
    outcome = octotui.run("get", "sora:1a", "--out", f"out-{NO_TEXT}")
    assert outcome.code == 2
    assert outcome.err == "octotui: --out: out-<U+DCFF><U+DCFE>: the folder's name is no text that can be kept\n"


def test_a_state_folder_with_such_a_name_can_be_used(octotui: Octotui) -> None:
    octotui.run("add", "sora:1a", OCTOTUI_STATE_DIR=NO_TEXT)
    assert "sora:1a" in octotui.run("ls", OCTOTUI_STATE_DIR=NO_TEXT).out
    assert (octotui.home / NO_TEXT / "ledger.db").exists()
