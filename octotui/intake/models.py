"""Names of models in text, told from ordinary words by the providers' prefixes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from octotui.gateway.providers import Provider, infer

_NO_MODEL = re.compile(r"\d{6}|[:\s]")
_COLUMN = re.compile(
    r"(?P<word>[A-Za-z][A-Za-z0-9.-]{2,40}?)[_ -]?(?:(?:task|video|job|generation)[_ -]?)?id", re.IGNORECASE
)
_DIGIT_OR_DASH = re.compile(r"[\d-]")


def is_model(word: str, providers: Sequence[Provider]) -> bool:
    """Whether a word is the name of a provider's model."""
    spoken = word.lower()
    if len(word) > 100 or not spoken.rpartition("/")[2].startswith(_beginnings(tuple(providers))):
        return False
    if _NO_MODEL.search(word) is not None:
        return False
    # `wan` is a model's name, and so are `wan2.6` and `wan-pro`; `want` is none.
    is_name = _DIGIT_OR_DASH.search(word) is not None or spoken in _beginnings(tuple(providers))
    return is_name and infer(providers, "", word) is not None


def named_in_column(name: str, providers: Sequence[Provider]) -> str | None:
    """Return the model or provider in the name of a column of its ids (`sora_task_id`, `Veo ID`), None in any other."""
    match = _COLUMN.fullmatch(name)
    return match["word"] if match is not None and is_model(match["word"], providers) else None


@lru_cache(maxsize=8)
def _beginnings(providers: tuple[Provider, ...]) -> tuple[str, ...]:
    """How the names of all models begin, in lower case."""
    return tuple(prefix.lower() for each in providers for prefix in each.model_prefixes if prefix)


@lru_cache(maxsize=8)
def id_beginnings(providers: tuple[Provider, ...]) -> tuple[str, ...]:
    """How the ids begin that say whose they are, in lower case."""
    return tuple(prefix.lower() for each in providers for prefix in each.id_prefixes if prefix)
