"""All that is on record of a person, as JSON for that person."""

import json
from collections.abc import Mapping
from typing import Any

from wejourney.adapters.dynamo.follower_rows import BOARD, CONSENT
from wejourney.adapters.dynamo.items import RawItem, columns_of, partition
from wejourney.loyalty.books import Books
from wejourney.loyalty.games import Standing
from wejourney.people.bookings import listed
from wejourney.people.contacts import CONTACT_FIELDS
from wejourney.people.disclosure.masking import all_masked
from wejourney.people.followers import Follower
from wejourney.people.profile_fields import masked
from wejourney.plain_data import to_plain
from workbench.operations.loyalty.histories import History
from workbench.operations.media import kept_media
from workbench.operations.target import Target
from workbench.operations.timeline import entries_of, order

KINDS: Mapping[str, str] = {
    "event": "events",
    "run": "runs",
    "message": "messages",
    "answer": "answers",
    "change": "changes",
    "goal": "goals",
}
"""The kinds of entries of the timeline, and their lists in an export."""

_OF_THE_STORE = ("data_keys", "rev", "merging", "look_at", "lots", "others")


def export_of(target: Target, person: Follower) -> dict[str, Any]:
    """The person with all that is listed of them, what happened, who has read it, and their books."""
    items = list(target.followers.table.query(partition(person.person_id)))
    left_out = {*CONTACT_FIELDS, *_OF_THE_STORE, "identities", "bookings", "consents"}
    known = {name: to_plain(value) for name, value in vars(person).items() if name not in left_out}
    lists: dict[str, list[Any]] = {name: [] for name in KINDS.values()}
    for entry in sorted(entries_of(items), key=order):
        lists[KINDS[entry["kind"]]].append({name: value for name, value in entry.items() if name != "kind"})
    return {
        "person": known,
        "contacts": [to_plain(contact) for contact in person.contacts],
        "identities": [
            {"kind": identity.kind.value, "value": identity.value} for identity in sorted(person.identities)
        ],
        "bookings": to_plain(listed(person.bookings)),
        "consents": [
            {name: value for name, value in columns_of(item).items() if name not in ("pk", "sk", "moved")}
            for item in items
            if item["sk"]["S"].startswith(CONSENT)
        ],
        "leader_boards": [_standing_of(item) for item in items if item["sk"]["S"].startswith(BOARD)],
        **lists,
        "uploads": [
            to_plain(upload)
            for upload in sorted(target.uploads.all(person.person_id), key=lambda one: one.opened_at)
        ],
        "media": [{"file_name": one.file_name, **to_plain(one)} for one in kept_media(target, person)],
        "accesses": [
            {"at": to_plain(access.at), "operation": access.operation, "caller": access.caller}
            for person_id in (*sorted(person.merged), person.person_id)
            for access in target.accesses.all(person_id)
        ],
        "books": {asset: _books_of(target, person, asset) for asset in _assets_of(target, person)},
    }


def _standing_of(item: RawItem) -> dict[str, Any]:
    """Where they stand on a board, which its game, its period and what counts name."""
    standing = Standing.at_place(item["place"]["S"])
    return {
        "board": item["sk"]["S"].removeprefix(BOARD),
        "score": standing.score,
        "at": standing.at.isoformat(),
    }


def _assets_of(target: Target, person: Follower) -> list[str]:
    """All of which the person ever had something."""
    person_ids = (person.person_id, *person.merged)
    return sorted({asset for person_id in person_ids for asset in target.ledger.all_books(person_id)})


def _books_of(target: Target, person: Follower, asset: str) -> dict[str, Any]:
    history = History.of(target.ledger, person, asset)
    balance = Books(history.lots()).balance
    return {"balance": vars(balance), "transactions": [line.to_dict() for line in history.lines()]}


def masked_body(body: str) -> str:
    """The text of a message of a queue with what is personal masked: JSON stays JSON."""
    try:
        return json.dumps(all_masked(json.loads(body)), ensure_ascii=False)
    except (ValueError, RecursionError):
        return masked(body)
