"""A fetch: one request for the bytes of a result, what its answer may be, and how it goes into the partial file."""

from __future__ import annotations

import hashlib
import re
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import httpx

from octotui import units
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.disk_space import DiskSpace
from octotui.engine.downloads.fallback import Verdict
from octotui.engine.downloads.part_state import PartState
from octotui.engine.downloads.partial_file import PartChanged, PartialFile
from octotui.engine.downloads.throughput import Bandwidth, StallWatch
from octotui.engine.media.integrity import HEAD, kind_of
from octotui.gateway.errors import GatewayError, NetworkError, RequestError
from octotui.gateway.http import decompress
from octotui.gateway.http.redirects import network_error, open_body, without_foreign_words
from octotui.gateway.parsing.task_answer import MAX_BODY, read_content_head
from octotui.gateway.routes import is_content_url

OVERLAP = 64 * 1024
"""Bytes that are fetched again and compared where no entity tag says that the file is still the same; half of what is
there when that is less, and halved again where connections are cut before they bring anything new."""
_SHORTEST = 12
"""Bytes that tell a video from anything else."""
_GATHERED = 128 * 1024
_LINGER = 0.04
_ROOM_EVERY = 8 * 1024 * 1024
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)")


@dataclass(slots=True, frozen=True)
class Limits:
    """What bounds a fetch; seconds and bytes."""

    largest: int
    """Bytes that a result may have."""
    connect: float = 15.0
    head: float = 120.0
    """Seconds until a video begins, redirects included, or until an error is told; some gateways fetch it first."""
    silence: float = 45.0
    """Seconds without a single byte."""
    stall_window: float = 45.0
    stall_least: int = 16 * 1024
    """Bytes that must come within the window."""


@dataclass(slots=True, frozen=True)
class FetchContext:
    """What every fetch of a process shares."""

    client: httpx.Client
    base_url: str
    api_key: str | None
    limits: Limits
    bandwidth: Bandwidth
    disk_space: DiskSpace
    clock: Callable[[], float] = time.time
    """Unix seconds."""
    monotonic: Callable[[], float] = time.monotonic


@dataclass(slots=True, frozen=True)
class FetchResult:
    """How a fetch ended. With neither `verdict` nor `link` nor `is_parked` the server says that all bytes have come."""

    words: str
    verdict: Verdict | None = None
    link: str | None = None
    """Another link that the body named."""
    is_firm: bool = False
    """Whether the refusal is one that seldom changes: 401, 403 or 410."""
    is_parked: bool = False
    retry_after: float | None = None
    is_measured: bool = False
    """Whether the server had said how many bytes the file has, and as many came."""
    said: str | None = None
    """The same for answers that are alike: the status, or the hash of a body that is no video."""


class TooBig(Exception):
    """The result is bigger than `max_file_size`."""


class _AgainFromStart(Exception):
    """What is in the part cannot be continued here; the request is made again for the whole file."""


class _AgainWithOverlap(Exception):
    """The answer does not say that it is the same file; the request is made again so that the bytes say it."""


def fetch(
    context: FetchContext, url: str, part: PartialFile, task_id: str, stop_handle: StopHandle, *, overlap: int = OVERLAP
) -> FetchResult:
    """Ask for what the open `part` still lacks of the file at `url` and write it there.

    Resumes with Range and, given a strong entity tag, If-Range; otherwise the last `overlap` bytes are fetched again
    and compared. The body of a 200 is compared byte by byte with what is there, and written from where they differ.
    Raises `TooBig` and `FileTrouble` (`NoRoom` among them); everything else is in the `FetchResult`.
    """
    request = _Request(context, url, part, stop_handle, task_id=task_id, overlap=overlap)
    try:
        return request.run()
    except RequestError as error:
        if stop_handle.is_stopped:
            return FetchResult("parked", is_parked=True)
        is_firm = error.status in {401, 403, 410}
        said = None if error.status in {None, 429} else f"HTTP {error.status}"
        return FetchResult(error.message, _verdict(error), is_firm=is_firm, retry_after=error.retry_after, said=said)
    finally:
        stop_handle.expect_head(None)


def _verdict(error: RequestError) -> Verdict:
    if isinstance(error, NetworkError):
        return Verdict.NETWORK
    status = error.status or 0
    return Verdict.TROUBLE if status == 429 or status >= 500 else Verdict.REFUSED


