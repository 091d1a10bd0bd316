"""What a follower agrees to and withdraws in the chat, on a real table: once, with the step, and at once."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from tests.functional.test_consents import REFUSED, news
from tests.support.builders import APP_ID, OPENID, SUBJECT
from tests.support.events import body
from tests.support.turns import Work, every_order
from tests.support.world import World, person_of, send, text
from tests.support.world_snapshot import WorldSnapshot
from wejourney.adapters.dynamo.items import columns_of, partition
from wejourney.errors import FollowerGoneError, StaleFollowerError
from wejourney.events.event import own_event
from wejourney.events.positions import Position
from wejourney.journeys.action_types import Action, ConsentAction, SetAction, TagAction
from wejourney.journeys.runs import Run
from wejourney.journeys.segments import PeopleRules
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.people.profile_model import ProfileModel
from workbench.operations.timeline import timeline_of

AGREE = ConsentAction("1", "newsletter", given=True, version="2026-11")
WITHDRAW = ConsentAction("3", "newsletter", given=False)
CHAT = f"chat:{APP_ID}"


def heard(world: World) -> Run:
    """The run, in which the follower has just said yes."""
    return replace(world.run(), last_position=Position.at(world.clock.now()))


def records(world: World) -> list[dict[str, Any]]:
    rows = world.followers.table.query(partition(person_of(world.followers)), "CONSENT#")
    return [*map(columns_of, rows)]


def later(world: World, minutes: int = 1) -> None:
    world.clock.pass_(minutes=minutes)


@pytest.mark.capability(row="38")
def test_who_agrees_in_the_chat_gets_the_message_that_follows_and_none_after_they_withdraw(
    world: World,
) -> None:
    run, acted_at = heard(world), world.clock.now()
    later(world)
    run = world.perform(run, news("0"))
    run = world.perform(run, AGREE, news("2"))
    later(world)
    world.perform(run, WITHDRAW, news("4"), send("5"))

    assert world.wechat.taken == ["message 2", "message 5"]
    assert [step for step, _, reason in world.messages() if reason == REFUSED] == ["0", "4"]
    consent = world.follower().consents["newsletter"]
    assert (consent.given, consent.at, consent.channel) == (False, world.clock.at, CHAT)
    given, withdrawn = records(world)
    assert (given["given"], given["version"], given["channel"]) == (True, "2026-11", CHAT)
    assert given["at"] == acted_at.replace(microsecond=0).isoformat()
    assert (withdrawn["given"], withdrawn["channel"]) == (False, CHAT)


@pytest.mark.capability(row="38")
def test_a_consent_and_a_withdrawal_count_for_a_state_that_comes_later_and_for_other_runs(
    world: World,
) -> None:
    run = heard(world)
    world.perform(run, AGREE)
    other = replace(run, follower=replace(run.follower, consents={}))
    world.perform(other, news("2"))
    world.perform(run, WITHDRAW)
    world.perform(replace(other, follower=world.follower()), news("4"))
    world.perform(other, news("5"))

    assert world.wechat.taken == ["message 2"]


@pytest.mark.parametrize("action", [AGREE, WITHDRAW], ids=["agree", "withdraw"])
def test_a_step_that_is_tried_again_has_one_record_and_the_time_of_the_first(
    world: World, action: ConsentAction
) -> None:
    run = heard(world)
    world.perform(run, action)
    first, known = records(world), world.follower().consents
    later(world, 60)
    world.perform(run, action, send("5"))

    assert records(world) == first
    assert world.follower().consents == known
    (change,) = (one for one in timeline_of(world.followers, APP_ID, OPENID) if one["kind"] == "change")
    assert change["consent_record"]["event_id"] == first[0]["event_id"]


def test_the_other_purposes_of_a_person_stay_as_they_are(world: World) -> None:
    """A run that has just been given to its task does not know what the person has agreed to."""
    world.tells("consent_given", purpose="care", version="1", after_minutes=1)
    before = world.follower().consents
    run = heard(world)
    run = replace(run, follower=replace(run.follower, consents={}))
    world.perform(run, TagAction("0", ("a",)), AGREE, send("2"))

    person = world.follower()
    assert person.consents["care"] == before["care"]
    assert person.has_agreed_to("newsletter")
    assert person.tags == {"a"}


def test_what_was_withdrawn_since_the_yes_stays_withdrawn(world: World) -> None:
    run = heard(world)
    world.tells("consent_withdrawn", purpose="newsletter", after_minutes=3)
    later(world, 60)
    world.perform(run, AGREE, news("2"))

    assert not world.follower().has_agreed_to("newsletter")
    assert world.wechat.taken == []
    assert sorted(row["given"] for row in records(world)) == [False, True], "both are on record"


def test_an_opening_that_is_said_late_makes_no_consent_later(world: World) -> None:
    run = heard(world)
    later(world, 60)
    world.perform(replace(run, unsaid=text("welcome")), AGREE, news("2"))

    assert world.follower().consents["newsletter"].at == run.last_position.second
    assert world.wechat.taken == ["welcome", "message 2"]


def test_a_yes_and_a_withdrawal_of_the_same_second_are_a_withdrawal(world: World) -> None:
    run = heard(world)
    at = run.last_position.second
    world.takes(own_event(body("consent_withdrawn", purpose="newsletter"), "stop", SUBJECT, at))
    world.perform(run, AGREE)

    assert not world.follower().has_agreed_to("newsletter")


@pytest.mark.parametrize("subscribed", [True, False], ids=["heard", "not heard"])
def test_the_event_is_told_where_a_journey_reacts_and_is_no_second_record(
    world: World, *, subscribed: bool
) -> None:
    world.subscribed_kinds = frozenset({"consent_given", "consent_withdrawn"} if subscribed else {"tag"})
    run = heard(world)
    for _ in range(2):
        world.perform(run, AGREE, WITHDRAW)
    told = {event.id: event for event in world.announcements.told}

    assert [event.kind for event in told.values()] == (
        ["consent_given", "consent_withdrawn"] if subscribed else []
    )
    before, known = records(world), world.follower().consents
    later(world)
    for event in told.values():
        assert event.body.by == run.journey
        world.takes(event)
    assert records(world) == before
    assert world.follower().consents == known
    assert {row["event_id"] for row in before} >= told.keys()


def test_a_withdrawal_in_the_chat_deletes_private_values_and_their_keys(world: World) -> None:
    model = ProfileModel(private=frozenset({"given_name"}), private_purpose="newsletter")
    world.people_rules = PeopleRules(model, {}, ())
    run = heard(world)
    run = world.perform(run, AGREE, SetAction("2", {"given_name": "Mei", "city": "Lyon"}))
    assert world.follower().data_keys
    world.perform(replace(run, follower=replace(run.follower, data_keys={})), WITHDRAW)

    person = world.follower()
    assert (person.attributes, person.data_keys) == ({"city": "Lyon"}, {})


@pytest.fixture
def anew(tables: str, world: World) -> Callable[[World], World]:
    """The world as it was at first, for the next order."""
    snapshot = WorldSnapshot(tables, world)

    def as_at_first(world: World) -> World:
        vars(world).update(vars(snapshot.restored()) | {"wechat": world.wechat})
        return world

    return as_at_first


@pytest.mark.parametrize("action", [AGREE, WITHDRAW], ids=["agree", "withdraw"])
def test_two_attempts_of_one_task_leave_one_record_in_every_order(
    world: World, anew: Callable[[World], World], action: ConsentAction
) -> None:
    """Guard: the row of the step must be new."""

    def once() -> None:
        assert len(records(world)) == 1
        assert world.follower().has_agreed_to("newsletter") is action.given

    def works(number: int) -> tuple[Work, Work]:
        if number:
            once()
        anew(world)
        run = heard(world)

        def attempt() -> None:
            with suppress(StaleFollowerError):
                world.perform(run, action)

        return attempt, attempt

    assert every_order(world, works) > 5
    once()


def test_a_withdrawal_elsewhere_wins_in_every_order_of_its_calls_and_those_of_the_agreement(
    world: World, anew: Callable[[World], World]
) -> None:
    """It came after the yes. Guard: a consent has the time of what the follower did."""

    def both() -> None:
        assert not world.follower().has_agreed_to("newsletter")
        assert len(records(world)) == 2

    def works(number: int) -> tuple[Work, Work]:
        if number:
            both()
        anew(world)
        run = heard(world)
        world.clock.pass_(minutes=9)
        return (
            lambda: world.perform(run, AGREE),
            lambda: world.tells("consent_withdrawn", purpose="newsletter", after_minutes=5),
        )

    assert every_order(world, works) > 5
    both()


def test_what_a_run_records_of_somebody_who_was_merged_is_of_the_person_whom_they_became(
    world: World,
) -> None:
    run, younger = heard(world), world.follower()
    older = Follower("wx0000000000000001", "o-older", "older", following=True)
    world.followers.save(None, older)
    world.followers.merge(younger, older, IdentityKind.UNION_ID, world.clock.now())
    for _ in range(2):
        world.perform(run, AGREE, news("2"))

    assert world.followers.table.query(partition(younger.person_id), "CONSENT#") == []
    assert len(records(world)) == 1
    assert person_of(world.followers) == "older"
    assert world.wechat.taken == ["message 2"]


def test_nothing_is_recorded_of_somebody_who_was_erased(world: World) -> None:
    run = heard(world)
    world.hears("unsubscribe", after_minutes=9)
    with pytest.raises(FollowerGoneError):
        world.perform(run, AGREE)

    assert world.followers.table.query(partition(run.follower.person_id)) == []


TOGETHER: tuple[Action, ...] = (TagAction("0", ("a",)), AGREE, send("2"))


def test_changes_before_an_agreement_are_written_with_the_message_after_it(world: World) -> None:
    world.perform(heard(world), *TOGETHER)

    assert world.follower().tags == {"a"}
    assert world.wechat.taken == ["message 2"]
