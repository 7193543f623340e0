"""Commands about what people call tasks: title and tags, of all that are marked; and undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from octotui.presentation.bulk.amount import counted
from octotui.presentation.bulk.tag_change import TagChange, known_tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from octotui.model import Task
    from octotui.tui.dashboard.confirmation import Confirmation
    from octotui.tui.dashboard.context import Context
    from octotui.tui.undo import UndoHistory

Label = TypeVar("Label")


class LabelActions:
    """Titles and tags, written only over what was on the screen. Methods are named as their commands."""

    def __init__(self, context: Context, confirmation: Confirmation, history: UndoHistory) -> None:
        self._context = context
        self._confirmation = confirmation
        self._history = history

    def _targets(self) -> list[Task]:
        panes = self._context.panes
        panes.pane.table.selection.hold()
        targets = panes.targets()
        if not targets:
            self._context.say("There is no task here.")
        return targets

    def _whose(self, tasks: Sequence[Task]) -> str:
        return counted(tasks, "task", self._context.panes.label_of)

    def _present(self, tasks: Sequence[Task]) -> list[Task]:
        """The same tasks as they are by now: a dialog may have been open for long."""
        known = self._context.snapshot.tasks
        return [known[task.id] for task in tasks if task.id in known]

    def title(self) -> None:
        """Call what is marked, or the task under the cursor, by a name."""
        from octotui.tui.dialogs.labels import TitleDialog  # noqa: PLC0415 - no key before it waits for it

        targets = self._targets()
        if not targets:
            return

        def answered(title: str | None) -> None:
            if title is not None:
                self._confirmation.attempt(lambda: self._set_titles(targets, title or None))

        prompt = targets[0].prompt if len(targets) == 1 else None
        titles = [task.given_title for task in targets]
        self._context.show_dialog(TitleDialog(self._whose(targets), titles, prompt), answered)

    def _set_titles(self, targets: Sequence[Task], title: str | None) -> None:
        tasks = self._present(targets)
        set_titles = self._context.snapshot.ledger.set_titles
        before = {task.id: task.given_title for task in tasks}
        after = dict.fromkeys(before, title)
        done = f"Called {title}" if title else "No title any more"
        self._change(tasks, before, after, lambda new, now: set_titles(new, if_now=now), what="titles", done=done)

    def tags(self) -> None:
        """Give tags to what is marked, or to the task under the cursor, and take others away."""
        from octotui.tui.dialogs.labels import TagsDialog  # noqa: PLC0415 - no key before it waits for it

        targets = self._targets()
        if not targets:
            return

        def answered(change: TagChange | None) -> None:
            if change is not None:
                self._confirmation.attempt(lambda: self._set_tags(targets, change))

        known = known_tags(task.tags for task in self._context.snapshot.tasks.values())
        tags = [task.tags for task in targets]
        self._context.show_dialog(TagsDialog(self._whose(targets), tags, known), answered)

    def _set_tags(self, targets: Sequence[Task], change: TagChange) -> None:
        tasks = self._present(targets)
        set_tags = self._context.snapshot.ledger.set_tags
        before = {task.id: task.tags for task in tasks}
        after = {task_id: change.applied(tags) for task_id, tags in before.items()}
        if change.is_list:
            done = f"Tagged {' '.join(change.added)}" if change.added else "No tags any more"
        else:
            done = f"Tagged {' '.join([*('+' + tag for tag in change.added), *('-' + tag for tag in change.removed)])}"
        self._change(tasks, before, after, lambda new, now: set_tags(new, if_now=now), what="tags", done=done)

    def _change(
        self,
        tasks: Sequence[Task],
        before: Mapping[str, Label],
        after: Mapping[str, Label],
        write: Callable[[Mapping[str, Label], Mapping[str, Label]], list[str]],
        *,
        what: str,
        done: str,
    ) -> None:
        """Write labels where they are still what they were; say what came of it, and remember how to take it back."""
        due = sum(after[task_id] != before[task_id] for task_id in after)
        if not due:
            self._context.say("That is so already.")
            return
        changed = set(write(after, before))
        touched = [task for task in tasks if task.id in changed]
        left = _left_alone(due - len(changed))
        if not touched:
            self._context.say(f"Nothing was changed{left}.")
            return
        whose = self._whose(touched)
        self._context.say(f"{done}: {whose}{left}.")
        was = {task_id: before[task_id] for task_id in before if task_id in changed}
        now = {task_id: after[task_id] for task_id in was}

        def take_back() -> str:
            restored = write(was, now)
            return f"Undone: {what} of {whose}{_left_alone(len(was) - len(restored))}."

        self._history.note(take_back)

    def undo(self) -> None:
        """Take the last change back."""
        self._context.say(self._history.undo())


def _left_alone(count: int) -> str:
    return f"; {count:,} changed elsewhere meanwhile, left alone" if count > 0 else ""
