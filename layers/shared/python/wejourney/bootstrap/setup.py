"""The composition root of the function that looks at the setup: it keeps no secret from call to call."""

import os

from wejourney.accounts import Account
from wejourney.adapters.aws.secret_accounts import Secrets
from wejourney.adapters.aws.signed_client import Limits
from wejourney.adapters.wechat.calls import WECHAT
from wejourney.adapters.wechat.setup_probe import WeChatSetupProbe
from wejourney.bootstrap.pay_notices import Aws
from wejourney.bootstrap.pay_queries import pay_api
from wejourney.clock import clock_from_environment
from wejourney.merchants import Merchant
from wejourney.services.ports.keys import DeploymentKey
from wejourney.services.setup.check_setup import CheckSetup
from wejourney.settings import setting

LIMITS = Limits(connect=1, read=5, attempts=3)


def check_setup() -> CheckSetup:
    clock = clock_from_environment()
    aws = Aws(LIMITS, clock).client("secretsmanager")
    return CheckSetup(
        own=setting("APP_ID"),
        accounts=Secrets(aws, setting("ACCOUNTS_SECRET_PREFIX"), Account.from_secret),
        merchants=Secrets(aws, setting("MERCHANTS_SECRET_PREFIX"), Merchant.from_secret),
        keys=Secrets(aws, setting("KEYS_SECRET_PREFIX"), DeploymentKey.from_secret),
        wechat=WeChatSetupProbe(os.environ.get("WECHAT_API_URL") or WECHAT),
        pay=pay_api(clock),
    )
