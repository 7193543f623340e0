"""The words everything else speaks: plain frozen data about tasks, answers, deadlines and downloads. No I/O.

Times are unix seconds (`float`), sizes are bytes (`int`), progress is a percentage from 0 to 100 (`int`);
`None` always means "not known".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class TaskState(StrEnum):
    """What octotui understands a task to be doing, whatever word its gateway uses (`GATEWAY.md`)."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether the task will not change any more, so that nobody need ask again."""
        return self in _FINAL


_FINAL = frozenset({TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED})

LONGEST_TITLE = 200
"""Characters of a title, and of a prompt that stands in for one."""

EXPIRED = "expired"
"""The word shown in place of a state for a completed result that is past its deadline and not saved."""


class DeadlineSource(StrEnum):
    """Who says when a result is lost."""

    GATEWAY = "gateway"
    """The answer's own `expires_at`."""
    LINK = "link"
    """The signature inside the result link."""
    RULE = "rule"
    """The provider's retention rule: an estimate, shown with `~`."""


class DownloadState(StrEnum):
    """How far a result is on its way to disk."""

    NONE = "none"
    WANTED = "wanted"
    RUNNING = "running"
    SAVED = "saved"
    FAILED = "failed"


class FailureKind(StrEnum):
    """Why a request brought no answer. Never says anything about the task itself."""

    NETWORK = "network"
    """No HTTP answer at all: DNS, TCP, TLS, timeout."""
    GATEWAY = "gateway"
    """5xx, or a body that is not an answer (HTML, truncated JSON, an array …)."""
    KEY_REFUSED = "key_refused"  # 401
    OUT_OF_QUOTA = "out_of_quota"
    """401/403/429 whose code, or the quota route, says that nothing is left."""
    FORBIDDEN = "forbidden"
    """403: the IP, the model or a firewall."""
    RATE_LIMITED = "rate_limited"  # 429
    NO_SUCH_TASK = "no_such_task"
    """The route does not know the task (400 `task_not_exist`, 404)."""
    REFUSED = "refused"
    """Any other 4xx."""


class Deadline(NamedTuple):
    """When a result is lost, and who says so."""

    at: float
    """Unix seconds."""
    source: DeadlineSource


class RequestFailure(NamedTuple):
    """The last request that failed, kept beside a task whose state it does not touch."""

    kind: FailureKind
    status: int | None
    """HTTP status, where there was one."""
    message: str
    at: float
    """When it failed, unix seconds."""


class Answer(NamedTuple):
    """What one answer of the gateway says about one task, whatever shape it came in."""

    state: TaskState
    status: str | None = None
    """The gateway's own word, cleaned, as it came."""
    progress: int | None = None
    created_at: float | None = None
    completed_at: float | None = None
    """Only in a final state."""
    updated_at: float | None = None
    """The gateway's `status_update_time`/`updated_at`: a stand-in for a missing `completed_at`."""
    expires_at: float | None = None
    """The gateway's own word only; links and rules are `Deadline`s."""
    result_url: str | None = None
    """http(s) only, of a completed task only, escapes kept byte for byte."""
    error_code: str | None = None
    error_message: str | None = None
    """Both only when failed or cancelled."""
    model: str | None = None
    seconds: str | None = None
    """Length of the video as the gateway writes it ("10")."""
    size: str | None = None
    """Frame size as the gateway writes it ("720x1280")."""
    other_urls: tuple[str, ...] = ()
    """Links of further results of the same task, where it made several; `result_url` is the first."""
    picture_url: str | None = None
    """Link of a last frame or a thumbnail: never saved as the video."""
    prompt: str | None = None
    """What the video was asked for with, in one line, its first `LONGEST_TITLE` characters."""


class DownloadTrouble(StrEnum):
    """Why a download waits or was given up; `Download.error` says the same in words."""

    FOLDER = "folder"
    """The folder or a file in it cannot be used, and nothing says that this will pass."""
    DISK = "disk"
    """The disk is full, or the disk of a folder that has worked is away: this passes."""
    BUSY = "busy"
    """Another process, or another download, is at work on the same partial file."""
    NETWORK = "network"
    """No answer, a cut or a stall at one of the sources."""
    SERVER = "server"
    """5xx, 429: a source is in trouble."""
    REFUSED = "refused"
    """No source gives the bytes."""
    TOO_LARGE = "too_large"
    """More bytes than `max_file_size`."""
    LATE = "late"
    """At the present speed it ends after its deadline."""
    LEDGER = "ledger"
    """The file is saved, but the ledger could not be told."""
    FAULT = "fault"
    """An error of octotui's own."""


