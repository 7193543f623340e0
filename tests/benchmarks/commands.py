"""What a command costs a shell loop: `python -m tests.benchmarks.commands [--rounds 20]`.

`octotui add ID`, each time another id, in turn with a bare `python -c pass`; printed are the medians of the wall clock
and of the processor time, from `exec` to the end.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile

from tests.benchmarks.nginx import Cost, run


def measure(rounds: int) -> dict[str, list[Cost]]:
    """Run each command in turn, so often."""
    costs: dict[str, list[Cost]] = {"python": [], "octotui add": []}
    with tempfile.TemporaryDirectory() as folder:
        # An installed program has its bytecode: the first round, which compiles it, does not count.
        for number in range(rounds + 1):
            commands = {
                "python": [sys.executable, "-c", "pass"],
                "octotui add": [sys.executable, "-m", "octotui", "add", f"video_{number:032x}", "--provider", "sora"],
            }
            for name, command in commands.items():
                cost = run(command, OCTOTUI_STATE_DIR=folder, OCTOTUI_CONFIG=os.devnull, PYTHONDONTWRITEBYTECODE="")
                if number:
                    costs[name].append(cost)
    return costs


def main() -> None:
    """Print a line for each command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    for name, costs in measure(parser.parse_args().rounds).items():
        wall = statistics.median(cost.seconds for cost in costs)
        cpu = statistics.median(cost.processor_seconds for cost in costs)
        print(f"{name}: {1000 * wall:.0f} ms, {1000 * cpu:.0f} ms of a core")


if __name__ == "__main__":
    main()
