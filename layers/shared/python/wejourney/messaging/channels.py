"""The channels that a message can take, and what each is for: WeChat's capabilities as data.

`check` reads all of them; the runtime has those that are `deployable`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wejourney.messaging.account_settings import AccountKind

type Purpose = Literal["marketing", "service"]


@dataclass(frozen=True)
class Channel:
    """One way to a follower.

    `windowed`: it needs an allowance that an act of the follower has opened. `purposes` are what WeChat
    lets it be used for, `kinds` the accounts that send by it here. `source` is where WeChat says so.
    """

    name: str
    source: str
    purposes: frozenset[Purpose] = frozenset({"service"})
    windowed: bool = False
    deployable: bool = False
    kinds: frozenset[AccountKind] = frozenset({"official_account"})


_DOCS = "https://developers.weixin.qq.com/doc/service"
_ANY: frozenset[Purpose] = frozenset({"marketing", "service"})

CUSTOM = Channel(
    "custom", f"{_DOCS}/api/customer/message/api_sendcustommessage", _ANY, windowed=True, deployable=True
)
# Notices that follow from something the follower did; 100,000 a day for the account.
TEMPLATE = Channel("template", f"{_DOCS}/api/notify/template/api_sendtemplatemessage.md")
# One for each time that the follower agreed to the template.
NOTICE = Channel("notice", f"{_DOCS}/guide/product/subscription_messages/push.html")
# Four for a follower in a calendar month, those of the console included.
MASS = Channel("mass", f"{_DOCS}/guide/product/message/Batch_Sends.html", _ANY)

CHANNELS: Mapping[str, Channel] = {
    "text": CUSTOM,
    "image": CUSTOM,
    "news": CUSTOM,
    "mini_program": CUSTOM,
    "menu": CUSTOM,
    "template": TEMPLATE,
    "notice": NOTICE,
    "mass": MASS,
}
"""The channel of each kind of content."""

DAILY_CUSTOM_MESSAGES = 500_000
"""Customer-service messages that an account may send in a day (a test account 50,000).

https://developers.weixin.qq.com/doc/service/Message_Management/API_Call_Limits.html
"""
