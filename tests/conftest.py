"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A deadline would make every property test a timed one, and fail where others use the same machine.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")
