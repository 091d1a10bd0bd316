"""All that is on record of a person, as JSON for that person; and the same with what is personal masked."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from wejourney.adapters.dynamo.follower_rows import CONSENT
from wejourney.adapters.dynamo.items import columns_of, partition
from wejourney.loyalty.ledger import person_account
from wejourney.people.contacts import CONTACT_FIELDS
from wejourney.people.followers import Follower
from wejourney.people.profile_fields import HIDDEN, is_sealed, masked
from wejourney.plain_data import to_plain
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

_SHOWN = frozenset(
    {"account_language", "act", "at", "channel", "cohort", "contact_id", "end", "ended_at", "erased_at"}
    | {"event_id", "expires_at", "followed_at", "id", "journey", "key_field", "kind", "known_since"}
    | {"language", "look_at", "lots", "outcome", "person_id", "purpose", "reason", "run_id", "settled_at"}
    | {"source", "started_at", "status", "step", "tier", "time_zone", "type", "until", "version"}
)
"""The texts that are not personal: our own ids, names of the brand's journeys and steps, kinds and times.

What is not named here is masked, so that a new field is masked until somebody has thought about it.
"""

_FREE = frozenset({"attributes", "content", "dates", "fields", "rejected", "values"})
"""Parts whose names come from people and other systems: every text in them is masked."""

_NAMES_TOO = frozenset({"told_at"})
"""Parts whose names are what is personal: the tags, with when they were told."""

_OF_THE_STORE = ("data_keys", "rev", "merging", "look_at", "lots", "others")


def export_of(target: Target, person: Follower) -> dict[str, Any]:
    """The person with their contacts, identities and consents, what happened, and the points."""
    items = list(target.followers.table.query(partition(person.person_id)))
    account = person_account(person.person_id)
    left_out = {*CONTACT_FIELDS, *_OF_THE_STORE, "identities", "consents"}
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
        "consents": [
            {name: value for name, value in columns_of(item).items() if name not in ("pk", "sk", "moved")}
            for item in items
            if item["sk"]["S"].startswith(CONSENT)
        ],
        **lists,
        "points": {
            "balance": target.ledger.balance(account),
            "statement": [to_plain(line) for line in target.ledger.statement(account)],
        },
    }


def opened(value: Any, read: Callable[[str], str]) -> Any:
    """The value with what `read` makes of every sealed text, in whatever it lies."""
    if isinstance(value, Mapping):
        return {key: opened(inner, read) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [opened(inner, read) for inner in value]
    return read(value) if is_sealed(value) else value


def masked_body(body: str) -> str:
    """The text of a message of a queue with what is personal masked: JSON stays JSON."""
    try:
        return json.dumps(all_masked(json.loads(body)), ensure_ascii=False)
    except (ValueError, RecursionError):
        return masked(body)


def all_masked(value: Any, name: str = "", *, is_free: bool = False) -> Any:
    """The value with every text masked that may be personal, in whatever it lies; names stay."""
    if name in _NAMES_TOO:
        return HIDDEN
    is_free = is_free or name in _FREE
    if isinstance(value, Mapping):
        return {key: all_masked(inner, key, is_free=is_free) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [all_masked(inner, name, is_free=is_free) for inner in value]
    if not isinstance(value, str) or not value or is_sealed(value) or (name in _SHOWN and not is_free):
        return value  # What is sealed shows nothing, and is masked when it is opened.
    return masked(value)
