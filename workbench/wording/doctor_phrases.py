"""What `wejourney doctor` says: of each problem what it is and what to do, in English and Chinese."""

from collections.abc import Mapping

from workbench.wording.picture_phrases import Pair

DOCTOR: Mapping[str, Pair] = {
    # the frame
    "examining": ("looking at the deployment", "正在检查部署"),
    "doctor column result": ("result", "结果"),
    "doctor column check": ("check", "检查项"),
    "doctor column about": ("about", "对象"),
    "doctor column finding": ("finding", "说明"),
    "doctor wrong": ("✗ wrong", "✗ 错误"),
    "doctor warning": ("! warning", "! 警告"),
    "doctor fine": ("✓ fine", "✓ 正常"),
    "doctor not_checked": ("- not checked", "- 未检查"),
    "doctor nothing to do": ("", ""),
    "doctor summary": (
        "{wrong} wrong, {warnings} to look at, {fine} fine, {unknown} not checked",
        "错误 {wrong} 项，警告 {warnings} 项，正常 {fine} 项，未检查 {unknown} 项",
    ),
    # checks
    "check stack": ("last deployment", "最近一次部署"),
    "check clock": ("clock of this machine", "本机时钟"),
    "check gateway": ("API address", "API 地址"),
    "check concurrency": ("Lambda concurrency", "Lambda 并发"),
    "check alarms": ("alarm e-mail", "告警邮件"),
    "check journeys": ("journeys", "旅程"),
    "check keys": ("keys of the deployment", "部署的密钥"),
    "check secret": ("account secret", "账号 secret"),
    "check token": ("AppSecret", "AppSecret"),
    "check address": ("IP allow-list", "IP 白名单"),
    "check quota": ("daily quotas", "每日额度"),
    "check callback": ("callback", "消息推送"),
    "check union_ids": ("union ids", "UnionID"),
    "check pay_secret": ("merchant secret", "商户 secret"),
    "check pay_keys": ("WeChat Pay keys", "微信支付密钥"),
    "check pay_notices": ("payment notices", "支付通知"),
    # why something was not checked
    "doctor function failed": (
        "{function} failed ({why}): read its log, then run the command again",
        "{function} 执行失败（“{why}”）：请查看其日志，然后重新运行",
    ),
    "doctor unreadable secret": (
        "AWS did not give the secret {name} to the deployment ({why})",
        "部署无法从 AWS 读取 secret {name}（“{why}”）",
    ),
    "doctor no answer": ("{who} did not answer ({why})", "{who} 没有应答（“{why}”）"),
    "doctor no quota": (
        "WeChat does not tell the quota of {api} ({why})",
        "微信未返回 {api} 的额度（“{why}”）",
    ),
    "doctor no metrics": ("the sandbox keeps no metrics", "沙箱不保存指标"),
    "doctor no gateway": ("the sandbox has no public address", "沙箱没有公网地址"),
    "doctor no repository": (
        "{root} has no compiled journeys: run this in the repository, or give --root",
        "{root} 中没有已编译的旅程：请在仓库中运行，或指定 --root",
    ),
    "doctor nobody seen": (
        "nobody of this app was seen yet: whether it tells union ids is not known",
        "该应用还没有用户，无法判断能否取得 UnionID",
    ),
    "doctor not told apart": (
        "a URL was verified before this version told accounts apart; no follower of this one was seen",
        "此版本之前已有地址通过验证，但当时未区分账号；尚未出现该账号的粉丝",
    ),
    "doctor no payment yet": ("no payment and no notice has come yet", "尚无支付记录，也未收到通知"),
    # the stack
    "doctor UpdateFailed": (
        "the last update failed: the stack is in {status}",
        "最近一次更新失败，堆栈状态为 {status}",
    ),
    "doctor UpdateFailed: do": (
        "read the stack's events in CloudFormation, fix the cause and deploy again",
        "请在 CloudFormation 中查看堆栈事件，解决原因后重新部署",
    ),
    "doctor UpdateUnderWay": (
        "an update is under way: {status}",
        "堆栈正在更新：{status}",
    ),
    "doctor UpdateUnderWay: do": (
        "run the command again when it is over",
        "请在更新结束后重新运行",
    ),
    "doctor NoIcpFiling": (
        "the AWS account has no ICP filing for this region: WeChat cannot reach {url}",
        "该 AWS 账号在此区域没有 ICP 备案：微信无法访问 {url}",
    ),
    "doctor NoIcpFiling: do": (
        "apply for the ICP filing or exception of this region at Sinnet or NWCD",
        "请向光环新网或西云数据申请该区域的 ICP 备案开通",
    ),
    "doctor ClockDiffers": (
        "the clock of this machine differs from AWS by {seconds} seconds",
        "本机时钟与 AWS 相差 {seconds} 秒",
    ),
    "doctor ClockDiffers: do": (
        "set the clock, for example by NTP: events that you emit carry its time",
        "请校准时钟（例如使用 NTP）：用命令发出的事件以本机时间为准",
    ),
    "doctor FewConcurrentInvocations": (
        "the AWS account runs at most {limit} Lambda invocations at once: a rush of followers is throttled",
        "该 AWS 账号最多同时运行 {limit} 个 Lambda 调用，关注高峰时会被限流",
    ),
    "doctor FewConcurrentInvocations: do": (
        "ask AWS in Service Quotas for more concurrent executions of Lambda",
        "请向 AWS 申请提高 Lambda 的并发配额",
    ),
    "doctor NoAlarmRecipient": (
        "nobody is told of alarms",
        "告警没有接收人",
    ),
    "doctor NoAlarmRecipient: do": (
        "deploy with the parameter AlarmEmail",
        "请在部署时填写参数 AlarmEmail",
    ),
    "doctor AlarmRecipientUnconfirmed": (
        "alarms reach no one: {number} e-mail address has not confirmed",
        "告警无法送达：{number} 个邮箱尚未确认订阅",
    ),
    "doctor AlarmRecipientUnconfirmed: do": (
        "press the link in the mail from AWS; it is valid for three days, then deploy the address anew",
        "请点击 AWS 邮件中的确认链接；链接三天后失效，失效后需重新部署该地址",
    ),
    "doctor JourneyNotDeployed": (
        "the journey {journey} (version {committed}) is compiled but not deployed",
        "旅程 {journey}（版本 {committed}）已编译但未部署",
    ),
    "doctor JourneyNotDeployed: do": ("deploy the stack", "请部署堆栈"),
    "doctor JourneyOutdated": (
        "the journey {journey} is deployed in version {deployed}, compiled in version {committed}",
        "旅程 {journey} 已部署的版本是 {deployed}，已编译的版本是 {committed}",
    ),
    "doctor JourneyOutdated: do": (
        "deploy the stack, or check out the deployed version",
        "请部署堆栈，或切换到已部署的版本",
    ),
    "doctor AccountNotNamed": (
        "the journey {journey} speaks to the account {name}, but no secret has this name: it never starts",
        "旅程 {journey} 面向账号 {name}，但没有任何 secret 使用此名称：该旅程不会启动",
    ),
    "doctor AccountNotNamed: do": (
        "set the name in the account's secret",
        "请在该账号的 secret 中设置 name",
    ),
    # secrets
    "doctor SecretMissing": ("the secret {name} does not exist", "secret {name} 不存在"),
    "doctor SecretMissing: do": (
        "deploy the stack again, or restore the secret in Secrets Manager",
        "请重新部署堆栈，或在 Secrets Manager 中恢复该 secret",
    ),
    "doctor SettingMissing": (
        "{setting} is missing from the secret {name}",
        "secret {name} 缺少 {setting}",
    ),
    "doctor SettingMissing: do": ("add it to the secret", "请将其补充到 secret 中"),
    "doctor SettingInvalid": (
        "{setting} in the secret {name} cannot be used: {expected}",
        "secret {name} 中的 {setting} 无法使用，要求：“{expected}”",
    ),
    "doctor SettingInvalid: do": (
        "copy it again from WeChat's console, without blanks",
        "请从微信后台重新复制，不要带空格",
    ),
    "doctor NoApiKey": (
        "the secret {name} has no api_v3_key: without an APIv3 key WeChat Pay sends no notices at all",
        "secret {name} 没有 api_v3_key：未设置 APIv3 密钥的商户收不到任何支付通知",
    ),
    "doctor NoApiKey: do": (
        "set an APIv3 key on the merchant platform, and enter the same in the secret",
        "请在商户平台设置 APIv3 密钥，并将同一密钥写入 secret",
    ),
    # accounts and mini programs
    "doctor WrongAppSecret": (
        "WeChat rejects the app_secret ({code}): no message can be sent",
        "微信拒绝了 app_secret（{code}）：无法发送消息",
    ),
    "doctor WrongAppSecret: do": (
        "reset the AppSecret in WeChat's console if you do not have it, and enter it in the secret",
        "请将正确的 AppSecret 写入 secret；如已遗失，请在微信后台重置",
    ),
    "doctor UnknownAppId": (
        "WeChat does not know this app id ({code})",
        "微信不认识该 AppID（{code}）",
    ),
    "doctor UnknownAppId: do": (
        "compare the name of the secret with the AppID in WeChat's console",
        "请核对 secret 的名称与微信后台的 AppID",
    ),
    "doctor FrozenAppSecret": (
        "the AppSecret is frozen ({code})",
        "AppSecret 已被冻结（{code}）",
    ),
    "doctor FrozenAppSecret: do": (
        "unfreeze it in WeChat's console, on the page of the AppSecret",
        "请在微信后台的 AppSecret 页面解冻",
    ),
    "doctor AddressNotAllowed": (
        "WeChat gives no token to this deployment's address {address} ({code}): no message can be sent",
        "微信不向本部署的 IP 地址 {address} 发放令牌（{code}）：无法发送消息",
    ),
    "doctor AddressNotAllowed: do": (
        "add the address to the account's IP allow-list; it must be a fixed one, see docs/deploying.md",
        "请将该地址加入账号的 IP 白名单；地址必须固定，参见 docs/deploying.zh-CN.md",
    ),
    "doctor TokenRefused": (
        "WeChat gives no access token ({code})",
        "微信不发放访问令牌（{code}）",
    ),
    "doctor TokenRefused: do": (
        "look the code up among WeChat's error codes; it may be the certification or a ban of the account",
        "请查阅微信的错误码说明，可能与账号认证或封禁有关",
    ),
    "doctor NoFixedAddress": (
        "the functions that call WeChat have no fixed address: it changes, and WeChat then rejects it",
        "调用微信的函数没有固定 IP：地址变化后会被微信拒绝",
    ),
    "doctor NoFixedAddress: do": (
        "deploy with SubnetIds and SecurityGroupIds of subnets behind a NAT gateway",
        "请在部署时填写位于 NAT 网关之后的 SubnetIds 和 SecurityGroupIds",
    ),
    "doctor QuotaUsedUp": (
        "the day's quota of {api} is used up (limit: {limit})",
        "{api} 当日的调用额度已用完（上限：{limit}）",
    ),
    "doctor QuotaUsedUp: do": (
        "it is renewed at midnight in Beijing; another system may be using the account's quota, too",
        "额度在北京时间零点恢复；也可能有其他系统在使用该账号的额度",
    ),
    "doctor QuotaNearlyUsedUp": (
        "{used} of the day's {limit} calls of {api} are used",
        "{api} 当日额度 {limit} 次，已用 {used} 次",
    ),
    "doctor QuotaNearlyUsedUp: do": (
        "ask WeChat for a higher quota, or start fewer runs a day",
        "请向微信申请更高的额度，或减少每天启动的运行",
    ),
    "doctor CallbacksForgeable": (
        "the account takes callbacks that can be forged (encryption: {encryption})",
        "账号接受可以伪造的推送（encryption：{encryption}）",
    ),
    "doctor CallbacksForgeable: do": (
        "choose safe mode in WeChat's console, then set the encryption to required",
        "请在微信后台选择安全模式，然后将 encryption 设为 required",
    ),
    "doctor UrlNotVerified": (
        "WeChat has never called {path} with a right signature: its events do not arrive",
        "微信从未以正确的签名调用 {path}：收不到事件",
    ),
    "doctor UrlNotVerified: do": (
        "enter the URL, the token and the EncodingAESKey in WeChat's console, submit and enable",
        "请在微信后台填写 URL、令牌和消息加解密密钥，提交并启用",
    ),
    "doctor CallbacksRefused": (
        "{number} callbacks were refused in the last day, more than events came",
        "最近一天有 {number} 次推送被拒绝，多于收到的事件",
    ),
    "doctor CallbacksRefused: do": (
        "compare token, EncodingAESKey, encryption mode and format (XML) with WeChat's; the log has reasons",
        "请核对令牌、消息加解密密钥、加密方式和数据格式（XML）是否与微信后台一致；原因见日志",
    ),
    "doctor AppNotBound": (
        "{app_id} tells no union ids: its people stay apart from those of other apps",
        "{app_id} 取不到 UnionID：其用户无法与其他应用打通",
    ),
    "doctor AppNotBound: do": (
        "bind it to your account of the WeChat Open Platform",
        "请将其绑定到您的微信开放平台账号",
    ),
    "doctor PayingAppNotBound": (
        "merchant {merchant} is paid in {app_id}, which tells no union ids: payers stay apart from followers",
        "商户 {merchant} 在 {app_id} 中收款，但该应用取不到 UnionID：付款人无法与粉丝打通",
    ),
    "doctor PayingAppNotBound: do": (
        "bind {app_id} to your account of the WeChat Open Platform, and add its secret to the deployment",
        "请将 {app_id} 绑定到您的微信开放平台账号，并在部署中添加其 secret",
    ),
    "doctor SeveralOpenPlatforms": (
        "the apps belong to several accounts of the Open Platform: {names}",
        "应用属于多个开放平台账号：{names}",
    ),
    "doctor SeveralOpenPlatforms: do": (
        "bind all apps to one account, or give the same account the same name in open_platform",
        "请将所有应用绑定到同一账号；如本就是同一账号，请在 open_platform 中使用同一名称",
    ),
    # WeChat Pay
    "doctor PayRequestRefused": (
        "WeChat Pay refuses whatever this merchant asks ({code})",
        "微信支付拒绝该商户的所有请求（{code}）",
    ),
    "doctor PayRequestRefused: do": (
        "compare private_key, certificate_serial and the names in keys with the merchant platform",
        "请核对 private_key、certificate_serial 与商户 API 证书是否一致，以及 keys 中的名称",
    ),
    "doctor PayKeyWrong": (
        "WeChat Pay does not sign with the key that the secret has as {key}: its notices are refused",
        "secret 中名为 {key} 的密钥与微信支付实际使用的不一致：用它签名的通知会被拒绝",
    ),
    "doctor PayKeyWrong: do": (
        "download the key again from the merchant platform, and enter it with its own id",
        "请从商户平台重新下载该公钥或证书，并以其自身的 ID 填写",
    ),
    "doctor PayKeyUnused": (
        "WeChat Pay does not sign with {key} ({code})",
        "微信支付不使用 {key} 签名（{code}）",
    ),
    "doctor PayKeyUnused: do": (
        "remove the key from the secret if it was replaced, else compare its name",
        "如该密钥已被替换，请从 secret 中删除；否则请核对其名称",
    ),
    "doctor CertificateNotInSecret": (
        "WeChat Pay signs with the platform certificate {serial}, which the secret lacks",
        "微信支付使用平台证书 {serial} 签名，但 secret 中没有",
    ),
    "doctor CertificateNotInSecret: do": (
        "add the certificate to keys, or better apply for the public key",
        "请将该证书加入 keys，建议改为申请微信支付公钥",
    ),
    "doctor NoPublicKey": (
        "the secret has platform certificates only; WeChat Pay moves merchants to public keys",
        "secret 中只有平台证书；微信支付正在将商户切换到公钥",
    ),
    "doctor NoPublicKey: do": (
        "apply for the public key on the merchant platform, and add it to keys beside the certificates",
        "请在商户平台申请微信支付公钥，并与证书一起加入 keys",
    ),
    "doctor CertificateExpires": (
        "the platform certificate {serial} expires on {day}",
        "平台证书 {serial} 将于 {day} 到期",
    ),
    "doctor CertificateExpires: do": (
        "add the next certificate or the public key to keys before that day",
        "请在到期前将新证书或微信支付公钥加入 keys",
    ),
    "doctor CertificateExpired": (
        "the platform certificate {serial} expired on {day}",
        "平台证书 {serial} 已于 {day} 到期",
    ),
    "doctor CertificateExpired: do": (
        "remove it from keys, and make sure that the certificate or public key in its place is there",
        "请将其从 keys 中删除，并确认已添加新的证书或公钥",
    ),
    "doctor ApiKeyDiffers": (
        "the api_v3_key in the secret {name} is not the merchant's: no notice can be decrypted",
        "secret {name} 中的 api_v3_key 与商户的不一致：无法解密任何通知",
    ),
    "doctor ApiKeyDiffers: do": (
        "enter the APIv3 key of the merchant platform in the secret",
        "请将商户平台的 APIv3 密钥写入 secret",
    ),
    "doctor CannotAskWeChatPay": (
        "the secret {name} has no private_key: trade bills are not imported, and keys cannot be tested",
        "secret {name} 没有 private_key：无法导入交易账单，也无法测试密钥",
    ),
    "doctor CannotAskWeChatPay: do": (
        "add private_key and certificate_serial of the merchant's API certificate",
        "请添加商户 API 证书的 private_key 和 certificate_serial",
    ),
    "doctor NoNotices": (
        "payments of this merchant are known, but WeChat Pay has never sent a notice to {path}",
        "该商户已有支付记录，但微信支付从未向 {path} 发送通知",
    ),
    "doctor NoNotices: do": (
        "set an APIv3 key on the merchant platform, and give orders the address as their notify_url",
        "请在商户平台设置 APIv3 密钥，并将该地址设为订单的 notify_url",
    ),
}
