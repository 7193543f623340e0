"""The gateway of the soak: the one of the demo, which writes down who asked what, and which bytes went to whom."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from urllib.parse import unquote

from octotui.demo.demo_gateway import Box
from octotui.demo.media import ServedFile
from octotui.demo.server import Request, Response


@dataclass(slots=True, frozen=True)
class Question:
    """One question that was answered."""

    at: float
    """By `time.monotonic`."""
    sent: float
    """When it was sent, by the same clock, which all processes of a machine share."""
    task: str
    """Its path; for a question about a task it ends with the id."""
    box: str
    process: int
    epoch: int


@dataclass(slots=True)
class Delivery:
    """One answer with bytes of a result."""

    at: float
    """By `time.monotonic`."""
    task: str
    box: str
    process: int
    start: int
    size: int
    """Bytes of the whole file."""
    reached: int = 0
    """Up to which byte it was handed to the network."""
    last: float = 0.0
    """When that was."""


@dataclass(slots=True, frozen=True)
class _Followed(ServedFile):
    delivery: Delivery

    def read(self, start: int, stop: int) -> bytes:
        # Slots and `super()` without arguments do not go together before Python 3.14.
        piece = ServedFile.read(self, start, stop)
        self.delivery.reached, self.delivery.last = start + len(piece), time.monotonic()
        return piece


class RecordingBox(Box):
    """A gateway in a box that knows who its clients are."""

    def __init__(self, *, seed: int, speed: float) -> None:
        super().__init__(seed=seed, speed=speed, faults=False, opening=False)
        self.questions: list[Question] = []
        self.deliveries: list[Delivery] = []
        self.files: dict[str, ServedFile] = {}
        """By task, of those that somebody has fetched something of."""

    def _noted(self, host: str, request: Request, response: Response) -> Response:
        kind, *who = request.headers.get("user-agent", "").split()
        if kind == "ask":
            name, process, epoch, sent = who
            number = -1 if epoch == "None" else int(epoch)
            question = Question(time.monotonic(), float(sent), unquote(request.path), name, int(process), number)
            self.questions.append(question)
        elif kind == "fetch" and response.file is not None and request.method == "GET":
            name, process = who
            file = response.file
            task = file.head[file.head.rindex(b"octotui demo ") :].split()[-1].decode()
            self.files[task] = file
            delivery = Delivery(time.monotonic(), task, name, int(process), response.start, file.size)
            self.deliveries.append(delivery)
            followed = _Followed(file.head, file.size, file.etag, delivery)
            response = replace(response, file=followed)
        return Box._noted(self, host, request, response)
