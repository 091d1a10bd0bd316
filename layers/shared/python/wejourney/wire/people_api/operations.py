"""The operations of the API, each with its route, what it takes, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wejourney.wire.json_api import PERSON_ID, Operation, Schema
from wejourney.wire.people_api import schemas


class Name(StrEnum):
    """The names of the operations, in the OpenAPI document and in the records of accesses."""

    FIND_PERSON = "find_person"
    READ_PERSON = "read_person"
    READ_PERSON_IN_CLEAR = "read_person_in_clear"
    READ_TIMELINE = "read_timeline"
    READ_TIMELINE_IN_CLEAR = "read_timeline_in_clear"
    READ_CONSENTS = "read_consents"
    LIST_SEGMENTS = "list_segments"
    LIST_MEMBERS = "list_members"
    TELL_EVENTS = "tell_events"
    TELL_CONSENTS = "tell_consents"
    ISSUE_GIFT_CARD = "issue_gift_card"


@dataclass(frozen=True)
class PeopleOperation(Operation[Name]):
    """`events` are the events that a batch can have, by type: its body says only what surrounds them."""

    events: Mapping[str, Schema] = field(default_factory=dict)


_PERSON: Mapping[str, Schema] = {"person_id": PERSON_ID}
_PAGE: Mapping[str, Schema] = {"limit": schemas.LIMIT, "cursor": schemas.CURSOR}
_BATCH = schemas.batch({"type": "object"})

_PEOPLE, _CLEAR = "/api/people", "/api/clear/people"
"""What is in clear has a path of its own: a policy of IAM can allow one without the other."""

OPERATIONS: Mapping[str, PeopleOperation] = {
    one.route: one
    for one in (
        PeopleOperation(
            *(Name.FIND_PERSON, "POST", f"{_PEOPLE}/lookup"),
            *("Our id of the person who has an identity.", 200, schemas.FOUND),
            body=schemas.IDENTITY,
        ),
        PeopleOperation(
            *(Name.READ_PERSON, "GET", f"{_PEOPLE}/{{person_id}}"),
            *("What is known of a person, with personal data masked.", 200, schemas.PERSON),
            parameters=_PERSON,
            may_find_nobody=True,
        ),
        PeopleOperation(
            *(Name.READ_PERSON_IN_CLEAR, "GET", f"{_CLEAR}/{{person_id}}"),
            *("What is known of a person, in clear.", 200, schemas.PERSON),
            parameters=_PERSON,
            may_find_nobody=True,
        ),
        PeopleOperation(
            *(Name.READ_TIMELINE, "GET", f"{_PEOPLE}/{{person_id}}/timeline"),
            *("The events of a person, the newest first, with personal data masked.", 200, schemas.TIMELINE),
            parameters={**_PERSON, **_PAGE},
            may_find_nobody=True,
        ),
        PeopleOperation(
            *(Name.READ_TIMELINE_IN_CLEAR, "GET", f"{_CLEAR}/{{person_id}}/timeline"),
            *("The events of a person, the newest first, in clear.", 200, schemas.TIMELINE),
            parameters={**_PERSON, **_PAGE},
            may_find_nobody=True,
        ),
        PeopleOperation(
            *(Name.READ_CONSENTS, "GET", f"{_PEOPLE}/{{person_id}}/consents"),
            *("Every consent that a person gave or withdrew, by purpose.", 200, schemas.CONSENT_RECORDS),
            parameters={**_PERSON, **_PAGE},
            may_find_nobody=True,
        ),
        PeopleOperation(
            *(Name.LIST_SEGMENTS, "GET", "/api/segments"),
            *("The segments, with how many people are in each.", 200, schemas.SEGMENTS),
        ),
        PeopleOperation(
            *(Name.LIST_MEMBERS, "GET", "/api/segments/{segment}/people"),
            *("The people in a segment, by our ids.", 200, schemas.MEMBERS),
            parameters={"segment": schemas.NAME, **_PAGE},
        ),
        PeopleOperation(
            *(Name.TELL_EVENTS, "POST", "/api/events"),
            *("Tell what happened to people.", 202, schemas.TAKEN),
            body=_BATCH,
            events=schemas.EVENTS,
        ),
        PeopleOperation(
            *(Name.TELL_CONSENTS, "POST", "/api/consents"),
            *("Tell that people gave or withdrew their consent.", 202, schemas.TAKEN),
            body=_BATCH,
            events=schemas.CONSENTS,
        ),
        PeopleOperation(
            *(Name.ISSUE_GIFT_CARD, "POST", "/api/gift-cards"),
            *(
                "Issue a gift card, which whoever has its code claims in the mini program.",
                201,
                schemas.ISSUED_CARD,
            ),
            body=schemas.GIFT_CARD,
        ),
    )
}
"""By route."""
