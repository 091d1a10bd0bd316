"""After a scan is applied: the visit whose code it was belongs to this person, or the scan is refused."""

from collections.abc import Callable
from dataclasses import dataclass

from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import Followed, MiniProgramEvent, Scanned, TillVisited
from wejourney.loyalty.till.visits import Scan, Visit, scanned, visit_id_of
from wejourney.services.ports.inbox import Announcements
from wejourney.services.process_event import Applied
from wejourney.services.recognize_code import scene_of
from wejourney.services.till.ports import Visits


@dataclass(frozen=True)
class RecognizeVisit:
    """`process` applies the event; `recognize` does so for one that may have come by a code of the brand.

    What became of the scan is an event of its own, for the inbox, by which a journey answers. An event that
    is delivered again tells the same.
    """

    visits: Visits
    inbox: Announcements
    process: Callable[[InboundEvent, str | None], Applied]
    recognize: Callable[[InboundEvent, str | None], Applied]

    def __call__(self, event: InboundEvent, opened_journey: str | None = None) -> Applied:
        body = event.body
        visit_id = None
        if isinstance(body, Followed | Scanned | MiniProgramEvent):
            visit_id = visit_id_of(scene_of(body))
        if visit_id is None:
            return self.recognize(event, opened_journey)
        applied = self.process(event, opened_journey)
        if applied.person_id is not None:
            told = self._taken(visit_id, Scan(event.id, applied.person_id, event.at))
            if told is not None:
                self.inbox.tell([own_event(told, event.id, event.subject, event.at)])
        return applied

    def _taken(self, visit_id: str, scan: Scan) -> TillVisited | None:
        """What to tell of the scan; nothing of a code that was never a till's, or is one of days ago."""
        visit = self.visits.find(visit_id)
        taken, outcome = scanned(visit, scan)
        if taken is None:
            return None
        if taken != visit and not self.visits.take(taken):
            # Another one was faster: this has been decided for good.
            return self._taken(visit_id, scan)
        return _told(taken, outcome)


def _told(visit: Visit, outcome: str) -> TillVisited:
    return TillVisited(visit=visit.id, store=visit.store, till=visit.till, outcome=outcome)
