"""The profile as it was."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID, SETTINGS, SUBJECT, earned, event
from tests.support.events import body
from wejourney.events.event import InboundEvent, own_event
from wejourney.people.followers import Follower, after, profile_changes
from workbench.operations.profiles import profiles_then
from workbench.trace.recorded import recorded_trace
from workbench.trace.statement_lines import StatementLine

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


def heard(received: InboundEvent) -> dict[str, Any]:
    return {"kind": "event", "at": received.at.isoformat(), "event": received.to_dict()}


def ids(events: list[InboundEvent]) -> set[str]:
    return {received.id for received in events}


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
            return changed, {"kind": "change", "at": at, "values": detail}, None
        case "tag":
            received = told("tag", number, tag=detail)
        case "profile":
            received = told("profile", number, changes=detail)
        case _:
            received = event("SCAN", NOON + timedelta(minutes=number), EventKey="store-SH01")
    return after(follower, received, SETTINGS.rules), heard(received), received


@given(happenings)
def test_the_profile_is_restored_as_it_was_after_each_event(happened: list[tuple[str, Any]]) -> None:
    follow = event("subscribe", EventKey="qrscene_store-SH01")
    follower = after(Follower(APP_ID, OPENID, "person"), follow, SETTINGS.rules)
    timeline, expected = [heard(follow)], {follow.id: follower}
    for number, (what, detail) in enumerate(happened, start=1):
        follower, record, received = happen(follower, what, detail, number)
        timeline.append(record)
        if received is not None:
            expected[received.id] = follower
    found = profiles_then(follower, recorded_trace(timeline), expected)
    assert found.keys() == expected.keys()
    for name, profile in found.items():
        assert replace(profile, rev=0, windows=()) == replace(expected[name], rev=0, windows=())


def test_values_that_no_record_changed_are_todays() -> None:
    scan = event("SCAN", EventKey="store-SH01")
    now = Follower(APP_ID, OPENID, "person", member=True, language="zh", tags=frozenset({"vip"}))
    then = profiles_then(now, recorded_trace([heard(scan)]), {scan.id})[scan.id]
    assert (then.member, then.language, then.tags) == (True, "zh", frozenset({"vip"}))


def test_points_are_the_ledgers_balance_at_that_time() -> None:
    scans = [event("SCAN", NOON + timedelta(minutes=minutes), EventKey="a") for minutes in (0, 2)]
    given = earned("import#1", "person", 50, at=NOON + timedelta(minutes=1))
    line = StatementLine(given.transaction, 50)
    now = Follower(APP_ID, OPENID, "person", points=50)
    then = profiles_then(now, recorded_trace([heard(scan) for scan in scans], [line]), ids(scans))
    assert [then[scan.id].points for scan in scans] == [0, 50]


def test_the_source_of_a_follow_is_known_of_the_latest_follow_only() -> None:
    follows = [event("subscribe", NOON + timedelta(days=days)) for days in (0, 1)]
    now = Follower(APP_ID, OPENID, "person", source="article")
    then = profiles_then(now, recorded_trace([heard(follow) for follow in follows]), ids(follows))
    assert [then[follow.id].source for follow in follows] == [None, "article"]
