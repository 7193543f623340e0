"""What the wire brings with it into memory."""

from __future__ import annotations

import subprocess
import sys

_UNWANTED = ("httpx._main", "click", "pygments", "rich")
_PROGRAM = f"""
import sys
import octotui.gateway.client
import httpx
print(*[name for name in {_UNWANTED} if sys.modules.get(name) is not None], sep="\\n", end="")
assert callable(httpx.main)
"""


def test_a_request_brings_no_command_line_of_httpx() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == ""
