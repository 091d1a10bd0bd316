"""What a brand declares of its profiles: who may be kept, and with which values."""

from dataclasses import replace

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from wejourney.events.event import own_event
from wejourney.events.event_types import ConsentGiven, ConsentWithdrawn, EventBody, TagAdded
from wejourney.people.consents import Consent
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ANY_PROFILE, ProfileModel
from wejourney.plain_data import changed

AGREED = Consent(given=True, at=NOON)
LEE = Follower(APP_ID, OPENID, "person-1", consents={"data": AGREED, "club": replace(AGREED, given=False)})
MODEL = ProfileModel(private_purpose="data", membership="club")


def test_private_values_are_kept_of_who_has_agreed_to_their_purpose() -> None:
    assert MODEL.lets_keep(LEE)
    assert not MODEL.lets_keep(changed(LEE, consents={}))
    assert not ANY_PROFILE.lets_keep(LEE)


def test_a_member_is_who_has_agreed_to_be_one_and_has_not_withdrawn() -> None:
    assert not MODEL.is_member(LEE)
    assert MODEL.is_member(changed(LEE, consents={"club": AGREED}))
    assert not ANY_PROFILE.is_member(changed(LEE, consents={"club": AGREED}))


@pytest.mark.parametrize(
    ("body", "withdraws"),
    [
        (ConsentWithdrawn("club"), True),
        (ConsentGiven("club"), False),
        (ConsentWithdrawn("data"), False),
        (TagAdded("club"), False),
    ],
)
def test_only_the_withdrawal_of_that_purpose_ends_a_membership(body: EventBody, *, withdraws: bool) -> None:
    event = own_event(body, "cause", SUBJECT, NOON)

    assert MODEL.is_membership_withdrawn(event) is withdraws
    assert not ANY_PROFILE.is_membership_withdrawn(event)


def test_without_the_consent_private_values_and_keys_are_gone_and_others_stay() -> None:
    private = changed(LEE, attributes={"phone": "sealed:k:YWJj", "city": "Paris"}, data_keys={"k": "v"})

    assert MODEL.lawful(private) == private
    assert MODEL.lawful(LEE) == LEE
    gone = MODEL.lawful(changed(private, consents={}))
    assert (gone.attributes, gone.data_keys) == ({"city": "Paris"}, {})


def test_the_first_value_that_does_not_fit_is_named_and_not_quoted() -> None:
    assert ANY_PROFILE.misfit({"city": "Paris", "member": True}) is None
    said = ANY_PROFILE.misfit({"date.birthday": "secret"})
    assert said is not None
    assert "`date.birthday` must be" in said
    assert "secret" not in said
