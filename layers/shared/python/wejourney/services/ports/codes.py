"""The registry of QR codes, and WeChat, which makes them."""

from dataclasses import dataclass
from typing import Protocol

from wejourney.accounts import Account
from wejourney.people.codes import Code


class CodeReader(Protocol):
    def find(self, app_id: str, scene: str) -> Code | None:
        """The code whose scene this is."""


class Codes(CodeReader, Protocol):
    def add(self, code: Code) -> None:
        """Write a code that is not there. Raises AlreadyDoneError when one has its scene."""

    def save(self, code: Code) -> None:
        """Write a code in the place of what is on record of it."""


@dataclass(frozen=True)
class Ticket:
    """What WeChat gives for a code: the text of its picture, and how many seconds it lasts (0: for good)."""

    ticket: str
    url: str
    lasts: int = 0


class CodePictures(Protocol):
    def code_picture(self, account: Account, scene: str, page: str) -> bytes:
        """The PNG of a mini program's code. Raises as `CodeMaker`."""


class CodeMaker(Protocol):
    def create_qr_code(self, account: Account, scene: str, lasts: int) -> Ticket:
        """Make the code of a scene; done again, it is another picture of the same scene.

        `lasts` are the seconds of a temporary code, 0 for a permanent one. Raises the errors of
        `wejourney.messaging.sending.error_of`.
        """
