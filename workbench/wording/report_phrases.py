"""What transcripts, funnels and their assumptions say, in English and Chinese."""

from collections.abc import Mapping

from wejourney.journeys.action_types import COUPON_GIVEN, HAND_OVER_REQUESTED, OFFER_MADE, STAFF_NOTIFIED
from wejourney.loyalty.benefits.referrals import WhyNoReward
from wejourney.loyalty.earning import WhyNothing
from wejourney.loyalty.games import WhyUnranked
from workbench.wording.picture_phrases import LANGUAGES, Language, Pair


def _by_language(phrases: Mapping[str, Pair]) -> Mapping[Language, Mapping[str, str]]:
    return {
        language: {name: pair[i] for name, pair in phrases.items()} for i, language in enumerate(LANGUAGES)
    }


WORDS = _by_language(
    {
        "time": ("time", "时间"),
        "kind": ("kind", "类型"),
        "zone": ("times: {zone}", "时间：{zone}"),
        "step": ("step", "步骤"),
        "what": ("what", "内容"),
        "allowance": ("allowance", "下发额度"),
        "person": ("follower", "粉丝"),
        "calendar": ("calendar", "日历"),
        "system": ("system", "系统"),
        "staff": ("staff", "员工"),
        "started": ("journey", "旅程开始"),
        "speaks to": ("speaks to `{name}`", "在 `{name}` 中对话"),
        "in account": ("in `{name}`", "发生在 `{name}`"),
        "refused": ("did not enter", "未进入"),
        "sent": ("account", "公众号"),
        "not_sent": ("not sent", "未发送"),
        "unknown": ("unknown whether sent", "发送结果未知"),
        "pending": ("being sent", "发送中"),
        "busy": ("WeChat is busy", "微信繁忙"),
        "answered": ("answer", "回答"),
        "came": ("came", "已发生"),
        "reached": ("wait over", "等待结束"),
        "moved": ("date moved", "日期变更"),
        "rejected": ("{name} cannot be `{value}`, nothing saved", "{name} 不能是“{value}”，未保存"),
        "passed": ("date has passed", "日期已过"),
        "time_over": ("timed out", "超时"),
        "waits": ("wait", "等待"),
        "quiet hours": ("quiet hours", "免打扰时段"),
        "way": ("branch", "分支"),
        "tags": ("tags", "标签"),
        "points": ("points", "积分"),
        "profile": ("profile", "档案"),
        "agrees": ("agrees", "同意授权"),
        "coupon": ("coupon", "优惠券"),
        "none left": ("{name}: none left", "{name}：已发完"),
        "withdraws": ("withdraws", "撤回同意"),
        "told": ("published", "发布事件"),
        "called": ("journeys", "旅程"),
        "ended": ("journey ends", "旅程结束"),
        "goal": ("goal", "目标"),
        "goal afterwards": ("reached after the end, counts", "旅程结束后达成，计入"),
        "goal without entry": ("reached without the journey, counts", "未进入旅程而达成，计入"),
        "no answer": ("{what}: no answer in time", "{what}：未按时回答"),
        "not happened": ("{what}: did not happen in time", "{what}：未按时发生"),
        "case": ("case {n}", "情况 {n}"),
        "share": ("share {n}", "第 {n} 组"),
        "otherwise": ("otherwise", "否则"),
        "round": ("round {n}", "第 {n} 轮"),
        "until": ("no further round", "不再重复"),
        "nothing": ("nothing to note", "没有可记录的内容"),
        "gives nothing": ("rule `{rule}` gives nothing: {why}", "规则 `{rule}` 未发放：{why}"),
        "does not count": ("does not count on the leader board: {why}", "未计入排行榜：{why}"),
        WhyUnranked.SCORE_TOO_HIGH: ("the score is too high", "分数过高"),
        WhyUnranked.TOO_MANY_ROUNDS: ("too many rounds in an hour", "一小时内局数过多"),
        WhyUnranked.BOARD_CLOSED: ("processed after the leader board closed", "处理时排行榜已截止"),
        WhyUnranked.NO_BOARD: ("the game has no leader board on this day", "该游戏当天没有排行榜"),
        WhyUnranked.COUNTED_BEFORE: ("the round has counted before", "该局此前已计入"),
        WhyNothing.NOT_ON_THIS_DAY: ("not on this day", "当天不在规则的日期内"),
        WhyNothing.MEMBERS_ONLY: ("for members only", "仅限会员"),
        WhyNothing.OTHER_CURRENCY: ("the amount is not in CNY", "金额不是人民币"),
        WhyNothing.NO_NUMBER: ("the event lacks the property that the rule needs", "事件缺少规则所需的属性"),
        WhyNothing.NOT_PLAUSIBLE: ("the score is too high", "分数过高"),
        WhyNothing.TOO_LITTLE: ("less than one unit", "不足一个单位"),
        WhyNothing.ANOTHER_IS_BETTER: ("another rule gives more", "另一条规则发放更多"),
        WhyNothing.LIMIT_REACHED: ("its limit is reached", "已达上限"),
        WhyNothing.GIVEN_BEFORE: (
            "given before, to whom this person has been merged with",
            "此前已发放给与其合并的用户",
        ),
        WhyNoReward.SELF: ("they came by a code of their own", "通过自己的二维码进入"),
        WhyNoReward.CYCLE: ("they brought the person who brought them", "推荐关系形成循环"),
        WhyNoReward.KNOWN_BEFORE: ("they were known before they came by the code", "扫码之前已是已知用户"),
        WhyNoReward.REFERRER_GONE: ("the person who brought them was erased", "推荐人的数据已删除"),
        WhyNoReward.ORDER_TOO_SMALL: ("the order is too small", "订单金额未达要求"),
        WhyNoReward.REWARDED_BEFORE: ("another order was rewarded", "已因另一笔订单发放奖励"),
        "told_again": ("known already, changes nothing", "档案中已有，无变化"),
        COUPON_GIVEN: ("coupon {coupon} (an event for your system)", "优惠券 {coupon}（发给您的系统的事件）"),
        OFFER_MADE: ("offer {offer} (an event for your system)", "优惠 {offer}（发给您的系统的事件）"),
        STAFF_NOTIFIED: ("{staff}: {text}", "{staff}：{text}"),
        HAND_OVER_REQUESTED: ("the chat is handed to {staff}", "会话转给 {staff}"),
        "not entered": (
            "{name} did not enter {journey}: nothing that happened begins it ({trigger})",
            "{name} 未进入 {journey}：所发生的事都不会触发它（{trigger}）",
        ),
    }
)


