"""`wejourney doctor`: what is wrong with the setup of a deployment, and what to do about it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from wejourney.plain_data import to_plain
from workbench.cli.consoles import output
from workbench.cli.deployment_options import Stack, open_target
from workbench.cli.options import AsJson, Root
from workbench.cli.terminal import REJECTED, busy, print_json, said
from workbench.operations.doctor.checks import diagnose
from workbench.operations.doctor.findings import Finding, NotChecked, Severity
from workbench.operations.doctor.probes import Probe
from workbench.wording.phrases import phrase

_STYLES: Mapping[Severity, str] = {
    "wrong": "bold red",
    "warning": "yellow",
    "fine": "green",
    "not_checked": "dim",
}


def doctor(stack: Stack = None, root: Root = Path(), *, as_json: AsJson = False) -> None:
    target = open_target(stack)
    with busy(phrase("examining"), shown=not as_json):
        findings = diagnose(Probe(target, root).observe())
    count = Counter(finding.severity for finding in findings)
    if as_json:
        print_json({"findings": list(map(_to_plain, findings)), "wrong": count["wrong"]})
    else:
        _print(findings, count)
    if count["wrong"]:
        raise typer.Exit(REJECTED)


def _to_plain(finding: Finding) -> dict[str, Any]:
    plain = {"check": finding.check, "about": finding.about, "result": finding.severity}
    if finding.words is None:
        return plain
    what, do = map(said, finding.words)
    if isinstance(finding.result, NotChecked):
        return plain | {"what": what}
    data = {name: to_plain(value) for name, value in vars(finding.result).items()}
    return plain | {"problem": type(finding.result).__name__, "what": what, "do": do, "data": data}


def _print(findings: Sequence[Finding], count: Counter[Severity]) -> None:
    table = Table(
        *(said(phrase(f"doctor column {name}")) for name in ("result", "check", "about", "finding"))
    )
    for finding in findings:
        words = ""
        if finding.words is not None:
            what, do = map(said, finding.words)
            words = f"{what}\n→ {do}" if do else what
        sign = Text(said(phrase(f"doctor {finding.severity}")), style=_STYLES[finding.severity], no_wrap=True)
        table.add_row(sign, said(phrase(f"check {finding.check}")), finding.about, words)
    console = output()
    console.print(table)
    numbers = {"wrong": count["wrong"], "warnings": count["warning"]}
    rest = {"fine": count["fine"], "unknown": count["not_checked"]}
    style = _STYLES["wrong" if count["wrong"] else "warning" if count["warning"] else "fine"]
    console.print(said(phrase("doctor summary", **numbers, **rest)), style=style)
