"""Is the gateway there, is it one, does it take the key, is its clock ours: one question about a task nobody has."""

from __future__ import annotations

import socket
import ssl
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import httpx

from octotui import prose
from octotui.config import Config
from octotui.config.no_key import no_key
from octotui.engine.diagnostics.finding import Finding, Trouble, fail, ok, warn
from octotui.gateway.errors import (
    Forbidden,
    GatewayError,
    KeyRefused,
    NoSuchTask,
    OutOfQuota,
    RateLimited,
    Refused,
    RequestError,
)
from octotui.gateway.http.connect_errors import system_error, why_unreachable
from octotui.gateway.http.download_transport import download_client
from octotui.gateway.http.proxies import proxy_rules
from octotui.gateway.parsing.error_answer import http_date
from octotui.gateway.parsing.json_body import NotAnObjectError, parse
from octotui.gateway.parsing.quota import Quota, read_quota
from octotui.gateway.parsing.task_answer import read_answer
from octotui.gateway.routes import task_url
from octotui.sanitize import clean

SKEW = 15.0
"""Seconds between two clocks that matter to nobody: the Date header itself is up to one old."""
_PATIENCE = 15.0
_MAX_BODY = 2**20
_CHECK_BASE_URL = "check base_url: it must be the address of the API, not of the gateway's web page"
_CHECK_KEY = "look whether it was copied whole, is enabled and has not run out"
_SOON = 3 * 86_400.0
"""Seconds before a key's end from which on that is worth a warning."""
_TRY_LATER = "try again in a minute; if it stays, ask whoever runs the gateway"


@dataclass(slots=True, frozen=True)
class Reply:
    """What came back for one request, or why nothing did."""

    asked_at: float
    """Unix seconds by our clock, half-way between question and answer."""
    status: int = 0
    """HTTP status; 0 when there was no answer."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: Exception | None = None
    """What kept the answer away."""
    proxy: str | None = None
    """The URL of the proxy between us, None for a direct connection."""


def examine(config: Config, *, clock: Callable[[], float] = time.time) -> list[Finding]:
    """Ask the gateway about a made-up task and about the quota; returns base URL, key, clock and quota.

    Two requests at most. The key goes to the gateway's own origin only: no redirect is followed. Where a key is
    withheld, nobody has said which gateway is meant: none is asked.
    """
    if config.withheld_key is not None:
        return [_no_key(config)]
    headers = {"Accept": "application/json"}
    if config.api_key is not None:
        headers["Authorization"] = f"Bearer {config.api_key}"
    try:
        rules = proxy_rules(config.proxy)
        client = download_client(ca_file=config.ca_file, proxy=config.proxy, transport=config.transport)
    except (OSError, ssl.SSLError, ValueError) as error:
        return [_unreachable(config.base_url, error)]
    client.headers.update(headers)
    client.timeout = httpx.Timeout(_PATIENCE)
    with client:
        # An id that cannot exist: the question is harmless, and its answer tells whether the key is taken.
        reply = _get(client, task_url(config.base_url, "videos", f"octotui-doctor-{uuid.uuid4()}"), clock)
        reply = replace(reply, proxy=rules.proxy_for(httpx.URL(config.base_url)))
        base = judge_base_url(config.base_url, reply)
        if base.trouble is not None:
            return [base, *([_no_key(config)] if config.api_key is None else [])]
        quota, is_refused = None, False
        if config.api_key is not None:
            answer = _get(client, f"{config.base_url}/api/usage/token/", clock)
            quota, is_refused = read_quota(answer.status, answer.body), answer.status == 401
    source = config.api_key_source
    return [
        base,
        _no_key(config) if source is None else judge_key(source, reply, quota, is_refused_for_quota=is_refused),
        judge_clock(reply),
        *([] if config.api_key is None else [judge_quota(quota)]),
    ]


def judge_base_url(base_url: str, reply: Reply) -> Finding:
    """Whether there is a gateway behind the base URL that answers in JSON."""
    if reply.error is not None:
        return _unreachable(base_url, reply.error, reply.proxy)
    kind = reply.headers.get("content-type", "").lower()
    target = reply.headers.get("location")
    if 300 <= reply.status < 400 and target:
        host = clean(urlsplit(target).hostname or target, 200)
        return fail(
            "base URL", Trouble.GATEWAY, f"{base_url} sends us on to {host}", f"set base_url to the address at {host}"
        )
    if "html" in kind or reply.body.lstrip()[:1] == b"<":
        if reply.status >= 500 or reply.status == 403:
            return fail("base URL", Trouble.GATEWAY, f"{base_url} answers {reply.status} with a web page", _TRY_LATER)
        return fail("base URL", Trouble.GATEWAY, f"{base_url} answers with a web page, not with JSON", _CHECK_BASE_URL)
    if reply.status >= 500 and not _is_word_on_unknown_task(reply):
        return fail("base URL", Trouble.GATEWAY, f"{base_url} answers {reply.status}", _TRY_LATER)
    if base_url.startswith("http://") and not _is_loopback(base_url):
        return warn(
            "base URL", f"{base_url} answers, without TLS: the key is readable on the way", "use https:// if there is"
        )
    return ok("base URL", f"{base_url} answers")


def _is_word_on_unknown_task(reply: Reply) -> bool:
    """Whether a 500 is how a gateway that is well says that it does not know the made-up task."""
    try:
        return reply.status == 500 and parse(reply.body).get("error") is not None
    except NotAnObjectError:
        return False


def _no_key(config: Config) -> Finding:
    return fail("key", Trouble.SETTINGS, *no_key(config))


def judge_key(source: str, reply: Reply, quota: Quota | None, *, is_refused_for_quota: bool = False) -> Finding:
    """Whether the key is taken: proved by a quota that is told, or by a task that is said to be unknown.

    Any other refusal proves nothing: there are gateways that answer a wrong key with 400, and an unknown task with 500.
    """
    left = None if quota is None or quota.expires_at is None else quota.expires_at - reply.asked_at
    if left is not None and left <= 0:
        said = f"expired {prose.ago(-left)}; it comes from {source}"
        return fail("key", Trouble.KEY, said, "extend it at the gateway, or make a new one")
    try:
        read_answer(reply.status, reply.headers, reply.body, base_url="http://localhost", now=reply.asked_at)
    except (KeyRefused, OutOfQuota) as error:
        return _refused(source, error, quota)
    except Forbidden as error:
        said = f"not let through: {error.message}"
        return warn("key", said, "the gateway limits this key to some addresses or models; saving may still work")
    except RateLimited:
        return warn("key", "the gateway says slow down (429), so this cannot be told now", "try again in a minute")
    except (GatewayError, Refused) as error:
        if quota is None:
            return _unproved(source, error, is_refused_for_quota=is_refused_for_quota)
    except NoSuchTask:
        pass  # that is said only after the key was taken
    if left is not None and left <= _SOON:
        said = f"accepted, expires in {prose.duration(left)}; it comes from {source}"
        return warn("key", said, "extend it at the gateway before it ends")
    return ok("key", f"accepted; it comes from {source}")


def _refused(source: str, error: KeyRefused | OutOfQuota, quota: Quota | None) -> Finding:
    if isinstance(error, OutOfQuota) or (quota is not None and quota.is_used_up):
        return _out_of_quota(source)
    return fail("key", Trouble.KEY, f"refused ({error.message}); it comes from {source}", _CHECK_KEY)


def _unproved(source: str, error: RequestError, *, is_refused_for_quota: bool) -> Finding:
    """Judge a key that neither an answer about a task nor the quota has proved."""
    if is_refused_for_quota:
        said = f"refused by the quota's route; it comes from {source}"
        return fail("key", Trouble.KEY, said, _CHECK_KEY)
    if isinstance(error, GatewayError) and not (error.status == 500 and error.is_object):
        return fail("key", Trouble.GATEWAY, f"cannot be told: {error.message}", _TRY_LATER)
    said = f"cannot be told from an answer to a made-up task: HTTP {error.status}, {error.message}"
    return warn("key", said, "ask about a task of yours: octotui poll ID")


def judge_clock(reply: Reply) -> Finding:
    """How far our clock is from the gateway's: deadlines are counted on ours and written by theirs."""
    theirs = http_date(reply.headers.get("date", ""))
    if theirs is None:
        return ok("clock", "the gateway does not say what time it is")
    skew = reply.asked_at - theirs
    if abs(skew) <= SKEW:
        return ok("clock", f"within {SKEW:.0f} s of the gateway's")
    side = "ahead of" if skew > 0 else "behind"
    return warn(
        "clock",
        f"ours is {prose.duration(abs(skew))} {side} the gateway's: countdowns are off by that",
        "set the clock by the network (timedatectl set-ntp true)",
    )


