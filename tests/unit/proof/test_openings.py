"""An opening is a passive reply, unless WeChat has to tell first who follows: then it takes an allowance."""

from itertools import product

import pytest

from tests.support.virtual_time.simulated import follow, simulation
from tests.support.virtual_time.simulated import journey as read
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.messaging.sending import PASSIVE
from workbench.language.journey import Journey
from workbench.proof.premises import beside_of
from workbench.proof.prove import prove, violation_text
from workbench.trace.trace_events import MessageSent

CURRENT = RULE_SETS["current"]
IN_A_MINUTE = 3
FOR_STRANGERS = {"{}": True, "{member: false}": True, "{any: [{tag: vip}, {member: false}]}": True}
FOR_THE_KNOWN = {
    "{member: true}": False,
    "{tag: vip}": False,
    "{counter: {orders: {days: 365, from: 1}}}": False,
    "{not: {member: false}}": False,
}
WHEN = FOR_STRANGERS | FOR_THE_KNOWN


def journey(sends: int, when: str, *, first: bool = False, holdout: int = 0, name: str = "played") -> Journey:
    narrowed = f"event: follow, when: {when}" + (", recognise_first: true" if first else "")
    told = "".join(f"  - send: {{text: message {number}}}\n" for number in range(sends))
    return read(
        f"trigger: {{{narrowed}}}\nopening: {{text: Welcome}}\nholdout: {holdout}\nsteps:\n{told}", name
    )


@pytest.mark.parametrize(
    ("when", "first", "sends"), list(product(WHEN, (False, True), range(1, IN_A_MINUTE + 1)))
)
def test_the_opening_counts_where_the_passive_reply_may_be_too_early(
    when: str, sends: int, *, first: bool
) -> None:
    is_message = first or not WHEN[when]
    found = prove(journey(sends, when, first=first), CURRENT)

    assert bool(found) is (sends + is_message > IN_A_MINUTE)
    assert all(violation.confirmed for violation in found)


def test_a_journey_beside_that_recognises_first_makes_the_openings_of_all_follows_count() -> None:
    own, beside = journey(3, "{}"), journey(1, "{}", first=True, name="other")
    assert prove(own, CURRENT) == ()
    assert prove(own, CURRENT, beside=beside_of((), [own, beside]))


def test_who_is_held_out_as_a_stranger_may_not_be_when_they_are_known() -> None:
    assert prove(journey(3, "{}", holdout=10), CURRENT)


def test_the_violation_says_that_the_opening_was_a_message() -> None:
    (found,) = prove(journey(3, "{member: true}"), CURRENT)
    assert "the opening leaves as a message" in violation_text(found)
    assert "开场白作为消息发送" in violation_text(found, "zh")


@pytest.mark.parametrize("first", [False, True])
def test_a_persona_of_whom_nothing_is_known_is_greeted_as_the_proof_expects(*, first: bool) -> None:
    trace = simulation(journey(2, "{}", first=first), follow()).play()
    sent = [event.channel for event in trace if isinstance(event, MessageSent)]
    assert sent == [("custom" if first else PASSIVE), "custom", "custom"]
