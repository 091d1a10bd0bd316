"""Commands about followers: who somebody is, what happened to them and why, how journeys do."""

import dataclasses
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.cli.funnel import Funnel, funnel_of
from wejourney.cli.target import AS_JSON, STACK, USAGE, open_target, print_json
from wejourney.domain.errors import StaleFollowerError
from wejourney.domain.followers import Follower
from wejourney.domain.ledger import person_account

console = Console()
complaints = Console(stderr=True)

Stack = Annotated[str | None, STACK]
AsJson = Annotated[bool, AS_JSON]
AppId = Annotated[str | None, typer.Option(help="The account; without it the one deployed with the stack.")]

_NOT_FOUND = 1


def _yes_or_no(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(f"{text}: write true or false")
    return text.lower() == "true"


_SETTABLE: Mapping[str, Callable[[str], Any]] = {
    "customer": _yes_or_no,
    "member": _yes_or_no,
    "language": str,
    "time_zone": str,
}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(profile)
    app.command()(update)
    app.command()(funnel)


def profile(openid: str, app_id: AppId = None, stack: Stack = None, *, as_json: AsJson = False) -> None:
    """Show a follower: profile, timeline, runs, points, and each message with its reason."""
    target = open_target(stack)
    account = app_id or target.app_id
    store = target.followers
    state = store.read(account, openid)
    if state.follower is None:
        complaints.print(
            f"[red]no follower {openid} of account {account}[/]: never seen, or erased on unfollowing"
        )
        raise typer.Exit(_NOT_FOUND)
    person = person_account(state.follower.person_id)
    points, statement = target.ledger.balance(person), target.ledger.statement(person)
    timeline = [
        *store.timeline(account, openid),
        *(
            {"kind": "points", "at": line.at.isoformat(), "points": line.points, "reason": line.reason}
            for line in statement
        ),
    ]
    timeline.sort(key=lambda entry: entry["at"])
    if as_json:
        live = [vars(run) for run in state.live_runs]
        waits = [
            {"run_id": wait.run_id, "name": wait.name, "asked_at": wait.asked_at} for wait in state.waits
        ]
        known = state.follower.to_snapshot() | {"union_id": state.follower.union_id}
        print_json(
            {"profile": known, "points": points, "live_runs": live, "waits": waits, "timeline": timeline}
        )
        return
    console.print(_profile_table(state.follower, points))
    console.print(_timeline_table(timeline))


def update(
    openid: str,
    facts: Annotated[
        list[str], typer.Argument(help="customer=true member=false language=en time_zone=Europe/Paris")
    ],
    app_id: AppId = None,
    stack: Stack = None,
) -> None:
    """Tell what you know of a follower from elsewhere, such as that they are a member."""
    try:
        changes = dict(map(_fact, facts))
    except ValueError as error:
        complaints.print(f"[red]{error}[/]")
        raise typer.Exit(USAGE) from error
    target = open_target(stack)
    follower = set_facts(target.followers, app_id or target.app_id, openid, changes)
    console.print(_profile_table(follower, target.ledger.balance(person_account(follower.person_id))))


def set_facts(store: FollowerStore, app_id: str, openid: str, changes: Mapping[str, Any]) -> Follower:
    """Write facts about a follower, who may not have followed yet."""
    while True:
        before = store.load(app_id, openid)
        after = (before or Follower(app_id, openid, person_id=uuid.uuid4().hex)).changed(**changes)
        try:
            store.save(before, after)
        except StaleFollowerError:
            continue
        return after


def funnel(
    journeys: Annotated[list[str], typer.Argument(help="Names of journeys.")],
    stack: Stack = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Count how far the runs of a journey came: started, said, answered, ended."""
    store = open_target(stack).followers
    funnels = [funnel_of(name, store.by_journey(name)) for name in journeys]
    if as_json:
        print_json([dataclasses.asdict(one) for one in funnels])
        return
    for one in funnels:
        console.print(funnel_table(one))


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
    ended = ", ".join(f"{status} {count}" for status, count in sorted(counts.ended.items()))
    table.caption = f"{word('runs')}: {ended}"
    return table


def _fact(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or name not in _SETTABLE:
        raise ValueError(f"{text}: write one of {', '.join(_SETTABLE)} as name=value")
    return name, _SETTABLE[name](value)


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
        "customer, member": f"{'yes' if follower.customer else 'no'}, {'yes' if follower.member else 'no'}",
        "tags": ", ".join(sorted(follower.tags)) or "none",
        "points": str(points),
        "allowances": windows or "none",
        "unreachable": follower.unreachable or "no",
    }
    for name, value in facts.items():
        table.add_row(name, value)
    return table


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
    match entry["kind"]:
        case "event":
            fields = entry["event"]["fields"]
            said = fields.get("Content") or fields.get("EventKey") or ""
            return f"← {entry['event']['kind']}", str(said), entry.get("note") or ""
        case "message":
            content = entry["content"]
            said = next((content[name] for name in ("text", "title", "head") if name in content), "")
            status = entry["status"].replace("_", " ")
            return f"→ {content['type']} {status}", str(said), f"step {entry['step']}, {_why(entry)}"
        case "run":
            return f"run {entry['status']}", f"{entry['journey']} {entry['version']}", ""
        case "answer":
            return entry["outcome"], f"step {entry['step']}: {entry.get('answer', '')}", ""
        case "tags":
            added = [f"+{tag}" for tag in entry.get("added") or ()]
            return "tags", " ".join([*added, *(f"-{tag}" for tag in entry.get("removed") or ())]), ""
        case _:
            return "points", f"{entry['points']:+d} {entry['reason']}", ""


def _why(entry: Mapping[str, Any]) -> str:
    """Why a message could be sent, or why not."""
    if entry["channel"] == "passive":
        return "passive reply, which needs no allowance"
    if entry.get("reason") and entry["status"] != "sent":
        return str(entry["reason"])
    left = "no count" if entry.get("left") is None else f"{entry['left']} left"
    return f"allowed by the follower's {entry['act']} ({left})"
