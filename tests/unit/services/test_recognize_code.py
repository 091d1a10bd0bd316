"""What led somebody to the account or a page is looked up before their act is applied."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, SUBJECT, event, own
from tests.support.fakes.codes import FakeCodes
from tests.support.fakes.inbox import FakeInbox
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import CheckedIn, Followed
from wejourney.people.codes import Code, CodeKind, SourceClass
from wejourney.services.process_event import Applied
from wejourney.services.recognize_code import RecognizeCode

POP_UP = Code(
    *(APP_ID, "pop-up", "pop-up", CodeKind.EVENT, SourceClass.SOCIAL, NOON),
    facts={"event": "pop-up"},
    opens_at=NOON,
    closes_at=NOON + timedelta(hours=1),
)
TOLD = {"name": "pop-up", "kind": "event", "class": "social", "event": "pop-up", "status": "open"}


class Recognized:
    def __init__(self) -> None:
        self.codes, self.inbox, self.applied = FakeCodes(), FakeInbox(), list[InboundEvent]()
        self.codes.add(POP_UP)

    def __call__(self, one: InboundEvent) -> InboundEvent:
        RecognizeCode(self.codes, self.inbox, self._process)(one)
        return self.applied[-1]

    def _process(self, one: InboundEvent, opened_journey: str | None) -> Applied:
        self.applied.append(one)
        return Applied("person-1")


@pytest.fixture
def recognized() -> Recognized:
    return Recognized()


LED_BY_A_CODE = {
    "follow": event("subscribe", EventKey="qrscene_pop-up"),
    "scan": event("SCAN", EventKey="pop-up"),
    "page": own("mini_program", name="page.viewed", details={"page": "a", "code": "pop-up"}),
    "share": own("mini_program", name="share.opened", details={"code": "pop-up"}),
}


@pytest.mark.parametrize("way", LED_BY_A_CODE)
def test_every_way_through_a_code_says_what_it_stands_for_and_is_a_check_in(
    recognized: Recognized, way: str
) -> None:
    one = LED_BY_A_CODE[way]
    body: Any = recognized(one).body
    recognized(one)

    assert body.code_facts == TOLD
    assert {told.id for told in recognized.inbox.told} == {recognized.inbox.told[0].id}, (
        "however often it comes"
    )
    (check_in,) = recognized.inbox.queued
    assert (check_in.body, check_in.subject, check_in.at) == (CheckedIn("pop-up"), SUBJECT, one.at)


NOT_LED = {
    "a follow without a code": event("subscribe"),
    "another scene": event("SCAN", EventKey="pop-up-2"),
    "a scene that no code has": event("SCAN", EventKey="x" * 5000),
    "a code that somebody gives away": own("mini_program", name="share.created", details={"code": "pop-up"}),
    "a page without a code": own("mini_program", name="page.viewed", details={"page": "pop-up"}),
    "a text": event("text", Content="pop-up"),
}


@pytest.mark.parametrize("way", NOT_LED)
def test_what_no_code_has_led_to_is_applied_as_it_came(recognized: Recognized, way: str) -> None:
    assert recognized(NOT_LED[way]) == NOT_LED[way]
    assert recognized.inbox.told == []


def test_a_code_of_another_app_means_nothing_here(recognized: Recognized) -> None:
    other = Recognized()
    other.codes.kept.clear()
    other.codes.add(Code("wx0000000000000001", *list(vars(POP_UP).values())[1:]))

    assert other(event("subscribe", EventKey="qrscene_pop-up")).body == Followed("pop-up")


@pytest.mark.capability(row="C24")
@pytest.mark.parametrize("minutes", [-1, 60])
def test_outside_of_its_window_a_code_is_recognized_and_is_no_check_in(
    recognized: Recognized, minutes: int
) -> None:
    body: Any = recognized(event("SCAN", NOON + timedelta(minutes=minutes), EventKey="pop-up")).body

    assert body.code_facts["status"] == ("early" if minutes < 0 else "closed")
    assert recognized.inbox.told == []
