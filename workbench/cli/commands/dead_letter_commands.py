"""`wejourney dead-letters`: list the events that could not be processed, and redrive them."""

from collections.abc import Iterator
from contextlib import closing
from typing import Annotated

import typer

from workbench.cli.consoles import output
from workbench.cli.deployment_options import Stack, open_target
from workbench.cli.options import AsJson
from workbench.cli.terminal import REJECTED, fail, print_json_list, said
from workbench.operations.dead_letters import NO_REASON, DeadLetter
from workbench.operations.exporting import masked_body
from workbench.wording.phrases import phrase

ALL = "all"


def dead_letters(
    redrive: Annotated[list[str] | None, typer.Option(), phrase("dead-letters --redrive")] = None,
    stack: Stack = None,
    *,
    as_json: AsJson = False,
) -> None:
    wanted = set(redrive or ()) - {ALL}
    everything = ALL in (redrive or ())
    missing, failed = set(wanted), list[str]()

    def rows() -> Iterator[tuple[DeadLetter, bool]]:
        """The letters as they come; nothing more is read when all that were asked for are found."""
        with closing(open_target(stack).dead_letters.read(wanted, redrive_all=everything)) as letters:
            for letter, redriven in letters:
                if (everything or letter.id in wanted) and not redriven:
                    failed.append(letter.id)
                missing.discard(letter.id)
                yield letter, redriven
                if wanted and not missing and not everything:
                    return

    if as_json:
        print_json_list(
            {
                "id": letter.id,
                "at": letter.at.isoformat(),
                "reason": letter.reason,
                "body": masked_body(letter.body),
                "redriven": redriven,
            }
            for letter, redriven in rows()
        )
    else:
        console, count = output(), 0
        for count, (letter, redriven) in enumerate(rows(), start=1):  # noqa: B007 - it is used after the loop
            reason = said(phrase("no reason recorded")) if letter.reason == NO_REASON else letter.reason
            outcome = said(phrase("redriven", reason=reason)) if redriven else reason
            console.print(f"{letter.id}  {letter.at:%Y-%m-%d %H:%M:%S}  {outcome}")
        console.print(said(phrase("dead letters", n=count) if count else phrase("no dead letters")))
    if missing:
        fail(phrase("no such dead letter", names=tuple(sorted(missing))))
    if failed:
        fail(phrase("not redriven", n=len(failed)), REJECTED)
