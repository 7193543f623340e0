"""What `octotui ls` takes of time and memory: `python -m tests.benchmarks.listing [TASKS] [--only ls json csv filter]`.

A million tasks unless said.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from octotui.ledger.sqlite import schema

_INSERT = """
    INSERT INTO tasks (id, revision, added_at, provider, route, model, state, status, progress, created_at,
        completed_at, final_seen_at, deadline_at, deadline_source, result_url, tags, last_asked_at, last_answer_at)
    VALUES (?, 1, ?, 'sora', 'videos', 'sora-2', 'completed', 'completed', 100, ?, ?, ?, ?, 'link', ?, '["a"]', ?, ?)
"""


def fill(path: Path, count: int) -> None:
    """Make a ledger of completed tasks."""
    now = time.time()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection)
        connection.execute("BEGIN")
        connection.executemany(
            _INSERT,
            (
                (
                    f"video_{number:032x}",
                    *(now, now - 100, now - 50, now - 40, now + 86400 + number),
                    f"https://files.example.com/v/{number:032x}.mp4?sig={'a' * 64}",
                    *(now - 40, now - 40),
                )
                for number in range(count)
            ),
        )
        connection.execute("COMMIT")


def main() -> None:
    """Measure table, JSON, CSV and a filter that lets nothing through, each in a process of its own."""
    lists = {
        "ls": ["ls"],
        "json": ["ls", "--json"],
        "csv": ["ls", "-o", "csv"],
        "filter": ["ls", "-f", "age>1h !tag:b"],
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--only", nargs="+", choices=lists, default=list(lists))
    options = parser.parse_args()
    count = options.tasks
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "ledger.db", count)
        environ = {**os.environ, "OCTOTUI_STATE_DIR": folder}
        for arguments in (lists[name] for name in options.only):
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            command = [sys.executable, "-m", "octotui", *arguments]
            subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
            words = f"{time.monotonic() - began:.1f} s, {cpu:.1f} s of a core, {used.ru_maxrss / 1024:.0f} MB"
            print(f"{' '.join(arguments)}: {count:,} tasks in {words}")


if __name__ == "__main__":
    main()
