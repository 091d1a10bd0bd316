"""What is known of somebody is written on what is stored, however often that changes meanwhile."""

from collections.abc import Iterable

import pytest

from tests.support.builders import NOON
from tests.support.fakes.followers import FakeFollowers
from wejourney.errors import StaleFollowerError
from wejourney.journeys.runs import FollowerState
from wejourney.people.erasure import Erasure, TakenJourney
from wejourney.people.followers import Follower
from wejourney.services.live_runs import MAX_CONFLICT_RETRIES
from workbench.operations.set_profile import set_facts

APP_ID, OPENID = "wx1", "lee"
KNOWN = Follower(APP_ID, OPENID, person_id="person-1", language="en")


class Records(FakeFollowers):
    """One follower; others change it `races` times, each time after it was read."""

    def __init__(
        self, follower: Follower | None = None, races: int = 0, erased: Erasure | None = None
    ) -> None:
        super().__init__(follower)
        self.races, self.reads = races, 0
        if erased is not None:
            self.marks[APP_ID, OPENID] = erased

    def read(self, app_id: str, openid: str) -> FollowerState:
        self.reads += 1
        return super().read(app_id, openid)

    def save(self, before: Follower | None, after: Follower, taken: Iterable[TakenJourney] = ()) -> None:
        if self.races:
            self.races -= 1
            super().save(before, (before or KNOWN).changed(tags=frozenset({"meanwhile"})))
        super().save(before, after, taken)


def test_an_openid_that_has_not_followed_gets_a_new_person() -> None:
    records = Records()

    after = set_facts(records, APP_ID, OPENID, {"city": "Paris"})

    assert records.follower == after
    assert after.person_id
    assert (after.following, after.attributes) == (False, {"city": "Paris"})


def test_facts_of_an_erased_follower_do_not_restore_their_earlier_profile() -> None:
    records = Records(erased=Erasure(NOON))

    after = set_facts(records, APP_ID, OPENID, {"city": "Paris"})

    assert after.erased_at == NOON


def test_facts_are_added_to_a_profile_that_changed_meanwhile() -> None:
    records = Records(KNOWN, races=MAX_CONFLICT_RETRIES - 1)

    after = set_facts(records, APP_ID, OPENID, {"member": "true"})

    assert (after.person_id, after.member, after.tags) == ("person-1", True, frozenset({"meanwhile"}))


def test_a_profile_that_keeps_changing_is_an_error_after_the_last_retry() -> None:
    records = Records(KNOWN, races=MAX_CONFLICT_RETRIES)

    with pytest.raises(StaleFollowerError):
        set_facts(records, APP_ID, OPENID, {"city": "Paris"})
    assert records.reads == MAX_CONFLICT_RETRIES
