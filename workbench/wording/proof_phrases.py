"""What happens on the path of a journey that does not fit, and why it does not, in English and Chinese."""

from collections.abc import Mapping

from workbench.wording.picture_phrases import Pair

PROOF: Mapping[str, Pair] = {
    "tapped start": ("a tap on `{label}` ({place})", "点选 `{label}`（{place}）"),
    "wait": ("wait {time}", "等待 {time}"),
    "wait until": ("wait until {time}", "等到 {time}"),
    "wait until, clocks": (
        "wait until {time} (meanwhile the clocks are changed)",
        "等到 {time}（其间时钟调整）",
    ),
    "other channel": ("send by a channel that needs no allowance", "经由不需要额度的渠道发送"),
    "send": ("send", "发送"),
    "send opening": ("the opening leaves as a message", "开场白作为消息发送"),
    "send, answer lost": ("send (WeChat's answer is lost)", "发送（未收到微信的应答）"),
    "send again": ("send again (WeChat's answer is lost)", "再次发送（未收到微信的应答）"),
    "other journey sends": (
        "another journey, which shares the allowances, sends a message",
        "共用额度的另一个旅程发送一条消息",
    ),
    "ask": ("ask `{name}`", "提问 `{name}`"),
    "message rejected": ("the message is rejected", "消息被拒"),
    "question rejected": ("the question is rejected", "提问被拒"),
    "consent withdrawn": ("not sent: the consent is withdrawn", "不发送：已撤回同意"),
    "follower acts": ("the follower acts ({act})", "粉丝操作（{act}）"),
    "also writes": ("the follower also writes", "粉丝同时发来消息"),
    "also taps": ("the follower also taps a line of a menu message", "粉丝同时点选菜单消息"),
    "also acts": ("the follower also acts ({act})", "粉丝同时操作（{act}）"),
    "typed": ("`{name}` is answered (typed)", "`{name}` 得到回答（打字）"),
    "tapped": ("`{name}` is answered (tapped)", "`{name}` 得到回答（点选）"),
    "typed before": (
        "`{name}` is answered (typed before it was asked)",
        "`{name}` 在提问前已得到回答（打字）",
    ),
    "tapped before": (
        "`{name}` is answered (tapped before it was asked)",
        "`{name}` 在提问前已得到回答（点选）",
    ),
    "typed so": ("`{name}` is answered `{answer}` (typed)", "`{name}` 的回答是 `{answer}`（打字）"),
    "tapped so": ("`{name}` is answered `{answer}` (tapped)", "`{name}` 的回答是 `{answer}`（点选）"),
    "typed before so": (
        "`{name}` is answered `{answer}` (typed before it was asked)",
        "`{name}` 在提问前的回答是 `{answer}`（打字）",
    ),
    "tapped before so": (
        "`{name}` is answered `{answer}` (tapped before it was asked)",
        "`{name}` 在提问前的回答是 `{answer}`（点选）",
    ),
    "no answer": ("no answer", "没有回答"),
    "no answer within": ("no answer within {time}", "{time} 内没有回答"),
    "no date within": ("the date `{date}` has not come within {time}", "{time} 内日期 `{date}` 未到"),
    "date comes": ("the date `{date}` comes", "日期 `{date}` 到来"),
    "booking cancelled": ("the booking is cancelled", "预约被取消"),
    "date passed": ("the date `{date}` has passed", "日期 `{date}` 已过"),
    "event comes": ("{event} comes", "发生 {event}"),
    "event came before": ("{event} has come before", "{event} 此前已发生"),
    "no event within": ("no {event} within {time}", "{time} 内没有 {event}"),
    "chat closed": ("the chat with a person is closed", "人工会话结束"),
    "chat takes": ("the chat with a person takes {time}", "人工会话持续 {time}"),
    "quiet over": ("quiet hours end", "免打扰时段结束"),
    "quiet over, clocks": (
        "quiet hours end (meanwhile the clocks are changed)",
        "免打扰时段结束（其间时钟调整）",
    ),
    "case": ("case {number} ({condition})", "情况 {number}（{condition}）"),
    "no case": ("no case", "均不符合"),
    "share": ("share {number} of `{name}`", "`{name}` 的第 {number} 份"),
    "follow act": ("a follow", "一次关注"),
    "message act": ("a message", "一条消息"),
    "click act": ("a tap or click", "一次点选或点击"),
    "scan act": ("a scan", "一次扫码"),
    "pay act": ("a payment", "一次支付"),
    "nothing opens": (
        "no allowance: nothing that the follower did opens one",
        "没有额度：粉丝没有做过可以打开额度的操作",
    ),
    "nothing opens there": (
        "no allowance: nothing that is certain to happen in `{account}` opens one",
        "没有额度：在 `{account}` 中没有一定会发生的、可以打开额度的用户操作",
    ),
    "allowance ended": (
        "no allowance: that of {act} ended at {clock}",
        "没有额度：{act}的额度已在 {clock} 结束",
    ),
    "allowance used": (
        "no allowance: the {count} messages that {act} allows are used",
        "没有额度：{act}允许的 {count} 条消息已用完",
    ),
    "send within": ("send it within {time} of {act}", "在{act}之后 {time} 内发送"),
    "send at most": ("send at most {count} messages after {act}", "在{act}之后最多发送 {count} 条消息"),
    "ask before": (
        "before it, ask something that is answered by typing",
        "在此之前提一个需要打字回答的问题",
    ),
    "give not_sent": ("give it `not_sent`", "为它写 `not_sent`"),
    "give not_sent or instead": (
        "give it `not_sent` or an `instead` that needs no allowance",
        "为它写 `not_sent`，或不需要额度的 `instead`",
    ),
    "either": ("{first}; or {others}", "{first}；或者{others}"),
    "read apart": (
        "{reason}, if each kind of act has its own allowance",
        "{reason}（如果各类操作的额度各自计算）",
    ),
    "read pooled": (
        "{reason}, if WeChat keeps one allowance for all acts",
        "{reason}（如果微信对所有操作只计一个额度）",
    ),
    "unproved": ("{reason} (it cannot be proved to fit)", "{reason}（无法证明一定符合规则）"),
    "too many paths": ("this journey has too many paths to be proved", "这个旅程可能的路径过多，无法证明"),
    "fewer paths": (
        "split the journey into several, or use fewer tags and answers in its conditions",
        "请拆成几个旅程，或减少条件中的标签和答案",
    ),
    "left": ("{act}: {count} until {clock}", "{act}：{clock} 前还有 {count} 条"),
    "left without count": ("{act}: any number until {clock}", "{act}：{clock} 前不限条数"),
    "at": ("{happened} at {clock}", "{clock} {happened}"),
    "starts at": ("{happened} {clock}", "{clock} {happened}"),
    "on day": ("{clock} on day {day}", "第 {day} 天 {clock}"),
}
