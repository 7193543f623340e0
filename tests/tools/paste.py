"""What is understood of a file, for reports of pastes that are read wrongly: `python -m tests.tools.paste FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from octotui.gateway.providers import BUILTIN
from octotui.intake.cleaning.text import decode
from octotui.intake.parse import read
from octotui.intake.reference import Reference


def main(path: str) -> None:
    """Print the tasks of one file with all that is said of them, and what was left out."""
    data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    intake = read(decode(data), BUILTIN)
    print(intake.says)
    for task in intake.tasks:
        said = intake.described.get(task.id, Reference(task.id, "the text"))
        whose = f"{task.provider}{' (guessed)' if task.id in intake.guessed else ''}"
        print(f"task      {task.id}\n          {whose}, route {task.route}, model {task.model}, from {said.source}")
        for name, value in (("title", said.title), ("seconds", said.facts.seconds), ("size", said.facts.size)):
            if value is not None:
                print(f"          {name}: {value}")
        if task.tags:
            print(f"          tags: {', '.join(task.tags)}")
    for name, words in (
        ("unsure", intake.unsure),
        ("shortened", intake.shortened),
        ("left over", intake.left_over),
        ("ignored", intake.ignored_examples),
    ):
        for word in words:
            print(f"{name:9} {word}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.tools.paste FILE   (- reads what is piped in)")
    main(sys.argv[1])
