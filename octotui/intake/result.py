"""What was understood of a text, in data and in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from octotui.gateway.providers import Provider
from octotui.intake.reference import Reference
from octotui.model import NewTask
from octotui.sanitize import clean


@dataclass(slots=True)
class Intake:
    """What was understood of a text."""

    tasks: list[NewTask] = field(default_factory=list)
    """Those whose provider is known, in the order of the text, each once."""
    unsure: list[str] = field(default_factory=list)
    """Ids whose provider cannot be told: somebody has to say (`settle`)."""
    ignored: int = 0
    """Lines, or pieces of them, in which no task was found."""
    ignored_examples: list[str] = field(default_factory=list)
    """The first few of them, cleaned and short."""
    left_over: list[str] = field(default_factory=list)
    """Words that look like ids, too, on lines in which tasks were found: they were not taken."""
    sources: list[str] = field(default_factory=list)
    """What the ids were found in: JSON, URL, id, log."""
    shortened: list[str] = field(default_factory=list)
    """Ids that were shortened, as they stand in the text: they name no task, but can mean a watched one."""
    guessed: list[str] = field(default_factory=list)
    """Ids among `tasks` of which nothing says whose they are: every route is asked about them."""
    described: dict[str, Reference] = field(default_factory=dict, repr=False)
    """By id: what else the text says of a task (title, seconds, size)."""
    was_cut: bool = False
    """Whether the text was longer than is read at once."""
    labels: dict[str, str] = field(default_factory=dict)
    """What each provider is called."""
    settle_with: dict[str, Reference] = field(default_factory=dict, repr=False)
    tags: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """One line about what was understood: "3 tasks: 2 Sora, 1 Veo (from JSON); 4 lines ignored"."""
        parts: list[str] = []
        if self.tasks:
            counts = Counter(self.labels.get(task.provider, task.provider) for task in self.tasks)
            shares = ", ".join(f"{count} {label}" for label, count in counts.items())
            parts.append(f"{_count(len(self.tasks), 'task')}: {shares} (from {', '.join(self.sources)})")
            parts += self._said_beside()
        if self.unsure:
            shown, more = _some(self.unsure)
            parts.append(f"{_count(len(self.unsure), 'task')} of which the provider cannot be told: {shown}{more}")
        if self.shortened:
            shown, more = _some(self.shortened)
            parts.append(f"{_count(len(self.shortened), 'shortened id')} left out: {shown}{more}")
        if self.left_over:
            shown, more = _some(self.left_over)
            parts.append(f"{_count(len(self.left_over), 'word')} beside them ignored: {shown}{more}")
        if self.ignored:
            parts.append(f"{_count(self.ignored, 'line')} ignored")
        if self.was_cut:
            parts.append("the rest was too long and left out")
        return "; ".join(parts) or "no task found"

    def _said_beside(self) -> list[str]:
        """Say what the text tells of the tasks beside their ids, and what it does not tell."""
        parts: list[str] = []
        told = [self.described[task.id] for task in self.tasks if task.id in self.described]
        titles = [title for reference in told if (title := reference.title) is not None]
        if titles:
            shown, more = _some([f"“{clean(title, 40)}”" for title in titles])
            parts.append(f"{'title' if len(titles) == 1 else 'titles'} {shown}{more}")
        lengths = dict.fromkeys(
            f"{each.facts.seconds} s" if each.facts.seconds.replace(".", "").isdigit() else each.facts.seconds
            for each in told
            if each.facts.seconds
        )
        sizes = dict.fromkeys(each.facts.size for each in told if each.facts.size)
        if lengths or sizes:
            parts.append(", ".join(clean(word, 30) for word in [*lengths, *sizes][:6]))
        if self.guessed:
            whom = "it" if len(self.guessed) == 1 else "them"
            parts.append(f"provider not told of {len(self.guessed)}: asking which route knows {whom}")
        return parts

    def title_of(self, task_id: str) -> str | None:
        """Return the title that the text gives a task: a name, or the beginning of its prompt."""
        reference = self.described.get(task_id)
        return None if reference is None else reference.title

    def settle(self, provider: Provider) -> list[NewTask]:
        """Return the unsure ones as tasks of `provider`."""
        return [
            NewTask(
                ref.id, provider.name, ref.route or provider.route, ref.model, self.tags, ref.given_title, ref.prompt
            )
            for ref in self.settle_with.values()
        ]


def _some(words: list[str]) -> tuple[str, str]:
    """Return the first three of `words`, cleaned, and how many more there are, in words."""
    return ", ".join(clean(word, 60) for word in words[:3]), f" and {len(words) - 3} more" if len(words) > 3 else ""


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
