"""From what is on record to an explanation."""

from collections.abc import Mapping

from wejourney.journeys.definition import Journey
from wejourney.people.followers import Follower
from workbench.operations.entering import attempts_at
from workbench.operations.findings import Explanation
from workbench.operations.history import RunHistory
from workbench.operations.profiles import Timeline
from workbench.operations.running import runs_of


def explain(
    journey: Journey, now: Follower, timeline: Timeline, histories: Mapping[str, RunHistory], last: int
) -> Explanation:
    """Explain a journey for a follower: the events that could have started it, and its runs.

    `now` is the follower as known today, `histories` what the engine still has of the last runs, by run id,
    and `last` how many events and runs are told.
    """
    attempts = attempts_at(journey, now, timeline)
    runs = runs_of(journey, timeline, histories)
    earlier = max(len(attempts) - last, 0)
    return Explanation(journey.name, now.openid, attempts[-last:], runs[-last:], earlier)
