"""The operations of the API, each with its route, what it takes, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wejourney.wire.people_api import schemas
from wejourney.wire.people_api.schemas import Schema


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


@dataclass(frozen=True)
class Operation:
    """`parameters` are those of the path and the query; `body` is None where there is none.

    `events` are the events that a batch can have, by type: its body says only what surrounds them.
    """

    name: Name
    method: str
    path: str
    summary: str
    status: int
    answer: Schema
    parameters: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    events: Mapping[str, Schema] = field(default_factory=dict)
    may_find_nobody: bool = False

    @property
    def route(self) -> str:
        """API Gateway's key of the route."""
        return f"{self.method} {self.path}"

    def is_in_path(self, parameter: str) -> bool:
        return f"{{{parameter}}}" in self.path


_PERSON: Mapping[str, Schema] = {"person_id": schemas.PERSON_ID}
_PAGE: Mapping[str, Schema] = {"limit": schemas.LIMIT, "cursor": schemas.CURSOR}
_BATCH = schemas.batch({"type": "object"})

_PEOPLE, _CLEAR = "/api/people", "/api/clear/people"
"""What is in clear has a path of its own: a policy of IAM can allow one without the other."""

OPERATIONS: Mapping[str, Operation] = {
    one.route: one
    for one in (
        Operation(
            *(Name.FIND_PERSON, "POST", f"{_PEOPLE}/lookup"),
            *("Our id of the person who has an identity.", 200, schemas.FOUND),
            body=schemas.IDENTITY,
        ),
        Operation(
            *(Name.READ_PERSON, "GET", f"{_PEOPLE}/{{person_id}}"),
            *("What is known of a person, with personal data masked.", 200, schemas.PERSON),
            parameters=_PERSON,
            may_find_nobody=True,
        ),
        Operation(
            *(Name.READ_PERSON_IN_CLEAR, "GET", f"{_CLEAR}/{{person_id}}"),
            *("What is known of a person, in clear.", 200, schemas.PERSON),
            parameters=_PERSON,
            may_find_nobody=True,
        ),
        Operation(
            *(Name.READ_TIMELINE, "GET", f"{_PEOPLE}/{{person_id}}/timeline"),
            *("The events of a person, the newest first, with personal data masked.", 200, schemas.TIMELINE),
            parameters={**_PERSON, **_PAGE},
            may_find_nobody=True,
        ),
        Operation(
            *(Name.READ_TIMELINE_IN_CLEAR, "GET", f"{_CLEAR}/{{person_id}}/timeline"),
            *("The events of a person, the newest first, in clear.", 200, schemas.TIMELINE),
            parameters={**_PERSON, **_PAGE},
            may_find_nobody=True,
        ),
        Operation(
            *(Name.READ_CONSENTS, "GET", f"{_PEOPLE}/{{person_id}}/consents"),
            *("Every consent that a person gave or withdrew, by purpose.", 200, schemas.CONSENT_RECORDS),
            parameters={**_PERSON, **_PAGE},
            may_find_nobody=True,
        ),
        Operation(
            *(Name.LIST_SEGMENTS, "GET", "/api/segments"),
            *("The segments, with how many people are in each.", 200, schemas.SEGMENTS),
        ),
        Operation(
            *(Name.LIST_MEMBERS, "GET", "/api/segments/{segment}/people"),
            *("The people in a segment, by our ids.", 200, schemas.MEMBERS),
            parameters={"segment": schemas.NAME, **_PAGE},
        ),
        Operation(
            *(Name.TELL_EVENTS, "POST", "/api/events"),
            *("Tell what happened to people.", 202, schemas.TAKEN),
            body=_BATCH,
            events=schemas.EVENTS,
        ),
        Operation(
            *(Name.TELL_CONSENTS, "POST", "/api/consents"),
            *("Tell that people gave or withdrew their consent.", 202, schemas.TAKEN),
            body=_BATCH,
            events=schemas.CONSENTS,
        ),
    )
}
"""By route."""
