"""What QR codes have brought in a period: from the counts of a deployment to the lines of a report."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wejourney.events.text_matching import matches_glob
from wejourney.journeys.counting import Count
from wejourney.people.code_counts import CodeCount

CODE = "code"
"""What a report has a line for, besides the values of a fact."""


@dataclass
class CodeLine:
    """The counts of a code, or of all codes with one value of a fact. Money is in fen."""

    name: str
    counts: Counter[CodeCount] = field(default_factory=Counter)

    def to_dict(self) -> dict[str, str | int]:
        return {"name": self.name, **{what.value: self.counts[what] for what in CodeCount}}


def code_lines(
    counts: Iterable[tuple[str, Mapping[Count, int]]], names: Iterable[str], facts: Mapping[str, str], by: str
) -> list[CodeLine]:
    """A line for each code (`by` CODE) or value of a fact, in order of what the first touch has brought.

    `counts` are those of codes, by code and day. Of `names`, which may have a `*`, one must fit, if there are
    any. Codes without the fact that lines are `by` have one without a name.
    """
    lines = dict[str, CodeLine]()
    patterns = list(names)
    for code, counted in counts:
        if patterns and not any(matches_glob(pattern, code) for pattern in patterns):
            continue
        for (what, text), number in counted.items():
            known = json.loads(text)
            if facts.items() <= known.items():
                name = code if by == CODE else known.get(by, "")
                lines.setdefault(name, CodeLine(name)).counts[CodeCount(what)] += number
    return sorted(lines.values(), key=_order)


def total_of(lines: Iterable[CodeLine]) -> CodeLine:
    total = CodeLine("")
    for line in lines:
        total.counts.update(line.counts)
    return total


def _order(line: CodeLine) -> tuple[int, int, str]:
    return -line.counts[CodeCount.FIRST_REVENUE], -line.counts[CodeCount.SCANS], line.name
