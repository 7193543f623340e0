"""What a check comes to: a verdict in one word, what was seen, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """octotui works, and something is worth knowing."""
    FAIL = "fail"


class Trouble(StrEnum):
    """What kind of trouble a failed check stands for; a command's exit code follows from it."""

    SETTINGS = "settings"
    KEY = "key"
    QUOTA = "quota"
    GATEWAY = "gateway"
    FILE = "file"


@dataclass(slots=True, frozen=True)
class Finding:
    """One line of a checkup."""

    name: str
    """What was looked at, in a word or two."""
    verdict: Verdict
    says: str
    """What was seen, in plain words, cleaned."""
    remedy: str | None = None
    """What to do about it; None where nothing needs doing."""
    trouble: Trouble | None = None
    """Only of a `FAIL`."""


def ok(name: str, says: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(name, Verdict.OK, says)


def warn(name: str, says: str, remedy: str) -> Finding:
    """Return a finding that something is worth knowing."""
    return Finding(name, Verdict.WARN, says, remedy)


def fail(name: str, trouble: Trouble, says: str, remedy: str) -> Finding:
    """Return a finding that keeps octotui from its work."""
    return Finding(name, Verdict.FAIL, says, remedy, trouble)
