"""From what is on record to an explanation."""

from collections.abc import Mapping

from wejourney.domain.followers import Follower
from wejourney.domain.journeys import Journey
from wejourney.explaining.entering import attempts_at
from wejourney.explaining.findings import Explanation
from wejourney.explaining.histories import RunHistory
from wejourney.explaining.profiles import Timeline
from wejourney.explaining.running import runs_of


def explain(
    journey: Journey, now: Follower, timeline: Timeline, histories: Mapping[str, RunHistory]
) -> Explanation:
    """Explain a journey for a follower: each event that could have started it, and each of its runs.

    `now` is the follower as known today, `histories` what the engine still has, by run id.
    """
    return Explanation(
        journey.name, now.openid, attempts_at(journey, now, timeline), runs_of(journey, timeline, histories)
    )
