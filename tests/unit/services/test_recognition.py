"""Who follows is recognised by what is known of them: at once in the same app, else when WeChat has told."""

from dataclasses import replace

import pytest

from tests.support.fakes.books import FakeBooks
from tests.support.fakes.followers import FakeFollowers
from tests.support.one_person import LEE, PAY, SHOP, Happening, People, identified
from wejourney.events.event import Subject
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.routing import JourneyEntry, opens
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower, WeChatUserInfo
from wejourney.people.identities import union_identity

HELLO = JourneyEntry("hello", "v1", Trigger("follow", recognise_first=True), Text({"en": "Welcome"}))
AGAIN = JourneyEntry(
    "again", "v1", Trigger("follow", when=Condition(customer=True)), Text({"en": "Welcome back"})
)
AT_ONCE = replace(HELLO, trigger=Trigger("follow"))


def greeted(bought_in: Subject, entries: tuple[JourneyEntry, ...]) -> tuple[str | None, str, bool]:
    """Who buys, and then follows the account: what answers at once, what begins, whether its run greets."""
    followers = FakeFollowers()
    people = People(followers, FakeBooks(followers), entries)
    people.happens(Happening(bought_in, "payment", {"total": 100, "order": "A-1"}))
    if bought_in.app_id != SHOP:
        people.happens(identified(bought_in, union_identity("main", "u-lee")))
    people.happens(Happening(bought_in, "profile", {"changes": {"customer": "true"}}))
    people.wechat.known = WeChatUserInfo(union_id="u-lee")
    people.number += 1
    follow = Happening(LEE[0], "follow").event(people.number)
    state = followers.read(SHOP, LEE[0].openid)
    stranger = Follower(SHOP, LEE[0].openid, person_id="")
    opened = opens(follow, state, state.follower or stranger, entries)
    people.inbox()(follow, opened.name if opened is not None else None)
    (start,) = people.runs.started.values()
    assert start.run.follower.customer
    return (opened.name if opened is not None else None), start.run.journey, start.run.unsaid is not None


@pytest.mark.capability(row="18")
@pytest.mark.parametrize("stranger", [HELLO, AT_ONCE])
def test_who_has_paid_in_the_same_app_is_recognised_in_the_passive_reply(stranger: JourneyEntry) -> None:
    assert greeted(LEE[0], (AGAIN, stranger)) == ("again", "again", False)


@pytest.mark.capability(row="18")
def test_who_is_known_by_a_union_id_is_recognised_before_the_greeting_where_it_waits_for_that() -> None:
    assert greeted(Subject(PAY, "pLee"), (AGAIN, HELLO)) == (None, "again", True)


def test_where_the_greeting_does_not_wait_it_is_that_of_a_stranger() -> None:
    assert greeted(Subject(PAY, "pLee"), (AGAIN, AT_ONCE)) == ("hello", "hello", False)
