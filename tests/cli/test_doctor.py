from __future__ import annotations

import json
import socket
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from octotui.cli.commands.doctor import exit_code
from octotui.cli.exit_codes import ExitCode
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life, LinkStyle
from octotui.engine.diagnostics.finding import Finding, Trouble, Verdict, fail, ok, warn
from octotui.ledger import Ledger
from octotui.model import NewTask
from octotui.tui.terminal.ambiguous_width import SAMPLE
from tests.cli.conftest import KEY, Octotui
from tests.cli.test_process import modules_of, on_terminal
from tests.support.gateway import Reply, gateway
from tests.support.terminal import on_terminal as emulator
from tests.support.textual_release import with_renamed

UNKNOWN = {"code": "task_not_exist", "message": "task_not_exist", "data": None}
USED_UP = {"code": True, "data": {"total_granted": 100, "total_available": 0, "unlimited_quota": False}}


def checks(octotui: Octotui, **environ: str) -> tuple[int, dict[str, dict[str, str]]]:
    outcome = octotui.call("doctor", "--json", **environ)
    told = json.loads(outcome.out)
    assert told["exit_code"] == outcome.code
    assert KEY not in outcome.out
    return outcome.code, {check["name"]: check for check in told["checks"]}


def verdicts(found: dict[str, dict[str, str]]) -> dict[str, str]:
    return {name: check["verdict"] for name, check in found.items()}


def test_all_is_well_with_a_real_gateway_a_real_file_and_a_real_ledger(octotui: Octotui) -> None:
    with Box(faults=False, opening=False) as box:
        life = Life(age=100.0, queued=1.0, running=2.0, link=LinkStyle.AWS)
        task_id = box.create("sora", "sora-2", life=life)
        environ = {"OCTOTUI_BASE_URL": box.base_url, "OCTOTUI_API_KEY": box.key}
        assert octotui.call("add", task_id, "--provider", "sora").code == 0
        assert octotui.call("poll", **environ).code == 0
        before = len(box.requests)
        code, found = checks(octotui, **environ)
        seen = box.requests[before:]
    assert (code, set(verdicts(found).values())) == (0, {"ok"}), found
    assert list(found) == [
        *("configuration", "base URL", "key", "clock", "quota"),
        *("disk", "ledger", "engine", "media"),
    ]
    assert found["key"]["says"] == "accepted; it comes from environment variable OCTOTUI_API_KEY"
    assert "% left" in found["quota"]["says"]
    assert [(each.host, each.range, each.status) for each in seen if each.host == "files"] == [
        ("files", "bytes=0-0", 206)
    ]
    assert len(seen) == 3
    assert all(each.authorization is None for each in seen if each.host == "files")


def test_without_a_ledger_none_is_made(octotui: Octotui) -> None:
    with gateway(lambda _: Reply(UNKNOWN, 400)) as server:
        code, found = checks(octotui, OCTOTUI_BASE_URL=server.base_url)
    assert code == 0
    assert found["ledger"]["says"].startswith("none yet")
    assert not list(octotui.home.rglob("ledger.db"))


@pytest.mark.parametrize(
    ("reply", "quota", "code", "name", "says"),
    [
        (Reply({"error": {"message": "Invalid token"}}, 401), Reply(b"", 404), 3, "key", "Invalid token"),
        (Reply({"error": {"message": "Invalid token"}}, 401), Reply(USED_UP), 4, "key", "quota is used up"),
        (Reply(b"<!doctype html><title>New API</title>", 200), Reply(b""), 6, "base URL", "web page"),
        (Reply(b"<html>bad gateway</html>", 502), Reply(b""), 6, "base URL", "502"),
        (Reply(b"", 302, {"Location": "https://other.example/login"}), Reply(b""), 6, "base URL", "other.example"),
        (Reply({"message": "no"}, 500), Reply(b""), 6, "base URL", "500"),
    ],
)
def test_each_trouble_has_its_exit_code_and_a_remedy(
    octotui: Octotui, reply: Reply, quota: Reply, code: int, name: str, says: str
) -> None:
    with gateway(lambda path: quota if path.startswith("/api/") else reply) as server:
        ended, found = checks(octotui, OCTOTUI_BASE_URL=server.base_url)
    assert ended == code
    assert found[name]["verdict"] == "fail"
    assert says in found[name]["says"]
    assert found[name]["remedy"]
    if code == 4:
        assert found["quota"]["verdict"] == "fail"


