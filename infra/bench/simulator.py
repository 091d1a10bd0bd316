"""How many whole lives the simulator plays in a second: two days of welcome-from-store, on one core."""

import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from infra.bench.callback import ROOT, BenchError
from workbench.language.reading import read_file
from workbench.simulator.deployment import Person, SimulatedDeployment, simulated_account
from workbench.simulator.persona import read_persona
from workbench.simulator.simulator import Simulator

JOURNEY = Path("infra/journeys/welcome-from-store.yaml")
PERSONA = Path("infra/personas/lee.yaml")
ROUNDS = 5
ROUND = timedelta(seconds=0.5)


@dataclass(frozen=True)
class Lives:
    """The simulator's speed, and what one life of it is: `hours` of virtual time with so many happenings."""

    journey: str
    persona: str
    happenings: int
    hours: float
    per_second: float

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`."""
        return asdict(self)


def lives_per_second(rounds: int = ROUNDS, each: timedelta = ROUND) -> Lives:
    """Lives in a second of the processor: the best of some rounds. Raises BenchError."""
    stage, person = reference_life()
    life = Simulator(stage, person).play()
    return Lives(
        journey=JOURNEY.stem,
        persona=person.name,
        happenings=len(life),
        hours=(life[-1].at - life[0].at) / timedelta(hours=1),
        per_second=max(_round(stage, person, each) for _ in range(rounds)),
    )


def reference_life() -> tuple[SimulatedDeployment, Person]:
    """Whose life it is, and the stage that it is played on. Raises BenchError."""
    journey = read_file(ROOT / JOURNEY).journey
    persona = read_persona(ROOT / PERSONA).value
    if journey is None or persona is None:
        raise BenchError(f"{JOURNEY} or {PERSONA} has a mistake: run `uv run wejourney check`")
    account = simulated_account()
    return SimulatedDeployment.of([journey], account), persona.person(account)


def _round(stage: SimulatedDeployment, person: Person, each: timedelta) -> float:
    began = time.process_time()
    lives = 0
    while (passed := time.process_time() - began) < each.total_seconds():
        Simulator(stage, person).play()
        lives += 1
    return lives / passed
