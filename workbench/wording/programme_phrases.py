"""What is wrong with a loyalty programme and what to write instead, in English and Chinese."""

from collections.abc import Mapping

from workbench.wording.picture_phrases import Pair

PROGRAMME: Mapping[str, Pair] = {
    "not a period": ("{what} is not a period", "{what}不是有效的期限"),
    "period form": (
        "`12 months` or `90 days`: at most {month:,} months or {day:,} days",
        "`12 months` 或 `90 days`：最长 {month:,} 个月或 {day:,} 天",
    ),
    "not a day": ("{what} is not a day", "{what}不是有效的日期"),
    "day form": ("write it like 2026-12-31", "请写成 2026-12-31"),
    "not an amount": ("{what} is not an amount: `{text}`", "{what}不是有效的金额或折扣：`{text}`"),
    "offers nothing": ("the offer gives neither a discount nor a gift", "该优惠既没有折扣也没有赠品"),
    "title without costs": (
        "the title does not say how many points the offer costs",
        "名称没有写明需要多少积分",
    ),
    "title too long": (
        "the title must be one line of at most {longest} characters",
        "名称只能有一行，最多 {longest} 个字符",
    ),
    "shorten title": (
        "name what the offer gives, and the points",
        "请只写明优惠内容和所需积分",
    ),
    "undeclared offer": (
        "infra/programme.yaml declares no offer `{name}`",
        "infra/programme.yaml 中没有优惠 `{name}`",
    ),
    "offers without titles": (
        "no offer of infra/programme.yaml has a title: `{{offers}}` would show none of them",
        "infra/programme.yaml 中的优惠都没有名称，`{{offers}}` 不会显示任何优惠",
    ),
    "not of a person": (
        "the programme looks at what is known of a person, and not at `{name}`",
        "忠诚度计划只能根据用户的资料判断，不能使用 `{name}`",
    ),
    "not a factor": ("{what} is not a factor", "{what}不是有效的倍数"),
    "factor form": (
        "a number above 0, at most 100, with at most two decimals, such as 1.5",
        "大于 0、不超过 100 且最多两位小数的数字，例如 1.5",
    ),
    "not whole days": ("{what} must be a number of whole days", "{what}必须是整天数"),
    "one property": ("{what} takes one property", "{what}只能写一个属性"),
    "ends before it begins": ("`to` is before `from`", "`to` 早于 `from`"),
    "swap days": ("write the earlier day in `from`", "请在 `from` 中写较早的日期"),
    "no membership": (
        "it is for members, and no purpose of {file} is for membership: nobody would be one",
        "该项仅限会员，但 {file} 中没有会员用途：不会有任何人成为会员",
    ),
    "expires while pending": (
        "what is pending for {days} days can expire before it can be spent",
        "待生效 {days} 天，可能在可用之前就已过期",
    ),
    "pending less": (
        "let it be pending for fewer days, or expire later",
        "请缩短待生效的天数，或延长有效期",
    ),
    "undeclared asset": (
        "the asset `{name}` is not declared in `assets`",
        "资产 `{name}` 未在 `assets` 中声明",
    ),
    "undeclared rule": ("there is no rule `{name}`", "没有规则 `{name}`"),
    "cap above total": ("`per_day` is more than `total`", "`per_day` 大于 `total`"),
    "swap caps": ("write a `per_day` of at most `total`", "`per_day` 不应超过 `total`"),
    "no settlement": (
        "WeChat tells of no settlement after `{event}`; only `payment` can wait for it",
        "微信不会通知 `{event}` 的结算；只有 `payment` 可以等待结算",
    ),
    "rewarded follow": (
        "a reward for `{event}`: WeChat bans accounts that reward people for following",
        "规则奖励了 `{event}`：微信禁止以奖励诱导关注，违规账号会被封禁",
    ),
    "reward joining": (
        "reward what people do later, such as `check_in`, `payment` or joining the membership",
        "请奖励用户之后的行为，例如 `check_in`、`payment` 或加入会员",
    ),
    "rewarded journey": (
        "a reward for `{event}`, which can come of a mere follow: WeChat bans accounts that reward follows",
        "规则奖励了 `{event}`，用户只需关注就可能产生该事件：微信禁止以奖励诱导关注，违规账号会被封禁",
    ),
    "rewarded share": (
        "a reward for sharing: WeChat bans accounts and mini programs that reward people for shares",
        "规则奖励了分享：微信禁止以奖励诱导分享，违规的公众号和小程序会被封禁",
    ),
    "reward what friends do": (
        "name another event, such as `name: product.viewed`",
        "请改用其他事件，例如 `name: product.viewed`",
    ),
    "rewarded return": (
        "`{event}` takes back what the payment gave, without a rule",
        "`{event}` 会自动扣回付款所得，无需规则",
    ),
    "points by points": ("points must not give points", "积分变化不能再产生积分"),
    "amount of nothing": ("`amount` needs `per_yuan`", "`amount` 需要与 `per_yuan` 一起使用"),
    "no part by payer": (
        "`{event}` does not say what the payer paid of it",
        "`{event}` 没有用户实付金额",
    ),
    "tier not higher": (
        "the tier `{name}` needs no more than `{other}`",
        "等级 `{name}` 的门槛不高于 `{other}`",
    ),
    "order tiers": ("write the lowest tier first", "请从最低等级开始写"),
    "one step without grace": (
        "`one_step` needs a `grace` for which the lower tier is kept",
        "`one_step` 需要 `grace`，即保留较低等级的时长",
    ),
    "undeclared tier": ("there is no tier `{name}`", "没有等级 `{name}`"),
    "private on a board": (
        "the private attribute `{name}` is encrypted and cannot be shown to other people",
        "私密属性 `{name}` 已加密，不能向其他用户显示",
    ),
    "name another attribute": ("name an attribute that is not private", "请改用非私密属性"),
    "no such number": ("`{event}` has no number `{name}`", "`{event}` 没有数值属性 `{name}`"),
}

PROGRAMME_NOUNS: Mapping[str, Pair] = {
    "the programme": ("the programme", "忠诚度计划"),
    "a rule": ("a rule", "规则"),
    "an asset": ("an asset", "资产"),
    "referrals": ("referrals", "推荐奖励"),
    "gifts of an asset": ("gifts of an asset", "资产的赠送"),
    "a game": ("a game", "游戏"),
    "`names`": ("`names`", "`names`"),
    "a multiplier": ("a multiplier", "倍数"),
    "a tier": ("a tier", "等级"),
    "`at_most`": ("`at_most`", "`at_most`"),
    "`tiers`": ("`tiers`", "`tiers`"),
    "`pending`": ("`pending`", "`pending`"),
}
"""What a part of the programme is called in a sentence."""
