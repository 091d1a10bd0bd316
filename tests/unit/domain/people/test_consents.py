"""Consents: the last word counts, whatever order the records arrive in, and no message goes without one."""

from dataclasses import replace
from datetime import timedelta
from functools import reduce
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID, SETTINGS, SUBJECT, event, own
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import ConsentGiven, ConsentWithdrawn, MiniProgramEvent
from wejourney.messaging.sending import Message, MessageStatus, claim, no_longer
from wejourney.people.consents import (
    MOST_PURPOSES,
    Consent,
    ConsentRecord,
    consent_event,
    consent_told,
    consents_after,
    consents_of_both,
    said_in_chat,
)
from wejourney.people.followers import Follower, StepChange, after, is_told_again
from wejourney.people.merging import merged
from wejourney.reasons import NoConsent

PERSON = Follower(APP_ID, OPENID, "person", following=True)
WRITER = after(PERSON, event("text", Content="hi"), SETTINGS.rules)
NEWS = Message(
    "run", "welcome", "1", "custom", MessageStatus.RESERVED, {"type": "text"}, NOON, consent="newsletter"
)
AGREED = {"newsletter": Consent(given=True, at=NOON)}

_says = st.builds(
    lambda purpose, seconds, given, number: own_event(
        (ConsentGiven if given else ConsentWithdrawn)(purpose, f"v{number}", "store"),
        f"{purpose} {seconds} {given} {number}",
        SUBJECT,
        NOON + timedelta(seconds=seconds),
    ),
    st.sampled_from(["newsletter", "profiling"]),
    st.integers(0, 4),
    st.booleans(),
    st.integers(0, 2),
)


def told(follower: Follower, said: InboundEvent) -> Follower:
    return after(follower, said, SETTINGS.rules)


@settings(max_examples=300)
@given(said=st.lists(_says, max_size=8), data=st.data())
def test_the_same_consents_are_known_in_whatever_order_they_arrive_and_people_merge(
    said: list[InboundEvent], data: st.DataObject
) -> None:
    expected = reduce(told, said, PERSON).consents
    shuffled = data.draw(st.permutations(said))
    parted = data.draw(st.integers(0, len(said)))
    one, other = (reduce(told, some, PERSON) for some in (shuffled[:parted], shuffled[parted:]))

    assert merged(one, replace(other, person_id="other"), {}).consents == expected
    assert reduce(told, shuffled, PERSON).consents == expected


@given(said=st.lists(_says, min_size=1, max_size=8))
def test_the_last_word_counts_and_in_one_second_the_withdrawal(said: list[InboundEvent]) -> None:
    known = reduce(told, said, PERSON)
    records = [record for one in said if (record := consent_told(one)) is not None]
    for purpose in {record.purpose for record in records}:
        last = max(record.consent.at for record in records if record.purpose == purpose)
        words = {one.consent.given for one in records if (one.purpose, one.consent.at) == (purpose, last)}
        assert known.has_agreed_to(purpose) is (words == {True})


@pytest.mark.parametrize(("name", "given"), [("consent.given", True), ("consent.withdrawn", False)])
def test_the_events_of_a_mini_program_say_the_same(name: str, *, given: bool) -> None:
    said = own("mini_program", name=name, details={"purpose": "newsletter", "version": "2"})
    assert told(PERSON, said).consents == {"newsletter": Consent(given, NOON, "2", "mini_program")}


@pytest.mark.parametrize(
    "body",
    [MiniProgramEvent("cart.left", details={"purpose": "newsletter"}), MiniProgramEvent("consent.given")],
)
def test_an_event_of_a_mini_program_that_names_no_purpose_or_no_consent_changes_none(
    body: MiniProgramEvent,
) -> None:
    assert told(PERSON, own_event(body, "1", SUBJECT, NOON)).consents == {}


def test_a_consent_that_is_told_again_is_nothing_new() -> None:
    said = own("consent_given", purpose="newsletter")
    assert is_told_again(told(PERSON, said), said)


def test_of_more_purposes_than_a_person_can_have_the_first_are_known_and_can_be_withdrawn() -> None:
    many = {f"p{number}": Consent(given=True, at=NOON) for number in range(MOST_PURPOSES)}
    more, none = (consent_told(own(kind, purpose="p0")) for kind in ("consent_given", "consent_withdrawn"))
    assert more is not None
    assert none is not None

    assert consents_after(many, replace(more, purpose="new")) == many
    assert not consents_after(many, none)["p0"].given


