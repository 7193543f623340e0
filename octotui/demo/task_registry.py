"""The tasks a box knows at any moment: those it opened with, newcomers whose time has come, and created ones."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from octotui.demo.provider_profiles import check_provider, provider_of
from octotui.demo.sample_tasks import Casting, play
from octotui.model import NewTask

if TYPE_CHECKING:
    from collections.abc import Callable

    from octotui.demo.lifecycle import Life
    from octotui.demo.provider_profiles import Render


class Roster:
    """Looked up by the server's thread and added to by any other."""

    def __init__(self, seed: int, clock: Callable[[], float], *, opening: bool, pace: float = 1.0) -> None:
        self.clock = clock
        """Unix seconds."""
        self.started_at = clock()
        self._lock = threading.Lock()
        self._casting = Casting(seed + 1, pace)
        self._opening, coming = play(seed, self.started_at, pace) if opening else ([], [])
        self._coming = coming[::-1]
        self._arrived: list[Render] = []
        self._told = 0
        self._by_id = {render.id: render for render in self._opening}

    def find(self, task_id: str) -> Render | None:
        """The task with exactly this id, once it was submitted."""
        with self._lock:
            self._let_in(self.clock())
            return self._by_id.get(task_id)

    def known(self) -> list[Render]:
        """Every task submitted so far, oldest role first."""
        with self._lock:
            self._let_in(self.clock())
            return [*self._opening, *self._arrived]

    def submitted(self) -> int:
        """How many tasks came after the opening."""
        return len(self.known()) - len(self._opening)

    def newcomers(self, now: float) -> list[Render]:
        """Those that came after the opening and up to `now` (unix seconds), each told once."""
        with self._lock:
            self._let_in(now)
            fresh = self._arrived[self._told :]
            self._told = len(self._arrived)
            return fresh

    def create(self, provider: str, model: str, life: Life) -> Render:
        """Adds a task that is `life.age` seconds old now; raises `ValueError` for an unknown provider."""
        with self._lock:
            render = self._casting.render(check_provider(provider), model, life, self.clock())
            self._admit(render)
            return render

    def submit(self, model: str, prompt: str = "") -> Render:
        """Adds a task as a create request does: the provider is its model's, its life an ordinary one."""
        with self._lock:
            life = self._casting.submitted_life()
            render = self._casting.render(provider_of(model), model, life, self.clock(), prompt=prompt)
            self._admit(render)
            return render

    def _let_in(self, now: float) -> None:
        while self._coming and self._coming[-1].submitted_at <= now:
            self._admit(self._coming.pop())

    def _admit(self, render: Render) -> None:
        self._arrived.append(render)
        self._by_id[render.id] = render


def new_task(render: Render) -> NewTask:
    """What somebody who watches `render` would add to a ledger."""
    return NewTask(
        *(render.id, render.provider, render.traits.route, render.model, render.tags),
        title=render.title,
        prompt=render.prompt or None,
    )
