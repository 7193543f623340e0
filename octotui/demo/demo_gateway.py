"""The gateway in a box: one object that starts, shows and stops everything in this package."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import deque
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Self

from octotui.demo.faults import FaultPlan
from octotui.demo.past_week import PastTask, past_week
from octotui.demo.request_handler import Desk, answer_files, answer_gateway
from octotui.demo.server_thread import HostThread, Listener
from octotui.demo.task_registry import Roster, new_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from octotui.demo.lifecycle import Life
    from octotui.demo.server import Request, Response
    from octotui.model import NewTask

DEMO_KEY = "sk-demo-opens-nothing"
"""The key a box accepts unless it is given another."""

_REMEMBERED_REQUESTS = 50_000


@dataclass(slots=True, frozen=True)
class Seen:
    """One request a box has answered."""

    at: float
    """Unix seconds by the box's clock."""
    host: str
    """`gateway`, or `files` for the result links."""
    method: str
    path: str
    """Raw, without the query."""
    query: str
    authorization: str | None
    range: str | None
    """The Range header."""
    status: int
    """What was answered."""


class Box:
    """A gateway with five providers' tasks on loopback, and the file host their result links lead to.

    `seed` makes ids, lives and mishaps repeatable. `pace` is a factor on how fast tasks are submitted, wait and run:
    their lives are shorter, and every time that is told is still one of `clock`. `speed` is a factor on the sending
    rates (about 1.5 MB/s for one download); `math.inf` sends as fast as it goes. `clock` gives unix seconds and drives
    all that happens to tasks, from the moment the box is made; only the sending of bytes takes real time.
    `faults=False` leaves out the occasional 429 and 502. `port` is the gateway's (0: a free one), the file host always
    takes a free one. A box with `opening=False` knows no tasks but those that `create()` and create requests add.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        pace: float = 1.0,
        speed: float = 1.0,
        clock: Callable[[], float] = time.time,
        key: str = DEMO_KEY,
        faults: bool = True,
        host: str = "127.0.0.1",
        port: int = 0,
        opening: bool = True,
    ) -> None:
        if speed <= 0:
            raise ValueError("speed must be above 0 (math.inf for no limit)")
        if not 0 < pace < math.inf:
            raise ValueError("pace must be above 0 and finite")
        self.key = key
        self._host, self._port = host, port
        self._clock = clock
        self._seed = seed
        self._roster = Roster(seed, clock, opening=opening, pace=pace)
        self._desk = Desk(
            roster=self._roster,
            key=key,
            secret=hashlib.sha256(f"octotui demo {seed}".encode()).digest(),
            speed=speed,
            faults=FaultPlan(seed) if faults else None,
        )
        self._thread: HostThread | None = None
        self._seen: deque[Seen] = deque(maxlen=_REMEMBERED_REQUESTS)
        self._seen_lock = threading.Lock()

    @property
    def base_url(self) -> str:
        """Where the gateway answers, without `/v1`; empty before the start."""
        return self._desk.base_url

    @property
    def files_url(self) -> str:
        """Where the result links lead: another origin, so that the key must not go there; empty before the start."""
        return self._desk.files_url

    @property
    def started_at(self) -> float:
        """Unix seconds: the moment all lives in the box are counted from."""
        return self._roster.started_at

    @property
    def requests(self) -> list[Seen]:
        """The requests answered so far, oldest first (a copy; the last fifty thousand)."""
        with self._seen_lock:
            return list(self._seen)

    def start(self) -> None:
        """Begins to answer; raises `OSError` when the port is taken."""
        if self._thread is not None:
            return
        thread = HostThread(
            (
                Listener(self._host, self._port, self._gateway),
                Listener(self._host, 0, self._files),
            )
        )
        gateway_port, files_port = thread.start()
        self._desk.base_url = f"http://{self._host}:{gateway_port}"
        self._desk.files_url = f"http://{self._host}:{files_port}"
        self._thread = thread

    def stop(self) -> None:
        """Hangs up and ends the server's thread; harmless when nothing runs."""
        if self._thread is not None:
            self._thread.stop()
            self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def tasks(self) -> list[NewTask]:
        """Every task the gateway knows by now; right after the start, those a demo's ledger begins with."""
        return [new_task(render) for render in self._roster.known()]

    def past_week(self) -> list[PastTask]:
        """What was done in the week before the start."""
        return past_week(self._seed, self._roster.started_at)

    def newcomers(self, now: float) -> list[NewTask]:
        """Tasks submitted after the start and up to `now` (unix seconds) that no earlier call has returned."""
        return [new_task(render) for render in self._roster.newcomers(now)]

    def create(self, provider: str, model: str, *, life: Life) -> str:
        """Adds a task and returns its id; raises `ValueError` for a provider the box has not."""
        return self._roster.create(provider, model, life).id

    def _gateway(self, request: Request) -> Response:
        return self._noted("gateway", request, answer_gateway(self._desk, request))

    def _files(self, request: Request) -> Response:
        return self._noted("files", request, answer_files(self._desk, request))

    def _noted(self, host: str, request: Request, response: Response) -> Response:
        now = self._clock()
        response.headers["Date"] = formatdate(now, usegmt=True)
        seen = Seen(
            at=now,
            host=host,
            method=request.method,
            path=request.path,
            query=request.query,
            authorization=request.headers.get("authorization"),
            range=request.headers.get("range"),
            status=response.status,
        )
        with self._seen_lock:
            self._seen.append(seen)
        return response
