"""How much a journey adds to the data that its state machine hands from state to state."""

from collections.abc import Iterator

from wejourney.bounds import size_of
from wejourney.messaging.merge_fields import OTHER
from workbench.compiler.state_machine import compile_journey
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Branch, Send, Split
from workbench.language.traversal import places_of

_POSITION = "2026-11-25T10:00:00Z#" + "f" * 32


def task_sizes(journey: Journey) -> Iterator[tuple[str, int]]:
    """The state of each task, and the bytes of its actions."""
    for name, state in compile_journey(journey, "")["States"].items():
        actions = state.get("Arguments", {}).get("Payload", {}).get("actions")
        if actions is not None:
            yield name, size_of(actions)


def size_in_runs(journey: Journey) -> int:
    """Bytes of the opening, and of what the names of steps add to a run."""
    steps = places_of(journey)
    named = {step.name: _POSITION for step in steps.values() if isinstance(step, Send | Ask) and step.name}
    asked = {step.name: OTHER for step in steps.values() if isinstance(step, Ask)}
    draws = {step.name: 10_000 for step in steps.values() if isinstance(step, Split)}
    facts = {
        f"{place}.case{number}.any{number}": False
        for place, step in steps.items()
        if isinstance(step, Branch)
        for number, case in enumerate(step.cases, start=1)
    }
    return size_of([journey.opening, named, asked, draws, facts])
