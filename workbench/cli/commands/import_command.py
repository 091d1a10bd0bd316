"""`wejourney import`: rows of a file of another system as events of people."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from wejourney.people.phones import normalised, phone_hash
from wejourney.services.deliver_events import DeliverEvents
from workbench.checks.people_files import read_people_files
from workbench.cli.consoles import complaints, output
from workbench.cli.deployment_options import AppId, Stack, open_target
from workbench.cli.options import AsJson, Root
from workbench.cli.progress import progress_bar
from workbench.cli.terminal import MOST_PRINTED, REJECTED, fail, print_json, said, value_or_reject
from workbench.imports.mapping import ImportMapping
from workbench.imports.mapping_file import SHIPPED, read_mapping
from workbench.imports.row_events import PhoneHash, RowReader
from workbench.imports.rows import UnreadableFileError
from workbench.imports.values import InvalidValueError, moment_of
from workbench.language.mistakes import nearest
from workbench.operations.import_file import ImportRun
from workbench.operations.target import NoTargetError, Target
from workbench.wording.phrases import phrase


def import_(  # noqa: PLR0913 - the options of a command
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False), phrase("import file")],
    mapping: Annotated[str, typer.Option("--map"), phrase("import --map")],
    at: Annotated[str | None, typer.Option(), phrase("import --at")] = None,
    app_id: AppId = None,
    stack: Stack = None,
    root: Root = Path(),
    *,
    history: Annotated[bool, typer.Option("--history"), phrase("import --history")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run"), phrase("import --dry-run")] = False,
    as_json: AsJson = False,
) -> None:
    path = _mapping_file(mapping)
    read = value_or_reject(read_mapping(path))
    if read.lacks_time and at is None:
        fail(phrase("import needs time"))
    profile = read_people_files(root).rules.profile
    for name in (name for rule in read.events for name in rule.changes if not profile.allows(name)):
        fail(phrase("import undeclared attribute", name=name, hint=nearest(name, profile.attributes)))
    target = None if dry_run else open_target(stack)
    now = target.clock.now() if target is not None else datetime.now(UTC)
    phone_hash = _phone_hash(target, read)
    account = app_id or (target.app_id if target is not None else "wx0")
    reader = RowReader(read, phone_hash, account, now, _moment(at, read, now), profile)
    call = "\n".join(
        [path.read_text("utf-8"), str(at), account, str(history), target.stack if target else ""]
    )
    run = ImportRun(file, reader, call, said)
    try:
        with progress_bar(phrase("import progress"), file.stat().st_size) as tell:
            if target is None:
                run.try_out(tell)
            else:
                _deliver(run, target, tell, history=history)
    except UnreadableFileError as error:
        fail(error.problem)
    _print(run, dry_run=dry_run, as_json=as_json)
    if run.progress.rejected:
        raise typer.Exit(REJECTED)


def _mapping_file(name: str) -> Path:
    """A file, or the name of a mapping that is shipped."""
    path = Path(name)
    if path.is_file():
        return path
    shipped = {file.stem: file for file in sorted(SHIPPED.glob("*.yaml"))}
    if name not in shipped:
        fail(phrase("import unknown mapping", name=name, hint=nearest(name, shipped)))
    return shipped[name]


def _moment(at: str | None, mapping: ImportMapping, now: datetime) -> datetime | None:
    if at is None:
        return None
    try:
        return moment_of(at, "", mapping.time_zone or UTC, now)
    except InvalidValueError as error:
        fail(phrase("import invalid time", why=error.reason))


def _phone_hash(target: Target | None, mapping: ImportMapping) -> PhoneHash:
    """With the deployment's key; a dry run needs none."""
    try:
        key = target.phone_key if target is not None and mapping.needs_phones else b""
    except NoTargetError as error:
        fail(error.problem)
    return lambda text, region: phone_hash(normalised(text, region), key)


def _deliver(run: ImportRun, target: Target, tell: Callable[[int], None], *, history: bool) -> None:
    if run.resume():
        resumed = phrase("import resumed", row=run.progress.row, file=str(run.checkpoint))
        complaints().print(said(resumed))
    delivery = DeliverEvents(
        target.identities,
        target.pending_events,
        target.inbox,
        target.clock.now,
        history=history,
        profile=run.reader.profile,
    )
    try:
        run.deliver(delivery, tell)
    except BaseException:
        if run.progress.row:
            complaints().print(said(phrase("import interrupted", row=run.progress.row)), style="red")
        raise


def _print(run: ImportRun, *, dry_run: bool, as_json: bool) -> None:
    done = run.progress
    reasons = sorted(done.reasons.items(), key=lambda item: (-item[1], item[0]))
    has_file = bool(done.rejected) and not dry_run
    absent = run.absent if done.seen else []
    if as_json:
        told = {name: getattr(done, name) for name in ("rows", "imported", "rejected", "queued", "waiting")}
        told |= {
            "absent": absent,
            "reasons": dict(reasons),
            "rejects": str(run.rejects) if has_file else None,
        }
        print_json(told)
        return
    console = output()
    numbers = {"rows": done.rows, "imported": done.imported, "rejected": done.rejected}
    console.print(said(phrase("import dry run" if dry_run else "import summary", **numbers)))
    if not dry_run:
        console.print(said(phrase("import events", queued=done.queued, waiting=done.waiting)))
    if absent:
        console.print(said(phrase("import absent", names=tuple(absent))))
    for reason, n in reasons[:MOST_PRINTED]:
        console.print(said(phrase("import reason", n=n, reason=reason)))
    if has_file:
        console.print(said(phrase("import rejects", file=str(run.rejects))))
