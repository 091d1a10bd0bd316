"""What the commands of the books print, in English and Chinese."""

from collections.abc import Mapping

from workbench.wording.picture_phrases import Pair

POINTS_WORDS: Mapping[str, Pair] = {
    "books of": ("{asset} of {person} (UTC)", "{person} 的 {asset}（UTC）"),
    "books at": ("{asset} of {person} at {at} (UTC)", "{person} 在 {at} 的 {asset}（UTC）"),
    "no transactions": ("no transactions in this time", "这段时间内没有交易"),
    "next page": ("next page: --after {after}", "下一页：--after {after}"),
    "no page ends here": (
        "no page of a statement ends at `{text}`: give --after what the page before has printed",
        "没有在 `{text}` 结束的页面：请把上一页显示的内容写在 --after 后",
    ),
    "books keep changing": (
        "other processes keep posting for this person; run the command again",
        "其他进程正在为此人记账，请重新运行该命令",
    ),
    "reading books": ("reading the books", "正在读取账目"),
    "column time": ("time", "时间"),
    "column cause": ("cause", "原因"),
    "column moved": ("change", "变动"),
    "column after": ("balance", "余额"),
    "column amount": ("amount", "数量"),
    "column pocket": ("state", "状态"),
    "column expires": ("can be spent until", "有效期至"),
    "column due": ("on", "日期"),
    "lot due": ("becomes available on {day}", "{day} 生效"),
    "lot hold": ("hold {hold}", "冻结单 {hold}"),
    "for ever": ("for ever", "永久"),
    "next expiry": ("{amount} expire after {day}", "{amount} 于 {day} 后过期"),
    "spendable": ("can be spent: {amount}", "可用余额：{amount}"),
    "no whole amount": (
        "`{text}` is no amount: write a whole number that is not 0, such as +50 or -50",
        "`{text}` 不是有效的数量：请写不为 0 的整数，例如 +50 或 -50",
    ),
    "reason and key": (
        "write a reason, and a key if there is one, of 1 to {n} characters",
        "请填写原因；原因和幂等键均为 1 到 {n} 个字符",
    ),
    "adjust books": (
        "Adjust {asset} of {person} by {amount}?",
        "确定将 {person} 的 {asset} 调整 {amount} 吗？",
    ),
    "nothing adjusted": ("nothing was adjusted", "未做调整"),
    "adjustment key": (
        "key: {key} (repeat the command with --key, and it is posted once)",
        "幂等键：{key}（重试时加上 --key，只会记账一次）",
    ),
    "key of another": (
        "the key {key} was used for another adjustment: nothing was posted",
        "幂等键 {key} 已用于其他调整：未记账",
    ),
    "adjusted": (
        "adjusted: {person} can spend {amount} {asset} now",
        "已调整：{person} 现在可用 {asset} {amount}",
    ),
    "column person": ("person", "人员"),
    "column asset": ("asset", "资产"),
    "column account": ("account", "科目"),
    "column in books": ("in the books", "账面"),
    "column by transactions": ("by transactions", "按交易计算"),
    "books agree": (
        "{books} books and {transactions} transactions: no differences",
        "{books} 本账、{transactions} 笔交易：没有差异",
    ),
    "books differ": (
        "{books} books and {transactions} transactions: {n} differences",
        "{books} 本账、{transactions} 笔交易：{n} 处差异",
    ),
    "column month": ("expires in", "到期月份"),
    "column total": ("total", "合计"),
    "no books": ("nothing was posted", "没有记账"),
    "trial balance": (
        "{books} books, {n} of which do not sum to zero",
        "{books} 本账，其中 {n} 本合计不为零",
    ),
    "unbalanced": (
        "{person}: the books of {asset} sum to {sum}, not to 0",
        "{person}：{asset} 账目合计为 {sum}，不为 0",
    ),
    "programme issued": ("programme: issued", "计划：已发放"),
    "programme redeemed": ("programme: redeemed", "计划：已使用"),
    "programme expired": ("programme: expired long ago", "计划：早已过期"),
    "programme adjusted": ("programme: adjusted by hand", "计划：人工调整"),
    "programme transferred": ("programme: between people", "计划：人员之间转移"),
    "parts": ("{parts}", "{parts}"),
    "amount in pocket": ("{amount} {pocket}", "{pocket} {amount}"),
    # accounts
    "pocket unclaimed": ("unclaimed", "待领取"),
    "pocket pending": ("pending", "待生效"),
    "pocket available": ("available", "可用"),
    "pocket held": ("held", "冻结"),
    "pocket owed": ("owed", "欠分"),
    "pocket expired": ("expired", "已过期"),
    # kinds of transactions
    "kind earn": ("earned", "获得"),
    "kind mature": ("became available", "生效"),
    "kind claim": ("claimed on joining", "入会领取"),
    "kind spend": ("spent", "使用"),
    "kind hold": ("held", "冻结"),
    "kind capture": ("hold captured", "冻结核销"),
    "kind release": ("hold released", "解除冻结"),
    "kind give": ("given as a gift", "赠出"),
    "kind receive": ("received as a gift", "受赠"),
    "kind expire": ("expired", "过期"),
    "kind reverse": ("taken back", "冲正"),
    "kind adjust": ("adjusted by hand", "人工调整"),
    "kind merge": ("people merged", "人员合并"),
    # causes
    "cause rule": ("rule {rule} ({version})", "规则 {rule}（{version}）"),
    "cause reverses": ("takes back {id}", "冲正 {id}"),
    "no such rule": ("no rule `{name}` in {file}: {hint}", "{file} 中没有规则 `{name}`：{hint}"),
    "reading events": ("reading the events of everybody", "正在读取所有人员的事件"),
    "column claimed": ("of", "归属"),
    "column expires in": ("expires in", "到期月份"),
    "claimed": ("people who can spend it", "可直接使用的用户"),
    "not claimed": ("people who have not joined", "未入会的用户"),
    "would be backfilled": (
        "{rule} would give this in {n:,} transactions to {people:,} people; --post posts it",
        "规则 {rule} 将以 {n:,} 笔交易给予 {people:,} 人；尚未记账，使用 --post 记账",
    ),
    "backfilled": (
        "{rule} has given this in {n:,} transactions to {people:,} people",
        "规则 {rule} 已以 {n:,} 笔交易给予 {people:,} 人",
    ),
}
