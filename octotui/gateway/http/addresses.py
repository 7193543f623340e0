"""Addresses that links may lead to: a name is resolved once, checked, and connected to as it was checked."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

import httpx

from octotui.gateway.http.connect_errors import why_unreachable
from octotui.sanitize import clean

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PREFIXED: Final = tuple(ipaddress.IPv6Network(f"{prefix}::/96") for prefix in ("64:ff9b", "", "0:0:0:0:ffff:0"))
"""IPv6 networks whose addresses end in an IPv4 one: NAT64 (RFC 6052), the old compatible form, and SIIT."""
_LOCAL_NAT64: Final = ipaddress.IPv6Network("64:ff9b:1::/48")
_MADE_UP: Final = ipaddress.IPv4Network("198.18.0.0/15")
"""Proxies that take over the whole machine answer every name with an address in here; nobody has hosts there."""


class ForbiddenAddressError(httpx.TransportError):
    """A link that leads to an address of this machine or its own network; the words say what allows it."""


class LinkRules:
    """Where links may lead: to public addresses, to the gateway's own host, and to the hosts that are allowed."""

    def __init__(self, base_url: str, allow_hosts: Iterable[str] = ()) -> None:
        """`allow_hosts` are names or literal addresses, in any case."""
        self._gateway = _plain(urlsplit(base_url).hostname or "")
        self._allowed = frozenset(map(_plain, (self._gateway, *allow_hosts)))

    def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of `host`, at least one, that may be connected to; names are resolved here, once.

        Raises `ForbiddenAddressError` where there are only others, `OSError` where there are none.
        """
        found = _resolved(host, port)
        if _plain(host) in self._allowed:
            return found
        fit = [address for address in found if self._is_fit(address)]
        if not fit:
            raise ForbiddenAddressError(_words(host, found[0]))
        return fit

    def check_literal(self, host: str) -> None:
        """Check a host that a proxy resolves: only one written as an address. Raises `ForbiddenAddressError`."""
        try:
            # What system calls take for an address (`127.1`, `0x7f000001`) a proxy may take for one, too.
            literal = socket.inet_ntoa(socket.inet_aton(host)) if ":" not in host else host
            ipaddress.ip_address(literal)
        except (OSError, ValueError):
            if _plain(host) != "localhost" or "localhost" in self._allowed:
                return
            literal = "127.0.0.1"
        if _plain(host) not in self._allowed and not self._is_fit(literal):
            raise ForbiddenAddressError(_words(host, literal))

    def _is_fit(self, address: str) -> bool:
        return not is_private(address) or address in self._allowed or address in self._of_gateway()

    def _of_gateway(self) -> Sequence[str]:
        """The gateway's own addresses. Asked for only when a link leads to a private one."""
        try:
            return _resolved(self._gateway, 0)
        except OSError:
            return ()


class CheckedTransport(httpx.BaseTransport):
    """Lets through only requests to addresses that `LinkRules` allow, and connects to exactly those."""

    def __init__(self, inner: httpx.BaseTransport, rules: LinkRules, *, is_proxied: bool) -> None:
        """With `is_proxied` a proxy resolves names behind `inner`: only literal addresses can be checked."""
        self._inner = inner
        self._rules = rules
        self._is_proxied = is_proxied

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass `request` on. Raises `ForbiddenAddressError`, and what the transport raises."""
        url = request.url
        host = url.raw_host.decode("ascii")
        if self._is_proxied or not host:
            self._rules.check_literal(host)
            return self._inner.handle_request(request)
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = self._rules.addresses(host, port)
        except OSError as error:
            raise httpx.ConnectError(why_unreachable(error, host, port), request=request) from error
        *others, last = addresses
        for address in others:
            try:
                return self._inner.handle_request(_to(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return self._inner.handle_request(_to(request, last))

    def close(self) -> None:
        """Close the transport behind."""
        self._inner.close()


def is_private(address: str) -> bool:
    """Whether a literal address is of this machine, of its own network, or of no public place.

    Loopback, link-local, private, shared (carrier-grade NAT), multicast and reserved ones, and IPv6 addresses that
    carry such an IPv4 one (mapped, compatible, 6to4, Teredo, NAT64).
    """
    return any(_is_private(form) for form in _forms(ipaddress.ip_address(address.partition("%")[0])))


def _is_private(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address) and address in _MADE_UP:
        return False
    if isinstance(address, ipaddress.IPv6Address) and (address.is_site_local or address in _LOCAL_NAT64):
        return True
    return not address.is_global or address.is_multicast


def _forms(address: _Address) -> Iterator[_Address]:
    """The address itself, or the IPv4 addresses that it carries."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif any(address in network for network in _PREFIXED) and int(address) > 1:
        yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    elif address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
    else:
        yield address


def _resolved(host: str, port: int) -> list[str]:
    """Each address of `host` once, in the system's order. Raises `OSError`."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "no such host") from None
    return list(dict.fromkeys(str(place[0]) for *_, place in answers))


def _to(request: httpx.Request, address: str) -> httpx.Request:
    """The same request, sent to `address`: the name stays in its Host header, and TLS asks for it and proves it."""
    host = request.url.raw_host.decode("ascii")
    if host == address:
        return request
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={"sni_hostname": host, **request.extensions},
    )


def _plain(host: str) -> str:
    return host.strip().strip("[]").rstrip(".").lower()


def _words(host: str, address: str) -> str:
    shown = clean(host, 100)
    place = shown if host == address else f"{shown} ({address})"
    return f"the link leads to {place}, a private address; the setting allow_hosts allows a host"
