"""The expected funnel and costs of a population, as people read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

from wejourney.journeys.definition import Journey, Step, WaitDate
from wejourney.journeys.runs import OPENING_STEP
from wejourney.reasons import NotDeployable, Reason
from workbench.language.places import places_of
from workbench.simulator.labels import label, said
from workbench.simulator.unreached import unreached
from workbench.trace.funnel import Funnel, Outcome
from workbench.wording.journey_parts import Wording
from workbench.wording.phrases import Language
from workbench.wording.reason_words import ReasonWords
from workbench.wording.simulation_phrases import FUNNEL_WORDS

_COLUMNS: Mapping[str, tuple[Outcome, ...]] = {
    "sent": (Outcome.SENT,),
    "not_sent": (Outcome.NOT_SENT,),
    "in_time": (Outcome.ANSWERED, Outcome.CAME),
    "late": (Outcome.TIMED_OUT,),
    "left": (Outcome.LEFT,),
}
"""The columns, and what is counted in them."""


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


def tables(
    journey: Journey, funnel: Funnel, spent: Spent | NotDeployable, language: Language
) -> Iterator[Table | Text]:
    """The funnel, how runs ended, the messages and why some were not sent, the answers, and the costs.

    `spent` may be why the journey cannot be deployed.
    """
    words = FUNNEL_WORDS[language]
    yield _steps(journey, funnel, words, Wording(language))
    for place, why in unreached(journey, funnel):
        yield Text(words["nobody"].format(place=place, why=words[why]))
    if funnel.refused:
        yield _counts(words["refused"], _reasons(funnel.refused, language), funnel.people)
    if funnel.ended:
        yield _counts(words["ended"], _reasons(funnel.ended, language), funnel.entered)
    yield _messages(funnel, words)
    if funnel.not_sent:
        yield _counts(words["why not sent"], _reasons(funnel.not_sent, language), funnel.not_sent.total())
    for question in dict.fromkeys(question for question, _ in funnel.answers):
        given = {answer: count for (asked, answer), count in funnel.answers.items() if asked == question}
        yield _counts(words["answers to"].format(question=question), given, sum(given.values()))
    if isinstance(spent, Spent):
        yield _costs(spent, words)
    else:
        yield Text(words["no costs"].format(why=ReasonWords(language)(spent)))


def _steps(journey: Journey, funnel: Funnel, words: Mapping[str, str], wording: Wording) -> Table:
    title = words["title"].format(journey=journey.name, people=funnel.people, entered=funnel.entered)
    table = Table(words["step"], title=title, title_justify="left")
    table.columns[0].no_wrap = True
    table.add_column("", overflow="fold")
    opening = [(OPENING_STEP, None)] if journey.opening is not None else []
    places: list[tuple[str, Step | None]] = [*opening, *places_of(journey).items()]
    columns = [name for name in _COLUMNS if any(_count(place, step, name, funnel) for place, step in places)]
    for heading in (words["reached"], "%", *(words[name] for name in columns)):
        table.add_column(heading, justify="right", no_wrap=True)
    for place, step in places:
        reached = funnel.reached[place]
        share = f"{100 * reached / funnel.entered:.1f}" if reached else ""
        counts = (_count(place, step, name, funnel) for name in columns)
        cells = (f"{count:,}" if count else "" for count in counts)
        called = _called(journey, step, wording)
        style = "" if reached else "dim"
        table.add_row(Text(place), Text(called), f"{reached:,}", share, *cells, style=style)
    return table


def _count(place: str, step: Step | None, column: str, funnel: Funnel) -> int:
    """The number in a column. What comes to a wait for a date moves it: it is over when the date has come."""
    if column == "in_time" and isinstance(step, WaitDate):
        return funnel.steps[place, Outcome.DATE_CAME]
    return sum(funnel.steps[place, what] for what in _COLUMNS[column])


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


def _reasons(counts: Mapping[Reason, int], language: Language) -> dict[str, int]:
    words = ReasonWords(language)
    return {words(reason): count for reason, count in counts.items()}


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