class _Request:
    """The state of one `fetch`: at most three requests, the later ones asking for more of the file."""

    def __init__(
        self, context: FetchContext, url: str, part: PartialFile, stop_handle: StopHandle, *, task_id: str, overlap: int
    ) -> None:
        self._context = context
        self._url = url
        self._part = part
        self._task_id = task_id
        self._stop_handle = stop_handle
        self._described: PartState | None = None
        self._total: int | None = None
        """Bytes of the whole file, by what this answer says."""
        self._overlapping = part.size - min(overlap, part.size // 2) if part.size > 1 else 0

    def run(self) -> FetchResult:
        """Ask, as cheaply as what is known of the part allows. Raises `RequestError`, `TooBig`, `FileTrouble`."""
        part = self._part
        start = part.size if part.state.etag else self._overlapping
        try:
            return self._once(start)
        except _AgainWithOverlap:
            start = self._overlapping
        except (_AgainFromStart, PartChanged):
            start = 0
        try:
            return self._once(start)
        except (_AgainWithOverlap, _AgainFromStart, PartChanged):
            return self._once(0)

    def _once(self, start: int) -> FetchResult:
        headers = {"Accept": "*/*"}
        if start:
            headers["Range"] = f"bytes={start}-"
            if self._part.state.etag and start == self._part.size:
                headers["If-Range"] = self._part.state.etag
        limits = self._context.limits
        self._stop_handle.expect_head(limits.head)
        response = open_body(
            self._context.client,
            self._url,
            base_url=self._context.base_url,
            api_key=self._context.api_key,
            headers=headers,
            timeout=httpx.Timeout(limits.silence, connect=limits.connect),
            trace=self._stop_handle.trace,
        )
        try:
            if response.status_code in {200, 203}:
                return self._take_whole(response)
            if response.status_code == 206 and start:
                return self._take_rest(response, start)
            if response.status_code == 416 and start:
                return self._judge_unsatisfied(response)
            return self._take_words(response, b"", self._blocks(response))
        except httpx.TransportError as error:
            raise network_error(error) from error
        except decompress.UnknownEncodingError as error:
            message = f"an encoding that was not asked for: {error}"
            raise GatewayError(message, status=response.status_code) from error
        except (zlib.error, EOFError) as error:
            cut = isinstance(error, EOFError)
            return FetchResult(
                "cut inside a gzip body" if cut else "a broken gzip body", Verdict.NETWORK if cut else Verdict.REFUSED
            )
        finally:
            response.close()

    def _take_whole(self, response: httpx.Response) -> FetchResult:
        """The body from the first byte on."""
        is_packed = decompress.is_packed(response.headers.get("content-encoding", ""))
        blocks = self._blocks(response)
        if is_packed:
            blocks = decompress.unpacked(blocks)
        first = b""
        while len(first) < HEAD and kind_of(first) is None and (block := next(blocks, None)) is not None:
            first += block
        if kind_of(first) is None:
            return self._take_words(response, first, blocks)
        total = None if is_packed else _length(response)
        self._describe(response, total=total, etag=None if is_packed else _strong_etag(response))
        self._part.seek(0)
        ended = self._write_blocks(_chain(first, blocks), must_match=False)
        if ended is not None:
            return ended
        self._part.end_here()
        self._believe()
        return FetchResult("all bytes", is_measured=total is not None)

    def _take_rest(self, response: httpx.Response, start: int) -> FetchResult:
        """The body of a 206 that was asked for from `start` on."""
        known = self._part.state
        end, total = self._checked_range(response, start)
        etag = _strong_etag(response)
        if etag and known.etag and etag != known.etag:
            raise _AgainFromStart
        if start == self._part.size and (not etag or etag != known.etag):
            raise _AgainWithOverlap
        self._describe(response, total=total, etag=etag or known.etag)
        self._part.seek(start)
        ended = self._write_blocks(_first(self._blocks(response), end + 1 - start), must_match=True)
        if ended is not None:
            return ended
        if total is not None and self._part.size < total:
            return FetchResult(f"a part only: {self._part.size:,} of {total:,} bytes so far", Verdict.NETWORK)
        return FetchResult("all bytes", is_measured=total is not None)

    def _checked_range(self, response: httpx.Response, start: int) -> tuple[int, int | None]:
        """The last byte and the total of a Content-Range that fits what is known; raises `_AgainFromStart`."""
        match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if match is None or match[1] is None or int(match[1]) != start:
            raise _AgainFromStart
        end, total = int(match[2]), None if match[3] == "*" else int(match[3])
        length = _length(response)
        known = self._part.state.total
        is_odd = (
            end < start or (total is not None and end >= total) or (length is not None and length != end + 1 - start)
        )
        if is_odd or (total is not None and known is not None and total != known) or (total or end) < self._part.size:
            raise _AgainFromStart
        if decompress.is_packed(response.headers.get("content-encoding", "")):
            raise _AgainFromStart
        return end, total

    def _judge_unsatisfied(self, response: httpx.Response) -> FetchResult:
        """A 416: the part already ends where the file does, or it is another file."""
        match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if match is None or match[3] == "*" or int(match[3]) != self._part.size:
            raise _AgainFromStart
        self._part.note(replace(self._part.state, total=self._part.size))
        return FetchResult("all bytes", is_measured=True)

    def _take_words(self, response: httpx.Response, first: bytes, blocks: Iterator[bytes]) -> FetchResult:
        """A body that is no video: an error, or another link. Raises the `RequestError` that it means."""
        status = response.status_code
        body = bytearray(first)
        for block in blocks:
            body += block
            if len(body) > MAX_BODY:
                break
        if status < 300 and len(body) < _SHORTEST and _length(response) is None and body[:1] != b"{":
            message = f"the connection was closed after {len(body)} bytes"
            raise NetworkError(message)
        headers, base_url = dict(response.headers), self._context.base_url
        is_no_video = False
        try:
            answer = read_content_head(status, headers, bytes(body), base_url=base_url, now=self._context.clock())
            link = None if answer is None else answer.result_url
            if link is None or is_content_url(base_url, self._task_id, link):
                start = bytes(body[:12]).decode("latin-1").encode("unicode_escape").decode("ascii")
                is_no_video = status < 300
                raise GatewayError(f"HTTP {status}: no video, it begins with {start}", status=status)
        except RequestError as error:
            told = without_foreign_words(error, response, base_url)
            if is_no_video:
                return FetchResult(told.message, Verdict.NO_VIDEO, said=hashlib.sha256(body).hexdigest())
            raise told from None
        return FetchResult("names another link", link=link)

    def _describe(self, response: httpx.Response, *, total: int | None, etag: str | None) -> None:
        """Check that a file of `total` bytes may come, take the room for it and remember what the server says of it."""
        part, context = self._part, self._context
        self._total = total
        if total is not None:
            if total > context.limits.largest:
                raise TooBig(_too_big(total, context.limits.largest))
            context.disk_space.claim(self._task_id, max(0, total - part.size), part.path.parent)
            self._take_room(total)
        host = urlsplit(str(response.url)).hostname
        self._described = replace(part.state, host=host, total=total, etag=etag)

    def _take_room(self, total: int | None) -> None:
        """Take the room on the disk for what comes next of `total` bytes: a server's word is not worth all of it."""
        if total is not None and self._part.take_room(total):
            self._context.disk_space.settle(self._task_id, total - self._part.taken)

    def _believe(self) -> None:
        """Note what is known of the file, as soon as no byte is left in the part that this answer has not spoken for.

        Before that an entity tag would vouch for bytes of what may be another file.
        """
        part = self._part
        if self._described is not None and part.position == part.size:
            part.note(replace(self._described, proved=part.state.proved))
            self._described = None

    def _write_blocks(self, blocks: Iterator[bytes], *, must_match: bool) -> FetchResult | None:
        """Write `blocks` into the part; an `FetchResult` when that ends before they do."""
        self._stop_handle.expect_head(None)
        self._believe()
        part, context, limits = self._part, self._context, self._context.limits
        watch = StallWatch(window=limits.stall_window, least=limits.stall_least)
        checked_at = part.size
        before = context.monotonic()
        for block in blocks:
            waited = context.monotonic() - before
            if part.position + len(block) > limits.largest:
                raise TooBig(_too_big(part.position + len(block), limits.largest))
            if part.size - checked_at >= _ROOM_EVERY:
                checked_at = part.size
                context.disk_space.check(part.path.parent)
            if self._part.position + len(block) > self._part.taken:
                self._take_room(self._total)
            part.write(block, must_match=must_match)
            self._believe()
            if self._stop_handle.is_stopped:
                return FetchResult("parked", is_parked=True)
            if watch.is_stalled(len(block), waited):
                return FetchResult(
                    f"fewer than {units.size(limits.stall_least)} in {limits.stall_window:.0f} s", Verdict.NETWORK
                )
            pause = context.bandwidth.book(len(block))
            if pause and self._stop_handle.wait(pause):
                return FetchResult("parked", is_parked=True)
            before = context.monotonic()
        return None

    def _blocks(self, response: httpx.Response) -> Iterator[bytes]:
        """The body as it came, gathered into blocks of a good size for the disk, or into what a moment brings."""
        gathered = bytearray()
        # The first piece is handed on at once: with it comes what is known of the file.
        since = float("-inf")
        try:
            for piece in response.iter_raw():
                if not gathered and len(piece) >= _GATHERED:
                    yield piece
                    since = self._context.monotonic()
                    continue
                gathered += piece
                if len(gathered) >= _GATHERED or self._context.monotonic() - since > _LINGER:
                    yield bytes(gathered)
                    gathered.clear()
                    since = self._context.monotonic()
        except httpx.TransportError:
            if gathered:
                yield bytes(gathered)
            raise
        if gathered:
            yield bytes(gathered)


def _first(blocks: Iterator[bytes], count: int) -> Iterator[bytes]:
    """At most `count` bytes of `blocks`."""
    for block in blocks:
        yield block[:count]
        count -= len(block)
        if count <= 0:
            return


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _length(response: httpx.Response) -> int | None:
    """What Content-Length says, where it counts: not beside Transfer-Encoding (RFC 9112, 6.3)."""
    text = response.headers.get("content-length", "").strip()
    chunked = "transfer-encoding" in response.headers
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 and not chunked else None


def _strong_etag(response: httpx.Response) -> str | None:
    """The entity tag when it promises the same bytes (RFC 9110, 8.8.3): not a weak one, and not a monster."""
    etag = response.headers.get("etag", "").strip()
    return etag if re.fullmatch(r'"[\x21\x23-\x7e]{1,200}"', etag) else None


def _too_big(size: int, largest: int) -> str:
    return f"bigger than max_file_size: {units.size(size)} or more, {units.size(largest)} allowed"
