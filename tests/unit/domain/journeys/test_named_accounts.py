"""Whom a journey that names its account starts for, and with which contact its run speaks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import APP_ID, NOON, SETTINGS, WELCOME, event, own
from wejourney.allowances.allowance_windows import Window
from wejourney.allowances.wechat_rules import Act
from wejourney.events.event import InboundEvent, Subject
from wejourney.journeys.chance import is_held_out
from wejourney.journeys.definition import Trigger
from wejourney.journeys.receiving import Received, receive
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import FollowerState, Run
from wejourney.people.contacts import Contact
from wejourney.people.followers import Follower
from wejourney.reasons import HeldOut, NoContactIn, NotReachableIn

CLUBS = tuple(Contact(f"wxclub{number}", f"o{number}", f"c-{number}") for number in range(3))
LEE = Follower(APP_ID, "oLee", "lee", contact_id="c-shop", following=True, known_since=NOON, others=CLUBS)
THANKS = JourneyEntry("thanks", "v1", Trigger("payment"), speaks_to="club")
PAID = replace(own("payment"), subject=LEE.subject)
ACCOUNTS = {club.app_id: replace(SETTINGS, app_id=club.app_id, name="club") for club in CLUBS}


def received(
    event: InboundEvent, entry: JourneyEntry, follower: Follower | None, opened: str | None = None
) -> Received:
    shop = replace(SETTINGS, name="shop")
    return receive(
        event,
        FollowerState(follower),
        (entry,),
        shop,
        stranger=replace(LEE, others=()),
        now=event.at,
        others=ACCOUNTS,
        opened_journey=opened,
    )


def clubs(**changes: object) -> Follower:
    """Lee, with the second of the three clubs changed."""
    first, second, third = CLUBS
    return replace(LEE, others=(first, replace(second, **changes), third))  # type: ignore[arg-type]


OPEN = (Window(Act.MESSAGE, 3, NOON + timedelta(hours=1)),)
OVER = (Window(Act.MESSAGE, 3, NOON - timedelta(hours=1)),)


@pytest.mark.parametrize(
    ("follower", "reason"),
    [
        (clubs(following=True), None),
        (clubs(windows=OPEN), None),
        (clubs(windows=OVER), NotReachableIn("club")),
        (LEE, NotReachableIn("club")),
        (replace(LEE, others=()), NoContactIn("club")),
        (None, NoContactIn("club")),
    ],
)
def test_it_starts_where_one_contact_of_the_account_can_be_spoken_with(
    follower: Follower | None, reason: object
) -> None:
    found = received(PAID, THANKS, follower)
    assert found.refused == ({} if reason is None else {"thanks": reason})
    if reason is None:
        assert found.start is not None
        assert found.start.live.contact_id == "c-1"
        assert found.start.run.chat == Subject("wxclub1", "o1")
        assert Run.from_dict(found.start.run.to_dict(), found.start.run.follower) == found.start.run
        assert Run.from_dict({**found.start.run.to_wait(), "id": "i"}, LEE).chat == Subject("wxclub1", "o1")


def test_nobody_is_held_out_of_a_journey_that_could_not_speak_to_them() -> None:
    half = replace(THANKS, holdout=50)
    people = [replace(LEE, lots=f"{number:016}") for number in range(20)]
    assert any(is_held_out(person.drawn_by, "thanks", 50) for person in people)
    for person in people:
        assert received(PAID, half, person).refused == {"thanks": NotReachableIn("club")}
        reachable = replace(clubs(following=True), lots=person.lots)
        assert received(PAID, half, reachable).refused.get("thanks") in (None, HeldOut())


def test_a_journey_that_has_greeted_goes_on_whatever_the_account_is_called_by_now() -> None:
    greeting = replace(WELCOME, speaks_to="an-older-name")
    found = received(event("subscribe"), greeting, None, opened="welcome")
    assert found.start is not None
    assert found.start.opening is not None
    assert found.start.run.chat == LEE.subject


def test_a_run_of_a_journey_that_names_no_account_hears_all_chats() -> None:
    found = received(PAID, replace(THANKS, speaks_to=""), LEE)
    assert found.start is not None
    assert found.start.run.chat is None
    assert "chat" not in found.start.run.to_dict()
    assert "chat" not in found.start.run.to_wait()
    said = replace(event("text", Content="hi"), subject=CLUBS[0].subject)
    assert found.start.run.about.hears(said)
