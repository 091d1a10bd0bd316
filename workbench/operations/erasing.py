"""Erase a person as if they withdrew the authorisation of each of their contacts, and see what is left."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from time import sleep

from wejourney.adapters.dynamo.items import partition
from wejourney.events.event import own_event
from wejourney.events.event_types import REVOKED, OtherEvent
from wejourney.people.erasure import MARK_LASTS
from wejourney.people.followers import Follower
from workbench.operations.target import Target

LONGEST_WAIT, PAUSE = 120, 1
"""Seconds that are waited for the inbox, and between two looks."""


@dataclass(frozen=True)
class Left:
    """What is left of a person who was told to be erased.

    `rows` are those of their partition that are still to be deleted. `transactions` are known by our own id
    of the person alone. The marks of the erasure are there until `marks_until`.
    """

    rows: int
    transactions: int
    marks_until: datetime


def erase(target: Target, person: Follower) -> Left:
    """Put the erasure of each contact into the inbox, and wait until nothing is left, or LONGEST_WAIT.

    What the person does after this moment is done by somebody new.
    """
    now = target.clock.now()
    body, cause = OtherEvent(REVOKED), uuid.uuid4().hex
    target.inbox.tell([own_event(body, cause, contact.subject, now) for contact in person.contacts])
    tries = 0
    while (rows := _rows(target, person)) and tries < LONGEST_WAIT // PAUSE:
        sleep(PAUSE)
        tries += 1
    books = (target.ledger.all_books(person_id) for person_id in _ids(person))
    transactions = sum(one.rev for by_asset in books for one in by_asset.values())
    return Left(rows, transactions, now + MARK_LASTS)


def _rows(target: Target, person: Follower) -> int:
    return sum(len(target.followers.table.first_page(partition(person_id))) for person_id in _ids(person))


def _ids(person: Follower) -> tuple[str, ...]:
    return (person.person_id, *person.merged)
