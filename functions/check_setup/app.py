"""What of the setup can only be seen from here: the secrets, and what WeChat answers this address.

IAM says who may invoke it: operators, through `wejourney doctor`. The answer is `SetupFacts` in plain data,
which holds no secret.
"""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import private
from wejourney.bootstrap import setup
from wejourney.observability import make_logger
from wejourney.plain_data import to_plain
from wejourney.services.setup.check_setup import CheckSetup

SERVICE = "check_setup"

logger = make_logger(SERVICE)


@cache
def check_setup() -> CheckSetup:
    return setup.check_setup()


@private
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    check = check_setup()
    if event.get("warm"):
        return {}
    facts: dict[str, Any] = to_plain(check())
    return facts
