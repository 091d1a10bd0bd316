"""What a picture says, in the words of a marketer: English and Chinese side by side."""

from collections.abc import Mapping
from typing import Literal

from wejourney.language.durations import UNITS

type Language = Literal["en", "zh"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")

PHRASES: Mapping[str, tuple[str, str]] = {
    # units
    "d": ("{n} day", "{n} 天"),
    "h": ("{n} hour", "{n} 小时"),
    "m": ("{n} minute", "{n} 分钟"),
    "s": ("{n} second", "{n} 秒"),
    "day": ("every day", "每天"),
    "weekday 0": ("Monday", "周一"),
    "weekday 1": ("Tuesday", "周二"),
    "weekday 2": ("Wednesday", "周三"),
    "weekday 3": ("Thursday", "周四"),
    "weekday 4": ("Friday", "周五"),
    "weekday 5": ("Saturday", "周六"),
    "weekday 6": ("Sunday", "周日"),
    "list": (", ", "、"),
    "or": (" or ", " 或 "),
    "and": (" and ", "，且"),
    "quoted": ("“{text}”", "“{text}”"),
    # events
    "event follow": ("somebody follows", "新关注"),
    "event scan": ("a follower scans a QR code", "粉丝扫码"),
    "event text": ("a follower writes", "粉丝发来文字"),
    "event image": ("a follower sends a picture", "粉丝发来图片"),
    "event voice": ("a follower sends a voice message", "粉丝发来语音"),
    "event video": ("a follower sends a video", "粉丝发来视频"),
    "event location": ("a follower sends a location", "粉丝发来位置"),
    "event link": ("a follower sends a link", "粉丝发来链接"),
    "event click": ("a follower taps the menu", "粉丝点击菜单"),
    "event view": ("a follower opens a page from the menu", "粉丝从菜单打开页面"),
    "event tag": ("a tag is put on", "打上标签"),
    "event points": ("points are earned", "积分增加"),
    "event journey": ("another journey starts this one", "由另一个旅程启动"),
    "event payment": ("a payment is made", "完成付款"),
    "event refund": ("a refund is made", "发生退款"),
    "event mini_program": ("something happens in the mini program", "小程序事件"),
    "event segment": ("somebody enters a segment", "进入人群"),
    "event date": ("a date has come", "到达日期"),
    "event schedule": ("at a set time", "定时"),
    "event chat_closed": ("the chat with a person is closed", "人工会话结束"),
    "scene": ("QR code {text}", "二维码 {text}"),
    "key": ("button {text}", "按钮 {text}"),
    "url": ("page {text}", "页面 {text}"),
    "points reached": ("{n} points reached", "积分达到 {n}"),
    "amount": ("at least ¥{text}", "不少于 ¥{text}"),
    "before date": ("{text} before", "提前 {text}"),
    "after date": ("{text} after", "之后 {text}"),
    "at": ("at {text}", "{text}"),
    # conditions
    "tagged": ("tagged {text}", "有标签 {text}"),
    "not tagged": ("not tagged {text}", "无标签 {text}"),
    "customer": ("is a customer", "是顾客"),
    "not customer": ("is not a customer yet", "还不是顾客"),
    "member": ("is a member", "是会员"),
    "not member": ("is not a member yet", "还不是会员"),
    "language": ("speaks {text}", "语言为 {text}"),
    "source": ("came by {text}", "来源为 {text}"),
    "in segment": ("in segment {text}", "属于人群 {text}"),
    "tier": ("tier {text}", "等级 {text}"),
    "points from": ("{n} points or more", "积分不少于 {n}"),
    "points to": ("{n} points or fewer", "积分不多于 {n}"),
    "attribute": ("{name} is {text}", "{name} 为 {text}"),
    "date known": ("{text} is known", "已知 {text}"),
    "answered": ("{name}: {text}", "{name}：{text}"),
    "happened often": ("{text}, {n} times", "{text} {n} 次"),
    "in days": ("in the last {n} days", "近 {n} 天内"),
    "either": ("({text})", "（{text}）"),
    "none of": ("not ({text})", "不满足（{text}）"),
    "always": ("always", "总是"),
    # messages
    "text": ("Message", "文字消息"),
    "image": ("Picture", "图片"),
    "news": ("Card with picture", "图文消息"),
    "mini_program": ("Mini program card", "小程序卡片"),
    "menu": ("Menu message", "菜单消息"),
    "template": ("Template message", "模板消息"),
    "notice": ("Subscription notice", "订阅通知"),
    "mass": ("Mass message", "群发消息"),
    "opening": ("Reply at once", "即时回复"),
    "instead": ("or else: {text}", "否则改用：{text}"),
    "sent": ("sent", "已发送"),
    "not sent": ("cannot be sent", "无法发送"),
    # questions
    "question": ("Question: {text}", "提问：{text}"),
    "listen": ("Waits for the answer", "等待回答"),
    "choices": ("Answers: {text}", "可选回答：{text}"),
    "parse number": ("The answer is a number", "回答为数字"),
    "parse phone": ("The answer is a phone number", "回答为手机号"),
    "an answer": ("an answer", "有回答"),
    "any other answer": ("any other answer", "其他回答"),
    "no answer": ("no answer within {text}", "{text}内未回答"),
    "at most": ("at most {text}", "最多 {text}"),
    # staff
    "notify": ("Tell {text}", "通知 {text}"),
    "hand over": ("Hand the chat to {text}", "转人工：{text}"),
    "until closed": ("until they close it, at most {text}", "直到结束会话，最多 {text}"),
    # waits
    "wait": ("Wait {text}", "等待 {text}"),
    "until": ("Wait until {text}", "等到 {text}"),
    "wait date": ("Wait for {text}", "等到 {text}"),
    "wait date before": ("Wait until {text} before {name}", "等到 {name} 前 {text}"),
    "wait date after": ("Wait until {text} after {name}", "等到 {name} 后 {text}"),
    "wait event": ("Wait for: {text}", "等待：{text}"),
    "it happens": ("it happens", "已发生"),
    "it comes": ("the day comes", "日期到来"),
    "not within": ("not within {text}", "{text}内未发生"),
    # choices of the journey
    "branch": ("It depends", "按条件分支"),
    "otherwise": ("otherwise", "否则"),
    "split": ("By chance: {text}", "随机分组：{text}"),
    "percent": ("{n} %", "{n}%"),
    # changes
    "points added": ("+{n} points", "+{n} 积分"),
    "coupon": ("coupon {text}", "优惠券 {text}"),
    "offer": ("offer {text}", "优惠 {text}"),
    "starts": ("start {text}", "启动 {text}"),
    "ends": ("end {text}", "结束 {text}"),
    # ends
    "end": ("End", "结束"),
    "stop": ("End: {text}", "结束：{text}"),
    "goal": ("Goal: {text}", "达成目标：{text}"),
    # rules of the whole journey
    "again never": ("Once per person", "每人仅一次"),
    "again after": ("Again after {text} at the earliest", "至少间隔 {text}才可再次进入"),
    "again per": ("Once for each {text}", "每个 {text} 一次"),
    "quiet": ("No wait ends from {start} to {end}", "{start} 至 {end} 期间，等待不会结束"),
    "holdout": ("{n} % are left out, for comparison", "留出 {n}% 作为对照组"),
    "goal rule": ("Goal, which ends the journey: {text}", "达成目标即结束：{text}"),
    "exit rule": ("Ends at once: {text} ({reason})", "立即结束：{text}（{reason}）"),
}


def say(language: Language, phrase: str, **values: object) -> str:
    """A phrase in this language with its values filled in."""
    text = PHRASES[phrase][LANGUAGES.index(language)].format(**values)
    return f"{text}s" if language == "en" and phrase in UNITS and values["n"] != 1 else text
