"""The gateway client: one question about one task in, one `Answer` or one `RequestError` out."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import httpx

from octotui.failed_answer import failed_answer
from octotui.gateway.errors import GatewayError, NetworkError, RequestError
from octotui.gateway.http.plain_answer import PlainAnswer
from octotui.gateway.http.poll_transport import KeptConnection, Questions
from octotui.gateway.http.proxies import proxy_rules, trust
from octotui.gateway.http.user_agent import USER_AGENT
from octotui.gateway.parsing.quota import Quota, has_quota_route, read_quota
from octotui.gateway.parsing.task_answer import MAX_BODY, read_answer
from octotui.gateway.providers import Provider
from octotui.gateway.routes import normalise_base_url, same_origin, task_path
from octotui.model import Answer
from octotui.redaction import hide, mask_hidden
from octotui.sanitize import clean


class GatewayClient:
    """Questions over at most `connections` kept-alive connections, lent out one request at a time.

    Requests and responses are httpx's, and each goes straight to its transport: `httpx.AsyncClient` around it would
    cost as much as the transport itself (`tests/benchmarks/polling.py`). No cookie is kept or sent: a question is
    answered by its key alone.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connections: int = 8,
        timeout: float = 30.0,
        ca_file: Path | None = None,
        proxy: str | None = None,
        clock: Callable[[], float] = time.time,
        before: Callable[[], None] | None = None,
    ) -> None:
        """`timeout` is in seconds, for connecting and for each read; `ca_file` adds a PEM file to the trusted ones.

        `before` is called right before each request and may raise a `RequestError` to keep it from being sent.
        """
        hide(api_key)
        self.base_url = normalise_base_url(base_url)
        self._clock = clock
        self._before = before
        self._timeout = timeout
        headers = httpx.Headers(
            {
                "Authorization": f"Bearer {api_key}",
                "Accept": "application/json",
                # What is counted against the bound must be what is kept: a few compressed bytes can be gigabytes.
                "Accept-Encoding": "identity",
                "Connection": "keep-alive",
                "User-Agent": USER_AGENT,
            }
        )
        self._questions = Questions(self.base_url, headers, timeout)
        context = trust(ca_file)
        address = proxy_rules(proxy).proxy_for(httpx.URL(self.base_url))
        self._connections = [_connection(context, address) for _ in range(connections)]
        self._free: asyncio.LifoQueue[httpx.AsyncBaseTransport] = asyncio.LifoQueue()
        for connection in self._connections:
            self._free.put_nowait(connection)

    async def __aenter__(self) -> GatewayClient:
        """Use it as `async with`, so that every connection is closed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        for connection in self._connections:
            await connection.aclose()
        # A connection that was broken off lets go of its socket at the loop's next turn, and the loop may end with us.
        await asyncio.sleep(0)

    async def ask(self, task_id: str, route: str, provider: Provider | None = None) -> tuple[Answer, str]:
        """Ask `route` about one task. Returns its answer and the body, less the key.

        Raises a `RequestError`; it holds the answer, where one came that is none about the task.
        """
        reply = await self._get(task_path(route, task_id))
        try:
            answer = read_answer(
                reply.status,
                reply.headers,
                reply.body,
                base_url=self.base_url,
                now=self._clock(),
                provider=provider,
            )
        except RequestError as error:
            error.answer = mask_hidden(failed_answer(reply.status, reply.body))
            raise
        return answer, mask_hidden(reply.body.decode("utf-8", errors="replace"))

    async def quota(self) -> Quota | None:
        """What is left on the key; None where the gateway has no such route (404, or a 200 that is no JSON object).

        Raises a `RequestError` where it does not say for another reason: it may the next time.
        """
        status, _, body = await self._get("/api/usage/token/")
        quota = read_quota(status, body)
        if quota is None and has_quota_route(status, body):
            raise GatewayError(f"HTTP {status}: the gateway does not say the quota", status=status)
        return quota

    async def _get(self, path: str) -> _Reply:
        try:
            connection = await self._free.get()
            try:
                if self._before is not None:
                    self._before()
                async with asyncio.timeout(2 * self._timeout):
                    return await self._read(connection, path)
            finally:
                self._free.put_nowait(connection)
        except TimeoutError:
            raise NetworkError(f"no whole answer within {2 * self._timeout:.0f} s") from None
        except httpx.TimeoutException:
            raise NetworkError(f"no answer within {self._timeout:.0f} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            cut = NetworkError(clean(str(error)) or type(error).__name__)
            cut.is_cut = isinstance(error, (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError))
            raise cut from None

    async def _read(self, connection: httpx.AsyncBaseTransport, path: str) -> _Reply:
        """One GET, a redirect inside the gateway's own origin followed, the body read up to its bound."""
        request: httpx.Request | None = None
        for _ in range(3):
            if request is None and isinstance(connection, KeptConnection):
                answer = await connection.ask(self._questions, path)
                if isinstance(answer, PlainAnswer):
                    return _Reply(*answer)
            else:
                request = request or self._questions.request(path)
                answer = await connection.handle_async_request(request)
                answer.request = request
            reply = await _whole(answer)
            if not answer.has_redirect_location:
                return reply
            target = answer.request.url.join(answer.headers["location"])
            if not same_origin(str(target), self.base_url):
                raise GatewayError(
                    f"the gateway redirects to another host, {clean(target.host)}: check the base URL",
                    status=answer.status_code,
                )
            request = self._questions.request_of(str(target))
        raise GatewayError("the gateway redirects in circles: check the base URL")


class _Reply(NamedTuple):
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def _whole(response: httpx.Response) -> _Reply:
    try:
        body = b"" if response.has_redirect_location else await _bounded(response)
        return _Reply(response.status_code, response.headers, body)
    finally:
        await response.aclose()


def _connection(context: ssl.SSLContext, proxy: str | None) -> httpx.AsyncBaseTransport:
    """A transport of one connection; to proxies that are not asked over plain HTTP, httpx's own."""
    if proxy is None or proxy.startswith("http://"):
        return KeptConnection(context, proxy=proxy)
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=60.0)
    return httpx.AsyncHTTPTransport(verify=context, proxy=proxy, limits=limits, trust_env=False)


async def _bounded(response: httpx.Response) -> bytes:
    """The body, or a `GatewayError` as soon as it passes `MAX_BODY`, whatever its headers promise."""
    chunks: list[bytes] = []
    size = 0
    parts = response.aiter_bytes()
    # httpx's decoding is a chain of generators, worth its price only where there is something to decode.
    if "content-encoding" not in response.headers and isinstance(response.stream, httpx.AsyncByteStream):
        parts = aiter(response.stream)
    async for chunk in parts:
        size += len(chunk)
        if size > MAX_BODY:
            raise GatewayError(
                f"the answer is larger than {MAX_BODY // 2**20} MiB: no task looks like that",
                status=response.status_code,
            )
        chunks.append(chunk)
    return b"".join(chunks)
