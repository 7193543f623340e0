"""Redirects, followed by our own rules when a body is opened, so that the key never leaves the gateway's own origin."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from octotui.gateway.errors import GatewayError, NetworkError, Refused, RequestError
from octotui.gateway.http.addresses import ForbiddenAddressError
from octotui.gateway.routes import same_origin
from octotui.redaction import mask_url
from octotui.sanitize import clean

MAX_REDIRECTS = 10

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+-]{1,40}/[A-Za-z0-9.+-]{1,60}")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def open_body(
    client: httpx.Client,
    url: str,
    *,
    base_url: str,
    api_key: str | None,
    headers: Mapping[str, str],
    timeout: httpx.Timeout,
    trace: Callable[[str, Mapping[str, Any]], None] | None = None,
) -> httpx.Response:
    """GET `url` and return the response, its body still to be read, whatever its status; the caller closes it.

    The key is sent as long as every URL so far was of the gateway's own origin (scheme, host and port of `base_url`).
    Once a redirect has left it, the key stays behind, even on the way back. Redirects lead to http(s) only, from
    https to https only, ten at most. `trace` gets the events of `HttpClientTransport`.

    Raises `NetworkError` when no answer came, `Refused` or `GatewayError` for a redirect that is not followed.
    """
    is_own = same_origin(url, base_url)
    for _ in range(MAX_REDIRECTS + 1):
        sent = dict(headers)
        if is_own and api_key:
            sent["Authorization"] = f"Bearer {api_key}"
        response = _send(client, url, sent, timeout, trace)
        if response.status_code not in _REDIRECTS or "location" not in response.headers:
            return response
        response.close()
        url = _next_url(url, response)
        is_own = is_own and same_origin(url, base_url)
    message = f"more than {MAX_REDIRECTS} redirects"
    raise GatewayError(message, status=response.status_code)


def network_error(error: httpx.TransportError) -> NetworkError:
    """What the transport said, as an error of ours with the words that it has."""
    words = clean(str(error)) or type(error).__name__
    return NetworkError(mask_url(words))


def _send(
    client: httpx.Client,
    url: str,
    headers: Mapping[str, str],
    timeout: httpx.Timeout,
    trace: Callable[[str, Mapping[str, Any]], None] | None,
) -> httpx.Response:
    extensions = {} if trace is None else {"trace": trace}
    try:
        request = client.build_request("GET", url, headers=headers, timeout=timeout, extensions=extensions)
        return client.send(request, stream=True)
    except httpx.InvalidURL as error:
        # httpx reads the target of a redirect even when it is told not to follow it.
        message = "the link, or the redirect behind it, is not a URL that can be followed"
        raise Refused(message) from error
    except ForbiddenAddressError as error:
        raise Refused(str(error)) from error
    except httpx.TransportError as error:
        if "location header" in str(error):
            message = "a redirect to something that is not a URL"
            raise Refused(message) from error
        raise network_error(error) from error


def without_foreign_words(error: RequestError, response: httpx.Response, base_url: str) -> RequestError:
    """Return `error` as it may be kept: what another host than the gateway has said is left out of it.

    Of such a host's answer only status and media type are told: its body may be anything, such as a page of a network
    that the link should never have reached.
    """
    if same_origin(str(response.url), base_url):
        return error
    kind = _MEDIA_TYPE.match(response.headers.get("content-type", ""))
    words = f"HTTP {response.status_code} from {clean(response.url.host, 100)}, {kind[0] if kind else 'no media type'}"
    return type(error)(words, status=error.status, retry_after=error.retry_after)


def _location(response: httpx.Response) -> str:
    """The Location header as text: UTF-8, and where it is none its bytes beyond ASCII percent-encoded, as browsers do.

    httpx decodes all headers of a response alike, so that one of them in Latin-1 would spoil this one in UTF-8.
    """
    raw = next(value for name, value in response.headers.raw if name.lower() == b"location")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in raw)


def _next_url(url: str, response: httpx.Response) -> str:
    """Where a redirect leads, if it may be followed."""
    status = response.status_code
    try:
        target = httpx.URL(url).join(_location(response))
    except httpx.InvalidURL as error:
        message = "a redirect to something that is not a URL"
        raise GatewayError(message, status=status) from error
    if target.scheme not in {"http", "https"} or not target.host:
        message = f"a redirect to {target.scheme or 'nowhere'}: is not followed"
        raise Refused(message, status=status)
    if target.scheme == "http" and httpx.URL(url).scheme == "https":
        message = f"a redirect from https to http ({target.host}) is not followed"
        raise Refused(message, status=status)
    return str(target)
