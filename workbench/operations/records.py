"""What is on record of a follower, as several commands read it."""

from collections.abc import Iterable

from wejourney.loyalty.ledger import person_account
from wejourney.people.followers import Follower
from workbench.language.journey import Journey
from workbench.operations.target import Target
from workbench.trace.recorded import recorded_trace
from workbench.trace.trace_events import TraceEvent


def trace_on_record(target: Target, follower: Follower, journeys: Iterable[Journey] = ()) -> list[TraceEvent]:
    """All that happened with a follower, by time; `journeys` tell what runs of their version waited for."""
    rows = target.followers.timeline(follower.app_id, follower.openid)
    return recorded_trace(rows, target.ledger.statement(person_account(follower.person_id)), journeys)
