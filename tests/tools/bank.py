"""How many pastes of a bank are read right, and which are not: `python -m tests.tools.bank FILE [NAME …]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from octotui.gateway.providers import BUILTIN
from octotui.intake.parse import read


class Judged(NamedTuple):
    """What is wrong with the reading of one paste; nothing where all of it is empty."""

    missed: list[str]
    wrong: list[str]
    """Ids taken that are no task's of this paste."""
    providers: dict[str, tuple[str, str | None]]
    """By id: the provider that the paste tells, and the one that was read."""

    @property
    def is_right(self) -> bool:
        """Whether exactly the expected ids were taken, each with the provider it is told to have."""
        return not (self.missed or self.wrong or self.providers)


def judge(paste: Mapping[str, Any]) -> Judged:
    """Read one paste (`text`, `ids`, `providers`: by id, or parallel with null where not told) and compare."""
    intake = read(paste["text"], BUILTIN)
    taken = {task.id: task.provider for task in intake.tasks}
    ids = [*taken, *intake.unsure]
    told = paste.get("providers") or {}
    if isinstance(told, list):
        told = dict(zip(paste["ids"], told, strict=True))
    return Judged(
        [task_id for task_id in paste["ids"] if task_id not in ids],
        [task_id for task_id in ids if task_id not in paste["ids"]],
        {
            task_id: (provider, taken.get(task_id))
            for task_id, provider in told.items()
            if provider is not None and task_id in ids and taken.get(task_id) != provider
        },
    )


def main(path: str, names: list[str]) -> None:
    """Print the figures of one bank and every paste that is read wrongly; with names, only those with their text."""
    pastes = [each for each in json.loads(Path(path).read_text("utf-8")) if not names or each["name"] in names]
    judged = [judge(paste) for paste in pastes]
    for paste, found in zip(pastes, judged, strict=True):
        if names:
            print(f"{'=' * 100}\n{paste['text']}\n{'-' * 100}\nexpected: {paste['ids']} {paste.get('providers')}")
        if names or not found.is_right:
            print(f"{paste['name']}: missed {found.missed}, wrong {found.wrong}, providers {found.providers}")
    right = sum(each.is_right for each in judged)
    print(
        f"{right} of {len(pastes)} right ({100 * right / max(len(pastes), 1):.1f} %); "
        f"wrong ids in {sum(bool(each.wrong) for each in judged)} pastes, "
        f"with the right one missed in {sum(bool(each.wrong and each.missed) for each in judged)}; "
        f"ids missed in {sum(bool(each.missed) for each in judged)}; "
        f"providers wrong in {sum(bool(each.providers) for each in judged)}"
    )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m tests.tools.bank FILE [NAME …]")
    main(sys.argv[1], sys.argv[2:])
