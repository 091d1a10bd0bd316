"""QR codes of a deployment: ordered from its function, which is behind the address that WeChat knows."""

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wejourney.people.codes import Code
from wejourney.plain_data import from_plain, to_plain
from wejourney.services.create_code import CodeOrder, MadeCode
from workbench.drawing.qr_codes import write_picture, write_pictures
from workbench.operations.target import Target
from workbench.wording.phrases import Phrase, phrase


@dataclass
class CodeNotMadeError(Exception):
    """The deployment has not made a code; `problem` says why, and what to do.

    `is_busy`: WeChat makes no more at the moment, because of its limit of a minute or of a day, say.
    """

    problem: Phrase
    is_busy: bool = False


type OrderCode = Callable[[CodeOrder], MadeCode]
"""The code as it is on record now. Raises CodeNotMadeError."""


def code_orders(target: Target) -> OrderCode:
    """What orders codes from a deployment; several threads can use it."""
    function, client = target.outputs["CreateCodeFunction"], target.client("lambda")

    def order_code(order: CodeOrder) -> MadeCode:
        answer = client.invoke(FunctionName=function, Payload=json.dumps(to_plain(order)))
        told = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            why = str(told.get("errorMessage", ""))
            raise CodeNotMadeError(phrase("code failed", why=why, function=function))
        if (reason := told.get("rejected")) is not None:
            raise CodeNotMadeError(phrase(f"code: {reason}", **told["values"]), reason == "wechat busy")
        return MadeCode(from_plain(Code, told["code"]), b64decode(told.get("picture", "")))

    return order_code


def write_pictures_of(made: MadeCode, folder: Path, now: datetime) -> tuple[Path, ...]:
    """Write the pictures of a code; none for one that has expired, or whose picture only WeChat has."""
    if made.picture:
        return (write_picture(made.picture, made.code.name, folder),)
    if made.code.url and not made.code.has_expired(now):
        return write_pictures(made.code.url, made.code.name, folder)
    return ()
