"""What somebody lives through in two versions of a journey."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any
from zoneinfo import ZoneInfo

from wejourney.journeys.calendar import zone_of
from wejourney.messaging.account_settings import AccountSettings
from workbench.language.journey import Journey
from workbench.simulator.deployment import SimulatedDeployment
from workbench.simulator.persona import Persona
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import RunStarted, TraceEvent
from workbench.trace.transcript import transcript


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
        """Whether anything else happens to this person."""
        return self.old != self.new

    def diff(self) -> tuple[str, ...]:
        """The lines of a unified diff; nothing when both are the same."""
        names = (f"{self.persona}, old version", f"{self.persona}, new version")
        return tuple(unified_diff(self.old, self.new, *names, lineterm=""))

    def to_dict(self) -> dict[str, Any]:
        """The form of `diff --json`."""
        return {
            "persona": self.persona,
            "file": self.file,
            "enters": self.enters,
            "differs": self.differs,
            "diff": self.diff(),
        }


def behaviour(old: Journey, new: Journey, persona: Persona, file: str, account: AccountSettings) -> Behaviour:
    """Both versions played by one persona."""
    person = persona.person(account)
    zone = zone_of(person.before, account)
    before, after = (
        tuple(Simulator(SimulatedDeployment.of((one,), account), person).play()) for one in (old, new)
    )
    enters = any(isinstance(one, RunStarted) for one in (*before, *after))
    return Behaviour(persona.name, file, enters, tuple(_lines(before, zone)), tuple(_lines(after, zone)))


def _lines(happenings: Iterable[TraceEvent], zone: ZoneInfo) -> Iterator[str]:
    """Without anything of the table's layout: it would differ, too."""
    for happening in happenings:
        cells = (cell for column in transcript((happening,), zone, "en").columns for cell in column.cells)
        yield " ".join(" ".join(map(str, cells)).split())
