"""The channels that a message can take, and what each is for: WeChat's capabilities as data.

`check` reads all of them; the runtime has those that are `deployable`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

type Purpose = Literal["marketing", "service"]


@dataclass(frozen=True)
class Channel:
    """One way to a follower.

    `windowed`: it needs an allowance that an act of the follower has opened. `purposes` are what WeChat
    lets it be used for. `limit` says in words what else bounds it; `source` is where WeChat says so.
    """

    name: str
    windowed: bool
    purposes: frozenset[Purpose]
    deployable: bool
    limit: str
    source: str


_ANY: frozenset[Purpose] = frozenset({"marketing", "service"})
_SERVICE: frozenset[Purpose] = frozenset({"service"})

CUSTOM = Channel(
    name="custom",
    windowed=True,
    purposes=_ANY,
    deployable=True,
    limit="the allowances that the follower's acts open; 500,000 a day for the account",
    source="https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage",
)
TEMPLATE = Channel(
    name="template",
    windowed=False,
    purposes=_SERVICE,
    deployable=False,
    limit="notices that follow from something the follower did; 100,000 a day for the account",
    source="https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage.md",
)
NOTICE = Channel(
    name="notice",
    windowed=False,
    purposes=_SERVICE,
    deployable=False,
    limit="one for each time that the follower agreed to the template",
    source="https://developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html",
)
MASS = Channel(
    name="mass",
    windowed=False,
    purposes=_ANY,
    deployable=False,
    limit="four for a follower in a calendar month, those of the console included",
    source="https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html",
)

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
