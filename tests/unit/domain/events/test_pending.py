"""An event that waits for its person."""

import pytest

from tests.support.builders import NOON, SUBJECT
from tests.support.events import RIGHT, body
from wejourney.events.event_types import OWN
from wejourney.events.pending import PendingEvent


@pytest.mark.parametrize("kind", sorted(OWN))
def test_an_event_that_waited_is_what_it_was_and_starts_no_journey(kind: str) -> None:
    pending = PendingEvent("0" * 32, NOON, body(kind, **RIGHT[kind]))
    event = PendingEvent.from_dict(pending.to_dict()).about(SUBJECT, history=True)

    assert (event.id, event.at, event.body, event.subject) == (pending.id, NOON, pending.body, SUBJECT)
    assert event.history
    assert pending.place_on_record == event.place_on_record
    assert not {"app_id", "openid"} & pending.to_dict().keys()


def test_an_event_whose_fields_have_changed_since_is_unknown() -> None:
    pending = PendingEvent("0" * 32, NOON, body("tag", tag="vip"))
    data = pending.to_dict()
    data["fields"] = {"label": 1}
    assert PendingEvent.from_dict(data).body.kind == "unknown"
