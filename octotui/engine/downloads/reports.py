"""What the ledger is told of downloads: each report once, under the request that it is about."""

from __future__ import annotations

from octotui import units
from octotui.engine.downloads.job import Job
from octotui.engine.downloads.requests import RequestBook
from octotui.engine.downloads.transfer import Failed, Saved
from octotui.ledger import Ledger
from octotui.model import Download, DownloadState, EventKind, LogEntry


class DownloadReports:
    """Writes how downloads stand. What it raises are the ledger's errors."""

    def __init__(self, ledger: Ledger, requests: RequestBook) -> None:
        self._ledger = ledger
        self._requests = requests

    def report(self, job: Job, download: Download) -> None:
        """Report how a download stands, unless that was the last report."""
        if download != job.told:
            job.told = download
            is_end = download.state is DownloadState.FAILED or download.lacks_folder
            wish = job.wish if is_end else self._requests.version(job.task.id)
            self._ledger.record_download(job.task.id, download, wish=wish)

    def saved(self, job: Job, saved: Saved, now: float) -> None:
        """Report that the file is there and whole."""
        size, task_id = saved.size, job.task.id
        download = Download(DownloadState.SAVED, size, size, str(saved.file), saved.sha256, saved_at=now)
        self._ledger.record_download(task_id, download, wish=self._requests.version(task_id))
        took = f" in {saved.seconds:.1f} s" if saved.seconds else ""
        words = f"saved {units.size(size)}{took}, {saved.words}, sha {saved.sha256[:4]}…"
        self._ledger.log(LogEntry(now, EventKind.SAVED, task_id, words))

    def gave_up(self, job: Job, failed: Failed, now: float) -> None:
        """Report that no source gives the bytes; on stable storage when this returns."""
        given_up = Download(DownloadState.FAILED, *job.bytes, error=failed.words, trouble=failed.trouble)
        self.report(job, given_up)
        self.log(job, now, given_up.state, f"not saved: {failed.words}")
        self._ledger.flush()

    def log(self, job: Job, now: float, state: DownloadState, words: str) -> None:
        """Write a line about it into the activity log."""
        self._ledger.log(LogEntry(now, EventKind.DOWNLOAD, job.task.id, words, detail=state.value))
