"""The tasks of the demo: the mixture it opens with, and those that render scripts submit while somebody watches."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from octotui.demo.lifecycle import ContentStyle, Life, LinkStyle
from octotui.demo.provider_profiles import TRAITS, Render
from octotui.model import TaskState

_MB = 1_000_000
_HOUR = 3600.0
_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True, frozen=True)
class SampleTask:
    """One role in the opening: which task, and what becomes of it."""

    provider: str
    id_kind: str
    model: str
    life: Life
    tag: str
    title: str | None = None
    """What a person calls it; most have their prompt alone."""


class Casting:
    """Gives tasks ids as the gateways write them, and lives; the same ones for the same seed, one after another."""

    def __init__(self, seed: int, pace: float = 1.0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a demo wants the same pictures twice, not secrets
        self._pace = pace
        self._number = 0
        self._used: dict[str, int] = {}

    def render(
        self,
        provider: str,
        model: str,
        life: Life,
        now: float,
        *,
        id_kind: str | None = None,
        tag: str | None = None,
        prompt: str = "",
        title: str | None = None,
    ) -> Render:
        """A task of `provider` that is `life.age` seconds old at `now` (unix seconds), its life hurried to the pace."""
        traits = TRAITS[provider]
        life = life.hurried(self._pace)
        submitted_at = now - life.age
        kind = id_kind or self._random.choice(traits.id_kinds)
        self._number += 1
        return Render(
            id=self._new_id(kind, model, submitted_at),
            provider=provider,
            model=model,
            life=life,
            submitted_at=submitted_at,
            seconds=self._random.choice(traits.seconds),
            size=self._random.choice(traits.sizes),
            clip=self._number,
            tags=(tag,) if tag else (),
            prompt=prompt or self._prompt(tag),
            title=title,
        )

    def role(self, sample: SampleTask, now: float) -> Render:
        """The task of a role, as it is at `now` (unix seconds)."""
        return self.render(
            *(sample.provider, sample.model, sample.life, now),
            id_kind=sample.id_kind,
            tag=sample.tag,
            title=sample.title,
        )

    def _prompt(self, tag: str | None) -> str:
        """The next of the prompts of a production, round and round."""
        if tag is None:
            return ""
        prompts = PROMPTS[tag]
        used = self._used.get(tag, 0)
        self._used[tag] = used + 1
        return prompts[used % len(prompts)]

    def submitted_life(self, running: float | None = None) -> Life:
        """The life of a task somebody has just submitted: mostly a success within two minutes."""
        dice = self._random
        life = Life(
            queued=round(dice.uniform(2, 9), 1),
            running=running or round(dice.uniform(32, 95), 1),
            bend=round(dice.uniform(-1, 1), 2),
            size=dice.choice((0, 0, int(1.5 * _MB), 3 * _MB, 5 * _MB)),
        )
        if dice.random() < 0.1:
            code, message = dice.choice(_MISHAPS)
            return replace(life, ending=TaskState.FAILED, error_code=code, error_message=message)
        return life

    def _letters(self, count: int, alphabet: str) -> str:
        return "".join(self._random.choices(alphabet, k=count))

    def _new_id(self, kind: str, model: str, submitted_at: float) -> str:
        day = datetime.fromtimestamp(submitted_at, UTC)
        if kind == "row":
            return f"task_{self._letters(32, _BASE62)}"
        if kind == "day":
            return f"cgt-{day:%Y%m%d%H%M%S}-{self._letters(5, _BASE32)}"
        if kind == "stamp":
            return f"{model}:{int(submitted_at)}-{self._letters(10, _BASE62)}"
        if kind.endswith("uuid"):
            return kind.removesuffix("uuid") + str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        if kind.endswith("ulid"):
            return f"{kind.removesuffix('ulid')}01k{self._letters(23, _BASE32)}"
        return f"{kind}{self._random.getrandbits(64):016x}"


_MISHAPS = (
    ("moderation_blocked", "content policy: the prompt was refused"),
    ("upstream_timeout", "upstream timed out"),
    ("invalid_image", "the first frame could not be read"),
)

PROMPTS = {
    "trailer": (
        "A lighthouse in a storm, slow push-in, waves breaking over the gallery",
        "The keeper climbs the spiral stairs with a lantern, handheld, warm light",
        "Close-up of a brass compass spinning out of control on a wet chart table",
        "A fishing boat turns into the wind, wide shot, dawn, gulls overhead",
        "The lamp goes dark and the horizon disappears, hold for four seconds",
    ),
    "storyboard": (
        "Pencil sketch coming to life: a girl opens an umbrella full of stars",
        "She floats above the tram lines, paper-cut style, parallax",
        "The umbrella lands in a fountain, ink spreading in water",
        "Two umbrellas meet on a rooftop, hand-drawn, end card space on the left",
    ),
    "ads": (
        "Sneaker on a turntable, hard rim light, water splash at the beat",
        "Runner crosses a neon bridge, tracking shot, motion blur, logo-safe sky",
        "Macro of laces pulling tight, 120 fps look, black background",
        "Crowd on a rooftop court at sunset, crane up",
        "Shoe box opens by itself, confetti, centre frame",
    ),
    "teaser": (
        "A glass elevator rises through clouds, one-take, golden hour",
        "City lights spell a date, drone pull-back",
        "An empty stage, the curtain moves although nobody is there",
        "Countdown on a split-flap display, extreme close-up",
    ),
    "night-market": (
        "夜市里的糖画师傅，特写，慢镜头，暖色灯光",
        "Steam rises from dumpling baskets, neon signs out of focus behind",
        "雨后的石板路，红灯笼的倒影，低机位推进",
        "A cat watches grilled squid being turned, shallow depth of field",
    ),
    "harbour": (
        "Container cranes at blue hour, time-lapse, fog rolling in",
        "Tugboat bow wave, low angle, loopable",
        "A diver surfaces beside a rusted buoy, backlit",
        "Seagull steals a sandwich in slow motion, comedic timing",
    ),
}
"""What each production's scripts ask for."""

