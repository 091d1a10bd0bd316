"""QR codes of a deployment: ordered from its function, which is behind the address that WeChat knows."""

import json
from base64 import b64decode
from dataclasses import dataclass

from wejourney.people.codes import Code
from wejourney.plain_data import from_plain, to_plain
from wejourney.services.create_code import CodeOrder, MadeCode
from workbench.operations.target import Target
from workbench.wording.phrases import Phrase, phrase


@dataclass
class CodeNotMadeError(Exception):
    """The deployment has not made a code; `problem` says why, and what to do."""

    problem: Phrase


def order_code(target: Target, order: CodeOrder) -> MadeCode:
    """The code as it is on record now. Raises CodeNotMadeError."""
    function = target.outputs["CreateCodeFunction"]
    answer = target.client("lambda").invoke(FunctionName=function, Payload=json.dumps(to_plain(order)))
    told = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise CodeNotMadeError(
            phrase("code failed", why=str(told.get("errorMessage", "")), function=function)
        )
    if "rejected" in told:
        raise CodeNotMadeError(phrase(f"code: {told['rejected']}", **told["values"]))
    return MadeCode(from_plain(Code, told["code"]), b64decode(told.get("picture", "")))
