"""The transfer of one result to its final name: along the fallback chain, proved whole, put in place."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from octotui.engine.downloads import final_file
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.disk_space import DownloadFolder
from octotui.engine.downloads.fallback import Ask, FallbackChain, Fetch, Source, Verdict, Wait
from octotui.engine.downloads.fetch import OVERLAP, FetchContext, FetchResult, TooBig, fetch
from octotui.engine.downloads.file_names import FileTrouble, NoRoom, sha256_of, trouble, wanted_path
from octotui.engine.downloads.partial_file import PartBusy, PartialFile, claim
from octotui.engine.faults import Faults
from octotui.engine.media.integrity import Proof, prove
from octotui.gateway.errors import NetworkError, RequestError
from octotui.gateway.routes import content_url, is_content_url, origin_of
from octotui.model import DownloadTrouble, Task, TaskState

_LOOK_FOR_ROOM = 5.0
"""Seconds between two looks whether there is room again."""
_LOOK_FOR_FOLDER = 30.0
"""Seconds between two looks whether a folder that has worked before is back."""
_LOOK_FOR_OTHERS = 5.0
_SHORTEST_PAUSE = 30.0
"""Seconds after a folder that has never worked, or an error nobody foresaw; doubled each time in a row, up to the
longest."""
_LONGEST_PAUSE = 600.0
AT_ONCE = 32 * 1024 * 1024
"""Bytes of a file that is read for its checksum before it is called saved: some 20 ms. Writing side-car and ledger a
second time would take longer."""
_LEAST_OVERLAP = 256
_BROKEN = 2


@dataclass(slots=True, frozen=True)
class Saved:
    """The result is on disk, whole, under its final name."""

    file: Path
    size: int
    sha256: str | None
    """None where the file is still to be read for it (`checksums`)."""
    words: str
    """How it was proved: "whole", or "length checked" for kinds of files that cannot tell."""
    seconds: float
    """Seconds of work; 0 when it was there already."""


@dataclass(slots=True, frozen=True)
class Later:
    """To be gone on with at `at` (unix seconds); the part stays."""

    at: float
    words: str
    trouble: DownloadTrouble


@dataclass(slots=True, frozen=True)
class Failed:
    """Given up; the part stays unless the result is not wanted at all."""

    words: str
    trouble: DownloadTrouble


@dataclass(slots=True, frozen=True)
class Parked:
    """Stopped from outside; the part stays."""


Outcome = Saved | Later | Failed | Parked


class Attempts(Protocol):
    """A record of each source that was tried; the ledger is one."""

    def note_attempt(self, task_id: str, at: float, source: str, outcome: str) -> None:
        """Keep that `source` was tried at `at` (unix seconds) and came to `outcome`, in words."""


class Transfer:
    """The download of one task; `run` works in a thread of its own and may be called again after a `Later`."""

    def __init__(
        self,
        task: Task,
        *,
        folder: DownloadFolder,
        template: str,
        context: Callable[[], FetchContext],
        attempts: Attempts,
        fresh_link: Callable[[str], str | None],
        clock: Callable[[], float] = time.time,
        patience: float | None = None,
    ) -> None:
        """`context` is first called in the worker's thread, and so is `fresh_link`, which asks the gateway again.

        `fresh_link` raises `RequestError`, `context` `FileTrouble`; `patience` is as for `FallbackChain`.
        """
        self.task = task
        """The task as it is known now; the queue replaces it when there is news."""
        self._folder = folder
        self._wanted = Path(folder.path, wanted_path(template, task))
        self._context = context
        self._attempts = attempts
        self._fresh_link = fresh_link
        self._clock = clock
        self._chain = FallbackChain(now=clock(), patience=patience)
        self._part: PartialFile | None = None
        self.bytes_found = 0
        """Bytes that an earlier process had left in the part."""
        self._is_doubted = False
        """Whether the bytes were proved broken although the server calls them all."""
        self._broken = 0
        """How often the server called bytes whole that were broken, with none of them new."""
        self._most = 0
        self._overlap = OVERLAP
        self._source = Source.LINK
        self._troubles = 0
        """How often in a row it was not the chain that ended a try."""
        self._faults = Faults()
        self._began = 0.0
        self._seconds = 0.0

    @property
    def bytes_done(self) -> int:
        """Bytes in the part."""
        return 0 if self._part is None else self._part.size

    @property
    def bytes_total(self) -> int | None:
        """Bytes of the whole file, once a server has said."""
        return None if self._part is None else self._part.state.total

    def flush(self) -> None:
        """Have the bytes so far reach the disk; for another thread."""
        part = self._part
        if part is not None:
            part.flush()

    def run(self, stop_handle: StopHandle) -> Outcome:
        """Work until the result is saved, given up, stopped, or nothing can be done for a while.

        Only the chain of rungs gives up. Trouble with folder and disk, and errors nobody foresaw, are waited out.
        """
        self._began = time.monotonic()
        try:
            outcome = self._run_and_close(stop_handle)
        except PartBusy as error:
            return Later(self._clock() + _LOOK_FOR_OTHERS, str(error), DownloadTrouble.BUSY)
        except NoRoom as error:
            words = f"waiting for room on the disk: {error}"
            return Later(self._clock() + _LOOK_FOR_ROOM, words, DownloadTrouble.DISK)
        except FileTrouble as error:
            if self._folder.has_worked:
                words = f"waiting for the folder on the disk: {error}"
                return Later(self._clock() + _LOOK_FOR_FOLDER, words, DownloadTrouble.DISK)
            return self._try_again(f"disk: {error}", DownloadTrouble.FOLDER)
        except Exception as error:  # noqa: BLE001 - a download outlives whatever is wrong with one try
            if stop_handle.is_stopped:
                return Parked()
            return self._try_again(self._faults.note(self.task.id, error), DownloadTrouble.FAULT)
        finally:
            self._seconds += time.monotonic() - self._began
        self._troubles = 0
        return outcome

    def _run_and_close(self, stop_handle: StopHandle) -> Outcome:
        try:
            return self._run(stop_handle)
        except TooBig as error:
            if self._part is not None:
                self._part.remove()
            return Failed(str(error), DownloadTrouble.TOO_LARGE)
        except OSError as error:
            name = error.filename if isinstance(error.filename, str) else self._wanted
            raise trouble(error, Path(name)) from error
        finally:
            if self._part is not None:
                self._part.close()

    def _try_again(self, words: str, trouble: DownloadTrouble) -> Later:
        pause = min(_SHORTEST_PAUSE * 2.0**self._troubles, _LONGEST_PAUSE)
        self._troubles = min(self._troubles + 1, 10)
        return Later(self._clock() + pause, words, trouble)

    def _run(self, stop_handle: StopHandle) -> Outcome:
        origin = origin_of(self._context().base_url)
        self._folder.prepare(self._wanted)
        found = final_file.find(self._wanted, self.task, origin)
        if found is not None:
            return Saved(found.path, found.size, found.sha256, "there already", 0.0)
        part = self._opened(origin)
        self._folder.has_worked = True
        while not stop_handle.is_stopped:
            outcome = self._finished(part) if self._is_complete(part) else self._climb(part, stop_handle)
            if outcome is not None:
                return outcome
        part.sync()
        return Parked()

    def _opened(self, origin: str) -> PartialFile:
        # A part with no byte in it goes when it is closed: its name may be another's by now.
        if self._part is None or (not self._part.is_open and self._part.size == 0):
            self._part = claim(self._wanted, self.task.id, origin)
            self.bytes_found = self._part.size
        elif not self._part.is_open:
            self._part.open()
        self._most = max(self._most, self._part.size)
        return self._part

    def _is_complete(self, part: PartialFile) -> bool:
        return not self._is_doubted and part.size > 0 and part.size == part.state.total

    def _climb(self, part: PartialFile, stop_handle: StopHandle) -> Outcome | None:
        """The next step of the fallback chain; None when there is another one to take at once."""
        task, now = self.task, self._clock()
        link = _beside_content(task.result_url, self._context().base_url, task.id)
        self._chain.know(link=link, seen_at=task.last_answer_at or task.added_at, deadline=task.deadline)
        step = self._chain.step(now)
        if isinstance(step, Fetch):
            return self._fetch(step, part, stop_handle)
        if isinstance(step, Ask):
            self._ask(stop_handle)
            return None
        if isinstance(step, Wait):
            part.sync()
            return Later(step.until, step.words, step.trouble)
        part.sync()
        if task.state is not TaskState.COMPLETED:
            # Nobody has said that there is a result: nothing about it is final.
            self._chain = FallbackChain(now=now)
            return Later(now + _LONGEST_PAUSE, step.words, step.trouble)
        return Failed(step.words, step.trouble)

    def _ask(self, stop_handle: StopHandle) -> None:
        try:
            link = _beside_content(self._fresh_link(self.task.id), self._context().base_url, self.task.id)
        except RequestError as error:
            self._chain.ask_failed(_verdict(error), error.message, retry_after=error.retry_after)
            self._note(Source.FRESH_LINK, f"asked again: {error.message}")
            return
        except Exception as error:  # noqa: BLE001 - the failure of this rung, whatever it is
            if stop_handle.is_stopped:
                return
            words = self._faults.note(self.task.id, error)
            self._chain.ask_failed(Verdict.FAULT, words, retry_after=None)
            self._note(Source.FRESH_LINK, words)
            return
        is_new = self._chain.asked(link, self._clock())
        if not is_new:
            self._note(Source.FRESH_LINK, "asked again: no link" if link is None else "asked again: the same link")

    def _fetch(self, step: Fetch, part: PartialFile, stop_handle: StopHandle) -> Outcome | None:
        self._source = step.source
        url = step.url or content_url(self._context().base_url, self.task.id)
        before = self._most
        context = self._context()
        try:
            ended = fetch(context, url, part, self.task.id, stop_handle, overlap=self._overlap)
        except (FileTrouble, TooBig):
            raise
        except Exception as error:  # noqa: BLE001 - as above
            is_parked = stop_handle.is_stopped
            ended = FetchResult(
                "" if is_parked else self._faults.note(self.task.id, error), Verdict.FAULT, is_parked=is_parked
            )
        finally:
            context.disk_space.settle(self.task.id)
        now = self._clock()
        if part.size > before:
            self._most = part.size
            self._chain.progressed(now)
        elif ended.verdict is Verdict.NETWORK:
            self._overlap = max(_LEAST_OVERLAP, self._overlap // 2)
        if ended.is_parked:
            return None
        if ended.link is not None:
            self._note(step.source, ended.words)
            self._chain.named(step.source, ended.link, now)
            return None
        if ended.verdict is None:
            return self._finished(part, ended, gained=part.size > before)
        verdict = ended.verdict
        if verdict is Verdict.REFUSED and step.source is Source.CONTENT and ended.is_firm:
            verdict = Verdict.GONE
        self._note(step.source, ended.words)
        self._chain.failed(step.source, verdict, ended.words, now, retry_after=ended.retry_after, said=ended.said)
        return None

    def _finished(self, part: PartialFile, ended: FetchResult | None = None, *, gained: bool = False) -> Saved | None:
        """Prove the part, whose every byte has come by the server's word, and put it in place; None when it is broken.

        Without `ended` an earlier process had the server's word for it.
        """
        part.seal()
        try:
            proof = prove(part.path)
            is_measured = ended is None or ended.is_measured
            is_whole = proof.whole or (proof.whole is None and is_measured)
            sha256 = sha256_of(part.path) if part.size <= AT_ONCE or not is_whole else None
        except OSError as error:
            raise trouble(error, part.path) from error
        if is_whole:
            return self._put_in_place(part, proof, sha256)
        words = proof.problem or "nothing says that it is whole"
        self._is_doubted = True
        self._broken += not gained
        # More of a file that is cut may come from the next rung; of one that still is not whole then, nothing is right.
        if not proof.is_cut or self._broken >= _BROKEN:
            part.start_over()
        if ended is not None:
            self._note(self._source, words)
            verdict = Verdict.NETWORK if proof.is_cut and gained else Verdict.NO_VIDEO
            self._chain.failed(self._source, verdict, words, self._clock(), said=sha256)
        return None

    def _put_in_place(self, part: PartialFile, proof: Proof, sha256: str | None) -> Saved:
        self._folder.note_placing(self.task.id, self._wanted)
        file = replace(final_file.put_in_place(part, self._wanted, proof.suffix), sha256=sha256)
        try:
            final_file.clear_up(part, file, self.task, saved_at=self._clock())
        except OSError as error:
            self._note(self._source, f"saved, but not its side-car: {error.strerror}")  # the video is safe
        words = "whole" if proof.whole else "length checked"
        self._note(self._source, f"{words}, {file.size:,} bytes")
        return Saved(file.path, file.size, sha256, words, self._seconds + time.monotonic() - self._began)

    def _note(self, source: Source, outcome: str) -> None:
        self._attempts.note_attempt(self.task.id, self._clock(), source.value, outcome)


def _beside_content(link: str | None, base_url: str, task_id: str) -> str | None:
    """`link`, unless it is the gateway's own `/content`: that is one rung, not two."""
    return None if link and is_content_url(base_url, task_id, link) else link


def _verdict(error: RequestError) -> Verdict:
    """What a question for a fresh link has come to that was not answered."""
    if isinstance(error, NetworkError):
        return Verdict.NETWORK
    is_refused = error.status is not None and 400 <= error.status < 500 and error.status != 429
    return Verdict.REFUSED if is_refused else Verdict.TROUBLE
