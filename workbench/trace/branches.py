"""What became of each case of a branch."""

from collections.abc import Iterator, Mapping

from wejourney.journeys.conditions import History
from wejourney.journeys.verdicts import parts_of
from wejourney.people.followers import Follower
from workbench.language.step_types import Branch
from workbench.trace.trace_events import CaseVerdict


def verdicts_of(
    branch: Branch, follower: Follower, answers: Mapping[str, str], history: History
) -> Iterator[CaseVerdict]:
    """The cases as far as they are looked at: the last one is the case that holds, if one does."""
    for case in branch.cases:
        parts = parts_of(case.when, follower, answers, history)
        verdict = CaseVerdict(all(part.holds for part in parts), parts)
        yield verdict
        if verdict.holds:
            return
