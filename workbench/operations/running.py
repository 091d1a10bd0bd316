"""What became of each run: its messages, questions and choices, and how it ended."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from wejourney.journeys.definition import Ask, Journey, Send, Step
from wejourney.journeys.runs import OPENING_STEP, MessageStatus
from wejourney.reasons import not_sent_from, run_end_from
from workbench.compiler.catalogue import version_of
from workbench.language.places import places_of
from workbench.operations.choosing import finding_of
from workbench.operations.findings import RunFinding, StepFinding
from workbench.operations.history import RunHistory
from workbench.operations.profiles import Timeline
from workbench.wording.reason_words import ReasonWords

HISTORY_IS_GONE = (
    "the engine keeps a run's history for 90 days after its end; this one is gone, and with it the values "
    "that its branches saw"
)
_LINE = 30


def runs_of(
    journey: Journey, timeline: Timeline, histories: Mapping[str, RunHistory]
) -> tuple[RunFinding, ...]:
    """The journey's runs, by time. `histories` are those that the engine still has, by run id."""
    return tuple(
        _run(journey, one, timeline, histories.get(one["run_id"]))
        for one in timeline
        if one["kind"] == "run" and one["journey"] == journey.name
    )


def _run(
    journey: Journey, run: Mapping[str, Any], timeline: Timeline, history: RunHistory | None
) -> RunFinding:
    mine = [one for one in timeline if one.get("run_id") == run["run_id"]]
    same = run["version"] == version_of(journey)
    notes = [] if history is not None else [HISTORY_IS_GONE]
    steps = [*_messages(mine), *_outcomes(mine, places_of(journey) if same else {})]
    if same:
        choices = history.choices if history is not None else ()
        found = (finding_of(journey, choice, timeline) for choice in choices)
        steps += [one for one in found if one is not None]
    else:
        notes.append(
            f"the run is of version {run['version']}, the file of version {version_of(journey)}: "
            "with the run's version of the file, its branches can be explained, too"
        )
    steps.sort(key=lambda one: one.at)
    return RunFinding(
        run_id=run["run_id"],
        version=run["version"],
        started_at=run["at"],
        steps=(*steps, *(_not_reached(journey, mine, run) if same else ())),
        end=_end(run),
        ended_at=run.get("ended_at") or "",
        notes=tuple(notes),
    )


# --- messages and questions ----------------------------------------------------------------------


def _messages(entries: Timeline) -> Iterator[StepFinding]:
    for one in entries:
        if one["kind"] == "message":
            content = one["content"]
            said = next((content[name] for name in ("text", "title", "head") if name in content), "")
            what = f"{content['type']} message {_beginning(said)}".rstrip()
            status, why = ReasonWords().status(MessageStatus(one["status"])), why_sent(one)
            yield StepFinding(one["step"], one["at"], what, f"{status}: {why}" if why else status)


def _beginning(said: str) -> str:
    """Enough of a text to know it by."""
    beginning = said.partition("\n")[0][:_LINE]
    if not beginning:
        return ""
    return f"“{beginning}”" if beginning == said else f"“{beginning}…”"


def why_sent(message: Mapping[str, Any]) -> str:
    """By which allowance a message was sent, or the stored reason why it was not."""
    words = ReasonWords()
    if message["status"] != MessageStatus.SENT:
        return words(not_sent_from(message["reason"])) if message.get("reason") else ""
    until = datetime.fromisoformat(message["until"]) if message.get("until") else None
    return words.sent(message["channel"], message.get("act"), message.get("left"), until)


def _outcomes(entries: Timeline, steps: Mapping[str, Step]) -> Iterator[StepFinding]:
    for one in entries:
        if one["kind"] == "answer":
            step = steps.get(one["step"])
            # A question that nobody answered leaves a record without its name.
            question = one.get("name") or (step.name if isinstance(step, Ask) else "")
            name = f"question `{question}`" if question else "wait"
            answer = f": {one['answer']}" if one.get("answer") else ""
            yield StepFinding(one["step"], one["at"], name, f"{one['outcome']}{answer}")


def _not_reached(journey: Journey, entries: Timeline, run: Mapping[str, Any]) -> Iterator[StepFinding]:
    """The messages of the file that the run has no record of."""
    said = {one["step"] for one in entries if one["kind"] == "message"}
    verdict = "not reached yet" if run.get("end") is None else "not reached"
    if journey.opening is not None and OPENING_STEP not in said:
        yield StepFinding(OPENING_STEP, "", f"{journey.opening.kind} message", verdict)
    for path, step in places_of(journey).items():
        if isinstance(step, Send | Ask) and step.content is not None and path not in said:
            yield StepFinding(path, "", f"{step.content.kind} message", verdict)


# --- the end -------------------------------------------------------------------------------------


def _end(run: Mapping[str, Any]) -> str:
    return ReasonWords()(run_end_from(run["end"])) if run.get("end") else "going on"
