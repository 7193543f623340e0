"""Several machines on this one: each has a home of its own and believes in another host name."""

from __future__ import annotations

import os
from pathlib import Path

_SITE = """
import os
import socket

socket.gethostname = lambda: os.environ["TEST_HOST"]
"""


def machine(name: str, home: Path, site: Path) -> dict[str, str]:
    """The environment of a process that runs on a machine of this name; `site` is a folder for what fakes the name."""
    home.mkdir(exist_ok=True)
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(_SITE)
    path = os.pathsep.join([str(site), str(Path(__file__).parents[2])])
    return {"HOME": str(home), "TEST_HOST": name, "PYTHONPATH": path}
