"""How many whole lives the simulator plays in a second, and how many people of a population, on one core."""

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from timeit import Timer

from infra.bench.callback import BenchError
from infra.sandbox.settings import ROOT
from workbench.language.reading import read_file
from workbench.simulator.deployment import Person, SimulatedDeployment, simulated_account
from workbench.simulator.persona import read_persona
from workbench.simulator.population import Population
from workbench.simulator.rates import Rates
from workbench.simulator.simulator import Simulator

JOURNEY = Path("infra/journeys/welcome-from-store.yaml")
PERSONA = Path("infra/personas/lee.yaml")
PEOPLE = 300
"""How many people of a population are simulated in a round."""


@dataclass(frozen=True)
class Lives:
    """The simulator's speed, and what one life of it is: `hours` of virtual time with so many events."""

    journey: str
    persona: str
    events: int
    hours: float
    per_second: float
    people_per_second: float

    def __str__(self) -> str:
        return (
            f"Simulator: {self.per_second:,.0f} whole lives a second on one core "
            f"({self.persona} in {self.journey}: {self.events} events in {self.hours:.0f} hours), "
            f"{self.people_per_second:,.0f} people of a population"
        )


def lives_per_second(rounds: int = 5) -> Lives:
    """Lives in a second of the processor: the best of some rounds. Raises BenchError."""
    deployment, person = reference_life()
    trace = Simulator(deployment, person).play()
    timer = Timer(lambda: Simulator(deployment, person).play(), timer=time.process_time)
    number, _ = timer.autorange()
    per_second = number / min(timer.repeat(rounds, number))
    hours = (trace[-1].at - trace[0].at) / timedelta(hours=1)
    population = Population(list(deployment.journeys.values()), Rates(), deployment.account, PEOPLE)
    people = Timer(lambda: population.of(range(PEOPLE)), timer=time.process_time)
    people_per_second = PEOPLE / min(people.repeat(rounds, 1))
    return Lives(JOURNEY.stem, person.name, len(trace), hours, per_second, people_per_second)


def reference_life() -> tuple[SimulatedDeployment, Person]:
    """Whose life it is, and where it is played. Raises BenchError."""
    journey = read_file(ROOT / JOURNEY).journey
    persona = read_persona(ROOT / PERSONA).value
    if journey is None or persona is None:
        raise BenchError(f"{JOURNEY} or {PERSONA} has a mistake: run `uv run wejourney check`")
    account = simulated_account()
    return SimulatedDeployment.of([journey], account), persona.person(account)
