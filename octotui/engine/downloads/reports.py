"""What the ledger is told of downloads: each report once, under the request that it is about."""

from __future__ import annotations

from octotui import units
from octotui.engine.downloads.job import Job
from octotui.engine.downloads.requests import RequestBook
from octotui.engine.downloads.transfer import Failed, Saved
from octotui.engine.placing import PlacingNotes
from octotui.engine.sharing import Share
from octotui.ledger import Ledger
from octotui.model import Download, DownloadState, EventKind, LogEntry, Task


class DownloadReports:
    """Writes how downloads stand. What it raises are the ledger's errors."""

    def __init__(
        self, ledger: Ledger, requests: RequestBook, share: Share | None = None, notes: PlacingNotes | None = None
    ) -> None:
        """`share` is what this engine is to others on the ledger, if there are any: then only it signs reports.

        `notes` are then kept of each result until the ledger knows of it.
        """
        self._notes = notes
        self._ledger = ledger
        self._requests = requests
        self._share = share

    def claim(self, job: Job) -> bool:
        """Tell whether a download is ours: where others share the ledger, that nobody else saves it."""
        if self._share is None:
            return True
        job.is_claimed = self._ledger.claim([job.task.id], self._share.box) == [job.task.id]
        return job.is_claimed

    def report(self, job: Job, download: Download) -> None:
        """Report how a download stands, unless that was the last report, or it is not ours to report on."""
        if self._share is not None:
            if not job.is_claimed:
                return
            download = self._share.sign(download)
        if download != job.told:
            job.told = download
            is_end = download.state is DownloadState.FAILED or download.lacks_folder
            wish = job.wish if is_end else self._requests.version(job.task.id)
            self._ledger.record_download(job.task.id, download, wish=wish)

    def saved(self, job: Job, saved: Saved, now: float) -> None:
        """Report that the file is there and whole."""
        size, task_id = saved.size, job.task.id
        download = Download(DownloadState.SAVED, size, size, str(saved.file), saved.sha256, saved_at=now)
        if self._share is not None:
            download = self._share.sign(download)
        is_stored = self._ledger.record_download(task_id, download, wish=self._requests.version(task_id))
        if is_stored and self._notes is not None:
            self._notes.drop(task_id)
        took = f" in {saved.seconds:.1f} s" if saved.seconds else ""
        proof = "" if saved.sha256 is None else f", sha {saved.sha256[:4]}…"
        words = f"saved {units.size(size)}{took}, {saved.words}{proof}"
        self._ledger.log(LogEntry(now, EventKind.SAVED, task_id, words))

    def checksum(self, task: Task, sha256: str) -> None:
        """Report the SHA-256 of a saved file, once it has been read; an empty one where that could not be done."""
        download = task.download._replace(sha256=sha256)
        self._ledger.record_download(task.id, download)

    def gave_up(self, job: Job, failed: Failed, now: float) -> None:
        """Report that no source gives the bytes; on stable storage when this returns."""
        given_up = Download(DownloadState.FAILED, *job.bytes, error=failed.words, trouble=failed.trouble)
        self.report(job, given_up)
        self.log(job, now, given_up.state, f"not saved: {failed.words}")
        self._ledger.flush()

    def log(self, job: Job, now: float, state: DownloadState, words: str) -> None:
        """Write a line about it into the activity log."""
        self._ledger.log(LogEntry(now, EventKind.DOWNLOAD, job.task.id, words, detail=state.value))
