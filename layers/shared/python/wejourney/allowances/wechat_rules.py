"""What each act of a follower allows an account to send: WeChat's rules as dated data.

One rule set is chosen per account. The compiler, the sender and the fake WeChat read this table.
Sources, read in November 2026:

* the table in force: https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
* 20 messages became 5 and the allowance of a payment ended, for new accounts on 2023-06-12 and for all
  by August 2023: http://cul.022net.com/hangye/2023/0530/88854.html
* 20 messages in 48 hours before that: https://blog.csdn.net/TCMvines/article/details/107554746
* no count at all, as in the articles that asked for this product: https://developer.aliyun.com/article/323674

The pages differ on what an act does to the allowance of an act of another kind; `Reading` has both answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum


class Act(StrEnum):
    """An act of a follower that can open an allowance."""

    MESSAGE = "message"
    CLICK = "click"
    FOLLOW = "follow"
    SCAN = "scan"
    PAY = "pay"


@dataclass(frozen=True)
class Allowance:
    """How many customer-service messages (`None`: no count) may follow an act, and for how long."""

    count: int | None
    lasts: timedelta


class Reading(StrEnum):
    """How allowances of different acts go together. WeChat's pages say that they do not add up.

    `APART`: each kind of act has its own count and end, as the table in force lists them. `POOLED`: all acts
    share one count and one end; an act raises each to its own where that is larger. The guide to messages of
    mini programs says so: https://mp.weixin.qq.com/debug/wxadoc/introduction/custom.html
    """

    APART = "apart"
    POOLED = "pooled"


POOLS: Mapping[Reading, Mapping[Act, frozenset[Act]]] = {
    Reading.APART: {act: frozenset({act}) for act in Act},
    Reading.POOLED: dict.fromkeys(Act, frozenset(Act)),
}
"""The acts with which an act shares its allowance."""


@dataclass(frozen=True)
class RuleSet:
    """The allowances of one period. An act that is not a key allows nothing.

    `readings` are those that are kept account of. WeChat follows one of them; nobody has documented which.
    """

    name: str
    opens: Mapping[Act, Allowance]
    readings: tuple[Reading, ...] = tuple(Reading)

    def read_as(self, reading: Reading) -> "RuleSet":
        return replace(self, readings=(reading,))


_TWO_DAYS = timedelta(hours=48)
_THREE_IN_A_MINUTE = Allowance(count=3, lasts=timedelta(minutes=1))

_2023_06 = RuleSet(
    "2023-06",
    {
        Act.MESSAGE: Allowance(count=5, lasts=_TWO_DAYS),
        Act.CLICK: _THREE_IN_A_MINUTE,
        Act.FOLLOW: _THREE_IN_A_MINUTE,
        Act.SCAN: _THREE_IN_A_MINUTE,
    },
)

RULE_SETS: Mapping[str, RuleSet] = {
    rules.name: rules
    for rules in (
        RuleSet("2020", {act: Allowance(count=None, lasts=_TWO_DAYS) for act in Act}),
        RuleSet(
            "2021-06",
            {
                **_2023_06.opens,
                Act.MESSAGE: Allowance(count=20, lasts=_TWO_DAYS),
                Act.PAY: Allowance(count=20, lasts=_TWO_DAYS),
            },
        ),
        _2023_06,
        # Nothing has changed since; when it does, the new period gets a set of its own and this moves.
        replace(_2023_06, name="current"),
    )
}