EXPIRED = {"code": True, "data": {"total_granted": 100, "total_available": 40, "expires_at": 1735689600}}


@pytest.mark.parametrize(
    ("reply", "quota", "code", "base", "key", "says"),
    [
        (Reply(UNKNOWN, 400), Reply(EXPIRED), 3, "ok", "fail", "expired"),
        (Reply({"error": {"message": "No connected db."}}, 400), Reply(b"", 404), 0, "ok", "warn", "No connected db."),
        (Reply({"error": {"message": "no record"}}, 500), Reply(b"", 404), 0, "ok", "warn", "HTTP 500, no record"),
        (Reply({"error": {"message": "no record"}}, 500), Reply(b"", 401), 3, "ok", "fail", "refused"),
    ],
)
def test_what_proves_a_key_and_what_does_not(
    octotui: Octotui, reply: Reply, quota: Reply, code: int, base: str, key: str, says: str
) -> None:
    with gateway(lambda path: quota if path.startswith("/api/") else reply) as server:
        ended, found = checks(octotui, OCTOTUI_BASE_URL=server.base_url)
    assert (ended, found["base URL"]["verdict"], found["key"]["verdict"]) == (code, base, key)
    assert says in found["key"]["says"]
    assert found["key"]["remedy"]


def test_nobody_there_is_6_and_the_rest_is_still_looked_at(octotui: Octotui) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    code, found = checks(octotui, OCTOTUI_BASE_URL=f"http://127.0.0.1:{port}")
    assert code == 6
    assert "refused" in found["base URL"]["says"].lower()
    assert found["disk"]["verdict"] == "ok"
    assert "key" not in found


def test_a_missing_key_is_said_where_nobody_is_there_either(octotui: Octotui) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    code, found = checks(octotui, OCTOTUI_BASE_URL=f"http://127.0.0.1:{port}", OCTOTUI_API_KEY="")
    assert (code, found["base URL"]["verdict"], found["key"]["says"]) == (2, "fail", "there is no key")


def test_a_redirect_is_not_followed_with_the_key(octotui: Octotui) -> None:
    with gateway(lambda _: Reply(UNKNOWN, 400)) as other:
        away = Reply(b"", 307, {"Location": f"{other.base_url}/v1/videos/x"})
        with gateway(lambda _: away) as server:
            code, _ = checks(octotui, OCTOTUI_BASE_URL=server.base_url)
        assert (code, other.requests) == (6, [])


def test_a_clock_that_is_off_is_a_warning(octotui: Octotui) -> None:
    with Box(faults=False, opening=False, clock=lambda: time.time() - 600) as box:
        code, found = checks(octotui, OCTOTUI_BASE_URL=box.base_url, OCTOTUI_API_KEY=box.key)
    assert (code, found["clock"]["verdict"]) == (0, "warn")
    assert "s ahead of the gateway's" in found["clock"]["says"]


def test_no_key_is_2_and_says_where_one_may_stand(octotui: Octotui) -> None:
    with gateway(lambda _: Reply({"error": {"message": "no token"}}, 401)) as server:
        code, found = checks(octotui, OCTOTUI_BASE_URL=server.base_url, OCTOTUI_API_KEY="")
        assert "Authorization" not in server.requests[0][1]
    assert (code, found["key"]["verdict"]) == (2, "fail")
    assert found["base URL"]["verdict"] == "ok"


def test_a_key_of_another_house_is_not_sent_and_nobody_is_asked(octotui: Octotui) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        way_out = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.getsockname()[1]}", "NO_PROXY": ""}
        code, found = checks(octotui, OCTOTUI_API_KEY="", OPENAI_API_KEY=KEY, **way_out)
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):
            proxy.accept()
    assert (code, found["key"]["verdict"], "base URL" in found) == (2, "fail", False)
    assert found["key"]["says"] == (
        "OPENAI_API_KEY is set, but no base URL was named: it is not sent to https://octopusx.ai"
    )
    assert found["key"]["remedy"] == (
        "set OCTOTUI_API_KEY, or name the gateway with OCTOTUI_BASE_URL or base_url in "
        f"{octotui.home}/.config/octotui/config.toml"
    )


def test_settings_that_cannot_be_used_are_2_with_their_line(octotui: Octotui) -> None:
    file = octotui.home / "c.toml"
    file.write_text("poll_seconds = 0\n")
    outcome = octotui.call("doctor", "--config", str(file))
    assert outcome.code == 2
    assert f"{file}:1: poll_seconds" in outcome.out
    assert "→ " in outcome.out


