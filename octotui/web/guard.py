"""What every request must pass before anything is done for it: method, host, origin; and the headers of answers."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import TYPE_CHECKING, NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocketClose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGIN = "/login"
"""The one address that takes a POST."""
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9_-][a-z0-9._-]{0,252})(?::[0-9]{1,5})?")
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Hosts(NamedTuple):
    """Under which names we may be asked: a name that an attacker made lead here is none of them (DNS rebinding)."""

    names: frozenset[str]
    any_address: bool
    """Whether every literal address will do: no name leads there, and a token is asked for."""

    @classmethod
    def of(cls, address: str, further: Iterable[str], *, is_loopback: bool) -> Hosts:
        """Return the names for whoever listens on a literal `address`; `further` are those of the settings."""
        own = {address, *further, *_LOOPBACK_NAMES}
        if not is_loopback:
            own.add(socket.gethostname().lower())
        return cls(frozenset(own), any_address=not is_loopback)

    def allow(self, header: str) -> bool:
        """Whether a request may name this host; any port will do, for tunnels have their own."""
        match = _HOST.fullmatch(header.lower())
        if match is None:
            return False
        name = match["name"].strip("[]").removesuffix(".")
        return name in self.names or (self.any_address and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """ASGI middleware: refuses what nobody who looks at the page would send, and adds headers to every answer."""

    def __init__(self, app: ASGIApp, hosts: Hosts, *, takes_login: bool) -> None:
        self._app = app
        self._hosts = hosts
        self._takes_login = takes_login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "websocket":
            # A page of another site can open one without asking: who does not say whose page it is gets none.
            is_ours = self._refusal(scope) is None and "origin" in Headers(scope=scope)
            await (self._app if is_ours else WebSocketClose(1008))(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        app = self._refusal(scope) or self._app
        await app(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._hosts.allow(hosts[0]):
            words = "This name is not one that is served here: see web_hosts in the settings.\n"
            return PlainTextResponse(words, 421)
        if not self._is_own(headers, hosts[0].lower()):
            return PlainTextResponse("Other sites are not answered.\n", 403)
        if scope.get("method", "GET") in {"GET", "HEAD"}:
            return None
        if self._takes_login and scope["method"] == "POST" and scope["path"] == LOGIN:
            return None
        return PlainTextResponse("Only to be looked at: GET and HEAD.\n", 405, {"allow": "GET, HEAD"})

    @staticmethod
    def _is_own(headers: Headers, host: str) -> bool:
        """Whether a request comes from our own page, from no page at all, or is a link that somebody followed.

        Of a form on a page without a referrer browsers send `Origin: null`; then `Sec-Fetch-Site`, which no script can
        set, says whose it is.
        """
        site = headers.get("sec-fetch-site", "none")
        own = {f"http://{host}", f"https://{host}", *(("null",) if site == "same-origin" else ())}
        if any(origin.lower() not in own for origin in headers.getlist("origin")):
            return False
        return site in {"none", "same-origin"} or headers.get("sec-fetch-mode") == "navigate"