class Download(NamedTuple):
    """One result on its way to disk."""

    state: DownloadState = DownloadState.NONE
    bytes_done: int = 0
    bytes_total: int | None = None
    file: str | None = None
    """Absolute path, once saved."""
    sha256: str | None = None
    """None until the file has been read for it; empty where it is saved and that could not be done."""
    saved_at: float | None = None
    error: str | None = None
    """Why the last attempt ended, or why it waits, in words; for people only: `trouble` is for programs."""
    paused: bool = False
    speed: float | None = None
    """Bytes per second while running."""
    trouble: DownloadTrouble | None = None
    """What kind of trouble `error` tells of; None where there is none, or an older version wrote it."""
    next_at: float | None = None
    """When it is tried again, where all that could be tried now was tried; unix seconds."""
    anyway: bool = False
    """Whether it is wanted although no answer calls the task completed."""
    box: str | None = None
    """Host name of the machine that saves it or has it, where several share the ledger."""
    place: str | None = None
    """Which folder `file` is in, where several machines share the ledger; one folder has one name on all of them."""

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for something that `error` names, and not for its turn alone or for a person."""
        return self.state is DownloadState.WANTED and self.error is not None and not self.paused

    @property
    def is_about_disk(self) -> bool:
        """Whether it waits, or was given up, because of file or disk, not because of the gateway."""
        return self.trouble in {DownloadTrouble.DISK, DownloadTrouble.FOLDER}

    @property
    def lacks_checksum(self) -> bool:
        """Whether the file is saved and its SHA-256 is still to come; it follows within seconds."""
        return self.state is DownloadState.SAVED and self.sha256 is None

    @property
    def lacks_folder(self) -> bool:
        """Whether it is wanted and waits for a folder or file that cannot be used; a command does not wait for that."""
        return self.state is DownloadState.WANTED and self.trouble is DownloadTrouble.FOLDER


NO_DOWNLOAD = Download()


@dataclass(slots=True, frozen=True)
class Task:
    """Everything known about one watched task. Keyed by the id the user gave, never by the one in an answer."""

    id: str
    provider: str
    route: str
    """Name of the route it is asked on: videos, query or generations."""
    added_at: float
    model: str | None = None
    state: TaskState = TaskState.UNKNOWN
    status: str | None = None
    progress: int | None = None
    created_at: float | None = None
    running_since: float | None = None
    """When octotui first saw it running."""
    completed_at: float | None = None
    final_seen_at: float | None = None
    """When octotui first saw it final."""
    deadline: Deadline | None = None
    gateway_expires_at: float | None = None
    """The answer's `expires_at`, also before completion."""
    result_url: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    seconds: str | None = None
    size: str | None = None
    tags: tuple[str, ...] = ()
    route_confirmed: bool = False
    """Whether `route` has answered for this task."""
    last_asked_at: float | None = None
    last_answer_at: float | None = None
    failure: RequestFailure | None = None
    """The last request that failed; None once one succeeds."""
    failures: int = 0
    """Failed requests in a row."""
    download: Download = NO_DOWNLOAD
    given_title: str | None = None
    """What a person calls it; None where nobody has given it a name."""
    prompt: str | None = None
    """What it was asked for with, as the first answer or create answer that has it says."""
    delivered: str | None = None
    """URL of the object in which its saved result was delivered (`deliver_to`), proved to be there."""

    @property
    def title(self) -> str | None:
        """What people know it by: the name somebody gave it, else its prompt."""
        return self.given_title or self.prompt

    @property
    def is_saved(self) -> bool:
        """Whether the result is on disk, whole."""
        return self.download.state is DownloadState.SAVED

    @property
    def is_ready(self) -> bool:
        """Whether there is a result that nobody has saved yet."""
        return self.state is TaskState.COMPLETED and not self.is_saved

    @property
    def has_failed(self) -> bool:
        """Whether there will never be a result: nothing of it can be kept or lost."""
        return self.state in {TaskState.FAILED, TaskState.CANCELLED}

    def is_expired(self, now: float) -> bool:
        """Whether a completed result is past its deadline and was not saved."""
        deadline = self.deadline
        return deadline is not None and deadline.at <= now and self.is_ready

    def shown_state(self, now: float) -> str:
        """The public word for the state at `now`: a `TaskState`, or `expired` (`INTERFACE.md`)."""
        return EXPIRED if self.is_expired(now) else self.state.value