def test_a_theme_and_keys_that_do_not_exist_are_2_and_the_rest_is_still_looked_at(octotui: Octotui) -> None:
    file = octotui.home / "c.toml"
    file.write_text('theme = "octotui-drak"\n[keys]\ndownlod = "d"\nquit = "banana"\n')
    with gateway(lambda _: Reply(UNKNOWN, 400)) as server:
        outcome = octotui.call("doctor", OCTOTUI_BASE_URL=server.base_url, OCTOTUI_CONFIG=str(file))
        code, found = checks(octotui, OCTOTUI_BASE_URL=server.base_url, OCTOTUI_CONFIG=str(file))
    assert outcome.code == code == 2
    assert f"{file}:1: theme: 'octotui-drak' is no theme; did you mean octotui-dark?" in outcome.out
    assert f"{file}:3: keys.downlod: there is no command downlod" in outcome.out
    assert f"{file}:4: keys.quit: 'banana' is no key" in outcome.out
    assert (found["configuration"]["verdict"], found["base URL"]["verdict"]) == ("fail", "ok")


def test_everything_wrong_with_the_settings_is_said_at_once(octotui: Octotui) -> None:
    file = octotui.home / "c.toml"
    file.write_text('theme = "darkk"\npoll_seconds = 0\n[keys]\nquit = "banana"\n')
    outcome = octotui.call("doctor", "--config", str(file), OCTOTUI_BASE_URL="octopusx")
    lines = [line for line in outcome.out.splitlines() if line.startswith("fail")]
    assert [line.split()[2:4] for line in lines] == [
        ["environment:", "OCTOTUI_BASE_URL:"],
        [f"{file}:1:", "theme:"],
        [f"{file}:2:", "poll_seconds:"],
        [f"{file}:4:", "keys.quit:"],
    ]
    assert outcome.out.splitlines()[1].strip().startswith("→ mend that variable;")
    assert outcome.code == 2


def test_a_theme_and_keys_that_exist_are_well(octotui: Octotui) -> None:
    file = octotui.home / "c.toml"
    file.write_text('theme = "nord"\n[keys]\ndownload = "f5"\n')
    with gateway(lambda _: Reply(UNKNOWN, 400)) as server:
        code, found = checks(octotui, OCTOTUI_BASE_URL=server.base_url, OCTOTUI_CONFIG=str(file))
    assert (code, found["configuration"]["verdict"]) == (0, "ok")


def test_the_screen_is_only_imported_for_what_is_said_about_it(octotui: Octotui) -> None:
    file = octotui.home / "c.toml"
    file.write_text("poll_seconds = 3\n")
    with gateway(lambda _: Reply(UNKNOWN, 400)) as server:
        octotui.environ |= {"OCTOTUI_BASE_URL": server.base_url, "OCTOTUI_CONFIG": str(file)}
        assert not {"textual", "octotui.tui"} & modules_of(octotui, "doctor")


def test_a_folder_that_cannot_be_written_is_8(octotui: Octotui) -> None:
    (octotui.home / "videos").write_text("a file, not a folder")
    file = octotui.home / "c.toml"
    file.write_text('download_dir = "videos"\n')
    with gateway(lambda _: Reply(UNKNOWN, 400)) as server:
        code, found = checks(octotui, OCTOTUI_BASE_URL=server.base_url, OCTOTUI_CONFIG=str(file))
    assert (code, found["disk"]["verdict"]) == (8, "fail")


def test_a_damaged_ledger_is_8_and_kept(octotui: Octotui) -> None:
    octotui.call("add", *(f"sora:{number}a" for number in range(400)))
    (path,) = octotui.home.rglob("ledger.db")
    whole = bytearray(path.read_bytes())
    whole[8192:12288] = b"\x5a" * 4096
    path.write_bytes(whole)
    with gateway(lambda _: Reply(UNKNOWN, 400)) as server:
        code, found = checks(octotui, OCTOTUI_BASE_URL=server.base_url)
    assert (code, found["ledger"]["verdict"]) == (8, "fail")
    assert path.exists() or list(path.parent.glob("*.corrupt-*"))


