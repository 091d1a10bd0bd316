"""Segments in the followers' table: a row for each person in one, and counts, written with the person's row.

Both are in shards: one partition takes about 1,000 writes a second, and writes of one row conflict.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from zlib import crc32

from wejourney.adapters.dynamo.items import Row, row_key
from wejourney.adapters.dynamo.table import Table, Transaction
from wejourney.people.followers import Follower
from wejourney.services.ports.segments import SegmentPage

SHARDS = 8
SEGMENTS, SEGMENT = "SEGMENTS", "SEGMENT#"
"""The pk of the counts, and the beginning of those of the lists."""

AT_ONCE = 20
"""Segments that somebody enters or leaves in one transaction, two writes each: all that can be declared.

Other systems can put a person into more.
"""

_MEMBER = "PERSON#"


def _shard(person_id: str) -> int:
    return crc32(person_id.encode()) % SHARDS


def _member_key(segment: str, person_id: str) -> Row:
    return {"pk": f"{SEGMENT}{segment}#{_shard(person_id)}", "sk": f"{_MEMBER}{person_id}"}


def _count_key(segment: str, person_id: str) -> Row:
    return row_key(SEGMENTS, "", segment, str(_shard(person_id)))


def write_segments(write: Transaction, before: Follower | None, after: Follower | None) -> None:
    """Write which segments a person has entered and left, with the person's row (None: there is none)."""
    old = before.segments if before is not None else frozenset()
    new = after.segments if after is not None else frozenset()
    person = after or before
    if person is None or old == new:
        return
    for segment in sorted(new - old):
        write.put(_member_key(segment, person.person_id))
        write.add(_count_key(segment, person.person_id), "people", 1)
    for segment in sorted(old - new):
        write.delete(_member_key(segment, person.person_id))
        write.add(_count_key(segment, person.person_id), "people", -1)


@dataclass(frozen=True)
class SegmentStore:
    """The followers' table; SegmentLists says what each method does."""

    table: Table

    def counts(self) -> Mapping[str, int]:
        people: Counter[str] = Counter()
        for item in self.table.query(SEGMENTS):
            people[item["sk"]["S"].rpartition("#")[0]] += int(item["people"]["N"])
        return dict(sorted(people.items()))

    def members(self, segment: str, most: int, after: str | None = None) -> SegmentPage:
        """A place in the list is a shard and the last person of the page before, as `3:0123…`."""
        shard, _, last = (after or "0:").partition(":")
        if not shard.isdecimal() or int(shard) >= SHARDS:
            raise ValueError(f"no place in a list: {after}")
        found: list[str] = []
        for number in range(int(shard), SHARDS):
            before = f"{_MEMBER}{last}" if last else None
            items = self.table.newest(f"{SEGMENT}{segment}#{number}", _MEMBER, before=before, page=most + 1)
            ids = (item["sk"]["S"].removeprefix(_MEMBER) for item in items)
            for person_id in islice((one for one in ids if one != last), most - len(found) + 1):
                if len(found) == most:
                    return SegmentPage(tuple(found), f"{number}:{last}")
                found.append(person_id)
                last = person_id
            last = ""
        return SegmentPage(tuple(found), None)
