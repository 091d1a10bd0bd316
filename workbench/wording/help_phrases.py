"""What `--help` says of commands, arguments and options, in English and Chinese.

The list of all commands says of each what is here under its name; its own help goes on with `<name> more`.
"""

from collections.abc import Mapping

from workbench.wording.picture_phrases import Pair

HELP: Mapping[str, Pair] = {
    "wejourney": ("Write, test and operate WeChat follower journeys.", "编写、测试和运维微信粉丝旅程。"),
    "exit statuses": (
        "Commands exit 0 on success, 1 if something is rejected or not found, 2 on a usage error.",
        "退出码：0 表示成功，1 表示内容被拒绝或未找到，2 表示用法有误。",
    ),
    "journey commands": (
        "Journeys (these commands neither deploy anything nor message followers)",
        "旅程（这些命令不会部署任何内容，也不会给粉丝发消息）",
    ),
    "follower commands": (
        "Followers and runs (of the sandbox or of a deployed stack)",
        "粉丝与运行（沙箱中的，或已部署堆栈中的）",
    ),
    "points commands": (
        "Points and other assets (of the sandbox or of a deployed stack)",
        "积分及其他资产（沙箱中的，或已部署堆栈中的）",
    ),
    "code commands": (
        "QR codes (of the sandbox or of a deployed stack)",
        "二维码（沙箱中的，或已部署堆栈中的）",
    ),
    # the frame
    "usage": ("Usage: ", "用法："),
    "[OPTIONS]": ("[OPTIONS]", "[选项]"),
    "COMMAND [ARGS]...": ("COMMAND [ARGS]...", "命令 [参数]..."),
    "arguments": ("Arguments", "参数"),
    "options": ("Options", "选项"),
    "default": (" [default: {value}]", "（默认：{value}）"),
    "required": (" [required]", "（必填）"),
    "--help": ("Show this message and exit.", "显示本说明。"),
    "--version": ("Print the version.", "显示版本号。"),
    "--install-completion": (
        "Install completion for the current shell.",
        "为当前的 shell 安装命令补全。",
    ),
    "--show-completion": (
        "Show completion for the current shell, to copy it or customize the installation.",
        "显示当前 shell 的补全脚本，可复制或自行修改。",
    ),
    # options of several commands
    "--lang": (
        "The language of the output; default: {variable}, else the locale's.",
        "输出的语言；默认取 {variable}，其次取系统区域设置。",
    ),
    "--json": ("Print JSON for scripts.", "输出 JSON，供脚本使用。"),
    "--rules": ("WeChat's rule set: {names}.", "微信的规则集：{names}。"),
    "--root": ("The repository.", "仓库目录。"),
    "--app-id": (
        "The account's app id; default: the stack's own.",
        "账号的 AppID；默认为堆栈自己的账号。",
    ),
    "--stack": (
        "A stack in AWS; default: the running sandbox, else {variable}.",
        "AWS 中的堆栈；默认为正在运行的沙箱，其次取 {variable}。",
    ),
    "journey file": ("A journey file.", "旅程文件。"),
    "openid": ("The follower's openid.", "粉丝的 OpenID。"),
    # journeys
    "init": (
        "Copy a journey of the gallery and its two personas into infra/; without --from, list the gallery.",
        "把样例库中的一个旅程及其两个角色复制到 infra/；不带 --from 时列出样例库。",
    ),
    "init more": ("Existing files are never overwritten.", "已有的文件不会被覆盖。"),
    "init name": (
        "The name of the new journey; default: the name in the gallery.",
        "新旅程的名称；默认为样例库中的名称。",
    ),
    "init --from": ("The gallery's journey to copy.", "要复制的样例。"),
    "compile": (
        "Compile all journeys to state machines, the catalogue and their part of template.yaml.",
        "把所有旅程编译成状态机、旅程目录和 template.yaml 中旅程的那一段。",
    ),
    "compile --check": (
        "Write nothing; exit 1 if a generated file is out of date.",
        "不写文件；如有生成的文件不是最新，退出码为 1。",
    ),
    "check": (
        "Validate journey files and prove that WeChat allows every message they send.",
        "校验旅程文件，并证明旅程发送的每条消息都符合微信的规则。",
    ),
    "check more": (
        "The other journeys in the same folder are taken into account. Exits 0 if accepted, 1 if rejected.",
        "同一文件夹中的其他旅程也会一并考虑。退出码：0 表示通过，1 表示被拒绝。",
    ),
    "check files": (
        "Journey files, or folders with all their journeys.",
        "旅程文件，或文件夹（检查其中的所有旅程）。",
    ),
    "simulate": (
        "Simulate a journey on a virtual clock and show who gets which message when.",
        "在虚拟时钟上模拟旅程，显示谁在何时收到哪条消息。",
    ),
    "simulate --persona": (
        "A name in infra/personas, a file or a folder; can be repeated.",
        "infra/personas 中的名称、文件或文件夹；可以重复。",
    ),
    "simulate --population": (
        "Number of random followers instead, at most {most:,}.",
        "改为模拟这么多个随机粉丝，最多 {most:,} 个。",
    ),
    "simulate --rates": ("Answer rates and dates of the population.", "人群的回答比例和日期。"),
    "simulate --seed": ("Random seed of the population.", "人群的随机种子。"),
    "simulate --with": ("A further journey to run; can be repeated.", "一同运行的其他旅程；可以重复。"),
    "simulate --root": (
        "The repository with infra/personas; default: the file's.",
        "infra/personas 所在的仓库目录；默认为该文件所在的仓库。",
    ),
    "graph": (
        "Draw a journey as SVG or PNG: its messages, questions, answers, waits, branches and ends.",
        "把旅程画成 SVG 或 PNG：消息、问题、回答、等待、分支和结束。",
    ),
    "graph --out": (
        "The file to write, .svg or .png; default: SVG to stdout.",
        "输出文件，.svg 或 .png；默认把 SVG 写到 stdout。",
    ),
    "diff": (
        "Compare two versions of a journey: steps, simulated transcripts of personas, proof.",
        "比较旅程的两个版本：步骤、各角色的模拟经历、证明结果。",
    ),
    "diff more": (
        "Exits 0 if they are the same, 1 if they differ, 2 if they cannot be compared.",
        "退出码：0 表示相同，1 表示有差异，2 表示无法比较。",
    ),
    "diff old": (
        "A journey file, or a git revision of one: HEAD:infra/journeys/x.yaml.",
        "旅程文件，或其 git 修订：HEAD:infra/journeys/x.yaml。",
    ),
    "diff new": ("The newer version, given the same way.", "较新的版本，写法相同。"),
    "diff --personas": (
        "A folder of personas; default: infra/personas beside the newer version.",
        "角色所在的文件夹；默认为较新版本旁边的 infra/personas。",
    ),
    "estimate": (
        "Estimate a journey's AWS cost, its runs per day within WeChat's limit, and the effect of a burst.",
        "估算旅程的 AWS 费用、微信上限内每天的运行次数，以及事件集中到达的影响。",
    ),
    "estimate more": (
        (
            "Assumes that the other journeys in its folder are deployed too: events that they react to add "
            "cost."
        ),
        "假定同一文件夹中的其他旅程也已部署：它们响应的事件会增加费用。",
    ),
    "estimate --prices": (
        "A table of prices and quotas; default: the built-in table.",
        "价格和配额表；默认使用内置的表。",
    ),
    "estimate --region": ("A region of the price table.", "价格表中的区域。"),
    "estimate --runs": (
        "Number of runs to price, such as a month's.",
        "按多少次运行计价，例如一个月的次数。",
    ),
    "estimate --burst": ("Number of events that start runs at once.", "同时启动运行的事件数。"),
    "schema": (
        "Print the JSON Schema of journey files, which is also in docs/journey.schema.json.",
        "输出旅程文件的 JSON Schema，与 docs/journey.schema.json 相同。",
    ),
    # followers and runs
    "profile": (
        "Show a follower's profile, timeline, runs and points, and why each message was sent or not.",
        "显示粉丝的档案、时间线、运行和积分，以及每条消息发出或未发出的原因。",
    ),
    "profile --last": ("How many of the latest events to show.", "显示最近多少个事件。"),
    "profile --before": (
        "Only events before this time (UTC): the next page.",
        "只显示此时间（UTC）之前的事件，即下一页。",
    ),
    "profile --summary": (
        "Also what a year of events says: stage, counters, interests, hours; each with its events.",
        "同时显示近一年事件得出的画像：阶段、计数、兴趣、时段，每项附对应的事件。",
    ),
    "funnel": (
        "Count how far the runs of a journey came: messages, answers, ends, and who is held out.",
        "统计旅程的运行走到了哪一步：消息、回答、结束，以及对照组人数。",
    ),
    "funnel more": (
        (
            "A message whose outcome is unknown counts neither as sent nor as not sent. What has just "
            "happened is counted within a minute or two."
        ),
        "结果未知的消息既不算已发送，也不算未发送。刚发生的事件会在一两分钟内计入。",
    ),
    "funnel journeys": ("Names of journeys.", "旅程的名称。"),
    "funnel --from": (
        "Only runs that started on this day or later (UTC).",
        "只统计在该日（UTC）及之后开始的运行。",
    ),
    "funnel --to": ("Only runs that started before this day (UTC).", "只统计在该日（UTC）之前开始的运行。"),
    "explain": (
        "Explain why a follower did or did not enter a journey, get a message, take a branch.",
        "说明粉丝为何进入或没有进入旅程、收到或没有收到某条消息、走了某个分支。",
    ),
    "explain journey": ("The name of a journey.", "旅程的名称。"),
    "explain --last": (
        "How many of the latest trigger events and runs to explain.",
        "说明最近多少个触发事件和多少次运行。",
    ),
    "set-profile": (
        "Set profile fields of a follower; goals, exits and date waits of their runs react.",
        "设置粉丝的档案字段；目标、退出条件和对日期的等待会随之响应。",
    ),
    "set-profile facts": (
        (
            "Profile fields: customer=true, member=false, language=en, time_zone=Europe/Paris, "
            "date.booking=2026-12-01T18:00, any attribute such as city=Paris; city= deletes it."
        ),
        (
            "档案字段：customer=true、member=false、language=en、time_zone=Europe/Paris、"
            "date.booking=2026-12-01T18:00，以及任意属性，如 city=Paris；city= 表示删除。"
        ),
    ),
    "export": (
        "Print all that is on record of a person as JSON, for that person.",
        "以 JSON 输出某人的全部记录，供本人查阅。",
    ),
    "person id": ("The person's id, as `profile` shows it.", "用户 id，见 `profile` 的输出。"),
    "--openid": ("An openid of the person, in place of the id.", "此人的一个 OpenID，用来代替用户 id。"),
    "export --media": (
        "Also save the person's files in clear into this folder; it goes on record who did.",
        "同时把此人的文件解密保存到该文件夹；系统会记录是谁操作的。",
    ),
    "media": (
        "List the pictures, voice messages and videos that are kept of a person, the newest first.",
        "列出某人保留下来的图片、语音和视频，最新的在前。",
    ),
    "media --save": (
        "Save the files in clear into this folder; it goes on record who did.",
        "把文件解密保存到该文件夹；系统会记录是谁操作的。",
    ),
    "uploads": (
        "List the uploaded pictures on which a human has to decide, the oldest first, and decide.",
        "列出需要人工审核的上传图片，最早的在前，并进行审核。",
    ),
    "uploads --approve": (
        "Id of an upload to approve; can be repeated.",
        "审核通过的上传编号；可以重复。",
    ),
    "uploads --reject": (
        "Id of an upload to reject: its picture is deleted; can be repeated.",
        "审核不通过的上传编号，图片随即删除；可以重复。",
    ),
    "--member": ("The person's member number.", "此人的会员号。"),
    "--phone": (
        "The person's phone number; without a country code it is Chinese.",
        "此人的手机号，不带国家代码时视为中国号码。",
    ),
    "--union-id": ("The person's union id.", "此人的 UnionID。"),
    "export --masked": (
        "Mask what is personal: names, texts, identities.",
        "遮盖个人信息：名称、文本和身份标识。",
    ),
    "erase": (
        "Erase a person for good, as an unfollow of all their contacts does; postings of points stay.",
        "永久删除某人的数据，相当于其所有联系方式取消关注；积分记账予以保留。",
    ),
    "erase --yes": ("Do not ask for confirmation.", "不再询问确认。"),
    "emit": (
        "Emit an event of another system, such as a payment; goals, exits and waits react.",
        "发出其他系统的事件，例如付款；目标、退出条件和等待会随之响应。",
    ),
    "emit kind": ("Event type: {names}.", "事件类型：{names}。"),
    "emit fields": (
        "Event fields, such as order=17 total=9900 (fen). {syntax}",
        "事件字段，如 order=17 total=9900（单位为分）。{syntax}",
    ),
    "emit --id": (
        "Idempotency key: an event with the same id is ignored.",
        "幂等键：id 相同的事件会被忽略。",
    ),
    "trade-bill": (
        "Show what the import of a trade bill of WeChat Pay would bring; imports nothing.",
        "查看导入微信支付交易账单会得到哪些交易；不会导入。",
    ),
    "trade-bill file": (
        "Trade bill as the merchant platform offers it: CSV in UTF-8, or compressed by gzip.",
        "从商户平台下载的交易账单：UTF-8 编码的 CSV，或其 gzip 压缩文件。",
    ),
    "identities": (
        "Report which apps know people by one union id, and list people whom a human has to tell apart.",
        "报告哪些应用通过同一 UnionID 识别用户，并列出需要人工判断的人。",
    ),
    "identities --merge": (
        "Id of a flag whose two people are one; can be repeated.",
        "标记的 id：这两个人是同一人；可以重复。",
    ),
    "identities --separate": (
        "Id of a flag whose two people are two; can be repeated.",
        "标记的 id：这两个人不是同一人；可以重复。",
    ),
    "schema kind": (
        "`journey` (default), `profile`, `segment`, `mapping`, `consents`, `accounts` or `programme`.",
        "`journey`（默认）、`profile`、`segment`、`mapping`、`consents`、`accounts` 或 `programme`。",
    ),
    "segments": (
        "Count the people of each segment, or list those of one.",
        "统计每个人群的人数，或列出某个人群的用户。",
    ),
    "segments name": (
        "The segment whose people to list, by our own ids; default: count all segments.",
        "要列出用户的人群（列出内部 ID）；默认统计所有人群。",
    ),
    "segments --most": ("How many people to list.", "列出多少人。"),
    "segments --after": (
        "Where the page before ended, as printed below it: the next page.",
        "上一页结束的位置（见该页末尾），用于显示下一页。",
    ),
    "import": (
        "Import a file of another system: orders, returns, calls, tags and profile fields, by a mapping.",
        "按映射导入其他系统的文件：订单、退货、通话、标签和档案字段。",
    ),
    "import more": (
        "Importing a file again changes nothing; an interrupted import continues when it is run again.",
        "重复导入同一文件不会产生变化；中断的导入再次运行即可继续。",
    ),
    "import file": ("A CSV file or JSON lines.", "CSV 文件，或每行一个 JSON 对象的文件。"),
    "import --map": (
        "A mapping's file, or the name of a shipped one, such as tmall-orders.",
        "映射文件，或自带映射的名称，例如 tmall-orders。",
    ),
    "import --at": (
        "When rows happened that do not say it: the time of the export.",
        "未写明时间的行发生于何时：导出文件的时间。",
    ),
    "import --history": (
        "Import as history: the events start no journey.",
        "作为历史记录导入：这些事件不会触发旅程。",
    ),
    "import --dry-run": (
        "Check all rows without a deployment; write nothing.",
        "不连接部署，只检查所有行；不写入任何内容。",
    ),
    "dead-letters": (
        "List dead letters with their reasons; fix the cause, then redrive them.",
        "列出死信及其原因；解决原因后重新投递。",
    ),
    "dead-letters more": (
        "Redriven events are processed after anything newer from that follower.",
        "重新投递的事件排在该粉丝更新的事件之后处理。",
    ),
    "dead-letters --redrive": (
        "Id of a dead letter to move back to the inbox, or `all`; can be repeated.",
        "要放回收件队列的死信 id，或 `all`；可以重复。",
    ),
    "doctor": (
        "Look for mistakes in the setup: secrets, WeChat's console, WeChat Pay, alarms, deployed journeys.",
        "检查配置错误：secret、微信后台、微信支付、告警和已部署的旅程。",
    ),
    "doctor more": (
        "It changes nothing. Exits 1 if something is wrong, 0 for warnings and what could not be checked.",
        "该命令不做任何更改。有错误时退出码为 1；只有警告或未检查项时为 0。",
    ),
    "qr create": (
        "Make a QR code at WeChat and register what it stands for; the same order is the same code.",
        "在微信生成二维码，并登记它代表什么；重复执行得到同一个码。",
    ),
    "qr create more": (
        "Its name is its scene, so triggers can mean several codes by their names: `scene: store-*`.",
        "名称就是场景值，因此触发可以按名称匹配一组二维码：`scene: store-*`。",
    ),
    "qr batch": (
        "Make the QR codes of a CSV file, at a pace that WeChat allows; run again, it goes on.",
        "按微信允许的速度批量生成 CSV 文件中的二维码；再次运行会从中断处继续。",
    ),
    "qr batch more": (
        "Columns: name, class, the facts (product, store, …), team, labels, opens, closes, lasts, page.",
        "列：name、class、登记内容（product、store 等）、team、labels、opens、closes、lasts、page。",
    ),
    "qr file": (
        "A CSV file with a line for each code; its first line names the columns.",
        "CSV 文件，每行一个二维码，第一行为列名。",
    ),
    "qr list": (
        "List the QR codes of an account, except those of one visit or one person.",
        "列出账号的二维码，不含单次访问或个人专属的码。",
    ),
    "qr show": (
        "Show what a QR code stands for and whether it works now; write its pictures.",
        "显示二维码代表什么、目前是否有效，并可导出图片。",
    ),
    "qr report": (
        "Show what QR codes have brought: scans, follows, people, orders and revenue.",
        "显示二维码带来的扫码、关注、人数、订单和成交额。",
    ),
    "qr report more": (
        "Orders count for the code that first brought the person, and for the last one before the order.",
        "订单既计入首次带来该用户的二维码，也计入下单前最后一次扫的二维码。",
    ),
    "qr which": (
        "Only these codes: names, with `*` for any text, and facts such as campaign=spring or kol=lin.",
        "只统计这些二维码：名称（`*` 代表任意文字）和登记项，如 campaign=spring 或 kol=lin。",
    ),
    "qr --by": (
        "What to sum by: {names}.",
        "汇总方式：{names}。",
    ),
    "qr --from": (
        "The first day (Beijing); default: {days} days before --to.",
        "起始日（北京时间），默认为 --to 之前 {days} 天。",
    ),
    "qr --to": (
        "The day after the last one (Beijing); default: tomorrow, so that today counts.",
        "截止日（北京时间，不含当日），默认为明天，即包含今天。",
    ),
    "qr name": (
        "The name of the code: 1 to 64 letters, digits, `_`, `-` and `.`",
        "二维码的名称：1 到 64 个文字、数字、`_`、`-` 或 `.`",
    ),
    "qr facts": (
        (
            "What the code stands for; the first says its kind: store=, staff=, campaign=, kol=, product=, "
            "placement= or event=. Also click_id= of an advertisement and sharer=, our own id of a person."
        ),
        (
            "二维码代表什么，第一项即类型：store=（门店）、staff=（员工）、campaign=（活动推广）、kol=（达人）、"
            "product=（商品）、placement=（点位）或 event=（线下活动）。"
            "另有 click_id=（广告点击 ID）和 sharer=（分享者在本系统中的 ID）。"
        ),
    ),
    "qr --class": (
        "The class of its traffic, for reports: {names}.",
        "流量类别，用于报表：{names}。",
    ),
    "qr --team": ("Who looks after the code.", "负责该二维码的团队。"),
    "qr --labels": ("Labels with commas between them.", "标签，用逗号分隔。"),
    "qr --opens": (
        "When its window begins, such as 2026-12-05T10:00 in the account's time zone; an event needs one.",
        "有效时段的开始，如 2026-12-05T10:00（账号时区）；线下活动必填。",
    ),
    "qr --closes": (
        "When its window ends; who scans it later is told so by a journey.",
        "有效时段的结束；之后扫码的人由旅程答复。",
    ),
    "qr --lasts": (
        "Make a temporary code for this long, such as 30m or 30d, at most 30 days; default: a permanent one.",
        "生成临时二维码的有效期，如 30m 或 30d，最长 30 天；默认为永久二维码。",
    ),
    "qr --page": (
        "The page that the code of a mini program opens, such as pages/index/index.",
        "小程序码打开的页面，如 pages/index/index。",
    ),
    "qr --shared-from": (
        "The code that a person shares: the new code takes over its facts and adds sharer=.",
        "被分享的二维码：新码沿用其登记内容，并加上 sharer=。",
    ),
    "qr --update": (
        "Change what is registered of an existing code; the printed picture stays good.",
        "修改已有二维码的登记内容；已印制的图片仍然有效。",
    ),
    "qr --out": (
        "A folder for the pictures for print, NAME.png and NAME.svg.",
        "存放印刷用图片的文件夹：名称.png 和 名称.svg。",
    ),
    # points
    "points --asset": ("The asset, such as points or stamps.", "资产，例如 points 或 stamps。"),
    "points statement": (
        "All transactions of a person, each with its cause and the balance after it.",
        "显示一个人的全部交易，以及每笔交易的原因和交易后的余额。",
    ),
    "points statement more": (
        "In the order of the times (UTC) of the causes, with those of people who are merged with this one.",
        "按原因发生的时间（UTC）排列，包含已合并用户的交易。",
    ),
    "points statement --since": (
        "Only from this time on (UTC); with --oldest-first the first page reads all of them.",
        "只显示此时间（UTC）及之后的交易；与 --oldest-first 同用时，第一页会读取这些交易。",
    ),
    "points statement --until": (
        "Only before this time (UTC); the first page reads all later ones, too.",
        "只显示此时间（UTC）之前的交易；第一页还会读取之后的全部交易。",
    ),
    "points statement --most": ("How many transactions to show.", "显示多少笔交易。"),
    "points statement --after": ("What the page before has printed.", "上一页显示的内容。"),
    "points statement --oldest-first": ("The oldest transaction first.", "最早的交易在前。"),
    "points adjust": (
        "Give or take an amount by hand, with a reason and the name of who does it.",
        "人工增加或扣减数量，记录原因和操作者。",
    ),
    "points adjust more": (
        "What is given expires as the asset does, and is unclaimed for people who have not joined.",
        "增加的数量按资产规则到期；未加入会员的人得到的数量为待领取。",
    ),
    "points adjust --by": ("How much: +50 gives, -50 takes.", "数量：+50 增加，-50 扣减。"),
    "points adjust --reason": ("Why; the statement shows it.", "原因，会显示在流水中。"),
    "points adjust --key": (
        "An idempotency key: what has the same key is posted once. Default: a new one.",
        "幂等键：相同的键只记账一次。默认为新的键。",
    ),
    "points adjust --yes": ("Do not ask for confirmation.", "不再询问确认。"),
    "points trial-balance": (
        "What everybody has together by account, which sums to zero; names books that do not.",
        "按科目汇总所有人的账目，合计应为零；列出合计不为零的账目。",
    ),
    "points trial-balance more": (
        "It reads the books of each person once: what it costs grows with the people, not with transactions.",
        "每个人的账目读取一次：开销取决于人数，与交易数量无关。",
    ),
    "points liability": (
        "What everybody has together by the month in which it expires.",
        "按到期月份汇总所有人的余额（积分负债）。",
    ),
    "points liability more": (
        "It reads the books of each person once: what it costs grows with the people, not with transactions.",
        "每个人的账目读取一次：开销取决于人数，与交易数量无关。",
    ),
    "points liability --csv": ("Print CSV.", "输出 CSV。"),
    "points check": (
        "Add up all transactions and compare them with the books, of a person or of everybody.",
        "汇总全部交易并与账目核对，可核对一个人或所有人。",
    ),
    "points check more": (
        "Without a person it reads the whole ledger. It exits 1 and lists the differences if there are any.",
        "未指定用户时读取整个账本。如有差异，则列出差异，退出码为 1。",
    ),
    "points balance": (
        "What a person has, by the days on which it expires, now or at any past time.",
        "显示一个人现在或过去任一时间的余额，按到期日列出。",
    ),
    "points balance --at": (
        "The balance after all transactions up to this time (UTC); it reads all later ones.",
        "此时间（UTC）及之前的全部交易之后的余额；会读取此后的全部交易。",
    ),
    "programme backfill": (
        "What a rule of the programme gives for events of the past: shown, or posted once with --post.",
        "显示计划中的规则对历史事件发放的数量；使用 --post 记账，且只记一次。",
    ),
    "programme backfill more": (
        "It reads the events of everybody. Journeys are not told. What was given already is not given again.",
        "会读取所有用户的事件，不通知旅程。已发放的不会重复发放。",
    ),
    "leaders": (
        "Who is first on the leader board of a game, by our own ids.",
        "显示游戏排行榜的名次（内部用户 ID）。",
    ),
    "leaders game": ("A game of infra/programme.yaml.", "infra/programme.yaml 中的游戏。"),
    "leaders --on": (
        "The board of this day, in the programme's zone; default: today.",
        "该日（以忠诚度计划的时区为准）的排行榜，默认为当天。",
    ),
    "programme rule": ("A rule of infra/programme.yaml.", "infra/programme.yaml 中的规则。"),
    "backfill --since": ("Only events of this day (UTC) or later.", "只处理该日（UTC）及之后的事件。"),
    "backfill --post": ("Post it.", "记账。"),
    "programme simulate": (
        "What each rule gives a population, and what the programme of another checkout gives it.",
        "显示各规则对模拟人群发放的数量，并可与另一份检出的计划对比。",
    ),
    "programme simulate --against": (
        "Another checkout of the repository, whose programme is simulated, too.",
        "仓库的另一份检出，其中的计划也会参与模拟。",
    ),
    "programme simulate --people": ("How many people there are.", "模拟的人数。"),
    "programme simulate --until": ("The day on which the simulated time ends.", "模拟时间的结束日期。"),
    "programme rates": (
        "The file that says what people do, and how many of them.",
        "描述用户行为及其占比的文件。",
    ),
}
