"""The dashboard in a browser: drawn by a process of its own, which only looks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from octotui.web import connection, terminal
from tests.support.browser import chromium, launched
from tests.support.tasks import ready, running
from tests.support.waiting import until
from tests.web.conftest import TOKEN, Served, serving

NEEDS_BROWSER = pytest.mark.skipif(
    chromium() is None and not os.environ.get("CI"), reason="no Chromium on this machine"
)


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A page with dashboards, of a ledger that they find by their environment."""
    monkeypatch.setenv("OCTOTUI_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("OCTOTUI_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("OCTOTUI_API_KEY", "sk-must-not-get-there")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    (tmp_path / "config.toml").write_text("")
    words = [sys.executable, "-m", "octotui", "--read-only"]
    with serving(tmp_path, token=TOKEN, dashboard=words) as served:
        served.put(ready("video_soon", 3000, given_title="red car"), running("video_run", 42, given_title="lighthouse"))
        assert served.client.post("/login", data={"token": TOKEN}).status_code == 303
        yield served
        terminals = served.server.site.terminals
        assert terminals is not None
        processes = [session.process for session in terminals.sessions]
    assert all(process is not None and process.returncode is not None for process in processes)


def sessions(served: Served) -> set[terminal.Session]:
    assert served.server.site.terminals is not None
    return served.server.site.terminals.sessions


def opened(served: Served, *, origin: str | None = None, cookie: bool = True) -> ClientConnection:
    headers = {"Cookie": f"octotui={served.client.cookies['octotui']}"} if cookie else {}
    own = served.url if origin is None else origin
    address = served.url.replace("http", "ws") + "/terminal/ws?width=100&height=30"
    return connect(address, additional_headers=headers, origin=own or None, proxy=None)  # type: ignore[arg-type]


def drawn_until(line: ClientConnection, words: str) -> str:
    """What is drawn, up to these words."""
    text = ""
    while words not in text:
        piece = line.recv(timeout=60)
        text += piece.decode(errors="replace") if isinstance(piece, bytes) else ""
    return text


def test_it_draws_the_dashboard_and_takes_keys(drawn: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    # A session lasts longer than a request may.
    monkeypatch.setattr(connection.BoundedConnection, "request_seconds", 0.5)
    with opened(drawn) as line:
        drawn_until(line, "lighthouse")
        line.send(json.dumps(["resize", {"width": 120, "height": 40}]))
        line.send(json.dumps(["stdin", "?"]))
        drawn_until(line, "Scroll")
        (session,) = sessions(drawn)
        assert session.process is not None
        environ = Path(f"/proc/{session.process.pid}/environ").read_bytes()
        assert b"sk-must-not" not in environ
        assert b"DISPLAY" not in environ
        process = session.process
    until(lambda: not sessions(drawn), "the end of the session")
    assert process.returncode is not None


def test_it_works_on_nothing(drawn: Served) -> None:
    """No engine begins: nobody takes the lease, and no key changes anything."""
    with opened(drawn) as line:
        drawn_until(line, "lighthouse")
        for key in "Ddxp":
            line.send(json.dumps(["stdin", key]))
        line.send(json.dumps(["stdin", "?"]))
        drawn_until(line, "Scroll")
        assert drawn.writer.lease() is None
        assert drawn.writer.count() == 2
        assert all(task.download.state.value == "none" for task in drawn.writer.tasks())


def test_a_session_ends_when_its_server_is_killed(tmp_path: Path) -> None:
    server = (
        "import os, subprocess, sys; pipe = subprocess.PIPE;"
        "env = os.environ | {'TEXTUAL_DRIVER': 'textual.drivers.web_driver:WebDriver'};"
        "words = [sys.executable, '-m', 'octotui', '--read-only'];"
        "child = subprocess.Popen(words, stdin=pipe, stdout=pipe, env=env, start_new_session=True);"
        "child.stdout.read(100); print(child.pid, flush=True); child.wait()"
    )
    environ = os.environ | {"OCTOTUI_STATE_DIR": str(tmp_path), "HOME": str(tmp_path)}
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", server], stdout=subprocess.PIPE, text=True, env=environ, cwd=root
    ) as run:
        assert run.stdout is not None
        child = Path("/proc", run.stdout.readline().strip())
        assert not is_over(child)
        run.kill()
        until(lambda: is_over(child), "the end of the session")


def is_over(process: Path) -> bool:
    """Whether a process has ended, also where nobody has taken its status."""
    try:
        return process.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("origin", ["https://evil.example", "", "null"])
def test_no_other_site_opens_one(drawn: Served, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        opened(drawn, origin=origin)
    assert refused.value.response.status_code == 403
    assert not sessions(drawn)


def test_nobody_opens_one_without_the_token(drawn: Served) -> None:
    with pytest.raises(InvalidStatus) as refused:
        opened(drawn, cookie=False)
    assert refused.value.response.status_code == 403
    drawn.client.cookies.clear()
    assert drawn.get("/terminal").status_code == drawn.get("/terminal/static/js/textual.js").status_code == 401


def test_there_are_only_so_many(drawn: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "MOST_SESSIONS", 1)
    with opened(drawn) as line:
        drawn_until(line, "lighthouse")
        assert "Others have all its sessions open." in drawn.get("/terminal").text
        with opened(drawn) as second, pytest.raises(ConnectionClosed) as closed:
            second.recv(timeout=20)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
    until(lambda: not sessions(drawn), "room")
    assert "data-session-websocket-url" in drawn.get("/terminal").text


@pytest.mark.parametrize(
    "message", ["nonsense", "{}", '["stdin", 5]', '["resize", {"width": "x"}]', '["quit"]', "x" * 70_000]
)
def test_who_speaks_another_language_is_sent_away(drawn: Served, message: str) -> None:
    with opened(drawn) as line:
        line.send(message)
        with pytest.raises(ConnectionClosed):
            drawn_until(line, "what is never drawn")
    until(lambda: not sessions(drawn), "the end of the session")


def test_there_is_none_unless_asked_for(guarded: Served) -> None:
    guarded.client.post("/login", data={"token": TOKEN})
    assert guarded.get("/terminal").status_code == 404
    assert "/terminal" not in guarded.get("/").text


@NEEDS_BROWSER
async def test_a_browser_draws_it(drawn: Served) -> None:
    complaints: list[str] = []
    async with async_playwright() as playwright, launched(playwright) as browser:
        page: Page = await browser.new_page(viewport={"width": 1200, "height": 700})
        await page.goto(drawn.url)
        await page.get_by_label("Token").fill(TOKEN)
        await page.keyboard.press("Enter")
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked: None if drawn.server.url[4:] in asked.url else complaints.append(asked.url))
        await page.get_by_role("link", name="the dashboard").click()
        await expect(page.locator("body.-first-byte")).to_have_count(1, timeout=30_000)
        await expect(page.locator(".xterm-screen")).to_be_visible()
        (session,) = sessions(drawn)
        assert session.process is not None
        session.process.terminate()
        await expect(page.get_by_role("link", name="Begin another")).to_be_visible(timeout=15_000)
    assert complaints == []
