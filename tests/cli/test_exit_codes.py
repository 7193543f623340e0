"""Exit codes of downloads: they follow from the kind of trouble, never from the words beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from octotui.cli import exit_codes
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.progress import Progress
from octotui.model import Download, DownloadState, DownloadTrouble, Task, TaskState

READY = Task("a", "sora", "videos", 0.0, state=TaskState.COMPLETED)
ON_DISK = {DownloadTrouble.DISK, DownloadTrouble.FOLDER}
MISLEADING = "disk: waiting for room on the disk"


def with_download(state: DownloadState, trouble: DownloadTrouble | None, words: str = MISLEADING) -> Task:
    return replace(READY, download=Download(state, error=words, trouble=trouble))


@pytest.mark.parametrize("trouble", [None, *DownloadTrouble])
def test_what_was_given_up_ends_with_the_code_of_its_trouble(trouble: DownloadTrouble | None) -> None:
    expected = ExitCode.FILE if trouble in ON_DISK else ExitCode.GATEWAY
    assert exit_codes.of_download(with_download(DownloadState.FAILED, trouble), 1.0) is expected


@pytest.mark.parametrize("trouble", [None, *DownloadTrouble])
def test_of_what_waits_a_folder_that_cannot_be_used_and_a_refusal_are_errors(trouble: DownloadTrouble | None) -> None:
    ends = {DownloadTrouble.FOLDER: ExitCode.FILE, DownloadTrouble.REFUSED: ExitCode.GATEWAY}
    expected = ExitCode.OK if trouble is None else ends.get(trouble, ExitCode.OK)
    assert exit_codes.of_download(with_download(DownloadState.WANTED, trouble), 1.0) is expected


@pytest.mark.parametrize("trouble", [None, *DownloadTrouble])
def test_a_wait_that_takes_too_long_ends_with_the_code_of_its_trouble(trouble: DownloadTrouble | None) -> None:
    moments = iter([0.0, 1.0, 62.0])
    progress = Progress(lambda: next(moments))
    task = with_download(DownloadState.WANTED, trouble)
    progress.show(task)
    with pytest.raises(CommandError, match=MISLEADING) as caught:
        progress.show(task)
    assert caught.value.code is (ExitCode.FILE if trouble in ON_DISK else ExitCode.GATEWAY)
