"""Answer a request to the API for the brand's own systems."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol, assert_never

from wejourney.errors import InvalidSettingError, LedgerBusyError, MissingSettingError, WejourneyError
from wejourney.services.people_api.issue_gift_cards import IssueGiftCards
from wejourney.services.people_api.ports import AccessNotRecordedError
from wejourney.services.people_api.read_people import ReadPeople
from wejourney.services.people_api.take_events import TakeEvents, Taken
from wejourney.services.ports.accounts import AccountUnavailableError
from wejourney.services.ports.inbox import InboxUnavailableError
from wejourney.wire.http import Answer
from wejourney.wire.json_api import RequestRejectedError, answer, unavailable
from wejourney.wire.people_api.answers import rejection
from wejourney.wire.people_api.operations import Name
from wejourney.wire.people_api.requests import ApiRequest

_UNAVAILABLE = (
    AccessNotRecordedError,
    AccountUnavailableError,
    InboxUnavailableError,
    InvalidSettingError,
    LedgerBusyError,
    MissingSettingError,
)


class ApiWatch(Protocol):
    """Who is told what happened. Nothing that it is told is personal, but for the caller's ARN."""

    def read(self, request: ApiRequest, person_id: str | None) -> None:
        """Something was shown, of this person if it was of one."""

    def taken(self, request: ApiRequest, taken: Taken) -> None: ...

    def issued(self, request: ApiRequest) -> None:
        """A gift card was issued, now or before."""

    def rejected(self, request: ApiRequest, status: int) -> None: ...

    def failed(self, request: ApiRequest, error: WejourneyError) -> None:
        """We could not do our part; the same request may be answered later."""


@dataclass(frozen=True)
class AnswerRequest:
    read: ReadPeople
    take: TakeEvents
    issue: IssueGiftCards
    watch: ApiWatch

    def __call__(self, request: ApiRequest) -> Answer:
        try:
            return self._answer(request)
        except RequestRejectedError as error:
            self.watch.rejected(request, error.status)
            return rejection(error)
        except _UNAVAILABLE as error:
            self.watch.failed(request, error)
            return rejection(unavailable())

    def _answer(self, request: ApiRequest) -> Answer:
        match request.name:
            case Name.FIND_PERSON:
                return self._shown(request, self.read.find(request))
            case Name.READ_PERSON | Name.READ_PERSON_IN_CLEAR:
                in_clear = request.name is Name.READ_PERSON_IN_CLEAR
                return self._shown(request, self.read.person(request, in_clear=in_clear))
            case Name.READ_TIMELINE | Name.READ_TIMELINE_IN_CLEAR:
                in_clear = request.name is Name.READ_TIMELINE_IN_CLEAR
                return self._shown(request, self.read.timeline(request, in_clear=in_clear))
            case Name.READ_CONSENTS:
                return self._shown(request, self.read.consents(request))
            case Name.LIST_SEGMENTS:
                return self._shown(request, self.read.list_segments())
            case Name.LIST_MEMBERS:
                return self._shown(request, self.read.list_members(request))
            case Name.ISSUE_GIFT_CARD:
                card = self.issue(request)
                self.watch.issued(request)
                return answer(request.operation.status, card)
            case Name.TELL_EVENTS | Name.TELL_CONSENTS:
                return self._taken(request, self.take(request))
            case _:
                assert_never(request.name)

    def _shown(self, request: ApiRequest, value: Mapping[str, Any]) -> Answer:
        self.watch.read(request, value.get("person_id") or request.parameters.get("person_id"))
        return answer(request.operation.status, value)

    def _taken(self, request: ApiRequest, taken: Taken) -> Answer:
        """The events that were taken, and the others; an error if nothing was taken."""
        self.watch.taken(request, taken)
        rejected = [asdict(problem) for problem in taken.problems]
        if not taken.events:
            first = taken.problems[0]
            error = {"where": first.where, "what": first.what}
            return answer(400, {"error": error, "rejected": rejected})
        accepted = [
            {
                "index": one.index,
                "event_id": one.event.id,
                "status": "waiting" if one.event.id in taken.waiting else "queued",
            }
            for one in taken.events
        ]
        value = {"accepted": accepted, "rejected": rejected, "now": taken.now}
        return answer(request.operation.status, value)
