"""Accesses: that somebody has read what is known of a person. They outlive the person's erasure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

ACCESSES_KEPT = timedelta(days=3 * 366)
"""Three years: PIPL, article 56, asks for as long of the records of handling personal information."""


@dataclass(frozen=True)
class Access:
    """Who (`caller`, an ARN of IAM) has read what (`operation`), and when (UTC).

    `subject` is our own id of the person, or `segment:` and the name of a segment whose members were listed.
    `request_id` tells two requests of a moment apart.
    """

    subject: str
    operation: str
    caller: str
    at: datetime
    request_id: str


def members_of(segment: str) -> str:
    """The subject of an access to the list of a segment's members."""
    return f"segment:{segment}"