FUNNEL_WORDS = _by_language(
    {
        "title": ("{journey}: {counted}", "{journey}：{counted}"),
        "and": (", ", "，"),
        "person": ("{n:,} person", "{n:,} 人"),
        "people": ("{n:,} people", "{n:,} 人"),
        "run": ("{n:,} run", "进入 {n:,} 次"),
        "runs": ("{n:,} runs", "进入 {n:,} 次"),
        "step": ("step", "步骤"),
        "reached": ("reached", "到达"),
        "sent": ("sent", "已发送"),
        "unknown": ("outcome\nunknown", "结果\n未知"),
        "not_sent": ("not\nsent", "未发送"),
        "in_time": ("in\ntime", "按时"),
        "late": ("not in\ntime", "超时"),
        "left": ("left\nhere", "中途\n离开"),
        "ended": ("how runs ended", "旅程如何结束"),
        "going on": ("going on", "进行中"),
        "refused": ("why not entered", "未进入的原因"),
        "held out without goal": (
            "Without a `goal` the journey has nothing to compare with those held out.",
            "旅程没有设置 `goal`，无法与对照组比较。",
        ),
        "goal": ("goal, within its time", "目标（有效期内）"),
        "entries": ("entries", "人次"),
        "goal reached": ("reached", "达成"),
        "goal entered": ("entered", "进入旅程"),
        "goal held out": ("held out", "对照组"),
        "goal difference": ("difference", "差值"),
        "interval": (" ({low:+.1f} to {high:+.1f}, 95%)", "（{low:+.1f} 至 {high:+.1f}，95%）"),
        "goal too_few": (
            "Too few entries to compare: at least 30 are needed on each side.",
            "人次过少，无法比较：两组各需至少 30 人次。",
        ),
        "goal may_be_chance": ("The difference may be chance.", "差异可能出于偶然。"),
        "goal more": (
            "More reach the goal with the journey than without it.",
            "进入旅程后，达成目标的比例更高。",
        ),
        "goal fewer": (
            "Fewer reach the goal with the journey than without it.",
            "进入旅程后，达成目标的比例更低。",
        ),
        "messages": ("messages", "消息"),
        "a run": ("a run", "每次旅程"),
        "not sent": ("not sent", "未发送"),
        "outcome unknown": ("outcome unknown", "结果未知"),
        "why not sent": ("why not sent", "未发送的原因"),
        "answers to": ("answers to {question}", "对 {question} 的回答"),
        "costs": ("AWS", "AWS 费用"),
        "total": ("total", "合计"),
        "transitions": ("transitions", "状态转换"),
        "no costs": ("No costs: {why}.", "无法估算费用：{why}。"),
        "nobody": ("{place}: no follower got here: {why}.", "{place}：无人到达，因为{why}。"),
        "nobody entered": ("no follower entered", "无人进入"),
        "all ended": ("every run had ended before", "此前旅程都已结束"),
        "all sent": ("every message was sent", "每条消息都已发送"),
        "all answered": ("every follower answered in time", "没有人回答超时"),
        "none unclear": ("every answer was clear", "每个回答都很明确"),
        "none passed": ("no moment had passed", "没有时刻已过"),
        "all until": ("the condition held for everybody", "每个人都已满足停止条件"),
        "all came": ("every wait ended in time", "没有人等待超时"),
        "no case": ("no follower matched its condition", "没有人符合该条件"),
        "some case": ("every follower matched a case", "每个人都符合其中一个条件"),
        "no share": ("no follower was drawn into this share", "没有人被随机分到这里"),
    }
)

