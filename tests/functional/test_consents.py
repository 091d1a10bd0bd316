"""Consents on a real table: a withdrawal acts between two messages of a run, and each word is a record."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from tests.support.events import body
from tests.support.world import QUESTION, World, person_of, send
from wejourney.adapters.dynamo.items import columns_of, partition
from wejourney.errors import MessageNotSentError
from wejourney.events.event import own_event
from wejourney.journeys.action_types import SendAction
from wejourney.messaging.sending import MessageStatus
from wejourney.reasons import NoConsent

REFUSED = NoConsent("newsletter")


def news(step: str, *, must: bool = False) -> SendAction:
    return replace(send(step, must=must), consent="newsletter")


def records(world: World) -> list[tuple[str, bool, str]]:
    rows = map(columns_of, world.followers.table.query(partition(person_of(world.followers)), "CONSENT#"))
    return [(row["purpose"], row["given"], row.get("version", "")) for row in rows]


@pytest.mark.capability(row="38")
def test_a_withdrawal_acts_at_once_and_the_run_goes_on(world: World) -> None:
    world.tells("consent_given", purpose="newsletter", version="1", after_minutes=1)
    run = world.perform(world.run(), news("1"))
    world.tells("consent_withdrawn", purpose="newsletter", after_minutes=2)

    world.perform(run, news("2"), send("3"))

    assert world.wechat.taken == ["message 1", "message 3"]
    assert world.messages() == [("1", "sent", None), ("2", "not_sent", REFUSED), ("3", "sent", None)]


def test_a_consent_that_comes_during_a_run_counts_for_its_next_message(world: World) -> None:
    run = world.perform(world.run(), news("1"))
    world.tells("consent_given", purpose="newsletter", after_minutes=2)

    world.perform(run, news("2"))

    assert world.messages() == [("1", "not_sent", REFUSED), ("2", "sent", None)]


def test_without_a_consent_a_step_and_a_question_take_their_path_for_it(world: World) -> None:
    with pytest.raises(MessageNotSentError):
        world.perform(world.run(), news("1", must=True))
    with pytest.raises(MessageNotSentError):
        world.perform(world.run(), replace(QUESTION, consent="newsletter"), token="token")

    assert world.messages() == [("1", "not_sent", REFUSED), ("5", "not_sent", REFUSED)]


@pytest.mark.capability(row="38")
def test_each_word_is_a_record_once_also_one_that_says_nothing_new(world: World) -> None:
    told = own_event(body("consent_given", purpose="newsletter", version="1"), "1", SUBJECT, NOON)
    for event in (told, told, replace(told, id="f" * 32)):
        world.takes(event)
    world.tells("consent_withdrawn", purpose="newsletter", after_minutes=1)

    assert sorted(records(world)) == [
        ("newsletter", False, ""),
        ("newsletter", True, "1"),
        ("newsletter", True, "1"),
    ]
    assert not world.follower().has_agreed_to("newsletter")


def test_a_consent_that_arrives_after_the_withdrawal_it_came_before_is_a_record_and_counts_for_nothing(
    world: World,
) -> None:
    world.tells("consent_withdrawn", purpose="newsletter", after_minutes=2)
    world.tells("consent_given", purpose="newsletter", after_minutes=1)

    consent = world.follower().consents["newsletter"]
    assert (consent.given, consent.at) == (False, world.clock.at)
    assert len(records(world)) == 2


def test_an_erasure_leaves_no_consent(world: World) -> None:
    world.tells("consent_given", purpose="newsletter", after_minutes=1)
    pk = partition(person_of(world.followers))
    world.hears("unsubscribe", after_minutes=2)

    assert world.followers.table.query(pk) == []
    assert world.followers.read(APP_ID, OPENID).follower is None


def test_a_message_on_record_says_which_purpose_it_needed(world: World) -> None:
    run = world.run()
    world.perform(run, news("1"))
    message: Any = world.followers.message(run.follower, run.id, "1")

    assert (message.status, message.consent) == (MessageStatus.NOT_SENT, "newsletter")
