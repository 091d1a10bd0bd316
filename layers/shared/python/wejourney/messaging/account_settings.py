"""What decisions need to know of a WeChat account. Its credentials are in `wejourney.accounts`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wejourney.messaging.wechat_rules import RULE_SETS, RuleSet


@dataclass(frozen=True)
class AccountSettings:
    """The settings of one WeChat account, without secrets.

    `original_id` is the account's own `gh_` id, None when it was not given. `language` and `time_zone` (IANA)
    apply to followers whose own are not known; before `time_zone` comes the zone of the store whose QR code
    they followed by: `store_zones` maps patterns of scenes to zones.
    """

    app_id: str
    original_id: str | None = None
    language: str = "zh"
    time_zone: str = "Asia/Shanghai"
    store_zones: Mapping[str, str] = field(default_factory=dict)
    rules: RuleSet = RULE_SETS["current"]
