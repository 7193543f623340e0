"""A task that a text speaks of: its id, and what else the text says about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from octotui.gateway.routes import check_id
from octotui.model import LONGEST_TITLE
from octotui.sanitize import clean

MAX_ID = 512
"""Characters. Base64 ids come to 262; anything much longer is a slip of the paste."""


class Facts(NamedTuple):
    """What a text says of a task beside its id."""

    model: str | None = None
    provider: str | None = None
    """The word the text uses for the provider, as it came."""
    title: str | None = None
    """A name somebody gave."""
    prompt: str | None = None
    shot: str | None = None
    seconds: str | None = None
    size: str | None = None

    def completed(self, other: Facts) -> Facts:
        """Return these facts, with those of `other` where these say nothing."""
        return Facts(*(own if own is not None else more for own, more in zip(self, other, strict=True)))

    @property
    def of_many(self) -> Facts:
        """What can hold for several tasks at once: not the name of one."""
        return self._replace(title=None, shot=None)


NO_FACTS = Facts()


@dataclass(slots=True, frozen=True)
class Reference:
    """One mention of a task."""

    id: str
    source: str
    """Where it stood: JSON, URL, table, id or log."""
    model: str | None = None
    route: str | None = None
    """The route its URL names."""
    provider_hint: str | None = None
    """The provider to believe in when neither model nor id says."""
    facts: Facts = NO_FACTS
    is_answer: bool = False
    """Whether it stood in an object that a gateway answers with: nobody need be asked whose it is."""
    is_weak: bool = False
    """Whether it counts only where nothing else names a task: a `request_id`."""

    @property
    def title(self) -> str | None:
        """What people know the task by: the name somebody gave it, else the beginning of its prompt, else its shot."""
        return self.given_title or self.prompt

    @property
    def given_title(self) -> str | None:
        """The name somebody gave the task; its shot's where there is neither name nor prompt."""
        shot = self.facts.shot if self.facts.shot and not self.facts.shot.isdigit() else None
        return _one_line(self.facts.title or (None if self.facts.prompt else shot))

    @property
    def prompt(self) -> str | None:
        """The beginning of its prompt."""
        return _one_line(self.facts.prompt)

    def with_facts(self, more: Facts) -> Reference:
        """Return this reference, completed by what stands around it."""
        if more is NO_FACTS or more == self.facts:
            return self
        facts = self.facts.completed(more) if self.facts is not NO_FACTS else more
        return replace(self, facts=facts, model=self.model or facts.model)


def _one_line(text: str | None) -> str | None:
    return (clean(" ".join(text.split()), LONGEST_TITLE) or None) if text else None


_PLACEHOLDER = re.compile(
    r"<.*>|\{.*\}|\$.*|\[.*\]|%.*%|:\w+|\*+|x{2,}|X{2,}|-+|\.+|…+|[?]+"
    r"|(?:your|my|the|some|example)[_-].*|(?:task|video|job|generation|request)?[_-]?id|"
    r"(?:null|none|nil|nan|undefined|string|str|int|uuid|true|false|example|n/?a|unknown|void|todo|tbd|\(null\)"
    r"|placeholder|optional|required|\[object)",
    re.IGNORECASE,
)
"""What documents and programs write where an id belongs."""


def usable_id(text: str) -> str | None:
    """Return `text` trimmed when it can be an id inside pasted text: one word without control characters; else None."""
    if len(text) > 4 * MAX_ID:
        return None
    try:
        task_id = check_id(text)
    except ValueError:
        return None
    is_unfit = len(task_id) > MAX_ID or any(map(str.isspace, task_id)) or _PLACEHOLDER.fullmatch(task_id) is not None
    return None if is_unfit else task_id
