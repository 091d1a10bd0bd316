"""Everything that is different between two versions of a journey."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from wejourney.allowances.wechat_rules import RuleSet
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.messaging.account_settings import AccountSettings, zone_of
from workbench.compare.changes import Change, changes
from workbench.language.journey import Journey
from workbench.language.mistakes import MOST_PATHS
from workbench.proof.premises import ALONE, Beside
from workbench.proof.prove import Violation, prove, violation_text
from workbench.simulator.deployment import SimulatedDeployment
from workbench.simulator.persona import Persona
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import RunStarted, TraceEvent
from workbench.trace.transcript import transcript
from workbench.wording.phrases import phrase
from workbench.wording.picture_phrases import Language

UNDER_WAY = phrase("under way")
"""What becomes of people who are in the journey when it is deployed: each version is a machine of its own."""


@dataclass(frozen=True)
class Behaviour:
    """What a persona, read from a file, lives through in two versions, a line for each thing that happens.

    `enters` says whether they begin either version.
    """

    persona: str
    file: str
    enters: bool
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return self.old != self.new

    def diff(self, language: Language = "en") -> tuple[str, ...]:
        """The lines of a unified diff; nothing when both are the same."""
        old, new = (
            phrase(f"{age} version of", name=self.persona).in_words(language) for age in ("old", "new")
        )
        return tuple(unified_diff(self.old, self.new, old, new, lineterm=""))


@dataclass(frozen=True)
class Comparison:
    """Two versions: the changes of the graph, of what each persona lives through, and the proofs.

    `violations` are the messages that can leave without an allowance, of the `old` and the `new` version.
    """

    changes: tuple[Change, ...]
    behaviours: tuple[Behaviour, ...]
    violations: Mapping[str, tuple[str, ...]]

    @property
    def differs(self) -> bool:
        return bool(self.changes) or any(behaviour.differs for behaviour in self.behaviours)

    def to_dict(self) -> dict[str, Any]:
        """The form of `diff --json`."""
        behaviours = [
            {
                "persona": behaviour.persona,
                "file": behaviour.file,
                "enters": behaviour.enters,
                "differs": behaviour.differs,
                "diff": behaviour.diff(),
            }
            for behaviour in self.behaviours
        ]
        return {
            "differs": self.differs,
            "changes": [change.to_dict() for change in self.changes],
            "behaviours": behaviours,
            "rules": self.violations,
            "under_way": UNDER_WAY.in_words("en"),
        }


def compare(
    old: Journey,
    new: Journey,
    personas: Mapping[str, Persona],
    account: AccountSettings,
    rules: RuleSet,
    language: Language = "en",
    beside: Mapping[str, Beside] = MappingProxyType({}),
    people: PeopleRules = NO_RULES,
) -> Comparison:
    """Compare two versions of a journey, played in this account and proved under these rules.

    `personas` are by their files' names: people of two files may have one name. `beside` is what the
    journeys beside the `old` and the `new` version bring along.
    """
    # Two files of different names are two versions all the same; chance and transcripts go by the name.
    old = replace(old, name=new.name)
    lives = tuple(
        _behaviour(_played((old, new), persona, account, people), persona, file, account, language)
        for file, persona in personas.items()
    )
    violations = {
        name: _told(prove(journey, rules, beside=beside.get(name, ALONE)), language)
        for name, journey in (("old", old), ("new", new))
    }
    return Comparison(changes(old, new, language), lives, violations)


def _played(
    versions: Iterable[Journey], persona: Persona, account: AccountSettings, people: PeopleRules
) -> list[list[TraceEvent]]:
    person = persona.person(account)
    stages = (SimulatedDeployment.of((journey,), account, people) for journey in versions)
    return [Simulator(stage, person).play() for stage in stages]


def _behaviour(
    played: Sequence[list[TraceEvent]],
    persona: Persona,
    file: str,
    account: AccountSettings,
    language: Language,
) -> Behaviour:
    zone, (before, after) = zone_of(persona.person(account).before, account), played
    enters = any(isinstance(event, RunStarted) for event in (*before, *after))
    return Behaviour(
        persona.name, file, enters, _lines(before, zone, language), _lines(after, zone, language)
    )


def _lines(trace: Iterable[TraceEvent], zone: ZoneInfo, language: Language) -> tuple[str, ...]:
    """Each event by itself: the layout of a table would differ, too."""
    tables = (transcript((event,), zone, language) for event in trace)
    cells = ((str(cell) for column in table.columns for cell in column.cells) for table in tables)
    return tuple(" ".join(" ".join(row).split()) for row in cells)


def _told(violations: Sequence[Violation], language: Language) -> tuple[str, ...]:
    """One sentence each, and at last how many more there are."""
    told = [violation_text(violation, language) for violation in violations[:MOST_PATHS]]
    more = len(violations) - len(told)
    return (*told, phrase("more errors", n=more).in_words(language)) if more else tuple(told)
