"""Any order of intents, facts and restarts: what was asked for last holds, and a mirror of changes is the ledger."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from octotui.ledger import Ledger
from octotui.model import Download, DownloadState, Task, TaskState
from tests.ledger.conftest import new

NAMES = ["a", "b", "c"]
names = st.sampled_from(NAMES)
some = st.lists(names, unique=True, min_size=1)
reports = st.sampled_from([DownloadState.RUNNING, DownloadState.FAILED, DownloadState.WANTED])


@dataclass
class Expected:
    """What must be true of one watched task."""

    tags: tuple[str, ...] = ()
    asked: bool | None = None
    """What was said last about its download: wanted, cancelled, nothing."""
    paused: bool = False
    since: DownloadState | None = None
    """The last report since then."""
    saved: bool = False
    status: str | None = None

    def states(self) -> set[DownloadState]:
        if self.saved:
            return {DownloadState.SAVED}
        if self.asked is False:
            return {DownloadState.NONE}
        if self.since is not None:
            return {self.since}
        # A download that runs when somebody wishes for it may go on being shown as running.
        return {DownloadState.WANTED, DownloadState.RUNNING} if self.asked else {DownloadState.NONE}


class LedgerMachine(RuleBasedStateMachine):
    """Two ledgers on one file, as a screen and an engine in two processes have it."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "ledger.db"
        self.engine, self.screen = Ledger.open(self.path), Ledger.open(self.path)
        self.expected: dict[str, Expected] = {}
        self.mirror: dict[str, Task] = {}
        self.revision = 0
        self.counter = itertools.count()

    @rule(ids=some, tag=st.sampled_from(["x", "y"]))
    def add(self, ids: list[str], tag: str) -> None:
        added, known = self.screen.add(new(*ids, tags=(tag,)), 1.0)
        assert added == [name for name in ids if name not in self.expected]
        assert known == [name for name in ids if name in self.expected]
        for name in ids:
            task = self.expected.setdefault(name, Expected())
            task.tags = tuple(dict.fromkeys([*task.tags, tag]))

    @rule(ids=some)
    def remove(self, ids: list[str]) -> None:
        # Facts on their way about a task that is removed and added again are about the same result: write them first.
        self.engine.flush()
        assert self.screen.remove(ids) == [name for name in ids if name in self.expected]
        for name in ids:
            self.expected.pop(name, None)

    @rule(ids=some, force=st.booleans())
    def want(self, ids: list[str], force: bool) -> None:
        changed = self.screen.request_download(ids, force=force)
        for name in ids:
            task = self.expected.get(name)
            if task is None or (task.saved and not force):
                assert name not in changed
                continue
            if name in changed:
                task.paused = False
            else:
                assert task.asked
            task.asked, task.saved, task.since = True, False, None

    @rule(ids=some)
    def unwant(self, ids: list[str]) -> None:
        self.engine.flush()
        changed = self.screen.cancel_download(ids)
        for name, task in self.expected.items():
            active = not task.saved and (task.asked or (task.asked is None and task.since is not None))
            assert (name in changed) == bool(name in ids and active)
            if name in changed:
                task.asked, task.paused, task.since = False, False, None

    @rule(ids=some, paused=st.booleans())
    def pause(self, ids: list[str], paused: bool) -> None:
        self.engine.flush()
        changed = self.screen.pause(ids, paused)
        for name, task in self.expected.items():
            active = not task.saved and (task.asked or (task.asked is None and task.since is not None))
            assert (name in changed) == bool(name in ids and active and task.paused != paused)
            if name in changed:
                task.paused = paused

    @rule(name=names, state=reports)
    def report(self, name: str, state: DownloadState) -> None:
        self.engine.record_download(name, Download(state, bytes_done=1, paused=True))
        task = self.expected.get(name)
        if task is not None and not task.saved:
            task.since = state

    @rule(name=names)
    def save(self, name: str) -> None:
        self.engine.record_download(name, Download(DownloadState.SAVED, file=f"/{name}.mp4"))
        if name in self.expected:
            self.expected[name].saved = True

    @rule(name=names)
    def record(self, name: str) -> None:
        if name in self.expected:
            status = str(next(self.counter))
            self.engine.record(Task(name, "sora", "videos", 1.0, state=TaskState.RUNNING, status=status))
            self.expected[name].status = status

    @rule()
    def restart(self) -> None:
        self.engine.close()
        self.engine = Ledger.open(self.path)

    @rule()
    def look(self) -> None:
        self.engine.flush()
        changes = self.screen.changes(self.revision)
        self.revision = changes.revision
        for task_id in changes.removed:
            self.mirror.pop(task_id, None)
        self.mirror.update({task.id: task for task in changes.tasks})
        assert self.mirror == {task.id: task for task in self.screen.tasks()}
        assert set(self.mirror) == set(self.expected)
        for name, task in self.expected.items():
            shown = self.mirror[name]
            assert (shown.tags, shown.status) == (task.tags, task.status)
            assert shown.download.state in task.states()
            if shown.download.state is not DownloadState.SAVED:
                assert shown.download.paused == task.paused

    @invariant()
    def a_saved_file_is_always_seen(self) -> None:
        for name, task in self.expected.items():
            if task.saved:
                seen = self.screen.task(name)
                assert seen is not None
                assert seen.download == Download()._replace(state=DownloadState.SAVED, file=f"/{name}.mp4")

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.look()
            self.engine.close()
            self.screen.close()
            shutil.rmtree(self.folder)


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
