"""What somebody lives through in two versions of a journey."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any
from zoneinfo import ZoneInfo

from wejourney.accounts import Account
from wejourney.domain.calendar import zone_of
from wejourney.domain.journeys import Journey
from wejourney.simulation.happenings import Happening
from wejourney.simulation.persona import Persona
from wejourney.simulation.playing import Player
from wejourney.simulation.stage import Stage
from wejourney.simulation.transcript import transcript


@dataclass(frozen=True)
class Behaviour:
    """What a persona lives through in two versions, one line for each thing that happens."""

    persona: str
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
        return {"persona": self.persona, "differs": self.differs, "diff": self.diff()}


def behaviour(old: Journey, new: Journey, persona: Persona, account: Account) -> Behaviour:
    """Both versions played by one persona."""
    return Behaviour(persona.name, lived(old, persona, account), lived(new, persona, account))


def lived(journey: Journey, persona: Persona, account: Account) -> tuple[str, ...]:
    """What a persona lives through, without anything of the table's layout: it would differ, too."""
    person = persona.person(account)
    happenings = Player(Stage.of((journey,), account), person).play()
    return tuple(_lines(happenings, zone_of(person.before, account)))


def _lines(happenings: Iterable[Happening], zone: ZoneInfo) -> Iterator[str]:
    for one in happenings:
        cells = (cell for column in transcript((one,), zone, "en").columns for cell in column.cells)
        yield " ".join(" ".join(map(str, cells)).split())
