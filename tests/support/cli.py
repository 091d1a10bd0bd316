"""The command line as it is shipped, in this process."""

from pathlib import Path

from typer.testing import CliRunner, Result

from workbench.cli.main import app


def run(*arguments: str | Path, columns: int | None = None) -> Result:
    """Run `wejourney` with these arguments, into a pipe or, with `columns`, on a terminal so wide."""
    width = None if columns is None else str(columns)
    return CliRunner(env={"COLUMNS": width}).invoke(app, [str(argument) for argument in arguments])
