"""Before what somebody does is applied: look up the QR code that led there; after it, tell of a check-in."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import CheckedIn, Followed, MiniProgramEvent, Scanned
from wejourney.people.codes import LONGEST_SCENE, check_in_of
from wejourney.services.ports.codes import CodeReader
from wejourney.services.ports.inbox import Announcements
from wejourney.services.process_event import Applied


@dataclass(frozen=True)
class RecognizeCode:
    """`process` applies the event, with what is on record of its code.

    A code that is not on record changes nothing. A check-in is an event of its own, for the inbox: an event
    that is delivered again tells the same check-in again.
    """

    codes: CodeReader
    inbox: Announcements
    process: Callable[[InboundEvent, str | None], Applied]

    def __call__(self, event: InboundEvent, opened_journey: str | None = None) -> Applied:
        body = event.body
        if not isinstance(body, Followed | Scanned | MiniProgramEvent):
            return self.process(event, opened_journey)
        scene = scene_of(body)
        if not 0 < len(scene) <= LONGEST_SCENE:
            return self.process(event, opened_journey)
        code = self.codes.find(event.subject.app_id, scene)
        told = {} if code is None else code.told(event.at)
        applied = self.process(replace(event, body=replace(body, code_facts=told)), opened_journey)
        attended = check_in_of(told)
        if attended is not None:
            self.inbox.tell([own_event(CheckedIn(attended), event.id, event.subject, event.at)])
        return applied


def scene_of(body: Followed | Scanned | MiniProgramEvent) -> str:
    """The scene of the code that led there; empty for none."""
    if not isinstance(body, MiniProgramEvent):
        return body.scene or ""
    # The code that somebody gives away has not led them anywhere.
    return "" if body.name == "share.created" else body.details.get("code", "")
