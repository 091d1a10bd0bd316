"""The expected funnel and costs of a population, as people read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

from wejourney.domain.journeys import Journey, Step
from wejourney.drawing.phrases import Language
from wejourney.drawing.wording import Wording
from wejourney.simulation.funnel import Funnel
from wejourney.simulation.happenings import What
from wejourney.simulation.labels import label, said
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


def tables(journey: Journey, funnel: Funnel, spent: Spent | None, language: Language) -> Iterator[Table]:
    """The funnel, how runs ended, the messages and why some were not sent, the answers, and the costs."""
    words = FUNNEL_WORDS[language]
    yield _steps(journey, funnel, words, Wording(language))
    if funnel.refused:
        yield _counts(words["refused"], funnel.refused, funnel.people)
    yield _counts(words["ended"], _in_words(funnel.ended, words), funnel.entered)
    yield _messages(funnel, words)
    if funnel.not_sent:
        yield _counts(words["why not sent"], funnel.not_sent, sum(funnel.not_sent.values()))
    for question in dict.fromkeys(question for question, _ in funnel.answers):
        given = {answer: count for (asked, answer), count in funnel.answers.items() if asked == question}
        yield _counts(words["answers to"].format(question=question), given, sum(given.values()))
    if spent is not None:
        yield _costs(spent, words)


def _steps(journey: Journey, funnel: Funnel, words: Mapping[str, str], wording: Wording) -> Table:
    title = words["title"].format(journey=journey.name, people=funnel.people, entered=funnel.entered)
    table = Table(words["step"], "", title=title, title_justify="left")
    for heading in (words["reached"], "%", *(words[what.value] for what in _COLUMNS)):
        table.add_column(heading, justify="right")
    for place, step in places_of(journey):
        if funnel.reached[place]:
            share = 100 * funnel.reached[place] / max(1, funnel.entered)
            counts = (funnel.steps[place, what.value] for what in _COLUMNS)
            cells = (f"{count:,}" if count else "" for count in counts)
            called = _called(journey, step, wording)
            table.add_row(Text(place), Text(called), f"{funnel.reached[place]:,}", f"{share:.1f}", *cells)
    return table


def _called(journey: Journey, step: Step | None, wording: Wording) -> str:
    if step is not None:
        return label(step, wording)
    return said(journey.opening, wording) if journey.opening is not None else ""


def _messages(funnel: Funnel, words: Mapping[str, str]) -> Table:
    """The messages by channel, and those that no channel took: how many, and how many in a run."""
    table = _numbers(words["messages"], words["a run"])
    for name, count in (*funnel.channels.most_common(), ("not sent", funnel.not_sent.total())):
        table.add_row(words[name], f"{count:,}", f"{count / max(1, funnel.entered):.2f}")
    return table


def _in_words(counts: Mapping[str, int], words: Mapping[str, str]) -> dict[str, int]:
    """The counts with what the engine itself says in the words of the language."""
    return {words.get(f"ended {name}", name): count for name, count in counts.items()}


def _numbers(title: str, heading: str) -> Table:
    table = Table(title)
    table.add_column("", justify="right")
    table.add_column(heading, justify="right")
    return table


def _counts(title: str, counts: Mapping[str, int], whole: int) -> Table:
    table = _numbers(title, "%")
    for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        table.add_row(Text(name), f"{count:,}", f"{100 * count / max(1, whole):.1f}")
    return table


def _costs(spent: Spent, words: Mapping[str, str]) -> Table:
    title = f"{words['costs']} ({spent.region}, {spent.currency})"
    table = Table(title)
    table.add_column("", justify="right")
    for service, cost in sorted(spent.by_service.items()):
        if cost:
            table.add_row(service.replace("_", " "), f"{cost:,.4f}")
    table.add_section()
    table.add_row(words["total"], f"{spent.total:,.4f}", style="bold")
    table.add_row(words["transitions"], f"{spent.transitions:,}")
    return table
