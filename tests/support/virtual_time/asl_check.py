"""Static checks of a state machine's definition that neither `sam validate` nor cfn-lint makes."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata

from wejourney import errors

type States = Mapping[str, Mapping[str, Any]]

_ENDS = {"Succeed", "Fail"}
_OUTSIDE = ("States.", "Lambda.", "Sandbox.", "Runtime.")
_OURS = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}


def problems(definition: Mapping[str, Any]) -> list[str]:
    """What is wrong with a definition, each as one line; nothing when it is sound."""
    states: States = definition["States"]
    found = [f"StartAt: no state {definition['StartAt']}"] if definition["StartAt"] not in states else []
    for name, state in states.items():
        found += [f"{name}: {problem}" for problem in _problems_of(state, states)]
    found += [f"{name}: never reached" for name in states if name not in _reached(definition)]
    found += [f"{where}: {problem}" for where, text in _strings(definition, "") for problem in _text(text)]
    return found


def _problems_of(state: Mapping[str, Any], states: States) -> Iterator[str]:
    targets = list(_targets(state))
    yield from (f"no state {target}" for target in targets if target not in states)
    if state["Type"] in _ENDS and targets:
        yield "leads on although it ends"
    if state["Type"] not in {*_ENDS, "Choice"} and ("Next" in state) == ("End" in state):
        yield "has both or neither of Next and End"
    if state["Type"] == "Choice" and "Default" not in state:
        yield "has no Default"
    if state["Type"] == "Task" and not _is_limit(state.get("TimeoutSeconds")):
        yield "has no TimeoutSeconds"
    for rule in (*state.get("Retry", ()), *state.get("Catch", ())):
        for error in rule["ErrorEquals"]:
            if not error.startswith(_OUTSIDE) and error not in _OURS:
                yield f"nothing raises {error}"


def _is_limit(value: Any) -> bool:
    """A number, or an expression over when the wait is over."""
    return isinstance(value, int) or (isinstance(value, str) and value.startswith("{%"))


def _targets(state: Mapping[str, Any]) -> Iterator[str]:
    yield from (state[field] for field in ("Next", "Default") if field in state)
    yield from (way["Next"] for way in (*state.get("Choices", ()), *state.get("Catch", ())))


def _reached(definition: Mapping[str, Any]) -> set[str]:
    reached: set[str] = set()
    ahead = [definition["StartAt"]]
    while ahead:
        name = ahead.pop()
        if name not in reached and name in definition["States"]:
            reached.add(name)
            ahead += _targets(definition["States"][name])
    return reached


def _strings(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _strings(inner, f"{where}/{name}")
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _strings(inner, f"{where}/{i}")


def _text(text: str) -> Iterator[str]:
    if not text.startswith("{%"):
        return
    if "${" in text:
        yield "CloudFormation would substitute inside JSONata"
    try:
        Jsonata(text.removeprefix("{%").removesuffix("%}"))
    except JException as exc:
        yield f"not JSONata: {exc}"