_POLICY = Life.failed("content policy: the prompt was refused", "moderation_blocked", ago=400)

OPENING: tuple[SampleTask, ...] = (
    SampleTask(
        "sora",
        "video_",
        "sora-2",
        replace(Life.ready(250, 3350), size=int(18.2 * _MB), rate=3e6),
        "trailer",
        "Shot 010 - lighthouse, take 3",
    ),
    SampleTask("sora", "video_", "sora-2", replace(Life.ready(51 * 60, 540), size=9 * _MB, rate=3e6), "trailer"),
    SampleTask(
        "sora",
        "video_",
        "sora-2-pro",
        replace(Life.ready(23 * _HOUR + 600, 2500), size=int(2.4 * _MB), rate=200_000),
        "storyboard",
    ),
    SampleTask("sora", "sora-2:task_ulid", "sora-2", replace(Life.underway(72, 22), size=6 * _MB), "trailer"),
    SampleTask("sora", "video_", "sora-2", replace(Life.underway(31, 236), bend=0.4), "trailer"),
    SampleTask("sora", "video_", "sora-2-pro", Life.underway(8, 720), "storyboard"),
    SampleTask("sora", "video_", "sora-2", Life.waiting(26, 150), "trailer"),
    SampleTask("sora", "video_", "sora-2", _POLICY, "storyboard"),
    SampleTask("grok", "grok:uuid", "grok-video-3", replace(Life.ready(23 * _HOUR + 2460, 1140), size=6 * _MB), "ads"),
    SampleTask("grok", "grok:uuid", "grok-video-3", replace(Life.underway(42, 35), bend=0.3, size=4 * _MB), "ads"),
    SampleTask(
        "grok",
        "video_",
        "grok-video-3",
        Life(age=500, running=1500, stalls_at=42, ending=TaskState.FAILED, error_message="upstream timed out"),
        "ads",
    ),
    SampleTask("grok", "grok:uuid", "grok-video-3", Life.ready(-180, 86_580), "ads"),
    SampleTask("grok", "grok:uuid", "grok-video-3", Life.underway(12, 780), "teaser"),
    SampleTask("grok", "video_", "grok-video-3", replace(Life.ready(5 * _HOUR, 4000), link_works=False), "teaser"),
    SampleTask(
        "doubao",
        "video_uuid",
        "doubao-seedance-1-5-pro_720p",
        replace(Life.ready(24 * _HOUR - 120, 120), size=8 * _MB),
        "night-market",
    ),
    SampleTask("doubao", "day", "doubao-seedance-2-0", Life.underway(50, 118), "night-market"),
    SampleTask("doubao", "video_uuid", "doubao-seedance-1-0-pro", Life.underway(10, 740), "night-market"),
    SampleTask("doubao", "video_uuid", "doubao-seedance-1-0-pro", Life.waiting(40, 200), "night-market"),
    SampleTask(
        "doubao",
        "day",
        "doubao-seedance-2-0",
        replace(Life.ready(2.5 * _HOUR, 1800), link_lives=20, size=4 * _MB),
        "harbour",
    ),
    SampleTask("doubao", "video_uuid", "doubao-seedance-2-0", replace(Life.underway(80, 16), size=3 * _MB), "harbour"),
    SampleTask(
        "doubao", "day", "doubao-seedance-2-0", Life(age=900, running=60, ending=TaskState.CANCELLED), "harbour"
    ),
    SampleTask("veo", "task_ulid", "veo3.1-fast", replace(Life.underway(88, 7), size=2 * _MB), "harbour"),
    SampleTask("veo", "stamp", "veo3.1", replace(Life.underway(66, 41), upsamples=True, size=5 * _MB), "harbour"),
    SampleTask("veo", "task_ulid", "veo3.1-fast", replace(Life.waiting(75, 120), first_word="not_start"), "ads"),
    SampleTask("veo", "task_ulid", "veo3.1-fast", replace(Life.waiting(150, 90), first_word="under_review"), "ads"),
    SampleTask("veo", "stamp", "veo3.1-fast", Life.underway(15, 760), "trailer"),
    SampleTask("veo", "task_ulid", "veo3.1", replace(Life.ready(47 * _HOUR, _HOUR), link=LinkStyle.PLAIN), "trailer"),
    SampleTask("veo", "task_ulid", "veo3.1-fast", Life.failed("image fetch refused", ago=200), "ads"),
    SampleTask("unified", "task-video-", "kling-v3", replace(Life.underway(60, 65), size=5 * _MB), "storyboard"),
    SampleTask(
        "unified",
        "row",
        "viduq3-pro",
        replace(
            Life.ready(23.9 * _HOUR, 240),
            link=LinkStyle.CONTENT,
            content=ContentStyle.MODERN,
            size=12 * _MB,
            rate=3e6,
        ),
        "teaser",
    ),
    SampleTask("unified", "row", "hailuo-02", Life.failed("operation refused by the safety filter", ago=700), "teaser"),
    SampleTask("unified", "row", "wan2.6", Life.underway(5, 700), "teaser"),
    SampleTask("unified", "task-video-", "viduq3-pro", replace(Life.underway(50, 45), cut_at=150_000), "storyboard"),
)
"""What a watcher sees first, about ten seconds apart from one completion to the next."""

