"""How many whole lives the simulator plays in a second: 48 hours of welcome-from-store, on one core."""

import time
from datetime import timedelta
from pathlib import Path

from infra.bench.callback import ROOT, BenchError
from wejourney.language.reading import read_file
from wejourney.simulation.persona import read_persona
from wejourney.simulation.playing import Player
from wejourney.simulation.stage import Person, Stage, simulated_account

JOURNEY = Path("infra/journeys/welcome-from-store.yaml")
PERSONA = Path("infra/personas/lee.yaml")
_ROUNDS = 5
_ROUND = timedelta(seconds=0.5)


def runs_per_second() -> float:
    """Lives in a second of the processor: the best of some rounds. Raises BenchError."""
    journey = read_file(ROOT / JOURNEY).journey
    persona = read_persona(ROOT / PERSONA).persona
    if journey is None or persona is None:
        raise BenchError(f"{JOURNEY} or {PERSONA} has a mistake: run `wejourney check`")
    account = simulated_account()
    stage = Stage.of([journey], account)
    person = persona.person(account)
    return max(_round(stage, person) for _ in range(_ROUNDS))


def _round(stage: Stage, person: Person) -> float:
    began = time.process_time()
    lives = 0
    while (passed := time.process_time() - began) < _ROUND.total_seconds():
        Player(stage, person).play()
        lives += 1
    return lives / passed
