"""The storage that results are delivered to: may one put, read and delete there, and what its owner should know."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable

from octotui import prose
from octotui.config import Config
from octotui.engine.delivery.opening import open_storage
from octotui.engine.delivery.storage import Refused, Storage, StorageTrouble, StoredObject
from octotui.engine.diagnostics.finding import Finding, Trouble, fail, ok, warn

_NAME = "delivery"
_SKEW = 15.0
"""Seconds between two clocks that matter to nobody: signatures may be fifteen minutes off, and times are whole."""
_LEFTOVERS = (
    "parts of an upload that a killed process leaves behind are deleted by no one: give the bucket the lifecycle rule "
    "AbortIncompleteMultipartUpload, DaysAfterInitiation 1"
)
_KEEPS_VERSIONS = "versioning is on: what is deleted there stays, and is paid for, as an older version"


def examine(config: Config, *, clock: Callable[[], float] = time.time) -> list[Finding]:
    """Put, read and delete a small object of a name that nobody has; nothing where nothing is delivered."""
    if config.deliver_to is None:
        return []
    try:
        storage = open_storage(config.deliver_to, config)
        return _tried(storage, f"octotui-probe-{uuid.uuid4().hex}", clock)
    except StorageTrouble as error:
        remedy = "let these credentials put, read and list there" if isinstance(error, Refused) else "see above"
        return [fail(_NAME, Trouble.FILE, f"{config.deliver_to}: {error}", f"{remedy}; until then results wait here")]


def _tried(storage: Storage, name: str, clock: Callable[[], float]) -> list[Finding]:
    body = b"octotui doctor put this here, and deletes it\n"
    sha256 = hashlib.sha256(body).hexdigest()

    def put() -> bool:
        return storage.put_new(name, [body], len(body), sha256=sha256, media_type="text/plain")

    put()
    put_at = clock()
    there = storage.head(name)
    if there is None or (there.size, there.sha256) != (len(body), sha256):
        remedy = "the storage must keep metadata of objects, and show at once what was put"
        return [fail(_NAME, Trouble.FILE, f"{storage.url}: what was put is not what is there", remedy)]
    if b"".join(storage.read(name, len(body))) != body:
        return [fail(_NAME, Trouble.FILE, f"{storage.url}: what was put is read as something else", "ask its owner")]
    keeps_names = not put()
    findings = [_deleted(storage, name), *_clock(there, put_at)]
    if not keeps_names:
        says = f"{storage.url}: the storage ignores If-None-Match, so that it writes over what has the same name"
        findings.append(warn(_NAME, says, "have a prefix for each box, or a storage that honours it"))
    return [*findings, *_for_owners(storage, there)]


def _deleted(storage: Storage, name: str) -> Finding:
    try:
        storage.remove(name)
    except StorageTrouble as error:
        says = f"{storage.url} takes results and gives them back, but: {error}"
        return warn(_NAME, says, f"results need no deletion there; delete {name} yourself")
    return ok(_NAME, f"{storage.url} takes an object, gives it back and deletes it")


def _clock(there: StoredObject, put_at: float) -> list[Finding]:
    offset = there.modified_at - put_at
    if abs(offset) <= _SKEW:
        return []
    says = f"the storage's clock is {prose.duration(abs(offset))} {'ahead of' if offset > 0 else 'behind'} ours"
    return [warn(_NAME, says, "set this machine's clock by NTP: signatures are refused from fifteen minutes on")]


def _for_owners(storage: Storage, there: StoredObject) -> list[Finding]:
    if not storage.url.startswith("s3://"):
        return []
    notes = [_LEFTOVERS, *([_KEEPS_VERSIONS] if there.is_versioned else [])]
    return [ok("bucket", note) for note in notes]
