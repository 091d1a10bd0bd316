"""Whether a run still speaks with the person that it began with."""

from wejourney.domain.errors import FollowerGoneError
from wejourney.domain.followers import Follower


def still(follower: Follower, current: Follower | None) -> Follower:
    """The follower as they are now.

    Raises FollowerGoneError when they unfollowed and were erased, also if they have come back since:
    then they are another person to us, and the run is not theirs.
    """
    if current is None or current.person_id != follower.person_id:
        raise FollowerGoneError
    return current
