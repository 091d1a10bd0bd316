"""Many people at once: simulated on all cores, and counted."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from os import process_cpu_count

from wejourney.messaging.account_settings import AccountSettings
from workbench.language.journey import Journey
from workbench.simulator.deployment import SimulatedDeployment
from workbench.simulator.population_sampler import PopulationSampler
from workbench.simulator.rates import Rates
from workbench.simulator.simulator import Simulator
from workbench.trace.funnel import Funnel

_BATCH = 500
"""People that are simulated in one go: progress is told after each."""


@dataclass(frozen=True)
class Population:
    """So many people who could enter the first of the journeys; the others are played with it."""

    journeys: Sequence[Journey]
    rates: Rates
    account: AccountSettings
    people: int
    seed: int = 1

    def funnel(self, told: Callable[[int], None] = lambda _: None, cores: int | None = None) -> Funnel:
        """Simulate all of them. `told` hears of every batch how many people it had.

        The result is the same on any number of cores: every person has a chance of their own.
        """
        batches = [range(n, min(n + _BATCH, self.people)) for n in range(0, self.people, _BATCH)]
        cores = min(cores or process_cpu_count() or 1, len(batches))
        total = Funnel()
        if cores == 1:
            for batch in batches:
                total += self.of(batch)
                told(len(batch))
            return total
        # Fresh processes: a forked one inherits the locks of threads that it does not have.
        with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
            for batch, funnel in zip(batches, pool.map(self.of, batches), strict=True):
                total += funnel
                told(len(batch))
        return total

    def of(self, numbers: range) -> Funnel:
        """The funnel of some of them."""
        deployment = SimulatedDeployment.of(self.journeys, self.account)
        journey = self.journeys[0]
        sampler = PopulationSampler(journey, self.rates, self.account, self.seed)
        funnel = Funnel()
        for number in numbers:
            funnel.add(journey.name, Simulator(deployment, sampler.person(number)).play())
        return funnel
