"""What has been seen of the apps' union ids, in memory."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from wejourney.people.bindings import Binding


@dataclass
class FakeBindings:
    kept: dict[str, Binding] = field(default_factory=dict)

    def note(self, app_id: str, open_platform: str, *, has_union_id: bool, at: datetime) -> None:
        known = self.kept.get(app_id, Binding(app_id))
        known = replace(known, open_platform=open_platform)
        self.kept[app_id] = replace(known, told_at=at) if has_union_id else replace(known, not_told_at=at)

    def note_payment(self, app_id: str, merchant: str, at: datetime) -> None:
        assert at.tzinfo is not None
        self.kept[f"{merchant}#{app_id}"] = Binding(app_id, merchant=merchant)

    def all(self) -> list[Binding]:
        return [self.kept[name] for name in sorted(self.kept)]
