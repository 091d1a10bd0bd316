"""What an event of our own must say, before it is queued and after."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID, own
from tests.support.events import RIGHT
from wejourney.errors import MalformedEventError
from wejourney.events.event import InboundEvent, check_event
from wejourney.events.event_types import EVENT_TYPES, OWN
from wejourney.journeys.definition import Condition, Exit, Trigger
from wejourney.journeys.receiving import receive
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import FollowerState
from wejourney.messaging.account_settings import AccountSettings
from wejourney.people.followers import Follower


def test_there_is_a_right_example_of_every_event_of_ours() -> None:
    assert RIGHT.keys() == OWN
    for kind, fields in RIGHT.items():
        check_event(own(kind, **fields))


@pytest.mark.parametrize("kind", sorted(OWN))
def test_an_event_without_a_field_that_it_needs_is_malformed(kind: str) -> None:
    for name, spec in EVENT_TYPES[kind].fields.items():
        data = own(kind, **RIGHT[kind]).to_dict()
        data["fields"].pop(name, None)
        if spec.is_required:
            with pytest.raises(MalformedEventError, match=f"`{kind}` has no usable `{name}`"):
                InboundEvent.from_dict(data)
        else:
            assert InboundEvent.from_dict(data).kind == kind


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
                "tag",
                "segment",
                "date",
                "journey",
                "by",
                "name",
                "order",
                "booking",
                "total",
                "points",
                "before",
                "changes",
            ]
        ),
        VALUES,
    ),
    st.sampled_from(["right but for these", "these alone"]),
)
@settings(max_examples=500)
def test_an_event_either_is_malformed_or_can_be_applied(kind: str, fields: dict[str, Any], rest: str) -> None:
    said = (RIGHT[kind] if rest == "right but for these" else {}) | fields
    try:
        event = InboundEvent.from_dict(own(kind, **RIGHT[kind]).to_dict() | {"fields": said})
        check_event(event)
    except MalformedEventError:
        return
    known = FollowerState(Follower(APP_ID, OPENID, "p1"))
    account = AccountSettings(APP_ID)
    receive(event, known, ENTRIES, account, stranger=known.follower or Follower("", "", ""), now=NOON)


KINDS: tuple[str, ...] = (
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


@pytest.mark.parametrize("value", ["points", "total"])
def test_a_number_of_any_length_is_bounded(value: str) -> None:
    kind = "points" if value == "points" else "payment"
    with pytest.raises(MalformedEventError, match=value):
        check_event(own(kind, **RIGHT[kind] | {value: 10**15}))


def test_the_error_quotes_no_value() -> None:
    with pytest.raises(MalformedEventError) as caught:
        check_event(own("points", points="13800000000", before=0))
    assert str(caught.value) == "`points` has no usable `points`"
