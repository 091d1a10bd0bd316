"""`wejourney profile` and `wejourney funnel`: one follower's records, and the counts of a journey's runs."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from wejourney.loyalty.ledger import person_account
from wejourney.people.followers import Follower, OpenWait
from wejourney.plain_data import to_plain
from workbench.cli.options import AppId, AsJson, Language, OpenId, Root, Stack, found_or_fail, open_target
from workbench.cli.terminal import output, print_json
from workbench.language.journey import Journey
from workbench.language.reading import read_file
from workbench.operations.records import trace_on_record
from workbench.operations.timeline import journey_rows
from workbench.project import JOURNEYS
from workbench.trace.funnel import recorded_funnel
from workbench.trace.funnel_tables import count_tables, recorded_funnel_table
from workbench.trace.recorded import traces_of
from workbench.trace.trace_events import trace_to_dict
from workbench.trace.transcript import transcript


def profile(
    openid: OpenId,
    app_id: AppId = None,
    stack: Stack = None,
    root: Root = Path(),
    lang: Annotated[Language, typer.Option(help="Language of the timeline's labels.")] = Language.EN,
    *,
    as_json: AsJson = False,
) -> None:
    """Show a follower's profile, timeline, runs and points, and why each message was sent or not."""
    target = open_target(stack)
    account = app_id or target.app_id
    state = target.followers.read(account, openid)
    follower = found_or_fail(state.follower, account, openid)
    points = target.ledger.balance(person_account(follower.person_id))
    trace = trace_on_record(target, follower, _journeys(root))
    if as_json:
        live = [to_plain(run) for run in state.live_runs if not run.ended]
        waits = [_waiting(wait) for wait in state.waits]
        known = follower.to_snapshot() | {"union_id": follower.union_id}
        timeline = [trace_to_dict(event) for event in trace]
        print_json(
            {"profile": known, "points": points, "live_runs": live, "waits": waits, "timeline": timeline}
        )
        return
    zone = ZoneInfo(follower.time_zone or "UTC")
    output().print(_profile_table(follower, points))
    output().print(transcript(trace, zone, lang.value, f"timeline ({zone.key})"))


def funnel(
    journeys: Annotated[list[str], typer.Argument(help="Names of journeys.")],
    since: Annotated[
        datetime | None, typer.Option("--from", help="Only runs that started at this time or later (UTC).")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", help="Only runs that started before this time (UTC).")
    ] = None,
    stack: Stack = None,
    root: Root = Path(),
    lang: Annotated[Language, typer.Option(help="Language of the labels.")] = Language.EN,
    *,
    as_json: AsJson = False,
) -> None:
    """Count how far the runs of a journey came: messages, answers, ends, and who is held out.

    A message whose outcome is unknown counts neither as sent nor as not sent.
    """
    store = open_target(stack).followers
    begin, end = (at.replace(tzinfo=UTC) if at else None for at in (since, until))
    funnels = {
        name: recorded_funnel(name, traces_of(name, journey_rows(store, name, begin)), begin, end)
        for name in journeys
    }
    if as_json:
        print_json({name: counts.to_dict() for name, counts in funnels.items()})
        return
    for name, counts in funnels.items():
        file = root / JOURNEYS / f"{name}.yaml"
        definition = read_file(file).journey if file.is_file() else None
        output().print(recorded_funnel_table(counts, name, definition, lang.value))
        for table in count_tables(counts, lang.value):
            output().print(table)


def _journeys(root: Path) -> Iterator[Journey]:
    """The journeys of the repository: records do not say what a run waited for in vain."""
    readings = (read_file(file) for file in sorted((root / JOURNEYS).glob("*.yaml")))
    return (reading.journey for reading in readings if reading.journey is not None)


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
        "unreachable": "no" if follower.unreachable is None else f"WeChat's error {follower.unreachable}",
    }
    for name, value in facts.items():
        table.add_row(name, value)
    return table


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(values.items())) or "none"
