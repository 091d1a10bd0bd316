"""What decisions need to know of a WeChat account. Its credentials are in `wejourney.accounts`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from wejourney.allowances.wechat_rules import RULE_SETS, RuleSet
from wejourney.events.text_matching import matches_glob
from wejourney.people.followers import Follower

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

type AccountKind = Literal["official_account", "mini_program"]
"""A mini program needs a token and a key only where WeChat pushes its messages and events to us."""


@dataclass(frozen=True)
class AccountSettings:
    """The settings of one WeChat account, without secrets.

    `original_id` is the account's own `gh_` id, None when it was not given. `language` and `time_zone` (IANA)
    apply to followers whose own are not known; before `time_zone` comes the zone of the store whose QR code
    they followed by: `store_zones` maps patterns of scenes to zones. `open_platform` is the brand's name for
    the account of WeChat's Open Platform that the app is bound to: its apps know a person by one union id.
    `name` is what journeys call the account (`speaks_to`); an app that is no account here has none.
    """

    app_id: str
    original_id: str | None = None
    language: str = "zh"
    time_zone: str = "Asia/Shanghai"
    store_zones: Mapping[str, str] = field(default_factory=dict)
    rules: RuleSet = RULE_SETS["current"]
    open_platform: str = "main"
    name: str = ""


def zone_of(follower: Follower, account: AccountSettings) -> "ZoneInfo":
    """The zone that a follower lives in: their own, else the store's they came through, else the account's.

    A profile may hold a zone that does not exist: then it is as unknown.
    """
    # Late: the callback must start fast, and hardly ever tells a time of day.
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from wejourney.time_zones import find_zone  # noqa: PLC0415

    own = find_zone(follower.time_zone) if follower.time_zone is not None else None
    if own is not None:
        return own
    zones = (zone for scene, zone in account.store_zones.items() if matches_glob(scene, follower.scene))
    return ZoneInfo(next(zones, account.time_zone))
