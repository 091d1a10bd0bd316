"""Make a QR code. Who may invoke it is IAM's to say: operators through `wejourney qr create`, landing pages.

The event is a `CodeOrder`. The answer is `{"code": …}`, of a mini program with its `picture` in base64; or
`{"rejected": reason, "values": …}`, which quotes nothing that an operator does not know.
"""

from base64 import b64encode
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import private
from wejourney.bootstrap import workers
from wejourney.errors import UnknownAccountError, WeChatBusyError, WeChatError
from wejourney.observability import make_logger, make_metrics
from wejourney.plain_data import to_plain
from wejourney.services.create_code import CodeOrderRejectedError, CreateCode, read_order

SERVICE = "create_code"

logger = make_logger(SERVICE)
metrics = make_metrics()


@cache
def create_code() -> CreateCode:
    return workers.create_code(metrics)


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    if event.get("warm"):
        create_code()
        return {}
    try:
        made = create_code()(read_order(event))
    except CodeOrderRejectedError as error:
        return _rejected(error.reason, **error.values)
    except UnknownAccountError:
        return _rejected("account")
    except WeChatError as error:
        logger.warning("no code of WeChat's", extra={"reason": str(error)})
        reason = "wechat busy" if isinstance(error, WeChatBusyError) else "wechat refused"
        return _rejected(reason, errcode=error.errcode, why=str(error))
    logger.info("code", extra={"kind": made.code.kind, "scene": made.code.scene})
    picture = {"picture": b64encode(made.picture).decode()} if made.picture else {}
    return {"code": to_plain(made.code), **picture}


def _rejected(reason: str, **values: str | int) -> dict[str, Any]:
    logger.warning("code rejected", extra={"reason": reason})
    return {"rejected": reason, "values": values}
