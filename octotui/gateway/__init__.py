"""The wire: knows HTTP and JSON; knows no ledger and no screen."""

import sys

# httpx brings a command of its own where click, pygments and rich are installed, which nobody here calls: 3 MB, and a
# third of the time that it takes to import. It does without where that module cannot be imported.
if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
