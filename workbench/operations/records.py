"""What is on record of a follower, as several commands read it."""

from typing import Any

from wejourney.loyalty.ledger import person_account
from wejourney.people.followers import Follower
from workbench.operations.target import Target


def timeline_of(target: Target, follower: Follower) -> list[dict[str, Any]]:
    """All that happened with a follower, by time, with what the books say."""
    points = (
        {"kind": "points", "at": line.at.isoformat(), "points": line.points, "reason": line.reason}
        for line in target.ledger.statement(person_account(follower.person_id))
    )
    entries = [*target.followers.timeline(follower.app_id, follower.openid), *points]
    return sorted(entries, key=lambda entry: str(entry["at"]))
