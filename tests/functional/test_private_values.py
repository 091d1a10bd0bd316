"""Private values on real tables: nobody finds one in clear, messages show them, and a withdrawal ends that.

C14: without a consent on record there is no personal data on record; withdrawn, it is gone; the ledger stays.
"""

import io
import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from functions.perform_actions import app as perform_actions
from functions.process_inbox import app as process_inbox
from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, give_points
from tests.support.events import body
from tests.support.fakes.queues import FakeQueues
from tests.support.servers.dynamodb import CallCounter
from tests.support.world import World, new_world, send, text
from wejourney.adapters.aws.queues import DeadLetters
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import columns_of, partition
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.failures import AwsCallError, UnexpectedError
from wejourney.adapters.sealed_runs import SealedRuns
from wejourney.events.event import own_event
from wejourney.journeys.action_types import SendAction, SetAction, TagAction
from wejourney.journeys.segments import PeopleRules
from wejourney.people.profile_fields import HIDDEN, is_sealed
from wejourney.people.profile_model import AttributeType, ProfileModel
from wejourney.plain_data import to_plain
from wejourney.services.perform_actions import PerformActions, Task
from wejourney.services.ports.keys import UnreadableValueError
from workbench.operations.timeline import timeline_of

NUMBER, NAME = "+8613800138000", "Wang Xiaoming"
MODEL = ProfileModel(
    {"given_name": AttributeType.TEXT, "city": AttributeType.TEXT},
    private=frozenset({"given_name"}),
    private_purpose="membership",
)
HELLO = "Hello {attribute.given_name|you}, from {attribute.city|afar}"
GREETING = SendAction("1", text(HELLO))


@pytest.fixture
def world(followers: FollowerStore, ledger: BooksStore) -> World:
    world = new_world(followers, ledger)
    world.people_rules = PeopleRules(MODEL)
    return world


def agrees(world: World, after_minutes: float = 2) -> None:
    world.tells("consent_given", purpose="membership", after_minutes=after_minutes)


def tells(world: World, after_minutes: float = 3, **changes: str) -> None:
    world.tells("profile", changes=changes, after_minutes=after_minutes)


def everything(world: World) -> list[dict[str, Any]]:
    """All rows of both tables, as they can be read by whoever may read the tables."""
    people, books = (
        table.client.scan(TableName=table.name)["Items"]
        for table in (world.followers.table, world.ledger.table)
    )
    return [*map(columns_of, people), *books]


def opened(world: World, name: str) -> str:
    person = world.follower()
    return world.personal_data.open(person, person.attributes[name])


@pytest.mark.capability(row="C14")
@pytest.mark.capability(row="58")
def test_a_private_value_is_kept_with_a_consent_only_and_never_in_clear(world: World) -> None:
    tells(world, phone=NUMBER, given_name=NAME, city="Lyon", after_minutes=1)
    assert world.follower().attributes == {"city": "Lyon"}
    assert world.kms.calls == []
    (entry,) = (one for one in timeline_of(world.followers, APP_ID, OPENID) if one.get("note"))
    assert entry["note"] == "not kept, for want of a consent: given_name, phone"

    agrees(world)
    tells(world, phone=NUMBER, given_name=NAME)
    assert (opened(world, "phone"), opened(world, "given_name")) == (NUMBER, NAME)
    assert world.follower().attributes["city"] == "Lyon"
    for secret in (NUMBER, NAME):
        assert secret not in str(everything(world))


@pytest.mark.capability(row="C14")
def test_a_withdrawal_erases_private_values_wherever_they_lie_and_keeps_the_ledger(world: World) -> None:
    agrees(world)
    tells(world, phone=NUMBER, city="Lyon")
    tells(world, phone="+8613900139000", after_minutes=4)
    give_points(world.ledger, "k", world.follower().person_id, 40)
    before = world.follower()

    world.tells("consent_withdrawn", purpose="membership", after_minutes=5)

    person = world.follower()
    assert (person.attributes, person.data_keys) == ({"city": "Lyon"}, {})
    assert world.ledger.books(person.person_id).available == 40
    told = [entry["event"]["fields"]["changes"] for entry in of_kind(world, "event") if is_profile(entry)]
    sealed = [changes["phone"] for changes in told]
    assert len(sealed) == 2
    for text_on_record in sealed:
        with pytest.raises(UnreadableValueError):
            world.personal_data.open(person, text_on_record)
    assert before.data_keys[before.person_id] not in str(everything(world)), "the key is nowhere any more"

    tells(world, phone=NUMBER, after_minutes=6)
    assert "phone" not in world.follower().attributes


def is_profile(entry: dict[str, Any]) -> bool:
    return bool(entry["event"]["kind"] == "profile")


