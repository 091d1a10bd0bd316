"""The rules of group-buys, whatever order people come in."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON
from wejourney.loyalty.benefits.groups import Group, GroupStatus, GroupTerms, Joiner, opened

TERMS = GroupTerms(size=3, within=3_600)
OVER = NOON + timedelta(hours=1)


def joiner(number: int, person: str = "", at: datetime = NOON) -> Joiner:
    return Joiner(person or f"p{number}", f"e{number}", f"O-{number}", at)


def joined(group: Group, number: int) -> Group:
    after = group.joined(joiner(number), NOON)
    assert after is not None
    return after


def test_a_group_is_complete_with_its_last_joiner_and_takes_nobody_after_that() -> None:
    group = opened(TERMS, "rings", "G", NOON)
    for number, (status, missing) in enumerate(
        [(GroupStatus.OPEN, 2), (GroupStatus.OPEN, 1), (GroupStatus.COMPLETE, 0)]
    ):
        group = joined(group, number)
        assert (group.status, group.missing, group.rev) == (status, missing, number + 1)
    assert group.joined(joiner(9), NOON) is None
    assert group.settled_at == NOON
    assert group.person_id == "p0"
    assert group.has("e2")
    assert group.has_order("O-2")
    assert not group.has_order("O-9")
    assert not group.has("e9")
    assert group.failed(OVER) is group


def test_a_group_that_is_over_has_failed_once_and_takes_nobody() -> None:
    group = joined(opened(TERMS, "rings", "G", NOON), 1)
    assert group.joined(joiner(2, at=OVER), OVER) is None
    assert group.joined(joiner(2, at=OVER - timedelta(seconds=1)), OVER) is not None
    failed = group.failed(OVER)
    assert (failed.status, failed.settled_at, failed.rev) == (GroupStatus.FAILED, OVER, 2)
    assert failed.failed(OVER) is failed
    assert failed.joined(joiner(2), OVER) is None


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3))
def test_of_each_person_the_first_place_stays(people: list[str]) -> None:
    group = opened(GroupTerms(20, 60), "rings", "G", NOON)
    for number, person in enumerate(people):
        after = group.joined(joiner(number, person), NOON)
        assert after is not None
        group = after
    kept = group.without_repeated(lambda person_id: person_id)

    assert [one.person_id for one in kept.joiners] == list(dict.fromkeys(people))
    assert (kept is group) == (len(set(people)) == len(people))
