"""Proxies and certificates that a request goes by: the environment's, and the configured ones over them."""

from __future__ import annotations

import importlib.util
import ipaddress
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx

from octotui.gateway.errors import BadProxyError


@dataclass(slots=True, frozen=True)
class ProxyRules:
    """Who stands between us and a host. `repr` hides the addresses: they may hold passwords."""

    by_scheme: tuple[tuple[str, str], ...] = ()
    """Pairs of a URL scheme (or "all") and a proxy's URL."""
    direct: tuple[str, ...] = ()
    """The entries of NO_PROXY: names (with everything below them), addresses, networks, `*`; a port may follow."""

    def __repr__(self) -> str:
        return f"ProxyRules({len(self.by_scheme)} proxies)"

    def proxy_for(self, url: httpx.URL) -> str | None:
        """The proxy's URL for `url`, or None for a direct connection."""
        proxies = dict(self.by_scheme)
        proxy = proxies.get(url.scheme) or proxies.get("all")
        if proxy is None or any(_covers(entry, url) for entry in self.direct):
            return None
        return proxy


def proxy_rules(proxy: str | None) -> ProxyRules:
    """The rules of this process: `proxy`, when given, replaces HTTP_PROXY, HTTPS_PROXY and ALL_PROXY.

    NO_PROXY holds for both, as it does for curl. Raises `BadProxyError`, a `ValueError`.
    """
    environment = getproxies()
    if proxy:
        by_scheme = [("all", _checked(proxy, "the setting proxy"))]
    else:
        found = [(scheme, environment.get(scheme)) for scheme in ("http", "https", "all")]
        # Where both schemes have one of their own, nothing goes by the third, often a SOCKS proxy for other programs.
        found = found[:2] if all(address for _, address in found[:2]) else found
        by_scheme = [(scheme, _checked(address, f"{scheme.upper()}_PROXY")) for scheme, address in found if address]
    direct = tuple(entry.strip().lower() for entry in environment.get("no", "").split(",") if entry.strip())
    return ProxyRules(tuple(by_scheme), direct)


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """A verifying TLS context: httpx's default trust (with SSL_CERT_FILE and SSL_CERT_DIR) plus `ca_file`.

    Raises `OSError` (`ssl.SSLError` is one) when `ca_file` cannot be read or holds no certificate.
    """
    context = httpx.create_ssl_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context


class ProxiedTransport(httpx.BaseTransport):
    """Sends each request through the transport of its own proxy, or of none."""

    def __init__(self, rules: ProxyRules, make: Callable[[str | None], httpx.BaseTransport]) -> None:
        """`make` builds the transport for one proxy's URL, or for None; each is built once."""
        self._rules = rules
        proxies = {None, *(address for _, address in rules.by_scheme)}
        self._transports = {proxy: make(proxy) for proxy in proxies}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass `request` on. Raises what the transport raises."""
        return self._transports[self._rules.proxy_for(request.url)].handle_request(request)

    def close(self) -> None:
        """Close every transport."""
        for transport in self._transports.values():
            transport.close()


def _checked(proxy: str, name: str) -> str:
    """`proxy` with a scheme; curl takes "host:port" for an http proxy, too. Raises `BadProxyError`."""
    full = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(full)
        is_usable = bool(httpx.URL(full).host) and bool(parts.hostname) and parts.port != 0
    except (httpx.InvalidURL, ValueError):
        is_usable = False
    if not is_usable or any(character.isspace() for character in full):
        message = f"{name} is not a URL of a proxy, such as http://host:port"
        raise BadProxyError(message)
    if parts.scheme.lower() in {"socks5", "socks5h"} and importlib.util.find_spec("socksio") is None:
        message = (
            f"{name} is a SOCKS proxy, for which the Python package socksio is missing; an http:// proxy needs none"
        )
        raise BadProxyError(message)
    if parts.scheme.lower() not in {"http", "https", "socks5", "socks5h"}:
        message = f"{name} is a proxy of a kind that is not known; an http:// one would be"
        raise BadProxyError(message)
    return full


def _covers(entry: str, url: httpx.URL) -> bool:
    """Whether the NO_PROXY `entry` names the host of `url`."""
    if entry == "*":
        return True
    host = url.host.lower().rstrip(".")
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        pass
    name, _, port = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
    if port and port != str(url.port or {"http": 80, "https": 443}.get(url.scheme)):
        return False
    name = name.removeprefix("*").strip("[]")
    bare = name.removeprefix(".")
    return bool(bare) and (host == bare or host.endswith(f".{bare}"))
