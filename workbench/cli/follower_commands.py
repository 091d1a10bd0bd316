"""`wejourney profile` and `wejourney funnel`: one follower's records, and the counts of a journey's runs."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from wejourney.events.events import InboundEvent
from wejourney.journeys.runs import MessageStatus
from wejourney.journeys.serialization import to_plain
from wejourney.loyalty.ledger import person_account
from wejourney.people.followers import Follower, OpenWait
from wejourney.reasons import not_sent_from, not_started_from, run_end_from
from workbench.cli.target import AppId, OpenId, Stack, found_or_fail, open_target
from workbench.cli.terminal import AsJson, output, print_json
from workbench.operations.funnel import Funnel, funnel_of
from workbench.operations.records import timeline_of
from workbench.operations.running import why_sent
from workbench.wording.reason_words import ReasonWords


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(profile)
    app.command()(funnel)


def profile(openid: OpenId, app_id: AppId = None, stack: Stack = None, *, as_json: AsJson = False) -> None:
    """Show a follower's profile, timeline, runs and points, and why each message was sent or not."""
    target = open_target(stack)
    account = app_id or target.app_id
    state = target.followers.read(account, openid)
    follower = found_or_fail(state.follower, account, openid)
    points = target.ledger.balance(person_account(follower.person_id))
    timeline = timeline_of(target, follower)
    if as_json:
        live = [to_plain(run) for run in state.live_runs if not run.ended]
        waits = [_waiting(wait) for wait in state.waits]
        known = follower.to_snapshot() | {"union_id": follower.union_id}
        told = [with_words(entry) for entry in timeline]
        print_json({"profile": known, "points": points, "live_runs": live, "waits": waits, "timeline": told})
        return
    output().print(_profile_table(follower, points))
    output().print(_timeline_table(timeline))


def funnel(
    journeys: Annotated[list[str], typer.Argument(help="Names of journeys.")],
    stack: Stack = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Count a journey's runs per step: entered, sent, not sent, answered; and the holdout group."""
    store = open_target(stack).followers
    funnels = [funnel_of(name, store.by_journey(name)) for name in journeys]
    if as_json:
        print_json([dataclasses.asdict(one) for one in funnels])
        return
    for one in funnels:
        output().print(funnel_table(one))


def funnel_table(counts: Funnel, words: Mapping[str, str] | None = None) -> Table:
    """A funnel for the terminal; `words` translates its headings."""

    def word(text: str) -> str:
        return (words or {}).get(text, text)

    table = Table(title=f"{word('funnel of')} {counts.journey}", title_justify="left")
    table.add_column(word("step"))
    for column in ("entered", "sent", "not sent", "answered", "unanswered"):
        table.add_column(word(column), justify="right")
    table.add_row(word("runs"), str(counts.started), "", "", "", "")
    for step in counts.steps:
        cells = (step.entered, step.sent, step.not_sent, step.answered, step.unanswered)
        table.add_row(step.step, *(str(cell) if cell else "" for cell in cells))
    ended = ", ".join(f"{status} {count}" for status, count in sorted(counts.ended.items())) or "0"
    held_out = f"; {word('held out')} {counts.held_out}" if counts.held_out else ""
    table.caption = f"{word('runs')}: {ended}{held_out}"
    return table


def with_words(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the timeline whose reasons have an English `text` besides their data."""
    words = ReasonWords()
    read: dict[str, Callable[[Any], Any]] = {
        "reason": lambda data: words.data(not_sent_from(data)),
        "end": lambda data: words.data(run_end_from(data)),
        "refused": lambda refused: {name: words.data(not_started_from(why)) for name, why in refused.items()},
    }
    return {
        name: read[name](value) if name in read and isinstance(value, dict) else value
        for name, value in entry.items()
    }


def _waiting(wait: OpenWait) -> dict[str, Any]:
    """An open wait without its token, which is a credential, and without the run's data."""
    hidden = {"token", "run"}
    return {name: value for name, value in to_plain(wait).items() if name not in hidden}


def _profile_table(follower: Follower, points: int) -> Table:
    table = Table(show_header=False, title=follower.openid, title_justify="left")
    windows = "; ".join(
        f"{window.act}: {window.left} left until {window.until:%Y-%m-%d %H:%MZ}".replace("None", "any number")
        for window in follower.windows
    )
    facts = {
        "person": follower.person_id,
        "following": "yes" if follower.following else "no",
        "source": " ".join(filter(None, (follower.source, follower.scene))) or "unknown",
        "language": follower.language or "the account's",
        "time zone": follower.time_zone or "the store's or the account's",
        "customer, member": f"{'yes' if follower.customer else 'no'}, {'yes' if follower.member else 'no'}",
        "tags": ", ".join(sorted(follower.tags)) or "none",
        "points": str(points),
        "tier": follower.tier or "none",
        "segments": ", ".join(sorted(follower.segments)) or "none",
        "attributes": _pairs(follower.attributes),
        "dates": _pairs(follower.dates),
        "allowances": windows or "none",
        "unreachable": follower.unreachable or "no",
    }
    for name, value in facts.items():
        table.add_row(name, value)
    return table


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(values.items())) or "none"


def _timeline_table(timeline: Iterable[Mapping[str, Any]]) -> Table:
    table = Table(title="timeline (UTC)", title_justify="left")
    for column in ("at", "what", "details"):
        table.add_column(column, overflow="fold")
    for entry in timeline:
        at = datetime.fromisoformat(entry["at"])
        what, details, small = describe(entry)
        cell = Text(details)
        if small:
            cell.append(f"\n{small}", style="dim")
        table.add_row(f"{at:%m-%d %H:%M:%S}", what, cell)
    return table


def describe(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    """An entry of the timeline in words: what happened, its details, and what stands small beneath."""
    return _WORDS[entry["kind"]](entry)


def _event(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    body = InboundEvent.from_dict(entry["event"]).body
    words = ReasonWords()
    refused = [
        f"{journey} not started: {words(not_started_from(why))}"
        for journey, why in (entry.get("refused") or {}).items()
    ]
    return f"← {body.kind}", body.detail, "; ".join(filter(None, (entry.get("note"), *refused)))


def _message(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    content = entry["content"]
    said = next((content[name] for name in ("text", "title", "head") if name in content), "")
    status = ReasonWords().status(MessageStatus(entry["status"]))
    return f"→ {content['type']} {status}", str(said), f"step {entry['step']}, {why_sent(entry)}"


def _signs(entry: Mapping[str, Any]) -> str:
    """What a step changed of a profile."""
    signs = [f"+{tag}" for tag in entry.get("added") or ()]
    signs += [f"-{tag}" for tag in entry.get("removed") or ()]
    return " ".join([*signs, *(f"{name}={value}" for name, value in (entry.get("values") or {}).items())])


def _end(run: Mapping[str, Any]) -> str:
    return ReasonWords()(run_end_from(run["end"])) if run.get("end") else "live"


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, str, str]]] = {
    "event": _event,
    "message": _message,
    "run": lambda entry: (f"run {_end(entry)}", f"{entry['journey']} {entry['version']}", ""),
    "answer": lambda entry: (entry["outcome"], f"step {entry['step']}: {entry.get('answer') or ''}", ""),
    "change": lambda entry: ("changed", _signs(entry), f"step {entry['step']}"),
    "holdout": lambda entry: ("held out", entry["journey"], ""),
    "points": lambda entry: ("points", f"{entry['points']:+d} {entry['reason']}", ""),
}
