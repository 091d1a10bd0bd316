"""Private values on real tables: nobody finds one in clear, messages show them, and a withdrawal ends that.

C14: without a consent on record there is no personal data on record; withdrawn, it is gone; the ledger stays.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from tests.support.events import body
from tests.support.world import World, new_world, send, text
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import columns_of, partition
from wejourney.adapters.dynamo.ledger_store import LedgerStore
from wejourney.adapters.failures import AwsCallError
from wejourney.events.event import own_event
from wejourney.journeys.action_types import SendAction, SetAction, TagAction
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.ledger import award, person_account
from wejourney.people.profile_fields import HIDDEN, is_sealed
from wejourney.people.profile_model import AttributeType, ProfileModel
from wejourney.services.ports.keys import UnreadableValueError
from workbench.operations.timeline import timeline_of

NUMBER, NAME = "+8613800138000", "Wang Xiaoming"
MODEL = ProfileModel(
    {"given_name": AttributeType.TEXT, "city": AttributeType.TEXT},
    private=frozenset({"given_name"}),
    private_purpose="membership",
)
GREETING = SendAction("1", text("Hello {attribute.given_name|you}, from {attribute.city|afar}"))


@pytest.fixture
def world(followers: FollowerStore, ledger: LedgerStore) -> World:
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
    world.ledger.post(award("k", world.follower().person_id, 40, "made up", NOON))
    before = world.follower()

    world.tells("consent_withdrawn", purpose="membership", after_minutes=5)

    person = world.follower()
    assert (person.attributes, person.data_keys) == ({"city": "Lyon"}, {})
    assert world.ledger.balance(person_account(person.person_id)) == 40
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
