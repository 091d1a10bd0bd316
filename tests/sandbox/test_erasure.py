"""Somebody unfollows in mid-journey: every other store of the deployment is searched for them."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from infra.sandbox.settings import load_account
from infra.sandbox.stack import make_client
from tests.sandbox.conftest import DIRECTORY
from tests.support.patience import PATIENCE
from tests.support.servers.framing import framed
from wejourney.adapters.sealed_runs import SEALED
from wejourney.wire.official_account.crypto import encrypt

pytestmark = pytest.mark.sandbox

LEAVER = "oLeavesInMidJourney0000000001"
WORDS = "a private word that nobody else would type"
PRIVATE = (LEAVER, WORDS, "oUnionOfTheLeaver")


def push(sandbox: Any, name: str, age: timedelta = timedelta(0)) -> int:
    """A push of WeChat about the leaver, in safe mode, which their phone cannot make any more."""
    account, now = load_account(), int(sandbox.now().timestamp())
    fields = {
        "ToUserName": account.original_id,
        "FromUserName": LEAVER,
        "CreateTime": str(now - int(age.total_seconds())),
        "MsgType": "event",
        "Event": name,
        "EventKey": "",
    }
    sealed = encrypt(framed(fields.items()), account.encoding_aes_key, account.app_id)
    asked = {"timestamp": str(now), "nonce": "4711"}
    parts = "".join(sorted([account.token, *asked.values(), sealed]))
    asked |= {"encrypt_type": "aes", "msg_signature": hashlib.sha1(parts.encode()).hexdigest()}  # noqa: S324 - WeChat's
    answer = httpx.post(
        f"{sandbox.settings.api_url}/wechat/{account.app_id}",
        params=asked,
        content=f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>",
        timeout=PATIENCE,
        trust_env=False,
    )
    return answer.status_code


def stores(sandbox: Any) -> Iterator[tuple[str, str]]:
    """The name and the whole content of every store."""
    endpoint = json.loads(sandbox.settings.state_file.read_text())["endpoint"]
    dynamodb, sqs, logs, secrets = (
        make_client(service, endpoint) for service in ("dynamodb", "sqs", "logs", "secretsmanager")
    )
    for table in dynamodb.list_tables()["TableNames"]:
        pages = dynamodb.get_paginator("scan").paginate(TableName=table)
        yield table, json.dumps([page["Items"] for page in pages], ensure_ascii=False, default=str)
    for queue in sqs.list_queues().get("QueueUrls", []):
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        yield queue, json.dumps(found.get("Messages", []), ensure_ascii=False, default=str)
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        yield group["logGroupName"], json.dumps(events, ensure_ascii=False, default=str)
    engine = make_client("stepfunctions", endpoint)
    for machine in engine.list_state_machines()["stateMachines"]:
        for execution in engine.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]:
            pages = engine.get_paginator("get_execution_history").paginate(
                executionArn=execution["executionArn"], includeExecutionData=True
            )
            yield execution["name"], json.dumps([page["events"] for page in pages], default=str)
    for secret in secrets.list_secrets()["SecretList"]:
        yield secret["Name"], secrets.get_secret_value(SecretId=secret["ARN"]).get("SecretString", "")
    for file in DIRECTORY.glob("*.log"):
        yield file.name, file.read_text("utf-8", "replace")


def found_in(sandbox: Any) -> list[tuple[str, str]]:
    return [(name, word) for name, content in stores(sandbox) for word in PRIVATE if word in content]


def test_after_an_unfollow_in_mid_journey_no_store_holds_anything_of_them(
    sandbox: Any,
) -> None:
    sandbox.act(LEAVER, "follow", scene="store-SH01", unionid="oUnionOfTheLeaver")
    sandbox.act(LEAVER, "say", text=WORDS)
    sandbox.wait_for(lambda: len(sandbox.messages(LEAVER)) >= 2, within=timedelta(hours=12))
    assert {word for _, word in found_in(sandbox)} == set(PRIVATE), "there is something to be erased"
    assert any("TaskStateEntered" in content and SEALED in content for _, content in stores(sandbox))

    assert sandbox.act(LEAVER, "unfollow")["status"] == 200
    for name in (
        "kf_close_session",
        "VIEW",
        "LOCATION",
        "TEMPLATESENDJOBFINISH",
        "subscribe",
        "an_event_of_tomorrow",
    ):
        assert push(sandbox, name, age=timedelta(hours=1)) == 200
    for name in ("kf_close_session", "LOCATION", "TEMPLATESENDJOBFINISH", "an_event_of_tomorrow"):
        assert push(sandbox, name) == 200
    sandbox.settle()

    assert found_in(sandbox) == []
