"""`octotui serve` as a process of its own."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from octotui.extras import install_command
from tests.cli.conftest import Octotui
from tests.cli.filled import fill

EVERYWHERE = "0.0.0.0:0"
ANY = EVERYWHERE.partition(":")[0]
TOKEN = "a-token-that-nobody-guesses"


@contextmanager
def serving(octotui: Octotui, *arguments: str, **environ: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    process = octotui.start(*arguments, **environ)
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.search(r"serving (http://\S+)", said)
        assert found is not None, said + process.stderr.read()
        url = found[1].replace(ANY, "127.0.0.1")
        with httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
            yield process, client
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def test_it_serves_what_ls_lists(octotui: Octotui) -> None:
    fill(octotui)
    with serving(octotui, "serve", "--listen", "127.0.0.1:0") as (_, client):
        served = client.get("/api/tasks").json()
        listed = json.loads(octotui.run("ls", "--json").out)
        assert [each["id"] for each in served] == [each["id"] for each in listed]
        assert list(served[0]) == list(listed[0])
        assert "octotui" in client.get("/").text
        assert client.get("/healthz").json()["working"] is False


def test_it_needs_no_key_and_writes_nothing(octotui: Octotui) -> None:
    fill(octotui)
    (path,) = octotui.home.rglob("ledger*.db")
    before = path.read_bytes()
    with serving(octotui, "--read-only", "serve", "--listen", "127.0.0.1:0", OCTOTUI_API_KEY="") as (_, client):
        assert client.get("/").status_code == 200
    assert path.read_bytes() == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)])
def test_it_ends_cleanly_though_somebody_follows(octotui: Octotui, number: int, code: int) -> None:
    with (
        serving(octotui, "serve", "--listen", "127.0.0.1:0") as (process, client),
        client.stream("GET", "/api/events") as events,
    ):
        lines = events.iter_lines()
        assert next(lines).startswith("retry")
        process.send_signal(number)
        assert [line for line in lines if line.startswith("data")] == []
        returned, out, err = ended(process)
        assert (returned, out) == (code, "")
        assert err.strip() == ("octotui: interrupted" if code else "")


def test_the_manager_of_services_is_told(octotui: Octotui, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
        with serving(octotui, "serve", "--listen", "127.0.0.1:0", **environ) as (process, _):
            assert manager.recv(200) == b"READY=1"
            assert manager.recv(200).startswith(b"STATUS=serving http://127.0.0.1:")
            assert manager.recv(200) == b"WATCHDOG=1"
            process.terminate()
            said = b""
            while said != b"STOPPING=1":
                said = manager.recv(200)
            assert ended(process)[0] == 0


def test_a_port_in_use_is_said(octotui: Octotui) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = octotui.run("serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert outcome.code == 2
    assert re.fullmatch(r"octotui: --listen: cannot listen at 127\.0\.0\.1:\d+: Address already in use\n", outcome.err)


@pytest.mark.parametrize(
    ("listen", "words"),
    [
        ("nothing", "nothing: it must be HOST:PORT, such as 127.0.0.1:"),
        ("nowhere.invalid:80", "nowhere.invalid is no address of this machine"),
        ("192.0.2.1:8420", "others can reach 192.0.2.1, so a token is needed"),
        (EVERYWHERE, "web_token_file"),
    ],
)
def test_an_address_that_cannot_be_is_said(octotui: Octotui, listen: str, words: str) -> None:
    outcome = octotui.call("serve", "--listen", listen)
    assert outcome.code == 2
    assert words in outcome.err


def test_others_need_the_token(octotui: Octotui) -> None:
    file = octotui.home / "web-token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    config = octotui.home / "config.toml"
    config.write_text(f'web_token_file = "{file}"\n')
    with serving(octotui, "serve", "--listen", EVERYWHERE, "--config", str(config)) as (process, client):
        assert client.get("/healthz").status_code == 401
        assert client.get("/healthz", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 503
        process.terminate()
        assert ended(process)[0] == 0


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        (TOKEN, 0o644, "can be read by others (mode 0644): chmod 600"),
        ("short", 0o600, "holds fewer than 16 characters: openssl rand -hex 24 makes a token"),
        ("", 0o600, "it is empty"),
        ("two words", 0o600, "holds more than a token"),
    ],
)
def test_a_token_that_cannot_be_used_is_said(octotui: Octotui, text: str, mode: int, words: str) -> None:
    file = octotui.home / "web-token"
    file.write_text(text)
    file.chmod(mode)
    config = octotui.home / "config.toml"
    config.write_text(f'web_token_file = "{file}"\n')
    outcome = octotui.call("serve", "--config", str(config))
    assert outcome.code == 2
    assert f"{config}:1: web_token_file" in outcome.err
    assert words in outcome.err
    assert TOKEN not in outcome.err


@pytest.mark.parametrize(
    ("missing", "options", "extra"), [("uvicorn", (), "web"), ("textual_serve", ("--terminal",), "terminal")]
)
def test_missing_packages_are_named(
    octotui: Octotui, monkeypatch: pytest.MonkeyPatch, missing: str, options: tuple[str, ...], extra: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == missing else object())
    outcome = octotui.call("serve", *options)
    assert outcome.code == 2
    assert "serve needs packages that are not installed: " in outcome.err
    assert install_command(extra).split()[-1] in outcome.err


def test_a_dashboard_needs_the_token_here_too(octotui: Octotui) -> None:
    outcome = octotui.call("serve", "--terminal")
    assert outcome.code == 2
    assert "--terminal: whoever gets there draws on this machine, so a token is needed" in outcome.err


def test_no_other_command_imports_the_server() -> None:
    code = (
        "import sys, octotui.cli.command_table as t; ctx = __import__('click').Context(t.octotui);"
        "[t.octotui.get_command(ctx, name) for name in t.octotui.list_commands(ctx)];"
        "names = ('starlette', 'uvicorn', 'jinja2', 'textual_serve', 'octotui.web');"
        "print([name for name in names if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