ASSUMED_WORDS = _by_language(
    {
        "assumed": (
            "Assumed (write your own into a file for --rates):",
            "假设如下（可用 --rates 指定您自己的文件）：",
        ),
        "answer": (
            "{question}: {percent}% answer, half of them within {half}{choices}",
            "{question}：{percent}% 的人回答，其中一半在 {half}内{choices}",
        ),
        "a question": ("a question", "每个问题"),
        "any other": ("any other question", "其他问题"),
        "choices": ("; of them {shares}", "；其中 {shares}"),
        "tapped": (
            "answers to a menu: {percent}% are tapped, the others typed",
            "菜单消息的回答：{percent}% 为点选，其余为输入",
        ),
        "unfollow": (
            "{percent}% unfollow, half of them within {half}",
            "{percent}% 的人取消关注，其中一半在 {half}内",
        ),
        "act": (
            "{act}: {percent}%, half of them within {half}",
            "{act}：{percent}% 的人，其中一半在 {half}内",
        ),
        "languages": ("languages: {shares}", "语言：{shares}"),
        "sources": ("sources: {shares}", "来源：{shares}"),
        "scenes": ("QR codes: {shares}", "二维码：{shares}"),
        "members": ("{percent}% are members", "{percent}% 是会员"),
        "spread": ("{what}, evenly: {values}", "{what}（平均分布）：{values}"),
        "spread scene": ("QR codes", "二维码"),
        "spread source": ("sources", "来源"),
        "spread language": ("languages", "语言"),
        "spread stage": ("stages", "阶段"),
        "spread counter": ("counter {name}", "计数器 {name}"),
        "spread tier": ("tiers", "等级"),
        "spread points": ("points", "积分"),
        "spread balance": ("balance {name}", "{name} 余额"),
        "spread attribute": ("attribute {name}", "属性 {name}"),
        "spread answer": ("answers to {name}", "{name} 的回答"),
        "no scene": ("none", "无"),
        "any other value": ("another", "其他"),
        "any other answer": ("any other text", "其他文字"),
        "halves": ("half of the people each: {facts}", "以下各占一半：{facts}"),
        "half tag": ("with the tag {name}", "有标签 {name}"),
        "half segment": ("in the segment {name}", "属于人群 {name}"),
        "half date": ("with the date {name}", "有日期 {name}"),
        "half customer": ("customers", "是顾客"),
        "half member": ("members", "是会员"),
        "date": (
            "{name}: lies {first} to {last} days after the start",
            "{name}：在开始后 {first} 至 {last} 天",
        ),
        "consents": ("{percent}% have agreed to {purpose}", "{percent}% 的人同意用途 {purpose}"),
        "grants": ("no follower has agreed to a subscription notice", "没有人订阅过通知"),
        "never": ("does not happen: {events}", "不会发生：{events}"),
    }
)

