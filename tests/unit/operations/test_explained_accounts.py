"""Why a journey that names its account did not start: `explain` says it in both languages."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from tests.support.builders import NOON, OPENID, SETTINGS, event
from tests.unit.operations import lives
from tests.unit.operations.lives import Life, journey_of
from wejourney.events.event import Subject, own_event
from wejourney.events.event_types import Paid
from wejourney.reasons import CannotSpeakThere, DoneElsewhere, NoContactIn, NotReachableIn
from workbench.operations.explanation import AccountRule, Attempt, explain
from workbench.trace.trace_events import RunStarted
from workbench.wording.picture_phrases import LANGUAGES, Language
from workbench.wording.reason_words import ReasonWords

CARE = "title: T\ntrigger: {event: EVENT}\nspeaks_to: shop\nsteps: [{tag: seen}]\n"


def attempt(monkeypatch: pytest.MonkeyPatch, kind: str, account: str, *, follows: bool) -> Attempt:
    """An event in an account of this name, which somebody follows or not."""
    monkeypatch.setattr(lives, "SETTINGS", replace(SETTINGS, name=account))
    life = Life((journey_of(CARE.replace("EVENT", kind)),))
    life.hears(event("subscribe", NOON - timedelta(days=9)))
    life.state = replace(life.state, follower=life.follower.changed(following=follows, windows=()))
    paid = own_event(Paid(100, "A"), "paid", Subject(SETTINGS.app_id, OPENID), NOON)
    life.hears(event("SCAN", EventKey="a") if kind == "scan" else paid)
    (found,) = explain(life.journeys[0], life.follower, life.trace, {}, last=1).attempts
    return found


def test_the_trace_of_a_run_says_where_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lives, "SETTINGS", replace(SETTINGS, name="shop"))
    life = Life((journey_of(CARE.replace("EVENT", "scan")),))
    run = life.starts(event("SCAN", EventKey="a"))
    started = [one for one in life.trace if isinstance(one, RunStarted)]
    assert [(one.run, one.speaks_to) for one in started] == [(run.id, "shop")]


CASES: list[tuple[str, str, bool, CannotSpeakThere | None]] = [
    ("scan", "shop", True, None),
    ("scan", "club", True, DoneElsewhere("shop")),
    ("payment", "shop", True, None),
    ("payment", "shop", False, NotReachableIn("shop")),
    ("payment", "club", True, NoContactIn("shop")),
]


@pytest.mark.parametrize(("kind", "account", "follows", "reason"), CASES)
def test_each_reason_is_explained(
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    account: str,
    follows: bool,  # noqa: FBT001 - a parameter of the table
    reason: CannotSpeakThere | None,
) -> None:
    found = attempt(monkeypatch, kind, account, follows=follows)
    assert found.reason == reason
    assert found.verdict == ("started" if reason is None else "refused")
    assert [rule for rule in found.rules if isinstance(rule, AccountRule)] == [
        AccountRule("shop", reason, holds=reason is None)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reasons_differ_in_words_and_name_the_account(language: Language) -> None:
    words = ReasonWords(language, UTC)
    said = [words(reason) for *_, reason in CASES if reason is not None]
    assert len(set(said)) == 3
    assert all("`shop`" in one for one in said)
