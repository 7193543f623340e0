"""Who may look where the page is not served to this machine alone: a token, as a header or behind one form."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import time
from collections import OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.websockets import WebSocketClose

from octotui.web.guard import LOGIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from octotui.web.page import Page

COOKIE = "octotui"
_COOKIE_SECONDS = 30 * 86_400
_TRIES = 5
"""Wrong tokens of one address within `_TRY_SECONDS`; the next one is not even looked at."""
_TRY_SECONDS = 60.0
_ADDRESSES = 1024
"""Addresses whose wrong tokens are counted; the one that has been quiet for longest is forgotten."""
_PENALTY = 1.0
"""Seconds that the answer to a wrong token takes."""
_WAITING = 16
"""Such answers at once; more of them are not waited for, but refused unseen."""
_LONGEST_BODY = 4096
"""Bytes of the form."""
_BODY_SECONDS = 10.0


class Token:
    """The secret, and the cookies that it signs: they need no memory, and end with it."""

    def __init__(self, text: str, clock: Callable[[], float] = time.time) -> None:
        """`text` is the token itself (`config/web_token.py`)."""
        self._clock = clock
        # Of equal length whatever is compared, so that the time it takes tells nothing.
        self._digest = _digest(text)
        self._signer = hashlib.sha256(b"octotui cookie\0" + text.encode()).digest()

    def fits(self, text: str) -> bool:
        """Whether this is the token; takes as long whatever it is."""
        return hmac.compare_digest(_digest(text), self._digest)

    def cookie(self) -> str:
        """Return a cookie that holds for `_COOKIE_SECONDS`."""
        until = str(int(self._clock()) + _COOKIE_SECONDS)
        return f"{until}.{self._signature(until)}"

    def signed(self, cookie: str) -> bool:
        """Whether this is a cookie of ours that still holds."""
        until, _, signature = cookie.partition(".")
        is_ours = hmac.compare_digest(signature.encode(), self._signature(until).encode())
        return is_ours and until.isascii() and until.isdigit() and int(until[:18]) > self._clock()

    def _signature(self, until: str) -> str:
        return hmac.new(self._signer, until.encode(), hashlib.sha256).hexdigest()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class WrongTries:
    """Counts wrong tokens by address; IPv6 by the network that one customer has (/64)."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._times: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return for how many seconds this address may not try again; 0.0 where it may."""
        times = self._recent(_network(address))
        return max(0.0, times[0] + _TRY_SECONDS - self._monotonic()) if len(times) >= _TRIES else 0.0

    def note(self, address: str) -> None:
        """One more wrong token."""
        whose = _network(address)
        self._times[whose] = [*self._recent(whose), self._monotonic()]
        self._times.move_to_end(whose)
        while len(self._times) > _ADDRESSES:
            self._times.popitem(last=False)

    def _recent(self, whose: str) -> list[float]:
        since = self._monotonic() - _TRY_SECONDS
        return [at for at in self._times.get(whose, ()) if at > since]


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


class Access:
    """ASGI middleware: lets nobody through who has not the token, but to the form and what it looks like."""

    def __init__(self, app: ASGIApp, token: Token, page: Page, tries: WrongTries | None = None) -> None:
        self._app = app
        self._token = token
        self._page = page
        self._tries = tries or WrongTries()
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or ask for the token."""
        if scope["type"] == "websocket":
            is_in = self._token.signed(HTTPConnection(scope).cookies.get(COOKIE, ""))
            await (self._app if is_in else WebSocketClose(1008))(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if scope["path"] == LOGIN:
            response = await self._login(request)
        elif scope["path"].startswith("/static/") or self._token.signed(request.cookies.get(COOKIE, "")):
            await self._app(scope, receive, send)
            return
        else:
            given = _bearer(request)
            refusal = await self._refused(request, given) if given is not None else await self._asked(request)
            if refusal is None:
                await self._app(scope, receive, send)
                return
            response = refusal
        await response(scope, receive, send)

    async def _login(self, request: Request) -> Response:
        if request.method != "POST":
            return await self._form("", 200)
        try:
            given = await _given_token(request)
        except (ClientDisconnect, TimeoutError, ValueError):
            return PlainTextResponse("That was not the form.\n", 400)
        refusal = await self._refused(request, given)
        if refusal is not None:
            words = "Too many wrong tokens: wait a minute." if refusal.status_code == 429 else "That is not the token."
            return await self._form(words, refusal.status_code, refusal.headers.get("retry-after"))
        response = RedirectResponse("/", 303)
        is_https = request.url.scheme == "https"
        response.set_cookie(
            COOKIE, self._token.cookie(), _COOKIE_SECONDS, secure=is_https, httponly=True, samesite="strict"
        )
        return response

    async def _refused(self, request: Request, given: str) -> Response | None:
        """Return the answer to a wrong token; None where it is the right one."""
        address = request.client.host if request.client else ""
        wait = self._tries.wait(address)
        if wait > 0 or self._waiting >= _WAITING:
            return PlainTextResponse("Too many wrong tokens.\n", 429, {"retry-after": str(int(wait) + 1)})
        if self._token.fits(given):
            return None
        self._tries.note(address)
        self._waiting += 1
        try:
            await asyncio.sleep(_PENALTY)
        finally:
            self._waiting -= 1
        return _unauthorised("Wrong token.\n")

    async def _asked(self, request: Request) -> Response:
        """Return what those get who have said nothing: browsers the form, programs a sentence."""
        if "text/html" in request.headers.get("accept", ""):
            return await self._form("", 401)
        return _unauthorised("A token is needed: Authorization: Bearer TOKEN.\n")

    async def _form(self, problem: str, status: int, retry_after: str | None = None) -> Response:
        headers = {"retry-after": retry_after} if retry_after else None
        return HTMLResponse(await run_in_threadpool(self._page.login, problem), status, headers)


def _unauthorised(words: str) -> Response:
    return PlainTextResponse(words, 401, {"www-authenticate": 'Bearer realm="octotui"'})


def _bearer(request: Request) -> str | None:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if kind.lower() == "bearer" else None


async def _given_token(request: Request) -> str:
    """Return the token of the form. Raises `ValueError` for what is none, `TimeoutError` for one that does not end."""
    body = b""
    async with asyncio.timeout(_BODY_SECONDS):
        async for piece in request.stream():
            body += piece
            if len(body) > _LONGEST_BODY:
                raise ValueError("too long")
    fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=4)
    return fields["token"][0].strip() if "token" in fields else ""
