"""One telling frame of a video as a small JPEG: a program of its own, since a decoder may crash, hang or want too much.

`python -P -m octotui.engine.media.poster_frame FILE` writes the picture to standard output, or the reason why not.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL.Image import Image

JPEG = b"\xff\xd8"
"""How a picture begins; words never do."""
MAX_BYTES = 64 * 1024
"""Of one picture."""
MAX_SIDE = 480
"""Pixels of a picture's longer side."""

_MEMORY = 1536 * 2**20
"""Bytes of address space: a 4K video takes 0.7 GB of it, threads and libraries included."""
_CPU_SECONDS = 15
_MAX_PIXELS = 8192 * 8192
_PLACES = (1 / 3, 2 / 3, 1 / 8, 0.0)
"""Where to look, as shares of the duration; the first frame comes last, as many videos begin in the dark."""
_SECONDS_A_PLACE = 2.0
_TELLING = 10.0
"""Standard deviation of brightness (0 to 255) from which a frame shows something."""
_QUALITIES = (82, 65, 40, 15)
_OPTIONS = {
    # A file that calls itself a video may be a play list: it must make nobody open other files or addresses.
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,ogg,flv,mpeg,mpegts,gif",
    "protocol_whitelist": "file",
}


class NoPicture(Exception):
    """Says in words why there is none."""


def picture_of(file: str) -> bytes:
    """Return a JPEG of one frame of the video in `file`, at most `MAX_SIDE` pixels a side and `MAX_BYTES` long.

    Raises:
        NoPicture: there is nothing to be seen in it.

    """
    import av  # noqa: PLC0415 - an extra, and not before the limits hold

    try:
        # "file:" in front: no name can be taken for an address then.
        with av.open(f"file:{file}", options=dict(_OPTIONS)) as container:
            if not container.streams.video:
                raise NoPicture("there is only sound in it")
            return _jpeg(_telling_frame(container, container.streams.video[0]))
    except FileNotFoundError:
        raise NoPicture("the file is gone") from None
    except MemoryError:
        raise NoPicture("it takes more memory than a picture is worth") from None
    except (av.FFmpegError, OSError, ValueError) as error:
        raise NoPicture(f"it cannot be read as a video ({getattr(error, 'strerror', None) or error})") from None


def _telling_frame(container: InputContainer, stream: VideoStream) -> VideoFrame:
    """The first frame looked at that shows something, or the one that shows most."""
    context = stream.codec_context
    if context.width * context.height > _MAX_PIXELS:
        raise NoPicture(f"{context.width}×{context.height} pixels are too many")
    # Each thread of a decoder holds frames of its own.
    context.thread_count = 1
    best: VideoFrame | None = None
    most = -1.0
    for place in _PLACES if stream.duration else _PLACES[-1:]:
        frame = _frame_at(container, stream, place)
        if frame is None:
            continue
        shown = _contrast(frame)
        if shown > most:
            best, most = frame, shown
        if shown >= _TELLING:
            break
    if best is None:
        raise NoPicture("no frame of it can be decoded")
    return best


def _frame_at(container: InputContainer, stream: VideoStream, place: float) -> VideoFrame | None:
    """The frame at that share of the duration, or the one reached in `_SECONDS_A_PLACE`; None where nothing decodes."""
    import av  # noqa: PLC0415 - as above

    wanted = (stream.start_time or 0) + int((stream.duration or 0) * place)
    end = time.monotonic() + _SECONDS_A_PLACE
    reached: VideoFrame | None = None
    # What came before a damaged place is good enough.
    with contextlib.suppress(av.FFmpegError):
        container.seek(wanted, stream=stream)
        for frame in container.decode(stream):
            reached = frame
            if frame.pts is None or frame.pts >= wanted or time.monotonic() >= end:
                break
    return reached


def _contrast(frame: VideoFrame) -> float:
    from PIL import ImageStat  # noqa: PLC0415 - as above

    deviation: float = ImageStat.Stat(frame.to_image(width=64, height=36).convert("L")).stddev[0]
    return deviation


def _jpeg(frame: VideoFrame) -> bytes:
    shrunk = min(1.0, MAX_SIDE / max(frame.width, frame.height))
    image: Image = frame.to_image(
        width=max(1, round(frame.width * shrunk)), height=max(1, round(frame.height * shrunk))
    )
    if frame.rotation:
        image = image.rotate(frame.rotation, expand=True)
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= MAX_BYTES:
            return buffer.getvalue()
    raise NoPicture("its picture is too large")


def _limit() -> None:
    """Bound what a hostile file can make of us, and come after everybody else."""
    os.nice(10)
    for kind, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 2**20),
        (resource.RLIMIT_CORE, 0),
    ):
        # Not every system has every limit; whoever started us looks at the time as well.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def main() -> int:
    """Write picture or reason of the file that the command line names; 1 when there is no picture."""
    _limit()
    try:
        sys.stdout.buffer.write(picture_of(sys.argv[1]))
    except NoPicture as reason:
        sys.stdout.buffer.write(str(reason).encode("utf-8", "replace"))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
