"""What an operator or an import knows of a follower, written down."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wejourney.errors import StaleFollowerError
from wejourney.people.contacts import CONTACT_ID_LENGTH
from wejourney.people.followers import Follower, profile_changes
from wejourney.services.live_runs import MAX_CONFLICT_RETRIES
from wejourney.services.ports.followers import FollowerInbox


def set_facts(records: FollowerInbox, app_id: str, openid: str, changes: Mapping[str, Any]) -> Follower:
    """Write facts about somebody who may not have followed yet: no journey of theirs is there to react.

    Raises StaleFollowerError when the follower changes all the time.
    """
    for _ in range(MAX_CONFLICT_RETRIES):
        state = records.read(app_id, openid)
        before = state.follower
        known = before or _stranger(records, app_id, openid, state.erased_at)
        after = known.changed(**profile_changes(known, changes))
        try:
            records.save(before, after, [run.taken for run in state.remembered])
        except StaleFollowerError:
            continue
        return after
    raise StaleFollowerError


def _stranger(records: FollowerInbox, app_id: str, openid: str, erased_at: datetime | None) -> Follower:
    """Somebody who is not known: if they were erased, nothing from before that becomes theirs."""
    erasure = records.erasure(app_id, openid)
    erased_at = erasure.at if erasure is not None else erased_at
    person_id = uuid.uuid4().hex
    return Follower(app_id, openid, person_id, contact_id=person_id[:CONTACT_ID_LENGTH], erased_at=erased_at)