def judge_quota(quota: Quota | None) -> Finding:
    """How much is left on the key."""
    if quota is None:
        return ok("quota", "the gateway does not tell")
    if quota.is_used_up:
        return fail("quota", Trouble.QUOTA, "nothing is left on this key", "top it up at the gateway")
    if quota.left is None:
        return ok("quota", "not limited")
    says = f"{quota.left:.0%} left"
    return warn("quota", says, "top it up before it ends") if quota.left < 0.05 else ok("quota", says)


def _out_of_quota(source: str) -> Finding:
    said = f"good, and its quota is used up; it comes from {source}"
    return fail("key", Trouble.QUOTA, said, "top it up at the gateway")


def _unreachable(base_url: str, error: Exception, proxy: str | None = None) -> Finding:
    """Say why nothing answered; certificates, names and refusals have different remedies."""
    behind = system_error(error)
    url = httpx.URL(proxy or base_url)
    host, port = url.host, url.port or (443 if url.scheme == "https" else 80)
    words = clean(why_unreachable(behind, host, port) if behind else str(error), 300) or type(error).__name__
    if isinstance(behind, ssl.SSLCertVerificationError):
        remedy = "name your company's certificate in ca_file, or set the clock; certificates are always checked"
    elif isinstance(behind, socket.gaierror):
        remedy = "check the host in base_url, and whether this machine resolves names"
    elif isinstance(error, httpx.ProxyError):
        remedy = "check proxy in the configuration, or HTTPS_PROXY and NO_PROXY"
    else:
        remedy = "check base_url, the network and the firewall; behind a proxy set proxy or HTTPS_PROXY"
    return fail("base URL", Trouble.GATEWAY, f"{base_url} does not answer: {words}", remedy)


def _is_loopback(base_url: str) -> bool:
    return (urlsplit(base_url).hostname or "") in {"localhost", "127.0.0.1", "::1"}


def _get(client: httpx.Client, url: str, clock: Callable[[], float]) -> Reply:
    began = clock()
    try:
        with client.stream("GET", url) as response:
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _MAX_BODY:
                    break
            half_way = (began + clock()) / 2
            return Reply(half_way, response.status_code, response.headers, body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Reply(began, error=error)
