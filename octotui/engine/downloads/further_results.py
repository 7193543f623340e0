"""The further results of a task that made several: saved beside the first one as `clip-2.mp4`, `clip-3.mp4` and on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from octotui.engine.downloads import final_file
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.fetch import FetchContext, TooBig, fetch
from octotui.engine.downloads.file_names import FileTrouble, beside, numbered
from octotui.engine.downloads.partial_file import claim
from octotui.engine.media.integrity import prove


class FurtherResult(NamedTuple):
    """How the fetch of one further result ended."""

    number: int
    """2 for the first of them."""
    file: Path | None
    """Where it is, None where it could not be had."""
    words: str = ""
    """Why not."""


class _NotHad(Exception):
    """The server did not send the whole result."""


def save_further_results(
    context: FetchContext, task_id: str, first: Path, links: Sequence[str]
) -> Iterator[FurtherResult]:
    """Fetch each of `links` once, into a file beside `first`; what is there already is not fetched again.

    They have no side-car: that of the first result speaks for the task. A part that is left is gone on with next time.
    """
    for number, link in enumerate(links, start=2):
        try:
            yield FurtherResult(number, _save(context, f"{task_id}#{number}", link, numbered(first, number)))
        except (_NotHad, FileTrouble, TooBig, OSError) as error:
            yield FurtherResult(number, None, str(error))


def _save(context: FetchContext, name: str, link: str, wanted: Path) -> Path:
    # A file with a side-car is the first result of another task, whose name is the same.
    if wanted.is_file() and not beside(wanted, ".json").exists():
        return wanted
    part = claim(wanted, name)
    try:
        ended = fetch(context, link, part, name, StopHandle())
        if ended.verdict is not None or ended.link is not None:
            raise _NotHad(ended.words)
        part.seal()
        proof = prove(part.path)
        if proof.whole is False or (proof.whole is None and not ended.is_measured):
            part.start_over()
            raise _NotHad(proof.problem or "nothing says that it is whole")
        file = final_file.put_in_place(part, wanted, proof.suffix)
        part.remove()
        return file.path
    finally:
        context.disk_space.settle(name)
        part.close()
