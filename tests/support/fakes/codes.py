"""The registry of QR codes in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from wejourney.errors import AlreadyDoneError
from wejourney.people.codes import Code


@dataclass
class FakeCodes:
    kept: dict[tuple[str, str], Code] = field(default_factory=dict)

    def find(self, app_id: str, scene: str) -> Code | None:
        return self.kept.get((app_id, scene))

    def all(self, app_id: str) -> Iterator[Code]:
        codes = sorted(self.kept.values(), key=lambda code: code.name)
        return (code for code in codes if code.app_id == app_id and not code.is_personal)

    def add(self, code: Code) -> None:
        if self.kept.setdefault((code.app_id, code.scene), code) is not code:
            raise AlreadyDoneError

    def save(self, code: Code) -> None:
        self.kept[code.app_id, code.scene] = code
