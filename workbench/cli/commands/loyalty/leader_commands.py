"""`wejourney leaders`: who is first on the leader board of a game."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from wejourney.adapters.dynamo.loyalty.game_store import BoardStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.services.loyalty.leader_boards import LeaderBoards
from workbench.cli.consoles import output
from workbench.cli.deployment_options import Stack, open_target
from workbench.cli.options import DAYS, AsJson, Root
from workbench.cli.terminal import fail, print_json, said, value_or_reject
from workbench.language.mistakes import nearest
from workbench.programme.files import PROGRAMME, read_programme
from workbench.wording.phrases import phrase


def leaders(
    game: Annotated[str, typer.Argument(), phrase("leaders game")],
    stack: Stack = None,
    root: Root = Path(),
    *,
    on: Annotated[datetime | None, typer.Option(formats=DAYS), phrase("leaders --on")] = None,
    as_json: AsJson = False,
) -> None:
    programme = value_or_reject(read_programme(root))
    if game not in programme.games:
        fail(
            phrase("no such game", name=game, file=PROGRAMME.as_posix(), hint=nearest(game, programme.games))
        )
    target = open_target(stack)
    table = target.followers.table
    boards = LeaderBoards(BoardStore(table), PeopleStore(table), programme)
    day = on.date() if on is not None else programme.day_of(target.clock.now())
    board = boards.board(game, day)
    if board is None:
        fail(phrase("no board on", name=game, day=day.isoformat()))
    found = boards.first(board)
    if as_json:
        closes_at = board.closes_at.isoformat() if board.closes_at is not None else None
        about = {"game": game, "period": board.period, "closes_at": closes_at}
        print_json({**about, "leaders": [one._asdict() for one in found]})
        return
    columns = ("column rank", "column score", "column person", "column name shown")
    title = said(phrase("board of", game=game, period=board.period))
    shown = Table(*(said(phrase(column)) for column in columns), title=title, title_justify="left")
    for one in found:
        shown.add_row(str(one.rank), f"{one.score:,}", one.person_id, one.name or "")
    output().print(shown if found else said(phrase("nobody on board", game=game, period=board.period)))
