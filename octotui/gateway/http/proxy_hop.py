"""An HTTP proxy as the hop before a host: what is said to it, for every transport that speaks to one by itself."""

from __future__ import annotations

import base64
from urllib.parse import unquote

import httpx


class ProxyHop:
    """One http:// proxy. `repr` says nothing of its URL, which may hold a password."""

    def __init__(self, url: str) -> None:
        parsed = httpx.URL(url)
        self.address = parsed.raw_host.decode("ascii"), parsed.port or 80
        """Host and port to connect to."""
        self.credentials: list[tuple[bytes, bytes]] = []
        """The headers by which the proxy knows its user; none where its URL names nobody."""
        if parsed.userinfo:
            pair = f"{unquote(parsed.username)}:{unquote(parsed.password)}".encode()
            self.credentials = [(b"Proxy-Authorization", b"Basic " + base64.b64encode(pair))]

    def target_of(self, url: httpx.URL) -> bytes:
        """The target of a request for `url`, an http:// one, that goes to the proxy instead of to its host."""
        return b"http://" + url.netloc + url.raw_path

    def tunnel_to(self, host: str, port: int) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        """Target and headers of the CONNECT request that opens a tunnel to `host` (ASCII, a bare IPv6 address)."""
        place = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}").encode("ascii")
        return place, [(b"Host", place), *self.credentials]


def check_tunnel(status: int, reason: str) -> None:
    """Raise `httpx.ProxyError` where the answer to CONNECT opens no tunnel."""
    if not 200 <= status < 300:
        raise httpx.ProxyError(f"the proxy answered {status} {reason}")
