"""Which rung is next, on a clock made of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from octotui.engine.downloads.fallback import Ask, FallbackChain, Fetch, GiveUp, Source, Step, Verdict, Wait
from octotui.model import Deadline, DeadlineSource, DownloadTrouble
from tests.support.clock import NOW

LINK = "https://cdn.example.net/v.mp4"
FRESH = "https://cdn.example.net/fresh.mp4"


def chain(
    link: str | None = LINK, *, age: float = 0.0, deadline: Deadline | None = None, patience: float | None = None
) -> FallbackChain:
    made = FallbackChain(now=NOW, patience=patience)
    made.know(link=link, seen_at=NOW - age, deadline=deadline)
    return made


def climb(
    made: FallbackChain,
    now: float,
    verdict: Verdict,
    *,
    fresh: str | None = None,
    said: Iterator[str] | str | None = None,
    is_answered: bool = True,
    limit: int = 100_000,
) -> tuple[list[Step], float]:
    """Every step until it gives up, with the same verdict for each fetch, and when that was."""
    steps: list[Step] = []
    for _ in range(limit):
        step = made.step(now)
        steps.append(step)
        if isinstance(step, Fetch):
            made.failed(
                step.source, verdict, "no", now, said=said if said is None or isinstance(said, str) else next(said)
            )
        elif isinstance(step, Ask) and is_answered:
            made.asked(fresh, now)
        elif isinstance(step, Ask):
            made.ask_failed(Verdict.TROUBLE, "no", retry_after=None)
        elif isinstance(step, Wait):
            assert step.until > now
            now = step.until
        else:
            return steps, now
    message = "never gives up"
    raise AssertionError(message)


def test_a_young_link_comes_first() -> None:
    assert chain().step(NOW) == Fetch(Source.LINK, LINK)


def test_an_old_link_is_asked_for_again_first() -> None:
    made = chain(age=700)
    assert made.step(NOW) == Ask()
    made.asked(FRESH, NOW)
    assert made.step(NOW) == Fetch(Source.FRESH_LINK, FRESH)


def test_an_old_link_is_used_when_asking_brings_no_other() -> None:
    made = chain(age=700)
    assert not made.asked(LINK, NOW)
    assert made.step(NOW) == Fetch(Source.LINK, LINK)


@pytest.mark.parametrize("left", [1, 299])
def test_a_link_near_its_end_is_asked_for_again_first(left: int) -> None:
    link = f"{LINK}?Expires={int(NOW) + left}&Signature=x"
    made = chain(link)
    assert made.step(NOW) == Ask()
    made.asked(None, NOW)
    assert made.step(NOW) == Fetch(Source.LINK, link)


def test_a_link_past_its_end_is_tried_only_when_nothing_else_is_left() -> None:
    link = f"{LINK}?Expires={int(NOW) - 1}&Signature=x"
    made = chain(link)
    made.asked(None, NOW)
    assert made.step(NOW) == Fetch(Source.CONTENT, None)
    made.failed(Source.CONTENT, Verdict.REFUSED, "no", NOW)
    assert made.step(NOW) == Fetch(Source.LINK, link)


def test_without_a_link_content_comes_first_and_the_next_round_asks() -> None:
    made = chain(None)
    assert made.step(NOW) == Fetch(Source.CONTENT, None)
    made.failed(Source.CONTENT, Verdict.REFUSED, "not yet", NOW)
    wait = made.step(NOW)
    assert isinstance(wait, Wait)
    assert made.step(wait.until - 1) == wait
    assert made.step(wait.until) == Ask()


def test_a_refused_link_leads_to_a_fresh_one_and_then_to_content() -> None:
    made = chain()
    made.failed(Source.LINK, Verdict.REFUSED, "403", NOW)
    assert made.step(NOW) == Ask()
    assert made.asked(FRESH, NOW)
    assert made.step(NOW) == Fetch(Source.FRESH_LINK, FRESH)
    made.failed(Source.FRESH_LINK, Verdict.REFUSED, "403", NOW)
    assert made.step(NOW) == Fetch(Source.CONTENT, None)


def test_trouble_is_tried_three_times_before_the_next_rung() -> None:
    made = chain()
    now = NOW
    for _ in range(3):
        step = made.step(now)
        assert step == Fetch(Source.LINK, LINK)
        made.failed(Source.LINK, Verdict.NETWORK, "cut", now)
        waiting = made.step(now)
        now = waiting.until if isinstance(waiting, Wait) else now
    assert made.step(now) == Ask()


def test_progress_starts_the_count_anew() -> None:
    made = chain()
    now = NOW
    for _ in range(50):
        made.progressed(now)
        made.failed(Source.LINK, Verdict.NETWORK, "cut", now)
        wait = made.step(now)
        assert wait == Wait(now + 0.5, "cut", DownloadTrouble.NETWORK)
        now += 0.5
        assert made.step(now) == Fetch(Source.LINK, LINK)


def test_retry_after_is_obeyed_up_to_a_bound() -> None:
    made = chain()
    made.failed(Source.LINK, Verdict.TROUBLE, "busy", NOW, retry_after=20)
    assert made.step(NOW) == Wait(NOW + 20, "busy", DownloadTrouble.SERVER)
    made = chain()
    made.failed(Source.LINK, Verdict.TROUBLE, "busy", NOW, retry_after=86_400)
    assert made.step(NOW) == Wait(NOW + 300, "busy", DownloadTrouble.SERVER)


def test_a_link_the_ledger_learns_of_meanwhile_is_taken() -> None:
    made = chain()
    made.failed(Source.LINK, Verdict.REFUSED, "403", NOW)
    made.know(link=FRESH, seen_at=NOW + 1, deadline=None)
    assert made.step(NOW + 1) == Fetch(Source.LINK, FRESH)


def test_an_older_word_of_the_ledger_does_not_undo_a_fresh_link() -> None:
    made = chain(age=700)
    made.asked(FRESH, NOW)
    made.know(link=LINK, seen_at=NOW - 700, deadline=None)
    assert made.step(NOW) == Fetch(Source.FRESH_LINK, FRESH)


class TestNamedLinks:
    def test_are_fetched(self) -> None:
        made = chain(None)
        made.named(Source.CONTENT, LINK, NOW)
        assert made.step(NOW) == Fetch(Source.FRESH_LINK, LINK)

    def test_that_only_name_others_end(self) -> None:
        made = chain(None)
        fetched = 0
        for number in range(20):
            step = made.step(NOW)
            if not isinstance(step, Fetch):
                break
            fetched += 1
            made.named(step.source, f"{LINK}?{number}", NOW)
        assert fetched < 8


class TestGivingUp:
    @pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.GONE])
    def test_a_no_on_every_rung_is_final_only_past_the_deadline(self, verdict: Verdict) -> None:
        deadline = Deadline(NOW + 7200, DeadlineSource.GATEWAY)
        steps, ended = climb(chain(deadline=deadline), NOW, verdict)
        assert deadline.at + 120 <= ended <= deadline.at + 120 + 1200
        assert steps[-1] == GiveUp("link: no; content: no", DownloadTrouble.REFUSED)

    def test_a_no_on_every_rung_is_asked_again_ever_more_rarely(self) -> None:
        steps, ended = climb(chain(), NOW, Verdict.REFUSED)
        waits = [step.until for step in steps if isinstance(step, Wait)]
        pauses = [after - before for before, after in pairwise([NOW, *waits])]
        assert pauses[:3] == [5, 10, 20]
        assert pauses == sorted(pauses)
        assert pauses[-1] == 1200
        assert 86_400 <= ended - NOW <= 86_400 + 1200

    def test_a_no_on_every_rung_past_the_deadline_is_believed_at_once(self) -> None:
        deadline = Deadline(NOW - 7200, DeadlineSource.RULE)
        steps, ended = climb(chain(deadline=deadline), NOW, Verdict.REFUSED)
        assert ended == NOW
        assert steps == [Fetch(Source.LINK, LINK), Ask(), Fetch(Source.CONTENT, None), steps[-1]]

    def test_content_alone_that_fails_alike_is_believed_after_an_hour(self) -> None:
        deadline = Deadline(NOW + 86_400, DeadlineSource.GATEWAY)
        steps, ended = climb(chain(None, deadline=deadline), NOW, Verdict.TROUBLE, said="HTTP 502")
        assert 3600 <= ended - NOW <= 3600 + 600
        assert steps[-1] == GiveUp("content: no", DownloadTrouble.SERVER)

    @pytest.mark.parametrize("difference", ["a link", "not alike", "nobody is asked"])
    def test_content_that_fails_is_borne_where_anything_may_change(self, difference: str) -> None:
        deadline = Deadline(NOW + 7200, DeadlineSource.GATEWAY)
        made = chain(LINK if difference == "a link" else None, deadline=deadline)
        said = (f"HTTP {500 + number}" for number in range(10_000)) if difference == "not alike" else "HTTP 502"
        _, ended = climb(made, NOW, Verdict.TROUBLE, said=said, is_answered=difference != "nobody is asked")
        assert ended >= deadline.at

    def test_bytes_that_are_no_video_are_believed_at_the_third_look_hours_apart(self) -> None:
        deadline = Deadline(NOW + 86_400, DeadlineSource.GATEWAY)
        _, ended = climb(chain(deadline=deadline), NOW, Verdict.NO_VIDEO, said="the same bytes")
        assert 4 * 3600 <= ended - NOW <= 4 * 3600 + 3600
        other = (str(number) for number in range(10_000))
        _, ended = climb(chain(deadline=deadline), NOW, Verdict.NO_VIDEO, said=other)
        assert ended >= deadline.at

    @pytest.mark.parametrize(
        ("source", "grace"), [(DeadlineSource.GATEWAY, 120), (DeadlineSource.LINK, 120), (DeadlineSource.RULE, 3600)]
    )
    def test_trouble_is_borne_until_past_the_deadline(self, source: DeadlineSource, grace: float) -> None:
        deadline = Deadline(NOW + 7200, source)
        _, ended = climb(chain(deadline=deadline), NOW, Verdict.TROUBLE)
        assert deadline.at + grace <= ended <= deadline.at + grace + 300

    def test_trouble_is_borne_for_a_day_where_nobody_knows_a_deadline(self) -> None:
        _, ended = climb(chain(), NOW, Verdict.NETWORK)
        assert 86_400 <= ended - NOW <= 86_400 + 300

    def test_a_late_start_still_gets_a_fair_try(self) -> None:
        deadline = Deadline(NOW - 7200, DeadlineSource.GATEWAY)
        steps, ended = climb(chain(deadline=deadline), NOW, Verdict.TROUBLE)
        assert ended - NOW >= 120
        assert len(steps) > 6

    def test_patience_bounds_everything(self) -> None:
        deadline = Deadline(NOW + 7200, DeadlineSource.GATEWAY)
        _, ended = climb(chain(deadline=deadline, patience=30), NOW, Verdict.TROUBLE)
        assert 30 <= ended - NOW < 100

    def test_a_network_that_is_down_is_looked_at_every_minute_at_least(self) -> None:
        steps, _ = climb(chain(), NOW, Verdict.NETWORK)
        waits = [step.until for step in steps if isinstance(step, Wait)]
        assert max(after - before for before, after in pairwise(waits)) <= 63

    def test_a_server_in_trouble_is_not_hammered(self) -> None:
        steps, _ = climb(chain(), NOW, Verdict.TROUBLE)
        assert sum(isinstance(step, Fetch) for step in steps) < 2500, "in a day"
