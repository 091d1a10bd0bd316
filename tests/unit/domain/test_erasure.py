"""What becomes of an event, given who is known and who was erased."""

from datetime import timedelta

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, event, own
from wejourney.domain.erasure import MARK_LASTS, Admission, Erasure, admit
from wejourney.domain.events import EVENT_TYPES, InboundEvent, Source
from wejourney.domain.followers import Follower

MARK = Erasure(NOON, seen=frozenset({"seen"}))
KNOWN = Follower(APP_ID, OPENID, "p1")


def of_kind(kind: str, seconds: float = 0, id_: str = "id") -> InboundEvent:
    at = NOON + timedelta(seconds=seconds)
    return InboundEvent(id_, APP_ID, "gh_1", OPENID, kind, at, {})


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_only_an_act_of_a_follower_makes_a_stranger_known(kind: str) -> None:
    wanted = {Source.ACT: Admission.APPLY, Source.ACCOUNT: Admission.KEEP}
    assert admit(of_kind(kind), None, None) is wanted.get(EVENT_TYPES[kind].source, Admission.REJECT)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_nothing_older_than_an_erasure_brings_anybody_back(kind: str) -> None:
    for seconds in (-86_400, -1):
        assert admit(of_kind(kind, seconds), None, MARK) is Admission.REJECT


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_after_an_erasure_only_an_act_is_taken(kind: str) -> None:
    is_act = EVENT_TYPES[kind].source is Source.ACT
    assert admit(of_kind(kind, 1), None, MARK) is (Admission.APPLY if is_act else Admission.REJECT)


def test_in_the_second_of_the_erasure_only_a_follow_that_is_new_comes_after_it() -> None:
    assert admit(of_kind("follow"), None, MARK) is Admission.APPLY
    assert admit(of_kind("follow", id_="seen"), None, MARK) is Admission.REJECT
    assert admit(of_kind("text"), None, MARK) is Admission.REJECT


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_somebody_who_has_come_back_hears_nothing_of_their_earlier_life(kind: str) -> None:
    back = Follower(APP_ID, OPENID, "p2", erased_at=NOON)
    assert admit(of_kind(kind, -1), back, None) is Admission.REJECT
    assert admit(of_kind(kind, 1), back, None) is Admission.APPLY
    assert admit(of_kind(kind, -1), KNOWN, None) is Admission.APPLY


def test_what_a_run_still_tells_of_somebody_who_is_gone_is_rejected() -> None:
    assert admit(own("tag", Tag="vip"), None, MARK) is Admission.REJECT
    assert admit(event("kf_close_session"), None, MARK) is Admission.REJECT


def test_a_mark_outlives_all_that_can_be_under_way() -> None:
    """14 days in the inbox and 14 among the dead letters: template.yaml, tests/infra."""
    assert timedelta(days=28) < MARK_LASTS <= timedelta(days=31)
