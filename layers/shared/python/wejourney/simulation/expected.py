"""The expected funnel and costs of a population, as people read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from wejourney.domain.journeys import Journey, Step
from wejourney.simulation.funnel import Funnel
from wejourney.simulation.happenings import What
from wejourney.simulation.places import places_of
from wejourney.simulation.words import FUNNEL_WORDS

_COLUMNS = (What.SENT, What.NOT_SENT, What.ANSWERED, What.TIME_OVER)


@dataclass(frozen=True)
class Spent:
    """What a population costs in AWS, in a currency, and the transitions of its runs."""

    transitions: int
    by_service: Mapping[str, float]
    currency: str
    region: str

    @property
    def total(self) -> float:
        """All services together."""
        return sum(self.by_service.values())

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "currency": self.currency,
            "region": self.region,
            "transitions": self.transitions,
            "by_service": {name: round(cost, 4) for name, cost in sorted(self.by_service.items())},
            "total": round(self.total, 4),
        }


def tables(journey: Journey, funnel: Funnel, spent: Spent | None, language: str) -> Iterator[Table]:
    """The funnel, how runs ended and why messages were not sent, and the costs."""
    words = FUNNEL_WORDS[language]
    yield _steps(journey, funnel, words)
    counts = (("ended", funnel.ended), ("refused", funnel.refused), ("not sent", funnel.not_sent))
    for name, count in (*counts, ("channels", funnel.channels)):
        if count:
            yield _counts(words[name], count, funnel.entered)
    for question in dict.fromkeys(question for question, _ in funnel.answers):
        given = {answer: count for (asked, answer), count in funnel.answers.items() if asked == question}
        yield _counts(f"{words['answers to']} {question}", given, sum(given.values()))
    if spent is not None:
        yield _costs(spent, words)


def _steps(journey: Journey, funnel: Funnel, words: Mapping[str, str]) -> Table:
    title = f"{journey.name}: {funnel.people:,} {words['people']}, {funnel.entered:,} {words['entered']}"
    table = Table(words["step"], "", words["reached"], "%", title=title, title_justify="left")
    for what in _COLUMNS:
        table.add_column(words[what.value], justify="right")
    for place, step in places_of(journey):
        if funnel.reached[place]:
            share = 100 * funnel.reached[place] / max(1, funnel.entered)
            counts = (funnel.steps[place, what.value] for what in _COLUMNS)
            cells = (f"{count:,}" if count else "" for count in counts)
            table.add_row(place, _called(step), f"{funnel.reached[place]:,}", f"{share:.1f}", *cells)
    return table


def _called(step: Step | None) -> str:
    if step is None:
        return ""
    named = getattr(step, "name", None)
    return f"{step.kind} {named}" if named else step.kind


def _counts(title: str, counts: Mapping[str, int], whole: int) -> Table:
    table = Table(title, "", "%", title_justify="left")
    for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        table.add_row(name, f"{count:,}", f"{100 * count / max(1, whole):.1f}")
    return table


def _costs(spent: Spent, words: Mapping[str, str]) -> Table:
    title = f"{words['costs']} ({spent.region}, {spent.currency})"
    table = Table(title, "", title_justify="left")
    table.columns[1].justify = "right"
    for service, cost in sorted(spent.by_service.items()):
        table.add_row(service.replace("_", " "), f"{cost:,.4f}")
    table.add_section()
    table.add_row(words["total"], f"{spent.total:,.4f}", style="bold")
    table.add_row(words["transitions"], f"{spent.transitions:,}")
    return table
