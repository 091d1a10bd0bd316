"""The expected funnel and costs of a population, as people read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

from wejourney.reasons import NotDeployable
from workbench.language.journey import Journey
from workbench.language.step_types import Branch, Step
from workbench.language.traversal import paths_of, placed, prefix_of, word_of
from workbench.trace.funnel import Funnel, count_tables, funnel_table
from workbench.wording.journey_parts import Wording, paths_in_words
from workbench.wording.picture_phrases import LANGUAGES, PHRASES, Language
from workbench.wording.reason_words import ReasonWords
from workbench.wording.report_phrases import FUNNEL_WORDS, service_in_words


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
    yield funnel_table(funnel, journey, language)
    for place, why in unreached(journey, funnel):
        yield Text(words["nobody"].format(place=_named(place, journey, language), why=words[why]))
    yield from count_tables(funnel, language)
    if isinstance(spent, Spent):
        yield _costs(spent, words, language)
    else:
        yield Text(words["no costs"].format(why=ReasonWords(language)(spent)))


def _costs(spent: Spent, words: Mapping[str, str], language: Language) -> Table:
    where = PHRASES["list"][LANGUAGES.index(language)].join((spent.region, spent.currency))
    title = words["costs"] + Wording(language).say("note", text=where)
    table = Table(title)
    table.add_column("", justify="right")
    for service, cost in sorted(spent.by_service.items()):
        if cost:
            table.add_row(service_in_words(service, language), f"{cost:,.4f}")
    table.add_section()
    table.add_row(words["total"], f"{spent.total:,.4f}", style="bold")
    table.add_row(words["transitions"], f"{spent.transitions:,}")
    return table


def _named(place: str, journey: Journey, language: Language) -> str:
    """A place with the condition that leads to it, if its path has one."""
    wording = Wording(language)
    why = paths_in_words(journey, wording).get(place.rpartition(".")[0])
    return place if why is None else f"{place}{wording.say('note', text=why)}"


_WHY = {
    "not_sent": "all sent",
    "unanswered": "all answered",
    "otherwise": "all came",
    "cases": "no case",
    "shares": "no share",
    "retry": "none unclear",
    "passed": "none passed",
    "rounds": "all until",
}
"""Why nobody took a path of a step, by the path's field."""


def unreached(journey: Journey, funnel: Funnel) -> Iterator[tuple[str, str]]:
    """The first step of every path that nobody came to, and the word for why (see FUNNEL_WORDS)."""
    return _unreached(journey.steps, "", "nobody entered" if funnel.entered == 0 else "all ended", funnel)


def _unreached(steps: tuple[Step, ...], prefix: str, why: str, funnel: Funnel) -> Iterator[tuple[str, str]]:
    for place, step in placed(steps, prefix):
        if not funnel.reached[place]:
            yield place, why
            return
        for name, path in paths_of(step):
            has_case = isinstance(step, Branch) and name == ("otherwise",)
            reason = "some case" if has_case else _WHY[str(name[0])]
            yield from _unreached(path, prefix_of(place, word_of(name)), reason, funnel)
        why = "all ended"
