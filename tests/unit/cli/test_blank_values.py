"""No command takes a blank text: a key, a reason or an id that nobody can see is a mistake of a script."""

from pathlib import Path

import pytest

from tests.support.cli import run
from tests.support.languages import foreign
from workbench.cli.help import BlankParameterError
from workbench.cli.main import FUNCTIONS, load

TEXTS = (str, Path, list[str], list[Path])
BLANK = ("", " ", "\t\n", "\u3000", "\u200b")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_text_of_any_command_is_blank(name: str) -> None:
    command = load(name)
    for param in (param for param in command.params if param.type_descriptor.annotation in TEXTS):
        for blank in BLANK:
            context = command.make_context(name, [], resilient_parsing=True)
            context.params[param.name] = ["a", blank] if param.multiple or param.nargs < 0 else blank
            with pytest.raises(BlankParameterError):
                command.invoke(context)


def test_a_blank_text_is_one_line_that_names_the_option_in_both_languages() -> None:
    call = ("points", "adjust", "ann", "--by", "5", "--reason", "lost", "--key", " ")
    english, chinese = run(*call), run(*call, "--lang", "zh")

    assert (english.exit_code, chinese.exit_code) == (2, 2)
    assert english.stderr == "`--key` is blank; see `wejourney points adjust --help`\n"
    assert "`--key`" in chinese.stderr
    assert foreign(chinese.stderr, "zh") == []
