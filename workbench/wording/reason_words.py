"""Why something was done or not, in words: English and Chinese, with times in the reader's zone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, assert_never

from wejourney import reasons as why
from wejourney.allowances.allowance_windows import Window, Windows
from wejourney.events.matching import EventCount
from wejourney.events.values import IsKnown, NumberRange
from wejourney.plain_data import to_plain
from wejourney.reasons import Fact, Part, Reason, Value
from workbench.wording.journey_parts import Wording
from workbench.wording.picture_phrases import LANGUAGES, Language, Pair

REASONS: Mapping[type[Reason], Pair] = {
    why.UnknownReason: (
        "a reason that this version does not know, `{name}`",
        "当前版本无法识别的原因 `{name}`",
    ),
    # why a journey was not started
    why.ConditionNotMet: ("its condition does not hold || {parts}", "不满足进入条件 || {parts}"),
    why.GoalAlreadyReached: ("its goal is already reached", "目标已达成"),
    why.WouldExit: ("it would end at once: {reason}", "符合退出条件：{reason}"),
    why.HeldOut: ("held out", "被分入对照组"),
    why.AlreadyInJourney: ("already in this journey", "已在该旅程中"),
    why.TakenOnce: (
        "once per person || started on {started_at}",
        "每人仅可进入一次 || 已于 {started_at} 进入",
    ),
    why.TakenOncePer: (
        "once per {name} || `{key}` started on {started_at}",
        "每个 {name} 仅可进入一次 || `{key}` 已于 {started_at} 进入",
    ),
    why.TooEarly: (
        "too early to start again || started on {started_at}",
        "未到再次进入的时间 || 上次于 {started_at} 进入",
    ),
    why.NoKey: ("the event has no `{name}`", "事件中没有 `{name}`"),
    why.StartedOther: ("the event started `{journey}`", "该事件已启动旅程 `{journey}`"),
    why.AnsweredQuestion: ("the message answered `{name}`", "该消息是对 `{name}` 的回答"),
    why.DoneElsewhere: (
        "it speaks to `{account}`, and the follower did this in another account",
        "旅程在 `{account}` 中对话，而该操作发生在其他账号",
    ),
    why.NoContactIn: (
        "it speaks to `{account}`, in which the person is not known",
        "旅程在 `{account}` 中对话，而该用户在其中没有记录",
    ),
    why.NotReachableIn: (
        "it speaks to `{account}`, which the person does not follow",
        "旅程在 `{account}` 中对话，而该用户未关注",
    ),
    # why a message was not sent
    why.NoAllowance: ("no allowance || {windows}", "没有可用的下发额度 || {windows}"),
    why.AllowanceEnded: ("the allowance of a {act} ended || {until}", "{act}带来的下发额度已到期 || {until}"),
    why.NotFollowing: ("not following", "未关注"),
    why.NoConsent: ("no consent to `{purpose}`", "用户未同意用途 `{purpose}`"),
    why.Unreachable: ("unreachable || WeChat's error {code}", "无法送达 || 微信错误码 {code}"),
    why.NotAgreed: ("the follower has not agreed to the notice `{template}`", "粉丝未订阅通知 `{template}`"),
    why.MonthlyLimit: ("{messages} mass messages received this month", "本月已收到 {messages} 条群发消息"),
    why.PurposeForbidden: (
        "WeChat allows no {purpose} message as a {channel}",
        "微信不允许以{channel}发送{purpose}内容",
    ),
    why.NoChannel: ("this deployment cannot send a {channel}", "当前部署不支持发送{channel}"),
    why.RefusedByWeChat: ("WeChat rejected it, {error} || {text}", "微信拒绝发送，{error} || {text}"),
    why.SenderInterrupted: ("the call was interrupted, outcome unknown", "发送中断，结果未知"),
    why.NoAnswer: ("WeChat did not answer, outcome unknown || {text}", "微信未响应，结果未知 || {text}"),
    why.PossiblySent: ("possibly sent before, not sent again: {then}", "消息可能已发出，未再次发送：{then}"),
    # how a run ended
    why.Finished: ("finished", "走完全程"),
    why.Stopped: ("{reason}", "{reason}"),
    why.GoalReached: ("reached the goal", "达成目标"),
    why.Exited: ("exit: {reason}", "提前退出：{reason}"),
    why.Unfollowed: ("unfollowed", "取消关注"),
    why.Merged: (
        "merged with another person, whose run of this journey goes on",
        "与另一人合并，对方的同一旅程继续",
    ),
    why.EndedByJourney: ("ended by `{journey}`", "被旅程 `{journey}` 结束"),
    why.EndedByOperator: ("ended by an operator", "由运营人员手动结束"),
    why.EndedByEngine: ("{status}", "{status}"),
    # why a journey cannot be deployed yet
    why.EventNotReceived: ("the runtime receives no `{event}` events yet", "运行环境尚不支持 `{event}` 事件"),
    why.ChannelNotSupported: ("the runtime cannot send a {channel} yet", "运行环境尚不支持发送{channel}"),
}
"""Every reason, with its fields. What follows || differs from follower to follower, if it is known."""

NAMES: Mapping[str, Pair] = {
    "act message": ("message", "消息"),
    "act click": ("click", "点击"),
    "act follow": ("follow", "关注"),
    "act scan": ("scan", "扫码"),
    "act pay": ("payment", "支付"),
    "reading apart": ("each act has its own allowance", "各类用户动作的额度分别计算"),
    "reading pooled": ("all acts share one allowance", "各类用户动作共用一份额度"),
    "channel passive": ("passive reply", "被动回复"),
    "channel custom": ("customer-service message", "客服消息"),
    "channel template": ("template message", "模板消息"),
    "channel notice": ("subscription notice", "订阅通知"),
    "channel mass": ("mass message", "群发消息"),
    "purpose marketing": ("marketing", "营销"),
    "purpose service": ("service", "服务"),
    "error WeChatBusy": ("it is busy", "系统繁忙"),
    "error TokenRejected": ("the access token is invalid", "access_token 无效"),
    "error DailyQuotaSpent": ("the account's daily quota is used up", "公众号当日下发次数已用完"),
    "error WindowClosed": ("it counts no allowance", "微信侧没有可用的下发额度"),
    "error FollowerUnreachable": ("the follower cannot be reached", "无法送达该粉丝"),
    "error ContentRejected": ("the content is rejected", "内容不符合要求"),
    "error CodeRejected": ("WeChat rejects the code", "微信不接受该 code"),
    "error AccountMisconfigured": ("the account is misconfigured", "公众号配置有误"),
    "error AccountPaused": ("the account is paused", "公众号接口被暂停"),
    "error UnrecognisedRefusal": ("the error code is unknown", "未知错误码"),
    "status failed": ("failed", "运行失败"),
    "status timed_out": ("timed out", "运行超时"),
    "status aborted": ("aborted", "被中止"),
}
"""The values of fields that have a name in each language."""

FACTS: Mapping[Fact, Pair] = {
    Fact.CUSTOMER: ("customer", "顾客"),
    Fact.MEMBER: ("member", "会员"),
    Fact.LANGUAGE: ("language", "语言"),
    Fact.SOURCE: ("source", "来源"),
    Fact.SCENE: ("QR code", "二维码"),
    Fact.TIER: ("tier", "等级"),
    Fact.STAGE: ("stage", "阶段"),
    Fact.COUNTER: ("{name}, {days}", "{days}的 {name}"),
    Fact.POINTS_FROM: ("points", "积分"),
    Fact.POINTS_TO: ("points", "积分"),
    Fact.BALANCE: ("{name}", "{name}"),
    Fact.TAG: ("tag `{name}`", "标签 `{name}`"),
    Fact.SEGMENT: ("segment `{name}`", "人群 `{name}`"),
    Fact.OFFER: ("offer `{name}`", "优惠 `{name}`"),
    Fact.DATE: ("date `{name}` is known", "已知日期 `{name}`"),
    Fact.ATTRIBUTE: ("{name}", "{name}"),
    Fact.ANSWER: ("answer to `{name}`", "对 `{name}` 的回答"),
    Fact.EVENTS: ("{events}", "{events}"),
    Fact.ANY: ("any of", "满足任一"),
    Fact.ALL: ("all of", "同时满足"),
    Fact.NONE: ("not all of", "不同时满足"),
}


@dataclass(frozen=True)
class ReasonWords(Wording):
    """The words for reasons in one language, with times in one zone."""

    language: Language = "en"
    zone: tzinfo = UTC

    def __call__(self, reason: Reason) -> str:
        """Why something did not happen, or how a run ended. What authors wrote stays as it is."""
        fields = {name: self._field(name, value) for name, value in vars(reason).items() if name != "texts"}
        if isinstance(reason, why.AuthoredReason):
            fields["reason"] = self.reason(reason)
        if isinstance(reason, why.ConditionNotMet) and reason.more:
            fields["parts"] += self.say("more parts", n=reason.more)
        told, _, detail = self._of(REASONS[type(reason)]).partition(" || ")
        if any(f"{{{name}}}" in detail and not text for name, text in fields.items()):
            detail = ""
        return self.join([told.format(**fields), detail.format(**fields)], "colon")

    def sent(self, channel: str, act: str | None, left: int | None, reading: str | None = None) -> str:
        """By which allowance a message was sent, with what was left of it; or the channel that needs none."""
        return self.channel(channel) if act is None else self._open(act, left) + self._if_read(reading)

    def channel(self, channel: str) -> str:
        """What a message of this channel is called."""
        return self._field("channel", channel)

    def allowances(self, windows: Windows, now: datetime) -> str:
        """Those that are open."""
        return self.say("semicolon").join(
            self._open(window.act, window.left)
            + self.say("and until", at=self._time(window.until, "%m-%d %H:%M"))
            + self._if_read(window.reading)
            for window in windows
            if window.until > now
        )

    def with_text(self, reason: Reason) -> dict[str, Any]:
        """The form of `--json`: the reason's data, and the words."""
        return {**to_plain(reason), "text": self(reason)}

    def fact(self, part: Part) -> str:
        """What a part of a condition looks at."""
        days = self.say("in days", n=part.days) if part.days is not None else ""
        return self._of(FACTS[part.fact]).format(name=part.name, events=self._events(part.count), days=days)

    def wanted_and_found(self, part: Part) -> tuple[str, str]:
        match part.fact:
            case Fact.POINTS_FROM | Fact.POINTS_TO:
                phrase = "no less than" if part.fact is Fact.POINTS_FROM else "no more than"
                return self.say(phrase, n=part.wanted), str(part.found)
            case Fact.EVENTS:
                return self.say("no less than", n=self._times(part.wanted)), self._times(part.found)
            case Fact.ANY:
                return self.say("one of all"), self.say("some of all", held=part.found, all=len(part.inner))
            case (
                Fact.CUSTOMER | Fact.MEMBER | Fact.LANGUAGE | Fact.SOURCE | Fact.SCENE | Fact.TIER | Fact.TAG
                | Fact.STAGE | Fact.COUNTER | Fact.BALANCE | Fact.SEGMENT | Fact.DATE | Fact.ATTRIBUTE
                | Fact.ANSWER | Fact.OFFER | Fact.ALL | Fact.NONE
            ):  # fmt: skip
                return self.value(part.wanted, part.fact), self.value(part.found, part.fact)
            case _:
                assert_never(part.fact)

    def value(self, value: Value, fact: Fact | None = None) -> str:
        """A value of a profile, or an answer."""
        if value is None:
            return self.say("none" if fact is Fact.ANSWER else "unknown")
        if isinstance(value, NumberRange | IsKnown):
            return self.wanted(value)
        if fact is Fact.SOURCE:
            return self.source(str(value))
        if fact is Fact.STAGE:
            return self.say(f"stage {value}")
        return self.say("yes" if value else "no") if isinstance(value, bool) else str(value)

    def _all_parts(self, parts: Iterable[Part]) -> str:
        return self.say("semicolon").join(map(self._part, parts))

    def _part(self, part: Part) -> str:
        if not part.inner:
            wanted, found = self.wanted_and_found(part)
            return self.say("part of a condition", fact=self.fact(part), found=found, wanted=wanted)
        inner = self._all_parts(part.inner)
        return inner if part.fact is Fact.ALL else self.say("parts inside", fact=self.fact(part), inner=inner)

    def _times(self, number: Value) -> str:
        return self.say("once" if number == 1 else "times", n=number)

    def _events(self, count: EventCount | None) -> str:
        if count is None:
            return ""
        phrase = f"count {count.scope}" if count.scope in ("run", "ever") else "count since"
        days = self.say("in days", n=count.days) if count.days is not None else ""
        return self.join([self.awaited(count.pattern), self.say(phrase, scope=count.scope), days])

    def _field(self, name: str, value: Any) -> str:
        """A field of a reason in words; what has no name in the tables is as it is."""
        match value:
            case None:
                return ""
            case datetime():
                return self._time(value, "%Y-%m-%d %H:%M")
            case tuple() if name == "parts":
                return self._all_parts(value)
            case tuple():
                return self.join(map(self._spent, value)) or self.say("no allowance opened")
            case str() | int():
                return self._of(NAMES.get(f"{name} {value}", (str(value), str(value))))
            case _:  # another reason
                return self(value)

    def _spent(self, window: Window) -> str:
        """An allowance that allows no message any more: all its messages are used, or else it has ended."""
        phrase = "allowance used up" if window.left == 0 else "allowance ended"
        act, at = self._field("act", window.act), self._time(window.until, "%m-%d %H:%M")
        return self.say(phrase, act=act, at=at, left=self._left(window.left)) + self._if_read(window.reading)

    def _if_read(self, reading: str | None) -> str:
        """The reading of WeChat's rules under which alone an allowance is open."""
        return "" if reading is None else self.say("if read", reading=self._field("reading", reading))

    def _open(self, act: str, left: int | None) -> str:
        return self.say("allowance open", act=self._field("act", act), left=self._left(left))

    def _left(self, left: int | None) -> str:
        return self.say("any number of messages") if left is None else self.say("messages left", n=left)

    def _time(self, at: datetime, form: str) -> str:
        return f"{at.astimezone(self.zone):{form}}{'Z' if self.zone is UTC else ''}"

    def _of(self, pair: Pair) -> str:
        return pair[LANGUAGES.index(self.language)]


@dataclass(frozen=True)
class SpokenReason:
    """A reason where a mistake or a phrase has words."""

    reason: Reason

    def in_words(self, language: Language) -> str:
        return ReasonWords(language)(self.reason)
