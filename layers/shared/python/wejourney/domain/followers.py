"""A follower: one openid of one account, and what is known of the person behind it."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from wejourney.domain.allowance import Window, Windows, open_window
from wejourney.domain.events import FOLLOW, InboundEvent
from wejourney.domain.rules import RuleSet

SOURCES: Mapping[str, str] = {
    "ADD_SCENE_SEARCH": "search",
    "ADD_SCENE_ACCOUNT_MIGRATION": "migration",
    "ADD_SCENE_PROFILE_CARD": "profile_card",
    "ADD_SCENE_QR_CODE": "qr",
    "ADD_SCENE_PROFILE_LINK": "article",
    "ADD_SCENE_PROFILE_ITEM": "article_menu",
    "ADD_SCENE_PAID": "payment",
    "ADD_SCENE_WECHAT_ADVERTISEMENT": "advertisement",
    "ADD_SCENE_REPRINT": "reprint",
    "ADD_SCENE_LIVESTREAM": "livestream",
    "ADD_SCENE_CHANNELS": "channels",
    "ADD_SCENE_WXA": "mini_program",
    "ADD_SCENE_OTHERS": "other",
}
"""WeChat's `subscribe_scene` and our word for it; a value that is not here is kept as it came.

https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo
"""


@dataclass(frozen=True)
class Follower:
    """What is known of a follower.

    `person_id` is our own id of the person: the ledger and the logs know people by it. `rev` counts the
    changes, so that two writers cannot overwrite each other. `language` and `time_zone` are None until
    known: the account's apply. `unreachable` is WeChat's reason for refusing to deliver, cleared by the
    next act. Times are UTC.
    """

    app_id: str
    openid: str
    person_id: str
    rev: int = 0
    following: bool = False
    followed_at: datetime | None = None
    union_id: str | None = None
    source: str | None = None
    scene: str | None = None
    language: str | None = None
    time_zone: str | None = None
    tags: frozenset[str] = frozenset()
    customer: bool = False
    member: bool = False
    unreachable: str | None = None
    windows: Windows = ()

    def to_snapshot(self) -> dict[str, Any]:
        """The form that travels with a run: all but the union id, which no step needs."""
        data = dataclasses.asdict(self)
        del data["union_id"]
        data["tags"] = sorted(self.tags)
        data["followed_at"] = self.followed_at.isoformat() if self.followed_at else None
        data["windows"] = [window.to_dict() for window in self.windows]
        return data

    @classmethod
    def from_snapshot(cls, data: Mapping[str, Any]) -> "Follower":
        """The follower that `to_snapshot` wrote."""
        followed_at = data["followed_at"]
        return cls(
            **{
                **data,
                "rev": int(data["rev"]),
                "tags": frozenset(data["tags"]),
                "followed_at": datetime.fromisoformat(followed_at) if followed_at else None,
                "windows": tuple(Window.from_dict(window) for window in data["windows"]),
            }
        )

    def changed(self, **changes: Any) -> "Follower":
        """This follower after a change, one revision on."""
        return replace(self, rev=self.rev + 1, **changes)

    def tagged(self, add: Iterable[str] = (), remove: Iterable[str] = ()) -> "Follower":
        """With tags put on and taken off."""
        return self.changed(tags=(self.tags | set(add)) - set(remove))


@dataclass(frozen=True)
class WhatWeChatKnows:
    """The part of WeChat's user info that a profile keeps; `trouble` says why it told nothing."""

    union_id: str | None = None
    subscribe_scene: str | None = None
    language: str | None = None
    trouble: str | None = None


def after(
    follower: Follower, event: InboundEvent, rules: RuleSet, known: WhatWeChatKnows | None = None
) -> Follower:
    """The follower after an event of theirs: they can be reached again, and what the act opens is open."""
    changes: dict[str, Any] = {}
    if event.act is not None:
        changes["windows"] = open_window(follower.windows, event.act, event.at, rules)
        changes |= {"following": True, "unreachable": None}
    if event.kind == FOLLOW:
        changes |= {"followed_at": event.at, "scene": event.scene, "source": "qr" if event.scene else None}
    if known is not None:
        scene = known.subscribe_scene
        changes |= {
            "union_id": known.union_id or follower.union_id,
            "source": SOURCES.get(scene, scene) if scene else changes.get("source", follower.source),
            "language": follower.language or known.language,
        }
    return follower.changed(**changes)


@dataclass(frozen=True)
class LiveRun:
    """A run of a journey that has not ended; at most one per follower and journey.

    `event_id` is the event that started it. At `over_by` (UTC; None: never) the engine has ended it at
    the latest, so that a lost word of its end does not keep its journey from starting again.
    """

    journey: str
    run_id: str
    event_id: str
    over_by: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether the run has surely ended."""
        return self.over_by is not None and self.over_by <= now


@dataclass(frozen=True)
class OpenWait:
    """A question that waits for its answer.

    `token` wakes the run; it is a credential and stays out of logs. `run` is the run's data, to be
    handed back with the answer.
    """

    run_id: str
    step: str
    name: str
    asked_at: datetime
    token: str = field(repr=False)
    run: Mapping[str, Any] = field(repr=False)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class FollowerState:
    """All that a decision about a follower needs: read in one call."""

    follower: Follower | None = None
    live_runs: tuple[LiveRun, ...] = ()
    waits: tuple[OpenWait, ...] = ()
