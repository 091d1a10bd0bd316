"""The profile as it was."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID, SETTINGS, SUBJECT, event
from tests.support.events import body
from wejourney.events.event import InboundEvent, own_event
from wejourney.loyalty.ledger import StatementLine
from wejourney.people.followers import Follower, after, changed_values, profile_changes
from workbench.operations.profiles import profiles_then
from workbench.trace.recorded import recorded_trace

TAGS = st.sampled_from(["vip", "calm"])
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "member": st.sampled_from(["true", "false"]),
        "language": st.sampled_from(["en", ""]),
        "city": st.sampled_from(["Paris", "Lyon", ""]),
        "date.birthday": st.sampled_from(["2000-01-01", ""]),
    },
)
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("tag"), TAGS),
        st.tuples(st.just("untag"), TAGS),
        st.tuples(st.just("profile"), VALUES),
        st.tuples(st.just("set"), VALUES),
        st.tuples(st.just("scan"), st.none()),
    ),
    max_size=8,
)


def told(kind: str, number: int, **fields: Any) -> InboundEvent:
    at = NOON + timedelta(minutes=number)
    return own_event(body(kind, **fields), str(number), SUBJECT, at)


def heard(one: InboundEvent) -> dict[str, Any]:
    return {"kind": "event", "at": one.at.isoformat(), "event": one.to_dict()}


def happen(
    follower: Follower, what: str, detail: Any, number: int
) -> tuple[Follower, dict[str, Any], InboundEvent | None]:
    """The follower after it, and its record as the store writes it."""
    at = (NOON + timedelta(minutes=number)).isoformat()
    match what:
        case "untag":
            changed = follower.tagged(remove=[detail])
            return (
                changed,
                {"kind": "change", "at": at, "removed": sorted(follower.tags - changed.tags)},
                None,
            )
        case "set":
            changed = follower.changed(**profile_changes(follower, detail))
            values = changed_values(follower, changed)
            return changed, {"kind": "change", "at": at, "values": values}, None
        case "tag":
            one = told("tag", number, tag=detail)
        case "profile":
            one = told("profile", number, changes=detail)
        case _:
            one = event("SCAN", NOON + timedelta(minutes=number), EventKey="store-SH01")
    return after(follower, one, SETTINGS.rules), heard(one), one


@given(happenings)
def test_the_profile_is_what_it_was_after_each_event(happened: list[tuple[str, Any]]) -> None:
    follow = event("subscribe", EventKey="qrscene_store-SH01")
    follower = after(Follower(APP_ID, OPENID, "person"), follow, SETTINGS.rules)
    timeline, expected = [heard(follow)], {follow.id: follower}
    for number, (what, detail) in enumerate(happened, start=1):
        follower, record, one = happen(follower, what, detail, number)
        timeline.append(record)
        if one is not None:
            expected[one.id] = follower
    found = profiles_then(follower, recorded_trace(timeline))
    assert found.keys() == expected.keys()
    for name, profile in found.items():
        assert replace(profile, rev=0, windows=()) == replace(expected[name], rev=0, windows=())


def test_what_no_record_changed_was_always_as_it_is_now() -> None:
    scan = event("SCAN", EventKey="store-SH01")
    now = Follower(APP_ID, OPENID, "person", member=True, language="zh", tags=frozenset({"vip"}))
    then = profiles_then(now, recorded_trace([heard(scan)]))[scan.id]
    assert (then.member, then.language, then.tags) == (True, "zh", frozenset({"vip"}))


def test_points_are_what_the_books_said_then() -> None:
    scans = [event("SCAN", NOON + timedelta(minutes=minutes), EventKey="a") for minutes in (0, 2)]
    line = StatementLine(NOON + timedelta(minutes=1), "import#1", "a gift", 50)
    now = Follower(APP_ID, OPENID, "person", points=50)
    then = profiles_then(now, recorded_trace([heard(one) for one in scans], [line]))
    assert [then[one.id].points for one in scans] == [0, 50]


def test_the_source_that_wechat_told_is_that_of_the_latest_follow() -> None:
    follows = [event("subscribe", NOON + timedelta(days=days)) for days in (0, 1)]
    now = Follower(APP_ID, OPENID, "person", source="article")
    then = profiles_then(now, recorded_trace([heard(one) for one in follows]))
    assert [then[one.id].source for one in follows] == [None, "article"]
