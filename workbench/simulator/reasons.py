"""Reasons and ends, which are stored in English, as people read them: in their language and local time."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from wejourney.journeys.routing import HELD_OUT
from wejourney.journeys.runs import GOAL, LEFT_BY_EXIT, STOPPED_BY, UNFOLLOWED
from workbench.trace.events import FINISHED
from workbench.wording.phrases import Language

_TIME = re.compile(r"(?:(\d{4})-)?(\d\d-\d\d \d\d:\d\d)Z")
_HALF_A_YEAR = timedelta(days=183)

_ENDS: Mapping[str, tuple[str, str]] = {
    FINISHED: ("went to the end", "走完全程"),
    GOAL: ("reached the goal", "达成目标"),
    UNFOLLOWED: ("unfollowed on the way", "中途取消关注"),
}
_REASONS = {
    # why a journey did not begin
    r"its condition does not hold": "条件不成立",
    HELD_OUT: "被留作对照组",
    r"its goal is reached already": "目标已经达成",
    r"it would end at once": "会立即结束",
    r"they are in it already": "已在该旅程中",
    r"it is taken once": "每人只进入一次",
    r"it is taken once per (.+?)": r"每个 \1 只进入一次",
    r"it is too early to take it again": "还不能再次进入",
    r"they had it": "已经进入过",
    r"they began it on ([-\d: ]+)": r"上次于 \1 进入",
    r"they began it on ([-\d: ]+) for `(.+)`": r"上次为 `\2` 于 \1 进入",
    r"the event started `(.+)`": r"该事件启动了 `\1`",
    r"the message answered `(.+)`": r"该消息是对 `\1` 的回答",
    r"the event names no `(.+)`": r"事件中没有 `\1`",
    # why a message was not sent
    r"no allowance": "没有下发额度",
    r"no act of the follower opened one": "粉丝没有带来额度的行为",
    r"the one taken from (.+) ended at (.+)": r"\1 带来的额度已于 \2 到期",
    r"not a follower": "未关注",
    r"unreachable": "无法送达",
    r"the follower has not agreed to the notice `(.+)`": r"粉丝未订阅通知 `\1`",
    r"(\d+) mass messages were sent in this month": r"本月已收到 \1 条群发消息",
    r"WeChat takes no (.+) in the channel (.+)": r"微信不允许在 \2 渠道发送 \1 消息",
    # why it cannot be deployed
    r"it cannot be deployed yet": "尚不能部署",
    r"the runtime has no payments yet": "运行环境尚不支持付款",
    r"the runtime has no refunds yet": "运行环境尚不支持退款",
    r"the runtime has no events of mini programs yet": "运行环境尚不支持小程序事件",
    r"the runtime has no segments yet": "运行环境尚不支持人群",
    r"the runtime has no tiers yet": "运行环境尚不支持等级",
    r"the runtime has no dates as triggers yet": "运行环境尚不支持由日期触发",
    r"the runtime has no schedules yet": "运行环境尚不支持定时触发",
    r"the runtime has no channel `(.+)` yet": r"运行环境尚不支持渠道 `\1`",
    # how a run ended
    LEFT_BY_EXIT.rstrip(": "): "提前结束",
    rf"{STOPPED_BY}(.+)": r"由 \1 结束",
}
_FACTS = {
    r"customer": "顾客",
    r"member": "会员",
    r"language": "语言",
    r"source": "来源",
    r"scene": "二维码",
    r"tier": "等级",
    r"points": "积分",
    r"tag `(.+)`": r"标签 `\1`",
    r"segment `(.+)`": r"人群 `\1`",
    r"date `(.+)` is known": r"已知日期 `\1`",
    r"answer to `(.+)`": r"对 `\1` 的回答",
}
_VALUES = {
    r"yes": "是",
    r"no": "否",
    r"unknown": "未知",
    r"none": "无",
    r"at least (\d+)( times)?": r"不少于 \1",
    r"at most (\d+)": r"不多于 \1",
    r"(\d+) times": r"\1 次",
}
_ACTS = {"message": "消息", "click": "点击", "follow": "关注", "scan": "扫码", "pay": "支付"}
_WINDOW = re.compile(r"(message|click|follow|scan|pay) \((\w+) left until ([-\d: ]+)\)")


def reason(text: str, language: Language) -> str:
    """Why something did not happen. What authors wrote stays as it is."""
    if language == "en":
        return text
    return "：".join(_chinese(part) for part in text.split(": "))


def end(status: str, language: Language) -> str:
    """How a run ended: the engine's own ends in words, an author's reason as it is."""
    if status in _ENDS:
        return _ENDS[status][0 if language == "en" else 1]
    return reason(status, language)


def in_local_time(text: str, zone: ZoneInfo, near: datetime) -> str:
    """A reason with its times, which are UTC, in a zone; without their year they lie `near` this moment."""

    def local(found: re.Match[str]) -> str:
        at = datetime.strptime(f"{found[1] or near.year}-{found[2]}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        if found[1] is None and abs(at - near) > _HALF_A_YEAR:
            at = at.replace(year=at.year + (1 if at < near else -1))
        return f"{at.astimezone(zone):{'%Y-' if found[1] else ''}%m-%d %H:%M}"

    return _TIME.sub(local, text)


def _chinese(part: str) -> str:
    found = _in_words(part, _REASONS)
    return found if found != part else "；".join(_detail(one) for one in part.split("; "))


def _in_words(text: str, words: Mapping[str, str]) -> str:
    """The words of the first pattern that a text fits, or the text."""
    found = ((re.fullmatch(pattern, text), chinese) for pattern, chinese in words.items())
    return next((fits.expand(chinese) for fits, chinese in found if fits), text)


def _detail(text: str) -> str:
    """`member (found no, wanted yes)`, or `message (3 left until 11-25 12:05)`."""
    part = re.fullmatch(r"(.+) \(found (.+), wanted (.+)\)", text)
    if part:
        fact, found, wanted = _in_words(part[1], _FACTS), *(_in_words(part[i], _VALUES) for i in (2, 3))
        return f"{fact}（实际：{found}，要求：{wanted}）"
    return _WINDOW.sub(lambda one: f"{_ACTS[one[1]]}（{_left(one[2])}，至 {one[3]}）", text).replace(
        "）, ", "）、"
    )


def _left(number: str) -> str:
    return "不限条数" if number == "None" else f"剩余 {number} 条"
