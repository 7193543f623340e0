"""The dashboard itself in a browser: one process a session through textual-serve's `AppService`, with its bounds."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import textual_serve
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Sequence

    from starlette.requests import Request

    from octotui.web.page import Page

MOST_SESSIONS = 8
"""Dashboards at once; each is a process of some 60 MB."""
_WIDEST, _TALLEST = 500, 200
"""Cells; a terminal is at least 10 by 3."""
_ENDS_WITHIN = 3.0
"""Seconds that a dashboard has to end by itself."""
_ENVIRONMENT = ("PATH", "HOME", "LANG", "TZ", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE")
"""Variables that a session's process gets, besides those that begin as below: no key, no display, no tmux."""
_ENVIRONMENT_BEGINNINGS = (
    "LC_",
    "XDG_CONFIG",
    "XDG_STATE",
    "OCTOTUI_CONFIG",
    "OCTOTUI_STATE",
    "OCTOTUI_PROFILE",
    "OCTOTUI_LEDGER",
    "PG",
    "TEXTUAL_",
)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""As everywhere, but that xterm.js, which draws the terminal, writes style sheets of its own."""


class Session(AppService):
    """textual-serve's service of one process, started without a shell and with a small environment."""

    def __init__(self, words: Sequence[str], socket: WebSocket) -> None:
        super().__init__(
            words[0],
            write_bytes=self._draw,
            write_str=self._say,
            close=self.close,
            download_manager=DownloadManager(),
        )
        self._words = words
        self._socket = socket
        self.process: Process | None = None

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        whole = super()._build_environment(width, height) | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        named = {*_ENVIRONMENT, "TERM", "COLORTERM", "COLUMNS", "ROWS"}
        return {name: text for name, text in whole.items() if name in named or name.startswith(_ENVIRONMENT_BEGINNINGS)}

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        pipe = asyncio.subprocess.PIPE
        environment = self._build_environment(width, height)
        process = await asyncio.create_subprocess_exec(
            *self._words, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, cwd=os.sep, start_new_session=True
        )
        self.process = self._process = process
        self._stdin = process.stdin
        return process

    async def _draw(self, data: bytes) -> None:
        # What is drawn for a browser that has gone is read all the same: the process could not end otherwise.
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.send_bytes(data)

    async def _say(self, text: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.send_text(text)

    async def close(self) -> None:
        """Close the browser's side, where it is open."""
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.close()

    async def end(self) -> None:
        """Have the process end, and end it where it does not."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_ENDS_WITHIN):
                await self.stop()
        process = self.process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class Terminals:
    """All sessions; there are only so many."""

    def __init__(self, words: Sequence[str], page: Page) -> None:
        """`words` is the command of a dashboard, as a list of words."""
        self._words = words
        self._page = page
        self.sessions: set[Session] = set()

    def routes(self) -> list[BaseRoute]:
        """Return what is served where."""
        static = Path(textual_serve.__file__).parent / "static"
        return [
            Route("/terminal", self.show),
            WebSocketRoute("/terminal/ws", self.follow),
            Mount("/terminal/static", StaticFiles(directory=static)),
        ]

    async def show(self, request: Request) -> Response:
        """`/terminal`: the page that the terminal is drawn on."""
        scheme = "wss" if request.url.scheme == "https" else "ws"
        address = f"{scheme}://{request.headers['host']}/terminal/ws"
        page = self._page.terminal(address, is_full=len(self.sessions) >= MOST_SESSIONS)
        return HTMLResponse(page, headers={"content-security-policy": _POLICY})

    async def follow(self, socket: WebSocket) -> None:
        """`/terminal/ws`: keys come, what is drawn goes, for as long as the browser is there."""
        await socket.accept()
        if len(self.sessions) >= MOST_SESSIONS:
            await socket.close(1013, "too many sessions")
            return
        session = Session(self._words, socket)
        self.sessions.add(session)
        try:
            await session.start(
                _cells(socket.query_params.get("width"), _WIDEST, 80),
                _cells(socket.query_params.get("height"), _TALLEST, 24),
            )
            while True:
                await _obey(session, socket, await socket.receive_json())
        except (WebSocketDisconnect, ValueError, RuntimeError):
            # The browser has gone, or speaks another language; either way it is over.
            return
        finally:
            await session.end()
            self.sessions.discard(session)
            await session.close()


async def _obey(session: Session, socket: WebSocket, message: object) -> None:
    """Do what one message says. Raises `ValueError` for what is none."""
    match message:
        case ["stdin", str(text)]:
            await session.send_bytes(text.encode("utf-8", "replace"))
        case ["resize", {"width": int(width), "height": int(height)}]:
            await session.set_terminal_size(_cells(width, _WIDEST, 80), _cells(height, _TALLEST, 24))
        case ["ping", str(text)]:
            await socket.send_json(["pong", text[:40]])
        case ["focus"]:
            await session.focus()
        case ["blur"]:
            await session.blur()
        case _:
            raise ValueError("no message of the terminal's")


def _cells(value: str | int | None, most: int, usual: int) -> int:
    """Return a number of cells that can be drawn."""
    text = str(value)
    return min(most, max(3, int(text))) if text.isascii() and text.isdigit() and len(text) < 6 else usual
