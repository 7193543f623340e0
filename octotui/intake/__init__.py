"""Paste anything: text in, tasks to watch out."""

from octotui.intake.reading import MAX_TEXT, read, take
from octotui.intake.result import Intake

__all__ = ["MAX_TEXT", "Intake", "read", "take"]