def test_a_message_leaves_only_to_somebody_who_has_agreed_to_its_purpose() -> None:
    withdrawn = {"newsletter": Consent(given=False, at=NOON)}
    agreed = replace(WRITER, consents=AGREED)

    assert claim(NEWS, agreed)[0].status is MessageStatus.RESERVED
    for consents in ({}, withdrawn, {"profiling": AGREED["newsletter"]}):
        refused, follower = claim(NEWS, replace(WRITER, consents=consents))
        assert (refused.status, refused.reason) == (MessageStatus.NOT_SENT, NoConsent("newsletter"))
        assert follower.windows == WRITER.windows, "no allowance is taken"


def test_a_message_without_a_purpose_needs_no_consent() -> None:
    assert claim(replace(NEWS, consent=""), WRITER)[0].status is MessageStatus.RESERVED


def test_a_message_that_has_its_allowance_is_not_tried_again_after_a_withdrawal() -> None:
    agreed = replace(WRITER, consents=AGREED)
    reserved, after_it = claim(NEWS, agreed)

    assert no_longer(reserved, after_it, NOON) is None
    assert no_longer(reserved, replace(after_it, consents={}), NOON) == NoConsent("newsletter")


@pytest.mark.parametrize("seconds", [-90, 0, 90])
def test_somebody_agrees_when_they_were_last_heard_and_never_ahead_of_now_and_withdraws_now(
    seconds: int,
) -> None:
    heard_at = NOON + timedelta(seconds=seconds)
    gives, withdraws = (
        said_in_chat(SUBJECT, given=given, version="1", heard_at=heard_at, now=NOON)
        for given in (True, False)
    )

    assert gives == Consent(given=True, at=min(heard_at, NOON), version="1", channel=f"chat:{APP_ID}")
    assert withdraws.at == NOON


@pytest.mark.parametrize("given", [True, False])
def test_what_a_run_tells_of_its_record_changes_nothing_and_is_one_event(*, given: bool) -> None:
    said = Consent(given, NOON, "1", "chat:wx1")
    event, again = (
        consent_event("newsletter", said, "news", "run#1", SUBJECT, NOON + timedelta(hours=hours))
        for hours in (0, 1)
    )

    assert event.kind == ("consent_given" if given else "consent_withdrawn")
    assert event.id == again.id
    assert consent_told(event) is None
    assert told(PERSON, event).consents == PERSON.consents
    assert not is_told_again(PERSON, event), "journeys react to it"


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=6))
def test_of_steps_and_events_in_any_order_the_last_word_counts(words: list[tuple[bool, int]]) -> None:
    person = PERSON
    for number, (agrees, second) in enumerate(words):
        consent = Consent(agrees, NOON + timedelta(seconds=second))
        record = ConsentRecord("newsletter", consent, str(number))
        person = person.after(StepChange(str(number), NOON, consent_record=record))
    last = max((second for _, second in words), default=None)

    assert person.has_agreed_to("newsletter") is (
        last is not None and {agrees for agrees, second in words if second == last} == {True}
    )


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=6), st.randoms())
def test_who_agrees_again_has_agreed_since_the_first_time_unless_they_have_withdrawn(
    words: list[tuple[bool, int]], dice: Random
) -> None:
    def said(agrees: bool, second: int) -> Consent:  # noqa: FBT001 - as they are drawn
        return Consent(agrees, NOON + timedelta(seconds=second))

    told = [said(*word) for word in words]
    one, other = ({"member": reduce(_heard, order)} for order in (told, dice.sample(told, len(told))))
    assert one == other, "in whatever order they come, and whoever was known as two"
    first = min((second for agrees, second in words if agrees), default=-1)
    withdrawn = max((second for agrees, second in words if not agrees), default=-1)
    last = max(second for _, second in words)
    if one["member"].given:
        assert one["member"].since == NOON + timedelta(seconds=first if withdrawn < first else last)


def _heard(known: Consent, told: Consent) -> Consent:
    return consents_of_both({"member": known}, {"member": told})["member"]
