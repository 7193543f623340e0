"""Names of models and providers in text, and what they say of the tasks around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from octotui.gateway.providers import Provider, infer
from octotui.intake.reference import NO_FACTS, Facts, Reference

MAKERS = {
    "openai": "sora",
    "xai": "grok",
    "x.ai": "grok",
    "google": "veo",
    "vertex": "veo",
    "bytedance": "doubao",
    "volcengine": "doubao",
    "豆包": "doubao",
    "火山": "doubao",
    "火山引擎": "doubao",
    "即梦": "jimeng",
    "可灵": "kling",
    "海螺": "hailuo",
    "kuaishou": "kling",
}
"""Who makes a model, and other writings of its name, by which it is called where a provider is named."""
_SPOKEN = ("豆包", "即梦", "可灵", "海螺")
"""Of those, the ones that mean nothing else wherever they stand."""
_ORDINARY = frozenset({"wan"})
"""Names of models that are words of other things, too."""
_HEADING = re.compile(
    r"[ \t]*(?:(?P<mark>#{1,6}[ \t]+|[=*~─━-]{2,}[ \t]*)(?P<marked>[^#=\n]{1,80}?)[ \t]*(?:[=*#~─━:-]{2,})?:?"
    r"|(?P<named>[^:|=\n]{1,60}?)[ \t]*:)[ \t]*"
)
"""`## Sora`, `=== veo3.1 ===`, `**Grok**`, `Sora renders:`."""
_COMMENT = re.compile(r"(?:(?<=\s)|(?<=,)|^)(?:#+|//+|--+|/\*+|;+|<!--)(?P<said>.*)")
_CODE = re.compile(r"[^\s\"'`,;()\[\]{}<>=|]+={0,2}")
_LONGEST_NOTED = 1000
"""Characters of a line whose comment is read."""
_LONGEST_BLOCK = 60
"""Lines of text without a blank one, of which a model named in one is that of the tasks named in another."""
_MOST_CHARACTERS = 20_000
WHOLE_NAME = re.compile(r"\d|-.*-")
"""In the name of a model among words: `sora-2`, `grok-imagine-video`; `veo` alone is spoken of in prose."""
_NO_MODEL = re.compile(r"(?<!-)\d{6}|-(?!2\d(?:0\d|1[0-2])[0-3]\d\Z)\d{6}|[:\s]")
"""Numbers of ids; a date at the end is a model's version."""
_COLUMN = re.compile(
    r"(?P<word>[A-Za-z][A-Za-z0-9.-]{2,40}?)[_ -]?(?:(?:task|video|job|generation)(?:[_ -]?id)?|id)", re.IGNORECASE
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


def word_of_provider(text: str, providers: Sequence[Provider]) -> str | None:
    """Return the word by which a text names a provider (`Sora`, `豆包`), None where it names none or several."""
    words = {match[0].lower() for match in _provider_words(tuple(providers)).finditer(text)}
    whose = {named.name: word for word in words if (named := provider_named(word, providers)) is not None}
    return next(iter(whose.values())) if len(whose) == 1 else None


def provider_named(word: str, providers: Sequence[Provider]) -> Provider | None:
    """Return the provider that a word names: by its name, its label, a model's, or who makes it."""
    spoken = word.strip().lower()
    spoken = MAKERS.get(spoken, spoken)
    named = (each for each in providers if spoken in {each.name.lower(), each.label.lower()})
    return next(named, None) or infer(providers, "", spoken)


@lru_cache(maxsize=8)
def _provider_words(providers: tuple[Provider, ...]) -> re.Pattern[str]:
    names = {each.name.lower() for each in providers} | {word for word in _beginnings(providers) if word.isalpha()}
    names -= {*_ORDINARY, "unified"}
    listed = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.compile(
        rf"(?<![\w./:@+-])(?:{listed})(?=[\d ]|\W|\Z)(?![/:@=_-]\w|\.[A-Za-z])|{'|'.join(_SPOKEN)}", re.IGNORECASE
    )


class Surroundings:
    """What stands around tasks and says whose they are: a heading above them, a word in the same block of lines."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        """Begin above the first line."""
        self._providers = providers
        self._facts = NO_FACTS

    def is_heading(self, line: str, below: str) -> bool:
        """Whether a line is a heading that names one provider or model, and nothing else is to be read in it."""
        match = _HEADING.fullmatch(line) if len(line) <= 120 else None
        if match is None:
            return False
        words = match["marked"] or match["named"]
        if match["named"] is not None and (below[:1].isspace() or below.startswith("-")):
            return False  # the name of what is indented below it
        model = self._only_model(words)
        word = word_of_provider(words, self._providers)
        if match["mark"] is None and model is None and word is None:
            return False
        self._facts = Facts(model=model, provider=word)
        return model is not None or word is not None

    def headed(self, found: list[Reference]) -> list[Reference]:
        """Return tasks with what the heading above them says."""
        return self.given(found, self._facts) if self._facts is not NO_FACTS else found

    def told(self, found: list[Reference], lines: Sequence[str]) -> list[Reference]:
        """Return the tasks of a block of lines with the only model or provider that is named in it."""
        if not found or len(lines) > _LONGEST_BLOCK or sum(map(len, lines)) > _MOST_CHARACTERS:
            return found
        if any(each.model or each.facts.provider for each in found):
            # What stands beside one task is said of that one.
            lines = [line for line in lines if not any(each.id in line for each in found)]
        text = "\n".join(lines)
        return self.given(found, self._named_in(text))

    def noted(self, found: list[Reference], lines: Sequence[str]) -> list[Reference]:
        """Return tasks with what the comments say that stand behind them, or on a line of their own above them."""
        if len(lines) < 2 or not found:
            return found
        ids = {each.id for each in found if not each.model and not each.facts.provider}
        if not ids:
            return found
        noted: dict[str, Facts] = {}
        above = NO_FACTS
        for line in lines:
            match = _COMMENT.search(line) if len(line) <= _LONGEST_NOTED else None
            code = line if match is None else line[: match.start()]
            said = NO_FACTS if match is None else self._named_in(match["said"])
            words = _CODE.findall(code) if len(code) <= _LONGEST_NOTED else ()
            named = ids.intersection([*words, *(word.rstrip("=") for word in words)])
            if not code.strip():
                above = said if said != NO_FACTS or match is None else above
            for task_id in named if len(named) == 1 or said == NO_FACTS else ():
                noted.setdefault(task_id, said if said != NO_FACTS else above)
        return [each for one in found for each in self.given([one], noted.get(one.id, NO_FACTS))]

    def _named_in(self, text: str) -> Facts:
        return Facts(model=self._only_model(text), provider=word_of_provider(text, self._providers))

    def names_provider(self, line: str) -> bool:
        """Whether a line names any provider."""
        return _provider_words(tuple(self._providers)).search(line) is not None

    def given(self, found: list[Reference], facts: Facts) -> list[Reference]:
        """Return tasks with facts that hold for those of them of which nothing else says whose they are."""
        if facts == NO_FACTS:
            return found
        return [
            each
            if each.model or each.facts.provider or infer(self._providers, each.id, None) is not None
            else each.with_facts(facts)
            for each in found
        ]

    def _only_model(self, text: str) -> str | None:
        words = (word.strip("\"'`()[]<>,.:;") for word in re.split(r"[\s,;|│()=]+", text))
        models = {word for word in words if WHOLE_NAME.search(word) and is_model(word, self._providers)}
        return models.pop() if len(models) == 1 else None


@lru_cache(maxsize=8)
def _beginnings(providers: tuple[Provider, ...]) -> tuple[str, ...]:
    """How the names of all models begin, in lower case."""
    return tuple(prefix.lower() for each in providers for prefix in each.model_prefixes if prefix)


@lru_cache(maxsize=8)
def id_beginnings(providers: tuple[Provider, ...]) -> tuple[str, ...]:
    """How the ids begin that say whose they are, in lower case."""
    return tuple(prefix.lower() for each in providers for prefix in each.id_prefixes if prefix)
