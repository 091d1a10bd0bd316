"""Errors of commands that a person can act on: one line without a traceback, whichever command it is."""

import pytest

from wejourney.errors import LedgerBusyError, StaleBooksError, StaleFollowerError, WejourneyError
from workbench.cli import main
from workbench.cli.spoken import LANGUAGE_VARIABLE, note_language
from workbench.cli.terminal import USAGE


@pytest.mark.parametrize(("language", "says"), [("en", "try again in a moment"), ("zh", "请稍后再试")])
@pytest.mark.parametrize("error", [StaleFollowerError(), StaleBooksError(), LedgerBusyError("sale-1")])
def test_a_command_that_others_overtake_all_the_time_says_to_try_again(
    error: WejourneyError,
    language: str,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def command() -> None:
        raise error

    monkeypatch.setattr(main, "app", command)
    monkeypatch.setenv(LANGUAGE_VARIABLE, language)
    note_language([])
    with pytest.raises(SystemExit) as ended:
        main.main()
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (USAGE, "")
    assert says in printed.err
    assert len(printed.err.splitlines()) == 1