OVERLOADED: tuple[SampleTask, ...] = tuple(
    SampleTask(
        provider, kind, model, Life.failed(f"upstream overloaded, try again later (request {request})", ago=ago), tag
    )
    for provider, kind, model, request, ago, tag in (
        ("grok", "video_", "grok-video-3", "a07b44", 1420, "teaser"),
        ("veo", "stamp", "veo3.1", "a1d9e0", 1390, "harbour"),
        ("unified", "row", "wan2.6", "b60f7a", 1290, "storyboard"),
    )
)
"""Some that failed alike a while ago: one reason, whatever the numbers in it."""

NEWCOMERS = 27
_PROVIDERS = tuple(TRAITS)
_TAGS = ("trailer", "ads", "night-market", "harbour", "teaser")


def arrival(number: int) -> float:
    """Seconds after the start at which newcomer `number` is submitted: every 20 s first, rarer later on."""
    return 8.0 + 20.0 * number + 20.0 * max(0, number - 13) + 50.0 * max(0, number - 20)


def play(seed: int, started_at: float, pace: float = 1.0) -> tuple[list[Render], list[Render]]:
    """The opening, and the newcomers in order of arrival, of a box started at `started_at` (unix seconds).

    Everything comes `pace` times as fast.
    """
    casting = Casting(seed, pace)
    opening = [casting.role(sample, started_at) for sample in OPENING]
    # By another one's dice, so that those who come later stay what they are.
    failed = Casting(seed + 2, pace)
    opening += [failed.role(sample, started_at) for sample in OVERLOADED]
    coming = []
    for number in range(NEWCOMERS):
        provider = _PROVIDERS[number % len(_PROVIDERS)]
        models = TRAITS[provider].models
        # Every third runs long: three and five have no common divisor, so each pane gets one and never stands still.
        life = casting.submitted_life(running=560.0 + 12 * number if number % 3 == 2 else None)
        model, tag = models[number // len(_PROVIDERS) % len(models)], _TAGS[number % len(_TAGS)]
        if provider == "veo" and model == "veo3.1":
            life = replace(life, upsamples=True)
        coming.append(casting.render(provider, model, life, started_at + arrival(number) / pace, tag=tag))
    return opening, coming
