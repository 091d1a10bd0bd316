"""`wejourney identities`: which apps know people by one union id, and who may be one person."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.table import Table

from wejourney.journeys.segments import look_again
from wejourney.people.bindings import Binding
from wejourney.people.merging import Flag, older_first
from wejourney.plain_data import to_plain
from workbench.cli.consoles import output
from workbench.cli.deployment_options import Stack, open_target
from workbench.cli.options import AsJson
from workbench.cli.terminal import REJECTED, fail, print_json, said
from workbench.operations.identities import Report, report_of
from workbench.operations.target import Target
from workbench.wording.phrases import phrase


def identities(
    merge: Annotated[list[str] | None, typer.Option(), phrase("identities --merge")] = None,
    separate: Annotated[list[str] | None, typer.Option(), phrase("identities --separate")] = None,
    stack: Stack = None,
    *,
    as_json: AsJson = False,
) -> None:
    target = open_target(stack)
    flags = {flag.id: flag for flag in target.followers.flags()}
    missing = {*(merge or ()), *(separate or ())} - flags.keys()
    if missing:
        fail(phrase("no such flag", names=tuple(sorted(missing))))
    for flag_id in merge or ():
        _merge(target, flags.pop(flag_id))
    for flag_id in separate or ():
        target.followers.settle(flags.pop(flag_id), merged=False)
    report = report_of(target.bindings.all())
    if as_json:
        shown = [{"id": flag.id, **to_plain(flag)} for flag in flags.values()]
        apps = [to_plain(binding) | {"bound": binding.is_bound} for binding in report.apps]
        merchants = [to_plain(binding) for binding in report.merchants]
        print_json({"apps": apps, "merchants": merchants, "flags": shown})
        return
    _print(report, flags.values())


def _merge(target: Target, flag: Flag) -> None:
    one, other = (target.followers.person(person_id) for person_id in (flag.person, flag.other))
    if one is None or other is None:
        fail(phrase("flagged person is gone", name=flag.id), REJECTED)
    if one.person_id == other.person_id and flag.person == flag.other:
        fail(phrase("flag of one person", name=flag.id), REJECTED)
    if one.person_id != other.person_id:
        older, younger = older_first(one, other)
        now = target.clock.now()
        target.followers.merge(younger, older, flag.identity_kind, now)
        # Their stage, segments and dates are those of both from now on.
        target.inbox.tell([look_again(older, now)])
    target.followers.settle(flag, merged=True)


def _print(report: Report, flags: Iterable[Flag]) -> None:
    console = output()
    table = Table(title=said(phrase("apps and union ids")), title_justify="left")
    for name in ("app", "open platform", "union ids"):
        table.add_column(said(phrase(f"column {name}")))
    for binding in report.apps:
        table.add_row(binding.app_id, binding.open_platform, said(phrase(_state_of(binding))))
    console.print(table if report.apps else said(phrase("no app seen")))
    for warning in report.warnings:
        console.print(said(warning), style="yellow")
    flagged = Table(title=said(phrase("flagged people")), title_justify="left")
    for name in ("flag", "since", "identity", "people"):
        flagged.add_column(said(phrase(f"column {name}")), overflow="fold")
    for flag in flags:
        people = " / ".join(dict.fromkeys((flag.person, flag.other)))
        flagged.add_row(flag.id, f"{flag.at:%Y-%m-%d %H:%M}", flag.identity_kind.value, people)
    console.print(flagged if flagged.rows else said(phrase("nobody flagged")))


def _state_of(binding: Binding) -> str:
    states = {None: "not seen yet", True: "told", False: "not told"}
    return f"union ids {states[binding.is_bound]}"
