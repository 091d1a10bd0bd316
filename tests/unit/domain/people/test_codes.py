"""What a QR code says of whoever comes through it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, own
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.bounds import LARGEST_PROFILE
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import CheckedIn, Followed, Scanned
from wejourney.people.codes import (
    FACTS,
    Attribution,
    Code,
    CodeKind,
    CodeStatus,
    SourceClass,
    check_in_of,
)
from wejourney.people.followers import Follower, after, is_told_again
from wejourney.people.profile_dates import is_date

LEE = Follower(APP_ID, OPENID, "person-1")
HOUR = timedelta(hours=1)


def code(name: str = "store-SH01", kind: CodeKind = CodeKind.STORE, **more: Any) -> Code:
    facts = more.pop("facts", {kind.value: name})
    return Code(APP_ID, name, name, kind, SourceClass.SOCIAL, NOON, facts, **more)


POP_UP = code("pop-up", CodeKind.EVENT, opens_at=NOON, closes_at=NOON + HOUR)


def came(follower: Follower, *codes: Code, body: type[Followed | Scanned] = Scanned) -> Follower:
    for number, one in enumerate(codes):
        event = InboundEvent(f"{number:032x}", SUBJECT, NOON, body(one.scene, one.told(NOON)))
        follower = after(follower, event, RULE_SETS["current"])
    return follower


@pytest.mark.capability(row="C3")
@pytest.mark.parametrize("body", [Followed, Scanned])
def test_new_and_old_followers_get_the_same_attribution(body: type[Followed | Scanned]) -> None:
    """C3: the ways into the account differ, what is known of them afterwards does not."""
    assert came(LEE, code(), body=body).attributes == {
        "code_name": "store-SH01",
        "code_class": "social",
        "code_store": "store-SH01",
        "first_code_name": "store-SH01",
        "first_code_class": "social",
        "first_code_store": "store-SH01",
    }


told = st.dictionaries(st.sampled_from(FACTS), st.text(min_size=1, max_size=3)).flatmap(
    lambda facts: st.fixed_dictionaries(
        {"name": st.text(min_size=1, max_size=3), "class": st.sampled_from(list(SourceClass))},
        optional={"status": st.sampled_from(list(CodeStatus))},
    ).map(lambda rest: {**facts, **rest})
)


@given(
    st.lists(st.tuples(st.integers(0, 50), told), min_size=1, max_size=6, unique_by=lambda scan: scan[0]),
    st.dictionaries(st.sampled_from(["city", "store", "owner", "owner_name"]), st.just("x")),
    st.data(),
)
def test_the_first_code_and_owner_stay_the_latest_code_is_known_whole_and_other_attributes_are_kept(
    scans: Sequence[tuple[int, dict[str, str]]], before: dict[str, str], data: st.DataObject
) -> None:
    """In whatever order the scans arrive, and whichever of two people who become one had made them."""
    people = [Attribution(before, {}), Attribution({}, {})]
    for minutes, one in data.draw(st.permutations(scans)):
        number = data.draw(st.integers(0, 1))
        people[number] = people[number].scanned(one, NOON + timedelta(minutes=minutes))
    known = people[0].with_other(people[1]).attributes

    codes = [one for _, one in sorted(scans, key=lambda scan: scan[0])]
    latest = {name.removeprefix("code_"): value for name, value in known.items() if name.startswith("code_")}
    first = {
        name.removeprefix("first_code_"): value
        for name, value in known.items()
        if name.startswith("first_code_")
    }
    assert latest == codes[-1]
    assert first == {name: value for name, value in codes[0].items() if name != "status"}
    owners = [before["owner"]] if "owner" in before else [one["staff"] for one in codes if "staff" in one]
    assert known.get("owner") == next(iter(owners), None)
    assert before.items() <= known.items()


@pytest.mark.parametrize("named", ["before", "after"])
def test_an_owner_whom_an_operator_has_named_stays_and_one_that_was_cleared_is_found_anew(named: str) -> None:
    def at(minutes: int) -> datetime:
        return NOON + timedelta(minutes=minutes)

    code = {"name": "desk", "staff": "S-1"}
    known = Attribution({}, {})
    if named == "after":
        known = known.scanned(code, at(2))
    known = Attribution({**known.attributes, "owner": "S-9"}, {**known.told_at, "owner": at(3)})
    assert known.scanned({**code, "staff": "S-2"}, at(1)).attributes["owner"] == "S-9"
    attributes = {name: text for name, text in known.attributes.items() if name != "owner"}
    cleared = Attribution(attributes, {**known.told_at, "owner": at(4)})
    assert cleared.scanned({**code, "staff": "S-3"}, at(5)).attributes["owner"] == "S-3"


@pytest.mark.capability(row="C9")
@pytest.mark.capability(row="C25")
def test_a_code_that_is_shared_keeps_its_facts_and_adds_who_shared_it() -> None:
    """C9: the first source stays, whoever passes it on."""
    post = code("kol-lin-1", CodeKind.KOL, facts={"kol": "lin"})
    shared = replace(
        post, name="share-1", facts={"kol": "lin", "sharer": "person-9", "shared_from": "kol-lin-1"}
    )

    attributes = came(LEE, shared).attributes
    assert (attributes["first_code_kol"], attributes["first_code_sharer"]) == ("lin", "person-9")
    assert came(came(LEE, post), shared).attributes["first_code_name"] == "kol-lin-1"


@pytest.mark.capability(row="C24")
@pytest.mark.parametrize(
    ("minutes", "status"),
    [(-1, CodeStatus.EARLY), (0, CodeStatus.OPEN), (59, CodeStatus.OPEN), (60, CodeStatus.CLOSED)],
)
def test_the_window_of_a_code_is_from_its_opening_until_before_its_end(
    minutes: int, status: CodeStatus
) -> None:
    at = NOON + timedelta(minutes=minutes)

    assert POP_UP.status(at) is status
    assert check_in_of(POP_UP.told(at)) == ("pop-up" if status is CodeStatus.OPEN else None)
    assert replace(POP_UP, opens_at=None).status(at) is (
        CodeStatus.OPEN if minutes < 60 else CodeStatus.CLOSED
    )
    assert replace(POP_UP, closes_at=None).status(at) is (
        CodeStatus.EARLY if minutes < 0 else CodeStatus.OPEN
    )
    assert code().status(at) is None
    assert check_in_of(code().told(at)) is None


def test_whoever_comes_too_late_is_told_apart_by_a_condition() -> None:
    event = InboundEvent("0" * 32, SUBJECT, NOON, Scanned("pop-up", POP_UP.told(NOON + HOUR)))

    assert after(LEE, event, RULE_SETS["current"]).attributes["code_status"] == "closed"


@pytest.mark.capability(row="C24")
def test_a_check_in_is_a_date_of_the_profile_and_a_second_one_says_nothing_new() -> None:
    """C24: to register is not to attend, and the second scan is ignored."""
    first, second = own("check_in", "1", name="pop-up"), own("check_in", "2", name="pop-up")
    second = replace(second, at=NOON + HOUR)

    assert not is_told_again(LEE, first)
    attended = after(LEE, first, RULE_SETS["current"])
    assert attended.dates == {"attended_pop-up": NOON.isoformat()}
    assert is_date(attended.dates["attended_pop-up"])
    assert is_told_again(attended, second)
    assert after(attended, second, RULE_SETS["current"]).dates == attended.dates
    assert not is_told_again(attended, replace(first, body=CheckedIn("other")))


def test_a_code_for_which_a_profile_has_no_room_changes_nothing_but_its_follow_counts() -> None:
    full = replace(LEE, attributes={"x": "x" * (LARGEST_PROFILE - 200)})
    followed = came(full, code(), body=Followed)

    assert followed.following
    assert followed.attributes == full.attributes