class NewTask(NamedTuple):
    """A task somebody asks to have watched."""

    id: str
    provider: str
    route: str
    model: str | None = None
    tags: tuple[str, ...] = ()
    title: str | None = None
    """What a person calls it; a known task that has a name keeps it."""
    prompt: str | None = None


class EventKind(StrEnum):
    """What can happen: the public words of the log's filter (`kind:saved`) and, but for `lost`, of `watch --jsonl`."""

    ADDED = "added"
    STATE = "state"
    PROGRESS = "progress"
    FAILURE = "failure"
    """A request about the task brought no answer."""
    RECOVERED = "recovered"
    """The task's requests are answered again."""
    DOWNLOAD = "download"
    """The download is wanted, runs, waits, was given up or cancelled; `DownloadState` says which."""
    SAVED = "saved"
    DELIVERED = "delivered"
    DELIVERY = "delivery"
    EXPIRING = "expiring"
    """A result that nobody has saved comes close to its deadline."""
    LOST = "lost"
    """A result is past its deadline and not saved."""
    REGAINED = "regained"
    """A result that counted as lost does not any more: its link was renewed, or it was saved after all."""
    REMOVED = "removed"
    """The task is no longer watched."""
    GATEWAY = "gateway"
    PAUSE = "pause"
    """Everything was paused, or goes on."""
    HOOK = "hook"
    NOTIFY = "notify"
    """A hook, or a notification, failed."""
    INBOX = "inbox"  # the watched folder
    ENGINE = "engine"
    """The work stood still and begins anew."""


class LogEntry(NamedTuple):
    """One line of the activity log: something that happened to a task, or to the gateway when `task_id` is None."""

    at: float
    kind: str
    """An `EventKind`; another word where another version of octotui wrote it."""
    task_id: str | None
    text: str
    """Plain words, already cleaned; for people only: `kind` and `detail` are for programs."""
    number: int = 0
    """Order in the ledger; 0 before it is stored."""
    detail: str = ""
    """Which of a kind it is: a `TaskState`, `FailureKind`, `DownloadState` or `GatewayState`; empty for the others."""


class GatewayState(StrEnum):
    """How the gateway stands, for every task alike."""

    STARTING = "starting"
    """Nothing is known yet."""
    LIVE = "live"
    OFFLINE = "offline"
    KEY_REFUSED = "key_refused"
    OUT_OF_QUOTA = "out_of_quota"
    NO_KEY = "no_key"
    """Nobody can be asked: no key is configured."""


class EngineStatus(NamedTuple):
    """What the engine says about itself; every window shows the same."""

    at: float
    """When this was written: an old one means nobody is working."""
    gateway: GatewayState = GatewayState.STARTING
    since: float | None = None
    """Since when `gateway` holds."""
    next_try_at: float | None = None
    """When a gateway that is down is asked again."""
    last_answer_at: float | None = None
    message: str | None = None
    """The last gateway-wide failure, in words."""
    asks_last_minute: int = 0
    budget_per_minute: int = 0
    downloads_running: int = 0
    download_speed: float = 0.0
    """Bytes per second over all files."""
    disk_free: int | None = None
    """Bytes free where results are saved."""
    quota_left: float | None = None
    """Share of the key's quota that is left, 0..1; None where unknown or unlimited."""
    host: str = ""
    pid: int = 0
    working_since: float | None = None
    """Since when this process works on the ledger."""
    box: str = ""
    """Unique to this start of this engine."""
    place: str = ""
    """Which folder it saves into, as `Download.place`; empty where one machine has the ledger."""
    folder: str = ""
    """Path of that folder."""
    leads: bool = True
    """Whether it asks the gateway; of all engines that share a ledger one does."""
    version: str = ""  # of octotui
    is_last: bool = False  # nothing comes after it: the work was ended in order
    requests: Mapping[str, int] | None = None
    """Questions about tasks by what came of them: "answered", or the `FailureKind`. This and the one below are
    sums over all engines that have asked for the ledger, each of which goes on from the word of the one before."""
    lags: Mapping[str, float] | None = None
    """Results by the seconds from their end to octotui's knowing: how many took up to each bound ("30", else "+Inf")
    and longer than the one before, and their "sum" in seconds."""
    deliveries_left: int = 0
    delivery_trouble: str | None = None
    """Saved results that are still to be delivered; why none can be now, in words."""
