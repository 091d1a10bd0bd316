"""Read what is known of people. Each access is recorded before anything is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wejourney.people.disclosure.accesses import Access, members_of
from wejourney.people.disclosure.masking import all_masked, opened
from wejourney.people.followers import Follower
from wejourney.people.phones import phone_hash
from wejourney.people.profile_fields import HIDDEN
from wejourney.people.profile_model import ProfileModel
from wejourney.services.people_api.ports import Accesses, Page, People
from wejourney.services.ports.keys import PHONES, Keys, PersonalData, UnreadableValueError
from wejourney.services.ports.segments import SegmentLists
from wejourney.wire.json_api import RequestRejectedError
from wejourney.wire.people_api.answers import consent_answer, person_answer, timeline_answer
from wejourney.wire.people_api.identities import read_identity
from wejourney.wire.people_api.requests import ApiRequest, cursor_of, invalid_cursor


@dataclass(frozen=True)
class ReadPeople:
    """Each method answers one operation. Raises RequestRejectedError and AccessNotRecordedError."""

    people: People
    segments: SegmentLists
    accesses: Accesses
    keys: Keys
    personal_data: PersonalData
    profile: ProfileModel
    now: Callable[[], datetime]

    def find(self, request: ApiRequest) -> Mapping[str, Any]:
        person_id = self.people.owner(read_identity(request.body, "body", self._phone_hash))
        if person_id is not None:
            self._record(person_id, request)
        return {"person_id": person_id}

    def person(self, request: ApiRequest, *, in_clear: bool) -> Mapping[str, Any]:
        person = self._person(request)
        return self._shown(person, person_answer(person, self.now(), self.profile.rfm), in_clear=in_clear)

    def timeline(self, request: ApiRequest, *, in_clear: bool) -> Mapping[str, Any]:
        start, person = request.start, self._person(request)
        page = self.people.timeline(person.person_id, request.limit, start)
        return _page(
            "events", page, lambda entry: self._shown(person, timeline_answer(entry), in_clear=in_clear)
        )

    def consents(self, request: ApiRequest) -> Mapping[str, Any]:
        start, person = request.start, self._person(request)
        page = self.people.consents(person.person_id, request.limit, start)
        return _page("consents", page, consent_answer)

    def list_segments(self) -> Mapping[str, Any]:
        counts = self.segments.counts()
        return {"segments": [{"name": name, "people": people} for name, people in counts.items()]}

    def list_members(self, request: ApiRequest) -> Mapping[str, Any]:
        segment = request.parameters["segment"]
        try:
            page = self.segments.members(segment, request.limit, request.start)
        except ValueError:
            raise invalid_cursor() from None
        self._record(members_of(segment), request)
        return {"people": page.person_ids, "next": cursor_of(page.after)}

    def _person(self, request: ApiRequest) -> Follower:
        """The person whom the path names, whose access is on record then."""
        person = self.people.person(request.parameters["person_id"])
        if person is None:
            raise RequestRejectedError(404, "path.person_id", "is nobody's, or of somebody who was erased")
        self._record(person.person_id, request)
        return person

    def _shown(self, person: Follower, value: Mapping[str, Any], *, in_clear: bool) -> Mapping[str, Any]:
        """The value in clear, or with all masked; a private value that nobody can read any more is HIDDEN."""

        def read(sealed: str) -> str:
            try:
                return self.personal_data.open(person, sealed)
            except UnreadableValueError:
                return HIDDEN

        shown: Mapping[str, Any] = opened(value, read) if in_clear else opened(all_masked(value), _hidden)
        return shown

    def _record(self, subject: str, request: ApiRequest) -> None:
        self.accesses.record(Access(subject, request.name, request.caller, self.now(), request.id))

    def _phone_hash(self, number: str) -> str:
        return phone_hash(number, self.keys.get(PHONES).current)


def _hidden(_sealed: str) -> str:
    return HIDDEN


def _page[T](name: str, page: Page[T], written: Callable[[T], Mapping[str, Any]]) -> Mapping[str, Any]:
    return {name: [written(entry) for entry in page.entries], "next": cursor_of(page.start)}
