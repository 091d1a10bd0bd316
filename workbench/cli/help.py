"""`--help` in the language of the output. Typer's own has English titles, and cuts Chinese sentences off."""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_args

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from typer.core import TyperCommand

from workbench.cli.consoles import output
from workbench.cli.spoken import LANGUAGE_VARIABLE, language
from workbench.wording.help_phrases import HELP
from workbench.wording.picture_phrases import LANGUAGES


def help_of(code: str) -> str:
    """The words of this code in the language of the output."""
    return HELP[code][LANGUAGES.index(language())].replace("{variable}", LANGUAGE_VARIABLE)


class BlankParameterError(typer.BadParameter):
    """An argument or option whose text has nothing in it that can be seen."""


class SpokenCommand(TyperCommand):
    def invoke(self, ctx: Any) -> Any:
        from wejourney.text import stripped  # noqa: PLC0415 - help itself imports nothing of the runtime

        params: list[Any] = self.params
        for param in params:
            value = ctx.params.get(param.name)
            texts = value if isinstance(value, list | tuple) else [value]
            if any(isinstance(text, str | Path) and not stripped(str(text)) for text in texts):
                raise BlankParameterError("", ctx, param)
        return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - it is printed at once
        print_help(self, ctx)


def set_help(command: Any, name: str, function: Callable[..., Any]) -> None:
    """The words of a command, and of the arguments and options that this function annotates with a phrase."""
    more = f"{name} more"
    command.help = f"{help_of(name)}\n\n{help_of(more)}" if more in HELP else help_of(name)
    parameters = inspect.signature(function).parameters
    for param in command.params:
        annotated = get_args(parameters[param.name].annotation) if param.name in parameters else ()
        phrases = (part.in_words(language()) for part in annotated if hasattr(part, "in_words"))
        param.help = next(phrases, None) or help_of(param.opts[0])


def print_help(command: Any, ctx: Any) -> None:
    """Print the usage, the text and the tables of arguments, options and commands."""
    console = output()
    pieces = (help_of(piece) if piece in HELP else piece for piece in command.collect_usage_pieces(ctx))
    usage = " ".join((ctx.command_path, *pieces))
    console.print(f"{help_of('usage')}{usage}\n", style="bold", soft_wrap=False)
    console.print(f"{command.help}\n", soft_wrap=False)
    command.get_help_option(ctx).help = help_of("--help")
    params = command.get_params(ctx)
    for kind in ("argument", "option"):
        rows = [_row(param, ctx) for param in params if param.param_type_name == kind]
        _print_panel(console, help_of(f"{kind}s"), rows)
    panels = {known.rich_help_panel: None for known in getattr(command, "commands", {}).values()}
    for panel in panels:
        known = [item for item in command.commands.values() if item.rich_help_panel == panel]
        _print_panel(console, panel, [(item.name, "", item.help) for item in known])
    if command.epilog:
        console.print(command.epilog, soft_wrap=False)


def _row(param: Any, ctx: Any) -> tuple[str, str, str]:
    """The names, the type, and the words of an argument or option."""
    is_option = param.param_type_name == "option"
    names = ", ".join(param.opts) if is_option else param.display_name_raw
    kind = "" if getattr(param, "is_flag", False) else param.display_type_rich(ctx=ctx) or ""
    words = param.help + ("" if is_option or not param.required else help_of("required"))
    if is_option and param.show_default and isinstance(param.default, str | int) and kind:
        words += help_of("default").format(value=param.default)
    return names, kind, words


def _print_panel(console: Console, title: str, rows: Iterable[tuple[str, str, str]]) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold cyan")
    table.add_column(overflow="fold", style="yellow")
    table.add_column(overflow="fold", ratio=1)
    for row in rows:
        table.add_row(*row)
    if table.row_count:
        console.print(Panel(table, title=title, title_align="left", border_style="dim"))
