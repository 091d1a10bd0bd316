"""What an event of our own must say, before it is queued and after."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import NOON, OPENID, own
from wejourney.errors import MalformedEventError
from wejourney.events.checks import check_event
from wejourney.events.events import OWN
from wejourney.journeys.definition import Condition, EventKind, Exit, Trigger
from wejourney.journeys.receiving import receive
from wejourney.journeys.routing import JourneyEntry
from wejourney.messaging.account_settings import AccountSettings
from wejourney.people.followers import Follower, FollowerState

RIGHT: dict[str, dict[str, Any]] = {
    "tag": {"Tag": "vip", "By": "welcome"},
    "segment": {"Segment": "gold"},
    "date": {"Date": "birthday"},
    "schedule": {},
    "journey": {"Journey": "welcome", "By": "other"},
    "end": {"Journey": "welcome"},
    "mini_program": {"Name": "cart", "Order": "17"},
    "payment": {"Total": "9900", "Order": 17},
    "refund": {"Total": 9900},
    "points": {"Points": 50, "Before": -3},
    "profile": {
        "Changes": {"member": True, "customer": "false", "date.day": "2026-12-01", "city": "", "x": "y"}
    },
}


def test_there_is_a_right_example_of_every_event_of_ours() -> None:
    assert RIGHT.keys() == OWN
    for kind, fields in RIGHT.items():
        check_event(own(kind, **fields))


WRONG: list[Any] = [
    None,
    "",
    0.5,
    float("nan"),
    [],
    {},
    True,
    ["vip"],
    {"a": "b"},
    "x" * 10_001,
    10**16,
    "1e3",
    "-1",
]
VALUES = st.sampled_from(
    [*WRONG, "vip", "17", 3, {"time_zone": "Mars/Olympus"}, {"member": "maybe"}, {"a": 1}]
)


@given(
    st.sampled_from(sorted(OWN)),
    st.dictionaries(
        st.sampled_from(
            [
                "Tag",
                "Segment",
                "Date",
                "Journey",
                "By",
                "Name",
                "Order",
                "Booking",
                "Total",
                "Points",
                "Before",
                "Changes",
            ]
        ),
        VALUES,
    ),
    st.sampled_from(["right but for these", "these alone"]),
)
@settings(max_examples=2000)
def test_an_event_either_is_malformed_or_can_be_applied(kind: str, fields: dict[str, Any], rest: str) -> None:
    event = own(kind, **(RIGHT[kind] if rest == "right but for these" else {}) | fields)
    try:
        check_event(event)
    except MalformedEventError:
        return
    known = FollowerState(Follower(event.app_id, OPENID, "p1"))
    account = AccountSettings(event.app_id)
    receive(event, known, ENTRIES, account, stranger=known.follower or Follower("", "", ""), now=NOON)


KINDS: tuple[EventKind, ...] = (
    "tag",
    "segment",
    "date",
    "schedule",
    "mini_program",
    "payment",
    "refund",
    "points",
)
ENTRIES = tuple(
    JourneyEntry(
        f"on-{kind}",
        "v1",
        Trigger(
            kind, at_least=5 if kind in ("points", "payment", "refund") else None, when=Condition(tier="gold")
        ),
        goal=Condition(points_from=10),
        exits=(Exit(Condition(tags=("gone",)), "gone"),),
    )
    for kind in KINDS
)


@pytest.mark.parametrize("value", ["Points", "Total"])
def test_a_number_of_any_length_is_bounded(value: str) -> None:
    kind = "points" if value == "Points" else "payment"
    with pytest.raises(MalformedEventError, match=value):
        check_event(own(kind, **RIGHT[kind] | {value: 10**15}))


def test_the_error_quotes_no_value() -> None:
    with pytest.raises(MalformedEventError) as caught:
        check_event(own("points", Points="13800000000", Before=0))
    assert str(caught.value) == "`points` has no usable Points"