PROFILE_WORDS = _by_language(
    {
        "person": ("person", "个人 ID"),
        "following": ("following", "已关注"),
        "time zone": ("time zone", "时区"),
        "tags": ("tags", "标签"),
        "segments": ("segments", "人群"),
        "consents": ("has agreed to", "已同意的用途"),
        "stage": ("stage", "阶段"),
        "since": ("{what} since {at} (event {event})", "{what}，{at} 起（事件 {event}）"),
        "periods": ("{} in 7 days, {} in 30, {} in 365", "近 7 天 {}，近 30 天 {}，近 365 天 {}"),
        "rfm": (
            "{}-{}-{}: last order {days} days ago, {orders} orders, ¥{yuan:,.2f} in a year",
            "{}-{}-{}：距上次下单 {days} 天，一年 {orders} 单，¥{yuan:,.2f}",
        ),
        "summary": (
            "what a year of events says (each by its newest event)",
            "近一年事件得出的画像（每项附最新事件）",
        ),
        "said stage": ("{what} since {value}", "{what}，{value} 起"),
        "said counter": ("{what}: {value} in 365 days", "{what}：近 365 天 {value}"),
        "said rfm": ("RFM {value}", "RFM 评分 {value}"),
        "said interest": ("looks at {what}, {value} times", "感兴趣：{what}，{value} 次"),
        "said hour": ("most active from {value}", "最活跃时段：{value} 起"),
        "said by": ("event {event}, {n} in all", "事件 {event}，共 {n} 个"),
        "attributes": ("attributes", "属性"),
        "dates": ("dates", "日期"),
        "bookings": ("bookings", "预约"),
        "cancelled": ("cancelled", "已取消"),
        "allowances": ("allowances", "下发额度"),
        "unreachable": ("unreachable", "无法送达"),
        "error": ("WeChat's error {code}", "微信错误码 {code}"),
        "of account": ("the account's", "以账号设置为准"),
        "of store": ("the store's or the account's", "以门店或账号设置为准"),
        "none": ("none", "无"),
        "timeline": ("timeline ({zone})", "时间线（{zone}）"),
        "earlier": ("earlier events: --before {before}", "更早的事件：--before {before}"),
    }
)

EXPLAIN_WORDS = _by_language(
    {
        "title": ("{journey} for {openid} (times are UTC)", "{openid} 的旅程 {journey}（时间为 UTC）"),
        "earlier": (
            "{n} earlier events are not shown; use --last N.",
            "未显示更早的 {n} 个事件，可使用 --last N。",
        ),
        "no event": (
            "No recorded event is of the type that triggers this journey.",
            "没有可触发该旅程的事件记录。",
        ),
        "run": ("run of {at}, version {version}", "{at} 进入，版本 {version}"),
        "not reached": ("messages not reached: {steps}", "未到达的消息：{steps}"),
        "not reached yet": ("messages not reached yet: {steps}", "尚未到达的消息：{steps}"),
        "case": ("case {n} ({when}): {verdict}", "情况 {n}（{when}）：{verdict}"),
        "taken": ("taken", "走此分支"),
        "not met": ("does not hold", "不成立"),
        "lot": ("lot {lot} of {of}", "分组号 {lot}（共 {of}）"),
        "rule": ("{what}: {found}; wanted: {wanted}", "{what}：{found}；要求：{wanted}"),
        "note": ("note: {text}", "说明：{text}"),
        "history_is_gone": (
            "a history is kept for 90 days after a run's end; this one is gone: no branch is explained",
            "运行结束后历史仅保留 90 天；该运行的历史已过期，无法说明其分支",
        ),
        "other_version": (
            "the file has another version: use the run's version of it to explain branches",
            "文件中的旅程版本与该运行不同：使用该运行的版本才能说明其分支",
        ),
        "started": ("started", "已进入"),
        "refused": ("refused: {why}", "未进入：{why}"),
        "told_again": ("not started: the profile said so already", "未进入：档案中已有该信息"),
        "imported": ("not started: it was imported as history", "未进入：该事件作为历史记录导入"),
        "other_event": ("not started: its trigger means another event", "未进入：该事件不符合触发条件"),
        "not_listening": (
            "not started: the journey did not exist or did not listen then",
            "未进入：当时旅程不存在或未监听该事件",
        ),
        "event": ("event", "事件"),
        "account": ("account that it speaks to", "对话账号"),
        "earlier runs": ("earlier runs", "此前的运行"),
        "goal": ("goal", "目标"),
        "exit": ("exit `{reason}`", "退出条件 `{reason}`"),
        "holdout": ("holdout", "对照组"),
        "again always": ("none that is going on", "没有进行中的运行"),
        "again never": ("none at all", "从未进入"),
        "again after": ("none that began in the last {text}", "最近 {text}内未进入"),
        "again per": ("none of the same {key}", "同一 {key} 未进入过"),
        "none in the way": ("none in the way", "无影响"),
        "reached": ("holds already", "已满足"),
        "not yet": ("not yet", "尚未满足"),
        "least lot": ("a lot of at least {least} of {of}", "分组号不小于 {least}（共 {of}）"),
    }
)

_AWS_SERVICES: Mapping[str, str] = {
    "api_gateway": "API Gateway",
    "cloudwatch_logs": "CloudWatch Logs",
    "dynamodb": "DynamoDB",
    "eventbridge": "EventBridge",
    "kms": "KMS",
    "lambda": "Lambda",
    "sqs": "SQS",
    "step_functions": "Step Functions",
}
"""By their own names, as Chinese texts have them."""


def service_in_words(name: str, language: Language) -> str:
    plain = name.replace("_", " ")
    return plain if language == "en" else _AWS_SERVICES.get(name, plain)
