"""What is said of mappings, of the rows of a file and of their import, in English and Chinese."""

from collections.abc import Mapping

from workbench.wording.picture_phrases import Pair

IMPORTS: Mapping[str, Pair] = {
    # mappings
    "source form": (
        "small letters, digits, - and _, a letter first, at most 64",
        "使用小写字母、数字、- 和 _，以字母开头，最多 64 个字符",
    ),
    "region form": ("two capital letters such as CN", "两个大写字母，例如 CN"),
    "app id form": (
        "the app id of an account, such as wx1234567890abcdef",
        "账号的 AppID，例如 wx1234567890abcdef",
    ),
    "open platform form": (
        "your name of the Open Platform account: letters, digits, dots, _ and -, such as brand",
        "您为开放平台账号取的名称：字母、数字、点、_ 和 -，例如 brand",
    ),
    "time zone form": ("a time zone such as Asia/Shanghai", "时区名称，例如 Asia/Shanghai"),
    "delimiter form": ("one character, or tab", "一个字符，或 tab"),
    "column or value": ("write either `column` or `value`", "请写 `column` 或 `value` 之一"),
    "not a profile field": (
        "`{name}` is not a profile field that can be set",
        "`{name}` 不是可以设置的档案字段",
    ),
    "one event": ("write exactly one event", "请只写一个事件"),
    "tmall phone": (
        "Tmall masks phone numbers: no buyer is found by them",
        "天猫的手机号经过脱敏，无法用来识别买家",
    ),
    "tmall identities": ("use tmall_ouid or tmall_omid", "请使用 tmall_ouid 或 tmall_omid"),
    "mapping without effect": (
        "a mapping with one identity and no event has no effect",
        "只有一个身份且没有事件的映射不起作用",
    ),
    "mapping needs": ("add `events`, or a second identity", "请添加 `events`，或第二个身份"),
    # files
    "import no format": (
        "{file}: give `format` in the mapping, or a name that ends in {names}",
        "{file}：请在映射中写明 `format`，或使用扩展名 {names}",
    ),
    "import empty file": ("{file} is empty", "{file} 是空文件"),
    "import utf-16": (
        "{file} is UTF-16: save it as UTF-8 or GB18030",
        "{file} 的编码是 UTF-16：请另存为 UTF-8 或 GB18030",
    ),
    "import spreadsheet": (
        "{file} is a spreadsheet: save it as CSV",
        "{file} 是电子表格文件：请另存为 CSV",
    ),
    "import no header": ("{file}: the first line is no header", "{file}：首行不是表头"),
    "import header encoding": (
        "{file}: the header is not {encoding}: give `encoding` in the mapping",
        "{file}：表头的编码不是 {encoding}：请在映射中写明 `encoding`",
    ),
    "import absent": (
        "no row has the field {names}: check the mapping",
        "所有行都没有字段 {names}：请检查映射",
    ),
    "import missing columns": (
        "{file} has no column {names}; its columns are: {columns}",
        "{file} 中没有列 {names}；现有的列：{columns}",
    ),
    "import duplicate columns": (
        "{file} has the column {names} more than once",
        "{file} 中的列 {names} 重复",
    ),
    # rows
    "import wrong encoding": (
        "not in the encoding of the mapping: give `encoding`",
        "与映射的编码不符：请写明 `encoding`",
    ),
    "import control character": ("has a control character", "含有控制字符"),
    "import value too long": ("has more than {most} characters", "超过 {most} 个字符"),
    "import no date time": (
        "is no day with a time, such as 2026-12-01 18:00 or 2026-12-01T18:00+08:00",
        "不是带时间的日期，例如 2026-12-01 18:00 或 2026-12-01T18:00+08:00",
    ),
    "import value missing": ("is empty", "为空"),
    "import rounded number": (
        "was rounded by a spreadsheet: export the column as text",
        "已被电子表格舍入：请将该列导出为文本",
    ),
    "import no amount": ("is not an amount", "不是金额"),
    "import part of a fen": ("has a part of a fen", "含有不足一分的部分"),
    "import no currency": ("is no currency of ISO 4217, such as JPY", "不是 ISO 4217 货币代码，如 JPY"),
    "import negative amount": ("is a negative amount", "是负数金额"),
    "import no time": ("is not a time: see `form` of the mapping", "不是时间：请参阅映射的 `form`"),
    "import time too old": ("is a time before {year}", "早于 {year} 年"),
    "import time ahead": ("is a time in the future", "是将来的时间"),
    "import row too long": ("the row has more than {most} characters", "该行超过 {most} 个字符"),
    "import broken quotes": (
        "the quotes of the row are broken: see its lines",
        "该行的引号不完整：请查看其所占的文件行",
    ),
    "import ragged row": ("the row does not have {columns} cells", "该行的单元格数不是 {columns} 个"),
    "import no JSON": ("the line is not JSON", "该行不是 JSON"),
    "import no JSON object": ("the line is not a JSON object", "该行不是 JSON 对象"),
    "import no identity": ("names nobody: every identity is empty", "没有可识别的用户：所有身份均为空"),
    "import no openid": ("is not an openid", "不是 OpenID"),
    "import nobodys identity": (
        "is masked or stands for nobody: nobody is found by it",
        "已脱敏，或只是表示“没有”的占位值，无法用来识别用户",
    ),
    "import no phone": (
        "is not a whole phone number (of {region}, without a country code)",
        "不是完整的手机号（无国家代码时按 {region} 解析）",
    ),
    "import identity too long": ("has more than {most} characters", "超过 {most} 个字符"),
    "import invalid event": ("makes no valid event: {why}", "无法生成有效的事件：“{why}”"),
    "import invalid profile value": ("{name} must be {form}", "{name} 必须是{form}"),
    "import same key": (
        "another row with the same key says something else: each row needs a key of its own",
        "已有键相同而内容不同的行：每一行都需要自己的键",
    ),
    # the command
    "import needs time": (
        "the mapping does not say when rows happened: give --at, the time of the export",
        "映射没有写明各行发生的时间：请用 --at 指定导出时间",
    ),
    "import undeclared attribute": (
        "the mapping sets `{name}`, which infra/profile.yaml does not declare: {hint}",
        "映射设置了 `{name}`，但 infra/profile.yaml 没有声明该属性：{hint}",
    ),
    "import invalid time": ("--at: {why}", "--at：{why}"),
    "import progress": ("importing", "正在导入"),
    "import resumed": (
        "continued after row {row}; {file} remembers how far it came",
        "从第 {row} 行之后继续；进度记录在 {file}",
    ),
    "import interrupted": (
        "interrupted after row {row}: run the same command again to continue",
        "在第 {row} 行之后中断：再次运行同一命令即可继续",
    ),
    "import summary": (
        "rows: {rows}; imported: {imported}; rejected: {rejected}",
        "共 {rows} 行：导入 {imported} 行，拒绝 {rejected} 行",
    ),
    "import dry run": (
        "rows: {rows}; to import: {imported}; to reject: {rejected}; nothing was written",
        "共 {rows} 行：可导入 {imported} 行，将拒绝 {rejected} 行；未写入任何内容",
    ),
    "import events": (
        "events queued for known people: {queued}; waiting for an identity: {waiting}",
        "{queued} 个事件已加入已知用户的队列，{waiting} 个等待识别用户",
    ),
    "import rejects": ("the rejected rows are in {file}", "被拒绝的行见 {file}"),
    "import reason": ("  {n} × {reason}", "  {n} 行：{reason}"),
    "import unknown mapping": ("no mapping `{name}`: {hint}", "没有映射 `{name}`：{hint}"),
    "import no phone key": (
        "the key of phone numbers cannot be read ({why}): it is the secret {name}",
        "无法读取手机号密钥（{why}）：对应的密钥为 {name}",
    ),
}
