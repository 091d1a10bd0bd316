"""What becomes of an event, given who is known and who was erased."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, event, own
from tests.support.events import body
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import EVENT_TYPES, Source
from wejourney.people.erasure import (
    MARK_LASTS,
    PERSONS_REMEMBERED,
    Admission,
    Erasure,
    RunKey,
    admit,
    erasure_by,
    is_late,
    who_came_back,
)
from wejourney.people.followers import Follower

MARK = Erasure(NOON, seen=frozenset({"seen"}))
NOW = NOON + timedelta(days=2)
KNOWN = Follower(APP_ID, OPENID, "p1")


def of_kind(kind: str, seconds: float = 0, id_: str = "id") -> InboundEvent:
    at = NOON + timedelta(seconds=seconds)
    return InboundEvent(id_, SUBJECT, at, body(kind))


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_an_act_a_payment_a_booking_and_an_identity_make_a_stranger_known(kind: str) -> None:
    wanted = {Source.ACT: Admission.APPLY, Source.ACCOUNT: Admission.KEEP}
    told = wanted.get(EVENT_TYPES[kind].source, Admission.REJECT)
    known = kind in {"payment", "booking.made", "mini_program", "identified"}
    assert admit(of_kind(kind), None, None, NOW) is (Admission.APPLY if known else told)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_an_event_older_than_the_erasure_does_not_bring_a_follower_back(kind: str) -> None:
    for seconds in (-86_400, -1):
        assert admit(of_kind(kind, seconds), None, MARK, NOW) is Admission.REJECT


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_after_an_erasure_only_what_they_do_is_taken_and_an_act_only_if_it_opens_an_allowance(
    kind: str,
) -> None:
    known = EVENT_TYPES[kind]
    is_act = (known.source is Source.ACT and known.opens is not None) or kind in {
        "payment",
        "booking.made",
        "mini_program",
    }
    assert admit(of_kind(kind, 1), None, MARK, NOW) is (Admission.APPLY if is_act else Admission.REJECT)


def test_in_the_second_of_the_erasure_only_a_follow_that_is_new_comes_after_it() -> None:
    assert admit(of_kind("follow"), None, MARK, NOW) is Admission.APPLY
    assert admit(of_kind("follow", id_="seen"), None, MARK, NOW) is Admission.REJECT
    assert admit(of_kind("text"), None, MARK, NOW) is Admission.REJECT


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_an_event_from_before_the_erasure_is_rejected_for_a_returned_follower(kind: str) -> None:
    back = Follower(APP_ID, OPENID, "p2", erased_at=NOON)
    assert admit(of_kind(kind, -1), back, None, NOW) is Admission.REJECT
    assert admit(of_kind(kind, 1), back, None, NOW) is Admission.APPLY
    assert admit(of_kind(kind, -1), KNOWN, None, NOW) is Admission.APPLY


def test_an_event_of_a_run_about_an_erased_follower_is_rejected() -> None:
    assert admit(own("tag", tag="vip"), None, MARK, NOW) is Admission.REJECT
    assert admit(event("kf_close_session"), None, MARK, NOW) is Admission.REJECT


def test_a_mark_outlives_every_event_in_the_queues() -> None:
    """14 days in the inbox and 14 among the dead letters: template.yaml, tests/infra."""
    assert timedelta(days=28) < MARK_LASTS <= timedelta(days=31)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_an_event_of_a_stranger_that_is_older_than_any_mark_is_rejected(kind: str) -> None:
    """A redrive gives a message of the queues fourteen days more, however often."""
    assert admit(of_kind(kind), None, None, NOON + MARK_LASTS - timedelta(hours=1)) is Admission.REJECT
    assert admit(of_kind(kind), KNOWN, None, NOON + MARK_LASTS) is Admission.APPLY


LEFT = of_kind("unfollow", 10, "left")


def test_an_unfollow_is_late_when_it_is_older_than_this_life() -> None:
    assert is_late(LEFT, replace(KNOWN, known_since=NOON + timedelta(seconds=11)), None)
    assert is_late(LEFT, replace(KNOWN, followed_at=NOON + timedelta(seconds=11)), None)
    assert not is_late(LEFT, replace(KNOWN, known_since=NOON, followed_at=NOON + timedelta(seconds=11)), None)
    assert not is_late(LEFT, KNOWN, None)


def test_in_the_second_of_an_erasure_only_the_event_that_erased_is_late() -> None:
    back = replace(KNOWN, followed_at=LEFT.at, known_since=LEFT.at, erased_at=LEFT.at)
    mark = Erasure(LEFT.at, seen=frozenset({"left"}))
    assert is_late(LEFT, back, mark)
    assert not is_late(replace(LEFT, id="left again"), back, mark)


def test_a_follow_that_overtakes_the_unfollow_is_a_new_person() -> None:
    again = NOON + timedelta(seconds=11)
    before = replace(
        KNOWN, tags=frozenset({"vip"}), attributes={"phone": "1"}, known_since=NOON, followed_at=again
    )
    back = who_came_back(LEFT, before, "p2")
    known = Follower(APP_ID, OPENID, "p2", contact_id="p2", following=True, erased_at=LEFT.at)
    assert back == replace(known, followed_at=again, known_since=again, look_at=again)
    assert who_came_back(LEFT, replace(KNOWN, followed_at=NOON), "p2") is None
    assert who_came_back(LEFT, KNOWN, "p2") is None


def erased(minutes: int, number: int, back: Follower | None = None) -> Erasure:
    """The erasure of the person with this number, who has left a run behind."""
    left = of_kind("unfollow", minutes * 60, f"left {number}")
    run = RunKey("welcome", f"run {number}")
    return erasure_by(left, replace(KNOWN, person_id=f"p{number}"), [run], frozenset({left.id}), back)


def test_an_erasure_of_nobody_is_marked_too() -> None:
    assert erasure_by(LEFT, None, (), frozenset({LEFT.id}), None) == Erasure(
        LEFT.at, (), frozenset({LEFT.id}), unfinished=True
    )


@pytest.mark.parametrize("minutes", [1, 2, 3])
def test_the_mark_of_several_erasures_is_the_newest_and_has_the_runs_and_people_of_all(minutes: int) -> None:
    first, other = erased(2, 1), erased(minutes, 2)
    both = other.with_what_is_left_of(first)

    assert both.at == max(first.at, other.at)
    assert {run.run_id for run in both.runs} == {"run 1", "run 2"}
    assert both.person_ids == ("p1", "p2")
    seen = {1: {"left 1"}, 2: {"left 1", "left 2"}, 3: {"left 2"}}
    assert both.seen == seen[minutes], "those of its own second"
    assert first.with_what_is_left_of(None) == first
    assert replace(first, unfinished=False).with_what_is_left_of(other).unfinished


def test_the_mark_remembers_the_last_people_of_an_openid() -> None:
    mark = erased(0, 0)
    for number in range(1, PERSONS_REMEMBERED + 3):
        mark = erased(number, number).with_what_is_left_of(mark)
    assert mark.person_ids == tuple(f"p{number}" for number in range(3, PERSONS_REMEMBERED + 3))


@pytest.mark.parametrize(("minutes", "stays"), [(1, True), (4, True), (5, False), (6, False)])
def test_who_came_back_stays_in_the_mark_until_they_leave_again(minutes: int, *, stays: bool) -> None:
    back = replace(KNOWN, followed_at=NOON + timedelta(minutes=5))
    both = erased(minutes, 2).with_what_is_left_of(erased(2, 1, back))
    assert both.back == (back if stays else None)