def test_check_finds_nothing_in_a_whole_ledger(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.db") as ledger:
        ledger.add([NewTask("a", "sora", "videos")], 1.0)
        assert ledger.check() == []


def test_on_a_terminal_it_looks_at_the_terminal_too(octotui: Octotui) -> None:
    with gateway(lambda _: Reply(UNKNOWN, 400)) as server:
        octotui.environ |= {"OCTOTUI_BASE_URL": server.base_url, "COLORTERM": "truecolor"}
        shown = on_terminal(octotui, "doctor", columns=100)
    assert SAMPLE not in shown.replace(f"\r{SAMPLE}\x1b[6n\r\x1b[K", "")
    assert "100 × 24" in shown
    assert "16 million" in shown
    assert "\x1b[32mok" in shown
    assert f"textual {version('textual')}, with octotui's own compositor and driver" in shown


@pytest.mark.parametrize(
    ("wide", "answers_after", "setting", "says"),
    [
        (True, 0.0, "", "two cells for characters of ambiguous width, ASCII stands in (measured)"),
        (False, 0.0, "", "one cell for every mark (measured)"),
        (False, None, "", "the terminal does not say; if rows are shifted, set ambiguous_wide = true"),
        (False, None, "ambiguous_wide = true\n", "ASCII stands in (ambiguous_wide)"),
        (True, 0.0, "ambiguous_wide = false\n", "in two cells, and ambiguous_wide is false"),
    ],
)
def test_it_asks_the_terminal_how_wide_its_marks_are(
    octotui: Octotui, wide: bool, answers_after: float | None, setting: str, says: str
) -> None:
    file = octotui.home / "c.toml"
    file.write_text(setting)
    with gateway(lambda _: Reply(UNKNOWN, 400)) as server:
        environ = octotui.environ | {"OCTOTUI_BASE_URL": server.base_url, "OCTOTUI_CONFIG": str(file)}
        program, *arguments = octotui.command("doctor")
        with emulator(
            arguments,
            size=(120, 40),
            environ=environ,
            program=program,
            ambiguous_wide=wide,
            answers_after=answers_after,
        ) as terminal:
            terminal.until(lambda: "textual " in terminal.text)
            assert terminal.exit_code() == 0
            assert says in terminal.text
            assert SAMPLE not in terminal.text


def test_a_release_of_textual_with_other_private_parts_is_a_warning(octotui: Octotui, tmp_path: Path) -> None:
    release = with_renamed(tmp_path / "release", "_dirty_regions")
    with gateway(lambda _: Reply(UNKNOWN, 400)) as server:
        octotui.environ |= {"OCTOTUI_BASE_URL": server.base_url, "PYTHONPATH": str(release)}
        shown = on_terminal(octotui, "doctor", columns=200)
    assert "\x1b[33mwarn\x1b[0m  screen" in shown
    assert f"textual {version('textual')}: the stock compositor is used; the screen is right, and slower" in shown
    assert "install 'textual>=8.2.5,<8.3'" in shown


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], ExitCode.OK),
        ([ok("a", "b"), warn("a", "b", "c")], ExitCode.OK),
        ([fail("a", Trouble.FILE, "b", "c"), fail("a", Trouble.QUOTA, "b", "c")], ExitCode.OUT_OF_QUOTA),
        ([fail("a", Trouble.GATEWAY, "b", "c"), fail("a", Trouble.SETTINGS, "b", "c")], ExitCode.USAGE),
    ],
)
def test_the_exit_code_is_that_of_the_worst(findings: list[Finding], code: ExitCode) -> None:
    assert exit_code(findings) is code
    assert all((finding.verdict is Verdict.FAIL) == (finding.trouble is not None) for finding in findings)


def test_the_gateway_is_reached_past_the_proxy_where_no_proxy_says_so(octotui: Octotui) -> None:
    file = octotui.home / "c.toml"
    file.write_text('proxy = "http://127.0.0.1:1"\n')
    with Box(faults=False, opening=False) as box:
        environ = {"OCTOTUI_BASE_URL": box.base_url, "OCTOTUI_API_KEY": box.key, "OCTOTUI_CONFIG": str(file)}
        code, found = checks(octotui, **environ, NO_PROXY="127.0.0.1,localhost")
        assert (code, found["base URL"]["verdict"]) == (0, "ok"), found
        code, found = checks(octotui, **environ, NO_PROXY="")
    assert (code, found["base URL"]["verdict"]) == (6, "fail")
    assert found["base URL"]["says"].endswith("does not answer: connection refused by 127.0.0.1:1")