def of_kind(world: World, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in timeline_of(world.followers, APP_ID, OPENID) if entry["kind"] == kind]


def test_a_withdrawal_of_another_purpose_leaves_private_values_alone(world: World) -> None:
    agrees(world)
    tells(world, phone=NUMBER)
    world.tells("consent_withdrawn", purpose="newsletter", after_minutes=5)
    assert opened(world, "phone") == NUMBER


def test_what_is_told_again_changes_nothing(world: World) -> None:
    agrees(world)
    tells(world, phone=NUMBER)
    before = world.follower()
    event = own_event(body("profile", changes={"phone": NUMBER}), "again", SUBJECT, NOON + timedelta(hours=1))
    for _ in range(2):
        world.takes(event)
    after = world.follower()
    assert (after.attributes, after.data_keys) == (before.attributes, before.data_keys)
    tells(world, phone="", after_minutes=80)
    assert "phone" not in world.follower().attributes


def test_a_late_event_brings_nothing_private_back_after_an_erasure(world: World) -> None:
    agrees(world)
    tells(world, phone=NUMBER)
    world.hears("unsubscribe", after_minutes=5)
    tells(world, phone=NUMBER, after_minutes=4)
    world.hears("subscribe", after_minutes=6)
    tells(world, phone=NUMBER, after_minutes=4)
    tells(world, phone=NUMBER, after_minutes=7)

    person = world.follower()
    assert (person.attributes, person.data_keys) == ({}, {})
    assert NUMBER not in str(everything(world))


# --- messages -----------------------------------------------------------------------------------------


def test_a_message_shows_a_private_value_to_its_person_and_to_nobody_else(world: World) -> None:
    agrees(world)
    tells(world, given_name=NAME, city="Lyon")

    world.perform(world.run(), GREETING)

    assert world.wechat.taken == [f"Hello {NAME}, from Lyon"]
    (message,) = (one for one in of_kind(world, "message") if one["channel"] == "custom")
    assert "Hello {attribute.given_name|you}, from Lyon" in str(message["content"])
    assert NAME not in str(everything(world))


def test_a_value_that_is_not_known_or_was_withdrawn_shows_the_fallback(world: World) -> None:
    run = world.perform(world.run(), GREETING)
    agrees(world)
    tells(world, given_name=NAME)
    run = world.perform(replace(run, follower=world.follower()), replace(GREETING, step="2"))
    stale = replace(run, follower=replace(world.follower(), data_keys={}, consents={}))
    world.tells("consent_withdrawn", purpose="membership", after_minutes=5)
    world.perform(stale, replace(GREETING, step="3"))

    assert world.wechat.taken == ["Hello you, from afar", f"Hello {NAME}, from afar", "Hello you, from afar"]


def test_a_value_in_a_message_has_no_markup_no_lines_and_no_further_fields(world: World) -> None:
    agrees(world)
    tells(world, given_name="<b>{attribute.phone}\n" + "x" * 90, phone=NUMBER)
    world.perform(world.run(), GREETING)

    (said,) = world.wechat.taken
    assert said.startswith("Hello ＜b＞ attribute.phone xxx")
    assert len(said) < 90


def test_a_message_whose_values_cannot_be_opened_is_sent_once_when_they_can(world: World) -> None:
    agrees(world)
    tells(world, given_name=NAME)
    run, world.kms.is_down = world.run(), True
    with pytest.raises(AwsCallError):
        world.perform(run, GREETING)
    assert world.messages() == []
    world.kms.is_down = False
    for _ in range(2):
        world.perform(run, GREETING)

    assert world.wechat.taken == [f"Hello {NAME}, from afar"]


def test_a_private_field_costs_a_message_one_read_more_and_a_key_once_in_some_minutes(world: World) -> None:
    agrees(world)
    tells(world, given_name=NAME, city="Lyon")
    run = replace(world.run(), follower=world.follower())
    ports = world.ports
    world.kms.calls.clear()

    def calls_of(step: str, text_shown: str) -> list[str]:
        nonlocal run
        message = SendAction(step, text(text_shown))
        with CallCounter().listening(world.followers.table.client) as calls:
            run = PerformActions(ports, frozenset(), MODEL)(Task(run, (message,)))
        return calls.operations

    usual = ["TransactWriteItems", "UpdateItem"]
    assert calls_of("1", "Hello {attribute.city|afar}") == usual
    assert calls_of("2", HELLO) == ["Query", *usual]
    assert calls_of("3", HELLO) == ["Query", *usual]
    assert world.kms.calls == ["Decrypt"]


# --- steps that save -----------------------------------------------------------------------------------

SAVE = SetAction("1", {"given_name": "{answer.name}", "city": "Lyon"})


