"""The labels of a transcript, by language."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "time": "time", "who": "who", "step": "step", "what": "what", "allowance": "allowance",
        "person": "follower", "calendar": "calendar", "date": "date", "schedule": "it is time",
        "started": "journey", "refused": "not begun", "sent": "account",
        "not_sent": "not sent", "answered": "answer", "came": "came", "time_over": "no answer in time",
        "waits": "wait", "way": "way", "tags": "tags", "points": "points", "profile": "profile",
        "told": "told", "called": "journeys", "ended": "journey ends",
        "follow": "follows", "unfollow": "leaves", "scan": "scans", "text": "says", "tap": "taps",
        "click": "clicks", "view": "opens", "image": "sends a picture", "voice": "speaks",
        "location": "sends a place", "payment": "pays", "refund": "is refunded", "tag": "has the tag",
        "chat_closed": "the agent closes the chat", "mini_program": "in the mini program",
        "passive": "passive reply", "template": "template message", "notice": "subscription notice",
        "mass": "mass message", "left": "{act}, {left} left", "any": "any number",
        "act message": "message", "act click": "click", "act follow": "follow", "act scan": "scan",
        "act pay": "payment",
    },
    "zh": {
        "time": "时间", "who": "谁", "step": "步骤", "what": "内容", "allowance": "下发额度",
        "person": "粉丝", "calendar": "日历", "date": "日期", "schedule": "时间已到",
        "started": "旅程开始", "refused": "未进入", "sent": "公众号",
        "not_sent": "未发送", "answered": "回答", "came": "已发生", "time_over": "超时未回答",
        "waits": "等待", "way": "分支", "tags": "标签", "points": "积分", "profile": "档案",
        "told": "通知", "called": "旅程", "ended": "旅程结束",
        "follow": "关注", "unfollow": "取消关注", "scan": "扫码", "text": "说", "tap": "点选",
        "click": "点击菜单", "view": "打开", "image": "发图片", "voice": "发语音",
        "location": "发位置", "payment": "支付", "refund": "退款", "tag": "获得标签",
        "chat_closed": "客服结束会话", "mini_program": "小程序",
        "passive": "被动回复", "template": "模板消息", "notice": "订阅通知",
        "mass": "群发消息", "left": "{act}，剩余 {left} 条", "any": "不限",
        "act message": "消息", "act click": "点击", "act follow": "关注", "act scan": "扫码",
        "act pay": "支付",
    },
}  # fmt: skip
"""The words of each kind of happening, event, channel and act."""

FUNNEL_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "{journey}: {people:,} people, {entered:,} entered", "step": "step", "reached": "reached",
        "sent": "sent", "not_sent": "not sent", "answered": "answered", "time_over": "no answer",
        "ended": "how runs ended", "ended finished": "went to the end", "ended goal": "reached the goal",
        "ended unfollowed": "unfollowed on the way",
        "refused": "why not entered", "messages": "messages", "a run": "a run",
        "custom": "customer-service message", "passive": "passive reply", "template": "template message",
        "notice": "subscription notice", "mass": "mass message", "not sent": "not sent",
        "why not sent": "why not sent", "answers to": "answers to {question}",
        "costs": "AWS", "total": "total", "transitions": "transitions",
    },
    "zh": {
        "title": "{journey}：{people:,} 人，其中 {entered:,} 人进入", "step": "步骤", "reached": "到达",
        "sent": "已发送", "not_sent": "未发送", "answered": "已回答", "time_over": "未回答",
        "ended": "旅程如何结束", "ended finished": "走完全程", "ended goal": "达成目标",
        "ended unfollowed": "中途取消关注",
        "refused": "未进入的原因", "messages": "消息", "a run": "人均",
        "custom": "客服消息", "passive": "被动回复", "template": "模板消息",
        "notice": "订阅通知", "mass": "群发消息", "not sent": "未发送",
        "why not sent": "未发送的原因", "answers to": "对 {question} 的回答",
        "costs": "AWS 费用", "total": "合计", "transitions": "状态转换",
    },
}  # fmt: skip
"""The headings of an expected funnel."""
