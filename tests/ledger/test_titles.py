from __future__ import annotations

from dataclasses import replace

from octotui.ledger import Ledger
from octotui.model import LONGEST_TITLE, NewTask, Task


def task(ledger: Ledger, task_id: str = "a") -> Task:
    found = ledger.task(task_id)
    assert found is not None
    return found


def test_a_prompt_stands_in_for_a_title_that_nobody_gave(ledger: Ledger) -> None:
    ledger.add([NewTask("a", "sora", "videos", prompt="a cat on a roof"), NewTask("b", "sora", "videos")], 1.0)
    assert [each.title for each in ledger.tasks()] == ["a cat on a roof", None]
    assert ledger.set_title(["a", "b", "nobody"], "Shot 12") == ["a", "b"]
    assert [(each.title, each.prompt) for each in ledger.tasks()] == [("Shot 12", "a cat on a roof"), ("Shot 12", None)]
    assert ledger.set_title(["a", "b"], "Shot 12") == []
    assert ledger.set_title(["a"], None) == ["a"]
    assert task(ledger).title == "a cat on a roof"


def test_a_known_task_gains_the_title_and_prompt_it_lacks_and_keeps_those_it_has(ledger: Ledger) -> None:
    ledger.add([NewTask("a", "sora", "videos")], 1.0)
    ledger.add([NewTask("a", "sora", "videos", title="One", prompt="first")], 2.0)
    ledger.add([NewTask("a", "sora", "videos", title="Two", prompt="second")], 3.0)
    assert (task(ledger).given_title, task(ledger).prompt) == ("One", "first")


def test_facts_give_a_prompt_once_and_never_touch_the_title(ledger: Ledger) -> None:
    ledger.add([NewTask("a", "sora", "videos", title="Mine")], 1.0)
    ledger.record(replace(task(ledger), prompt="first", given_title="not a fact"))
    ledger.flush()
    ledger.record(replace(task(ledger), prompt="enhanced by the gateway"))
    ledger.flush()
    assert (task(ledger).given_title, task(ledger).prompt) == ("Mine", "first")


def test_tags_are_added_taken_away_and_put_back_as_they_were(ledger: Ledger) -> None:
    ledger.add([NewTask("a", "sora", "videos", tags=("x", "y")), NewTask("b", "sora", "videos", tags=("y",))], 1.0)
    before = {each.id: each.tags for each in ledger.tasks()}
    assert ledger.change_tags(["a", "b", "nobody"], add=["z", "x"], remove=["y"]) == ["a", "b"]
    assert [each.tags for each in ledger.tasks()] == [("x", "z"), ("z", "x")]
    assert ledger.change_tags(["a"], add=["z"]) == []
    assert ledger.set_tags(before) == ["a", "b"]
    assert {each.id: each.tags for each in ledger.tasks()} == before


def test_a_change_of_title_or_tags_reaches_every_window(ledger: Ledger) -> None:
    ledger.add([NewTask("a", "sora", "videos")], 1.0)
    seen = ledger.changes(0).revision
    ledger.set_title(["a"], "T" * LONGEST_TITLE)
    ledger.change_tags(["a"], add=["tag"])
    (changed,) = ledger.changes(seen).tasks
    assert (changed.title, changed.tags) == ("T" * LONGEST_TITLE, ("tag",))