@pytest.mark.parametrize(
    "actions", [(SAVE,), (TagAction("0", ("a",)), SAVE, send("2"))], ids=["alone", "message"]
)
def test_a_step_that_saves_a_private_value_seals_it(world: World, actions: tuple[Any, ...]) -> None:
    agrees(world)
    run = replace(world.run(), answers={"name": NAME})
    for _ in range(2):
        world.perform(run, *actions)

    person = world.follower()
    assert opened(world, "given_name") == NAME
    assert person.attributes["city"] == "Lyon"
    assert person.tags == ({"a"} if len(actions) > 1 else set())
    assert world.wechat.taken == (["message 2"] if len(actions) > 1 else [])
    assert NAME not in str(everything(world))
    for event in world.announcements.told:
        assert NAME not in str(event)


def test_a_step_saves_no_private_value_without_a_consent(world: World) -> None:
    world.perform(replace(world.run(), answers={"name": NAME}), SAVE)

    assert world.follower().attributes == {"city": "Lyon"}
    (change,) = of_kind(world, "change")
    assert (change["values"], change["rejected"]) == ({"city": "Lyon"}, {"given_name": HIDDEN})
    assert NAME not in str(everything(world))


def test_a_rejected_private_value_is_not_on_record(world: World) -> None:
    agrees(world)
    world.perform(replace(world.run(), answers={"name": "x" * 5_001}), SAVE)
    (change,) = of_kind(world, "change")
    assert change["rejected"] == {"given_name": HIDDEN}


def test_the_keys_of_private_values_are_in_the_persons_row_and_in_no_other(world: World) -> None:
    agrees(world)
    tells(world, given_name=NAME)
    world.perform(world.run(), GREETING)
    key = world.follower().data_keys[world.follower().person_id]

    with_key = [row["sk"] for row in everything(world) if key in str(row)]
    assert with_key == ["FOLLOWER"]
    assert is_sealed(world.run().to_dict()["follower"]["attributes"]["given_name"])
    assert "data_keys" not in world.run().to_dict()["follower"]
    assert world.followers.table.query(partition(world.follower().person_id))


# --- logs ----------------------------------------------------------------------------------------------


def queued(changes: dict[str, str], after_minutes: int) -> dict[str, Any]:
    """A message of the inbox that is received for the last time."""
    told = own_event(
        body("profile", changes=changes), str(after_minutes), SUBJECT, NOON + timedelta(minutes=after_minutes)
    )
    return {
        "messageId": str(after_minutes),
        "body": json.dumps({"event": told.to_dict(), "opening": None}),
        "attributes": {
            "MessageGroupId": "g",
            "ApproximateReceiveCount": "9",
            "SequenceNumber": str(after_minutes),
        },
    }


CONTEXT = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=1,
    invoked_function_arn="arn",
    aws_request_id="r",
    get_remaining_time_in_millis=lambda: 60_000,
)


@pytest.mark.capability(row="59")
def test_no_log_line_holds_a_private_value_whatever_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    for app in (process_inbox, perform_actions):
        monkeypatch.setattr(app.logger.registered_handler, "stream", log)
    queues = FakeQueues()
    monkeypatch.setattr(process_inbox, "process_event", lambda: world.takes)
    monkeypatch.setattr(process_inbox, "dead_letters", lambda: DeadLetters(queues, "dlq"))
    monkeypatch.setattr(perform_actions, "sealed_runs", lambda: SealedRuns(world.followers))
    monkeypatch.setattr(
        perform_actions, "perform_actions", lambda: PerformActions(world.ports, frozenset(), MODEL)
    )
    private = {"phone": NUMBER, "given_name": NAME}
    agrees(world)

    def receive(changes: dict[str, str], after_minutes: int) -> None:
        world.clock.pass_to(NOON + timedelta(minutes=after_minutes))
        process_inbox.handler({"Records": [queued(changes, after_minutes)]}, CONTEXT)

    def greet(step: str) -> None:
        run = replace(world.run(), follower=world.follower())
        greeting = to_plain(replace(GREETING, step=step))
        perform_actions.handler({"run": run.to_dict(), "actions": [greeting], "state": "1"}, CONTEXT)

    receive(private, 3)
    receive({**private, "given_name": NAME * 1_000}, 4)
    receive({**private, "colour": NAME}, 5)
    greet("1")
    world.kms.is_down = True
    receive({"phone": f"{NUMBER}9"}, 6)
    with pytest.raises(UnexpectedError) as failure:
        greet("2")

    assert world.wechat.taken == [f"Hello {NAME}, from afar"]
    logged = f"{log.getvalue()}{failure.value}"
    for line in ("event processed", "event not processed", "moved to the dead letters", "state entered"):
        assert line in logged
    for secret in (NUMBER, NAME, "sealed:"):
        assert secret not in logged
