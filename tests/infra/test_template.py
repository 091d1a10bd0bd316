"""The template: least privilege, bounded, recoverable, and the same settings as the code reads."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cfnlint.api import lint_file

from tests.infra.template import RESOURCES, TEMPLATE, of_type
from tests.support.servers.dynamodb import ROOT
from wejourney.adapters.aws.event_bus import SOURCE
from wejourney.adapters.dynamo import code_store
from wejourney.adapters.dynamo.access_store import ACCESS
from wejourney.adapters.dynamo.calendar_store import INDEX, REVIEW
from wejourney.adapters.dynamo.follower_rows import UPLOAD
from wejourney.adapters.dynamo.items import CALENDAR_SHARDS, partition
from wejourney.adapters.dynamo.loyalty.books_store import DUE
from wejourney.adapters.dynamo.loyalty.coupon_store import COUPON
from wejourney.adapters.dynamo.loyalty.game_store import INDEX as LEADERS
from wejourney.adapters.dynamo.loyalty.gift_store import GIFT, GIVEN, TRIES
from wejourney.adapters.dynamo.payments.open_orders import OPEN_ORDERS
from wejourney.adapters.dynamo.payments.order_store import ORDER
from wejourney.adapters.dynamo.payments.payment_reports import PAYMENT
from wejourney.adapters.dynamo.payments.trade_bills import BILL
from wejourney.adapters.dynamo.pending_event_store import PENDING
from wejourney.adapters.dynamo.segment_store import SEGMENT, SEGMENTS
from wejourney.adapters.dynamo.tills.hold_store import HOLD
from wejourney.adapters.dynamo.tills.visit_store import NONCE, SALE, VISIT
from wejourney.adapters.dynamo.uploads.upload_rows import UNSETTLED
from wejourney.adapters.dynamo.uploads.upload_store import CHECK, UPLOAD_TRIES
from wejourney.bootstrap.pay_queries import PayReconciliation
from wejourney.loyalty.benefits.gifts import card_account
from wejourney.messaging.uploads import (
    LONGEST_KEPT,
    NEW,
    OPENED_WITHIN,
    UNUSED_LASTS,
    VERDICT_WITHIN,
    kept_name,
)
from wejourney.wire.mini_program.requests import OPERATIONS as MINI_OPERATIONS
from wejourney.wire.people_api.operations import OPERATIONS
from wejourney.wire.store_api.operations import OPERATIONS as STORE_OPERATIONS

FUNCTIONS = of_type("AWS::Serverless::Function")
TABLES = of_type("AWS::DynamoDB::Table")
JOURNEYS = of_type("AWS::Serverless::StateMachine")


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, function in FUNCTIONS.items():
        for policy in function["Policies"]:
            if "Statement" in policy:
                yield from ((name, statement) for statement in policy["Statement"])
    for name, role in of_type("AWS::IAM::Role").items():
        for policy in role["Policies"]:
            yield from ((name, statement) for statement in policy["PolicyDocument"]["Statement"])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_function_has_policies_and_a_log_group_of_its_own_with_retention() -> None:
    logs = of_type("AWS::Logs::LogGroup")
    groups = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in FUNCTIONS.values()]
    assert len(set(groups)) == len(FUNCTIONS)
    assert all(logs[group]["RetentionInDays"] for group in groups)
    assert all(function["Policies"] and function["Timeout"] for function in FUNCTIONS.values())


def test_no_action_is_a_wildcard_and_no_resource_but_the_one_that_knows_no_narrower() -> None:
    for name, statement in statements():
        assert not any("*" in action for action in listed(statement["Action"])), name
        if "*" in listed(statement["Resource"]):
            allowed = {
                "JourneyRole": "logs:",
                "ReconcilePaymentsFunction": "secretsmanager:ListSecrets",
                "CheckSetupFunction": "secretsmanager:ListSecrets",
            }
            assert all(action.startswith(allowed[name]) for action in listed(statement["Action"]))


def test_journeys_may_tell_the_inbox_and_publish_under_our_source_and_nothing_else() -> None:
    allowed = [one for name, one in statements() if name == "PerformActionsFunction"]
    (inbox,) = (one for one in allowed if one["Action"] == "sqs:SendMessage")
    (bus,) = (one for one in allowed if one["Action"] == "events:PutEvents")
    assert "InboxQueue" in str(inbox["Resource"])
    assert str(bus["Resource"]).endswith("event-bus/default'}")
    assert bus["Condition"] == {"StringEquals": {"events:source": SOURCE}}


@pytest.mark.parametrize(
    ("action", "table", "keys"),
    [
        ("dynamodb:Query", "FollowersTable", "PERSON#*"),
        ("dynamodb:GetItem", "FollowersTable", "IDENTITY#*"),
        ("dynamodb:PutItem", "AccountsTable", "SIGNATURE#*"),
    ],
)
def test_the_callback_may_read_followers_and_write_used_signatures_and_nothing_else(
    action: str, table: str, keys: str
) -> None:
    allowed = {
        one["Action"]: one
        for name, one in statements()
        if name == "WechatCallbackFunction" and "dynamodb" in str(one["Action"])
    }
    assert len(allowed) == 3
    assert allowed[action]["Resource"] == {"Fn::GetAtt": [table, "Arn"]}
    assert allowed[action]["Condition"] == {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": [keys]}}


OF_PAYMENTS: dict[str, dict[tuple[str, str], set[str]]] = {
    "PayNotifyFunction": {
        ("FollowersTable", "GetItem"): {f"{ORDER}*", f"{PAYMENT}*"},
        ("FollowersTable", "PutItem"): {f"{PAYMENT}*"},
    },
    "ReconcilePaymentsFunction": {
        ("FollowersTable", "GetItem"): {f"{ORDER}*", f"{PAYMENT}*"},
        ("FollowersTable", "PutItem"): {f"{PAYMENT}*", OPEN_ORDERS},
        ("FollowersTable", "Query"): {OPEN_ORDERS},
        ("FollowersTable", "DeleteItem"): {OPEN_ORDERS},
        ("AccountsTable", "GetItem"): {f"{BILL}*"},
        ("AccountsTable", "PutItem"): {f"{BILL}*"},
    },
}


@pytest.mark.parametrize("function", OF_PAYMENTS)
def test_payments_read_and_write_their_own_rows_and_nothing_else_of_followers(function: str) -> None:
    allowed = [one for name, one in statements() if name == function]
    keys = {
        (one["Resource"]["Fn::GetAtt"][0], action.removeprefix("dynamodb:")): set(
            one["Condition"]["ForAnyValue:StringLike"]["dynamodb:LeadingKeys"]
        )
        for one in allowed
        if "dynamodb" in str(one["Action"])
        for action in listed(one["Action"])
    }
    assert keys == OF_PAYMENTS[function]
    (secrets,) = (one for one in allowed if one["Action"] == "secretsmanager:GetSecretValue")
    assert str(secrets["Resource"]).endswith("secret:${AWS::StackName}/pay/*'}")


def test_trade_bills_are_imported_after_ten_in_china_and_open_orders_asked_for_all_day() -> None:
    events = FUNCTIONS["ReconcilePaymentsFunction"]["Events"]
    bills, orders = (events[name]["Properties"] for name in ("TradeBills", "OpenOrders"))
    assert bills["ScheduleExpressionTimezone"] == "Asia/Shanghai"
    assert bills["ScheduleExpression"].startswith("cron(15 10-13,")
    assert orders["ScheduleExpression"] == "rate(5 minutes)"
    done = {json.loads(one["Input"])["do"] for one in (bills, orders)}
    assert done == vars(PayReconciliation)["__dataclass_fields__"].keys()


def test_codes_are_read_and_written_and_nothing_else_of_followers() -> None:
    allowed = [one for name, one in statements() if name == "CreateCodeFunction"]
    (codes,) = (one for one in allowed if one["Resource"] == {"Fn::GetAtt": ["FollowersTable", "Arn"]})
    assert codes["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem"]
    assert codes["Condition"] == {
        "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": [f"{code_store.CODE}*", f"{code_store.CODES}*"]}
    }
    (secrets,) = (one for one in allowed if "secretsmanager" in str(one["Action"]))
    assert str(secrets["Resource"]).endswith("secret:${AWS::StackName}/wechat/*'}")
    assert len(allowed) == 3


def test_mini_programs_write_gifts_books_and_balances_uploads_tokens_and_used_signatures_alone() -> None:
    allowed = [one for name, one in statements() if name == "MiniProgramFunction"]
    by_index = {"Fn::Sub": f"${{FollowersTable.Arn}}/index/{LEADERS}"}
    keys: dict[tuple[str, str], set[str]] = {}
    for one in (one for one in allowed if one["Resource"] != by_index):
        for action in listed(one["Action"]) if "dynamodb" in str(one["Action"]) else ():
            place = one["Resource"]["Fn::GetAtt"][0], action.removeprefix("dynamodb:")
            for operator in one["Condition"].keys() - {"Null"}:
                keys.setdefault(place, set()).update(one["Condition"][operator]["dynamodb:LeadingKeys"])
    person = f"{partition('')}*"
    assert [one["Action"] for one in allowed if one["Resource"] == by_index] == ["dynamodb:Query"]
    assert keys == {
        ("FollowersTable", "BatchGetItem"): {person},
        ("AccountsTable", "GetItem"): {"wx*"},
        ("AccountsTable", "UpdateItem"): {"wx*"},
        ("AccountsTable", "PutItem"): {"SIGNATURE#*"},
        ("FollowersTable", "GetItem"): {"IDENTITY#*", person, f"{UPLOAD}*"},
        ("FollowersTable", "UpdateItem"): {person, f"{TRIES}*", f"{UPLOAD_TRIES}*"},
        ("FollowersTable", "ConditionCheckItem"): {person, f"{TRIES}*", f"{UPLOAD_TRIES}*"},
        ("FollowersTable", "PutItem"): {person, f"{UPLOAD}*"},
        ("LedgerTable", "GetItem"): {person, "ASKED#*", f"{GIFT}*", f"{COUPON}*"},
        ("LedgerTable", "PutItem"): {person, "ASKED#*", f"{GIFT}*", f"{COUPON}*", f"{GIVEN}*"},
        ("LedgerTable", "Query"): {f"{GIVEN}*"},
    }
    (secrets,) = (one for one in allowed if "secretsmanager" in str(one["Action"]))
    ends = [str(one).rpartition("}/")[2] for one in secrets["Resource"]]
    assert ends == ["wechat/*'}", "keys/*'}"]
    assert len(allowed) == 12


def test_each_operation_of_mini_programs_has_its_route() -> None:
    integration = {"Fn::Sub": "integrations/${MiniProgramIntegration}"}
    routes = [one for one in of_type("AWS::ApiGatewayV2::Route").values() if one["Target"] == integration]
    assert {one["RouteKey"] for one in routes} == MINI_OPERATIONS.keys()


def test_each_operation_for_other_systems_has_its_route_which_iam_authorises() -> None:
    integration = "integrations/${PeopleApiIntegration}"
    routes = {one["RouteKey"]: one for one in of_type("AWS::ApiGatewayV2::Route").values()}
    ours = {key for key, route in routes.items() if route["Target"] == {"Fn::Sub": integration}}
    assert ours == OPERATIONS.keys()
    by_iam = {key for key, route in routes.items() if route["AuthorizationType"] == "AWS_IAM"}
    assert by_iam == ours


def test_each_operation_of_tills_has_its_route_whose_signature_the_function_verifies() -> None:
    integration = {"Fn::Sub": "integrations/${StoreApiIntegration}"}
    routes = [one for one in of_type("AWS::ApiGatewayV2::Route").values() if one["Target"] == integration]
    assert {one["RouteKey"] for one in routes} == STORE_OPERATIONS.keys()
    assert {one["AuthorizationType"] for one in routes} == {"NONE"}


def test_tills_write_books_and_balances_of_people_and_rows_of_their_own_alone() -> None:
    allowed = [one for name, one in statements() if name == "StoreApiFunction"]
    keys = {
        (one["Resource"]["Fn::GetAtt"][0], action.removeprefix("dynamodb:")): set(
            next(iter(one["Condition"].values()))["dynamodb:LeadingKeys"]
        )
        for one in allowed
        if "dynamodb" in str(one["Action"])
        for action in listed(one["Action"])
    }
    person = f"{partition('')}*"
    assert keys == {
        ("FollowersTable", "GetItem"): {person, f"{VISIT}*", f"{PAYMENT}*", f"{SALE}*"},
        ("FollowersTable", "BatchGetItem"): {person, "IDENTITY#*"},
        ("FollowersTable", "PutItem"): {f"{VISIT}*", f"{NONCE}*", f"{SALE}*", f"{PAYMENT}*"},
        ("FollowersTable", "UpdateItem"): {person},
        ("FollowersTable", "ConditionCheckItem"): {person},
        ("FollowersTable", "BatchWriteItem"): {f"{PENDING}*"},
        ("LedgerTable", "GetItem"): {person, "ASKED#*", f"{HOLD}*", f"{COUPON}*"},
        ("LedgerTable", "PutItem"): {person, "ASKED#*", f"{HOLD}*", f"{COUPON}*"},
        ("LedgerTable", "UpdateItem"): {"ASKED#*", "STOCK#*"},
        ("LedgerTable", "BatchGetItem"): {"STOCK#*"},
        ("AccountsTable", "GetItem"): {"wx*"},
        ("AccountsTable", "UpdateItem"): {"wx*"},
    }
    (secrets,) = (one for one in allowed if one["Action"] == "secretsmanager:GetSecretValue")
    ends = [str(one).rpartition("}/")[2] for one in secrets["Resource"]]
    assert ends == ["stores/*'}", "wechat/*'}", "keys/phones-*'}"]


def test_no_pattern_of_masked_paths_means_a_path_in_clear() -> None:
    paths = [one.path for one in OPERATIONS.values()]
    clear = [one.path for one in OPERATIONS.values() if one.name.endswith("_in_clear")]
    assert clear == [path for path in paths if path.startswith("/api/clear/")]


def test_the_api_for_other_systems_reads_people_and_writes_accesses_waiting_events_and_cards_alone() -> None:
    allowed = [one for name, one in statements() if name == "PeopleApiFunction"]
    keys = {
        action: set(next(iter(one["Condition"].values()))["dynamodb:LeadingKeys"])
        for one in allowed
        if one["Resource"] == {"Fn::GetAtt": ["FollowersTable", "Arn"]}
        for action in listed(one["Action"])
    }
    person, identity = f"{partition('')}*", "IDENTITY#*"
    assert keys == {
        "dynamodb:GetItem": {person, identity},
        "dynamodb:BatchGetItem": {person, identity},
        "dynamodb:Query": {person, f"{PENDING}*", SEGMENTS, f"{SEGMENT}*"},
        "dynamodb:PutItem": {f"{ACCESS}*"},
        "dynamodb:BatchWriteItem": {f"{PENDING}*"},
        "dynamodb:UpdateItem": {f"{partition(card_account(''))}*"},
        "dynamodb:ConditionCheckItem": {f"{partition(card_account(''))}*"},
    }
    (secrets,) = (one for one in allowed if one["Action"] == "secretsmanager:GetSecretValue")
    assert str(secrets["Resource"]).endswith("/keys/phones-*'}")
    assert [one["Action"] for one in allowed if "kms" in str(one["Action"])] == ["kms:Decrypt"]
    (ledger,) = (one for one in allowed if one["Resource"] == {"Fn::GetAtt": ["LedgerTable", "Arn"]})
    assert ledger["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem"]
    leading = ledger["Condition"]["ForAnyValue:StringLike"]["dynamodb:LeadingKeys"]
    assert leading == [f"{partition(card_account(''))}*", "ASKED#*", f"{GIFT}*"]
    assert len(allowed) == 9


def test_no_function_reads_a_file_but_the_one_whose_address_wechat_gets_and_each_writes_its_own() -> None:
    allowed = {
        (name, action.removeprefix("s3:")): one["Resource"]["Fn::Sub"]
        for name, one in statements()
        for action in listed(one["Action"])
        if action.startswith("s3:") and "Media" in str(one["Resource"])
    }
    files = "${MediaBucket.Arn}/*"
    assert allowed == {
        ("FetchMediaFunction", "PutObject"): files,
        ("FetchMediaFunction", "DeleteObject"): files,
        ("ProcessInboxFunction", "DeleteObject"): files,
    }
    uploads = {
        (name, action.removeprefix("s3:")): one["Resource"]["Fn::Sub"].removeprefix("${UploadBucket.Arn}/")
        for name, one in statements()
        for action in listed(one["Action"])
        if action.startswith("s3:") and "Media" not in str(one["Resource"])
    }
    assert uploads == {
        ("MiniProgramFunction", "PutObject"): f"{NEW}*",
        ("CheckUploadsFunction", "GetObject"): "*",
        ("CheckUploadsFunction", "PutObject"): f"{kept_name('', '').partition('/')[0]}/*",
        ("CheckUploadsFunction", "DeleteObject"): "*",
        ("ProcessInboxFunction", "DeleteObject"): "*",
    }


def test_what_holds_for_all_values_of_a_request_is_not_met_by_a_request_without_any() -> None:
    """IAM takes `ForAllValues` of no values for true, unless `Null` says that there must be some."""
    found = 0
    for name, statement in statements():
        condition = statement.get("Condition", {})
        for operator in [one for one in condition if one.startswith("ForAllValues:")]:
            for key in condition[operator]:
                assert condition.get("Null", {}).get(key) == "false", (name, key)
                found += 1
    assert found > 10


def test_who_checks_uploads_touches_people_and_uploads_alone_of_the_followers_table() -> None:
    allowed = [one for name, one in statements() if name == "CheckUploadsFunction"]
    (people,) = (one for one in allowed if one["Resource"] == {"Fn::GetAtt": ["FollowersTable", "Arn"]})
    keys = people["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert keys == [f"{partition('')}*", f"{UPLOAD}*", UNSETTLED, f"{CHECK}*"]
    assert not {"dynamodb:BatchWriteItem", "dynamodb:Query"} & set(people["Action"])
    assert len(allowed) == 6


def test_a_picture_is_checked_each_quarter_of_an_hour_for_a_day_and_its_file_is_there_longer() -> None:
    queue, function = RESOURCES["UploadQueue"]["Properties"], FUNCTIONS["CheckUploadsFunction"]
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    tried_for = timedelta(seconds=queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"])
    assert tried_for == VERDICT_WITHIN
    source = function["Events"]["Uploads"]["Properties"]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BatchSize"] == 1
    bucket = RESOURCES["UploadBucket"]["Properties"]
    (told,) = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert told["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": NEW}]
    assert RESOURCES["UploadBucket"]["DependsOn"] == "UploadQueuePolicy", "S3 tries the queue at once"
    new, kept = bucket["LifecycleConfiguration"]["Rules"]
    assert timedelta(days=new["ExpirationInDays"]) > tried_for
    assert new["Prefix"] == NEW
    assert kept["Prefix"] == f"{kept_name('', '').partition('/')[0]}/"
    assert timedelta(days=new["ExpirationInDays"]) + OPENED_WITHIN < UNUSED_LASTS, (
        "S3 deletes at the end of a day"
    )
    allowed = re.compile(TEMPLATE["Parameters"]["KeepUploads"]["AllowedPattern"])
    assert [bool(allowed.fullmatch(str(LONGEST_KEPT.days + more))) for more in (0, 1)] == [True, False]
    assert kept["ExpirationInDays"] == {"Fn::If": ["KeepsUploads", {"Ref": "KeepUploads"}, 1]}


def test_who_fetches_files_reads_and_writes_people_alone_of_the_followers_table() -> None:
    allowed = [one for name, one in statements() if name == "FetchMediaFunction"]
    (people,) = (one for one in allowed if one["Resource"] == {"Fn::GetAtt": ["FollowersTable", "Arn"]})
    assert people["Condition"]["ForAllValues:StringLike"] == {"dynamodb:LeadingKeys": [f"{partition('')}*"]}
    assert not {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:Query"} & set(people["Action"])
    assert len(allowed) == 5


@pytest.mark.parametrize("name", ["MediaBucket", "UploadBucket"])
def test_each_bucket_is_private_over_tls_and_forgets(name: str) -> None:
    bucket = RESOURCES[name]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["BucketEncryption"]
    assert "VersioningConfiguration" not in bucket, "what is deleted is gone"
    assert {rule["Status"] for rule in bucket["LifecycleConfiguration"]["Rules"]} == {"Enabled"}
    (policy,) = RESOURCES[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (policy["Effect"], policy["Action"], policy["Principal"]) == ("Deny", "s3:*", "*")
    assert policy["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_files_are_kept_for_as_many_days_as_the_parameter_says() -> None:
    (rule,) = RESOURCES["MediaBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == {"Fn::If": ["KeepsMedia", {"Ref": "KeepMedia"}, 1]}


def test_a_file_is_asked_for_each_hour_as_long_as_wechat_keeps_it() -> None:
    queue, function = RESOURCES["MediaQueue"]["Properties"], FUNCTIONS["FetchMediaFunction"]
    assert queue["VisibilityTimeout"] == 3600 >= 6 * function["Timeout"]
    assert queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"] == 3 * 86_400
    assert queue["MessageRetentionPeriod"] > 3 * 86_400
    source = function["Events"]["Media"]["Properties"]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BatchSize"] == 1


@pytest.mark.parametrize("table", ["FollowersTable", "AccountsTable", "LedgerTable"])
def test_rows_that_are_kept_for_a_while_expire_by_themselves(table: str) -> None:
    expected = {"AttributeName": "expires_at", "Enabled": True}
    assert TABLES[table]["TimeToLiveSpecification"] == expected


def test_arns_belong_to_whatever_partition_the_stack_is_in() -> None:
    """In aws-cn an ARN that begins with arn:aws: deploys and does not work."""
    assert "arn:aws:" not in (ROOT / "template.yaml").read_text()
    for machine in (ROOT / "infra" / "statemachines").glob("*.json"):
        assert "arn:aws:" not in machine.read_text(), machine.name


def test_what_china_regions_lack_is_not_used() -> None:
    """https://docs.amazonaws.cn/en_us/aws/latest/userguide/lambda.html"""
    text = (ROOT / "template.yaml").read_text()
    assert "FunctionUrlConfig" not in text
    assert "Tracing" not in text


def test_the_queue_gives_its_function_time_and_has_somewhere_for_what_fails() -> None:
    queue = RESOURCES["InboxQueue"]["Properties"]
    function = FUNCTIONS["ProcessInboxFunction"]
    source = function["Events"]["Inbox"]["Properties"]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert queue["FifoQueue"]
    assert RESOURCES["DeadLetterQueue"]["Properties"]["FifoQueue"]


@pytest.mark.parametrize(
    ("name", "schedule", "seconds", "does"),
    [
        ("CalendarFunction", "rate(1 minute)", 60, None),
        ("KeepBooksFunction", "rate(5 minutes)", 300, "keep"),
        ("KeepBooksFunction", "rate(1 hour)", 3600, "reconcile"),
    ],
)
def test_each_shard_is_swept_and_no_sweep_lasts_until_the_next_one(
    name: str, schedule: str, seconds: int, does: str | None
) -> None:
    function = FUNCTIONS[name]
    events = [event["Properties"] for event in function["Events"].values()]
    inputs = [json.loads(event["Input"]) for event in events if event["Schedule"] == schedule]
    assert [told.get("do") for told in inputs] == [does] * CALENDAR_SHARDS
    assert sorted(told["shard"] for told in inputs) == list(range(CALENDAR_SHARDS))
    assert function["Timeout"] < seconds


def test_the_books_are_kept_by_their_sweeps_and_by_two_jobs_each_minute_and_by_nothing_else() -> None:
    """Guard: without one of them nobody is told, or nothing is given back, and no alarm goes off."""
    events = [event["Properties"] for event in FUNCTIONS["KeepBooksFunction"]["Events"].values()]
    sweeps = {"rate(5 minutes)", "rate(1 hour)"}
    others = [(one["Schedule"], json.loads(one["Input"])) for one in events if one["Schedule"] not in sweeps]
    assert others == [("rate(1 minute)", {"do": "tell"}), ("rate(1 minute)", {"do": "release"})]


@pytest.mark.parametrize(("table", "names"), [("FollowersTable", [INDEX, LEADERS]), ("LedgerTable", [DUE])])
def test_each_index_holds_keys_only(table: str, names: list[str]) -> None:
    indexes = TABLES[table]["GlobalSecondaryIndexes"]
    assert [index["IndexName"] for index in indexes] == names
    assert all(index["Projection"] == {"ProjectionType": "KEYS_ONLY"} for index in indexes)


def test_the_books_are_kept_without_deleting_what_is_posted() -> None:
    allowed = [one for name, one in statements() if name == "KeepBooksFunction"]
    on_ledger = [one for one in allowed if "LedgerTable" in str(one["Resource"])]
    assert [listed(one["Action"]) for one in on_ledger] == [
        ["dynamodb:Query"],
        ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"],
        ["dynamodb:UpdateItem"],
        ["dynamodb:UpdateItem"],
    ]
    keys = [one["Condition"]["ForAnyValue:StringLike"]["dynamodb:LeadingKeys"] for one in on_ledger[3:]]
    assert keys == [["STOCK#*"]]
    only = on_ledger[2]["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]
    assert set(only) == {"pk", "sk", "due_shard", "due_on"}


def test_the_calendar_can_neither_put_nor_delete_people() -> None:
    allowed = [
        one for name, one in statements() if name == "CalendarFunction" and "dynamodb" in str(one["Action"])
    ]
    on_rows = {tuple(listed(one["Action"])): one.get("Condition") for one in allowed}
    keys = {
        actions: condition["ForAnyValue:StringLike"]["dynamodb:LeadingKeys"] if condition else None
        for actions, condition in on_rows.items()
    }
    assert keys == {
        ("dynamodb:Query",): None,
        ("dynamodb:GetItem", "dynamodb:UpdateItem"): [f"{partition('')}*"],
        ("dynamodb:GetItem", "dynamodb:PutItem"): [f"{REVIEW}*"],
    }


def test_events_are_published_only_where_it_is_asked_for_and_none_is_given_up() -> None:
    source = FUNCTIONS["PublishEventsFunction"]["Events"]["Events"]["Properties"]
    assert source["Enabled"] == {"Fn::If": ["PublishesEvents", True, False]}
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert not source.keys() & {"MaximumRetryAttempts", "MaximumRecordAgeInSeconds"}
    kept = RESOURCES["PublishedEventsArchive"]["Properties"]["RetentionDays"]
    assert kept == {"Fn::If": ["PublishesEvents", {"Ref": "PublishEvents"}, 1]}


def test_counting_takes_large_batches_that_name_their_shard_and_gives_no_record_up() -> None:
    """Only with a tumbling window a batch names its shard, by which it is counted once."""
    source = FUNCTIONS["CountJourneysFunction"]["Events"]["Changes"]["Properties"]
    assert source["TumblingWindowInSeconds"]
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert (source["BatchSize"], source["MaximumBatchingWindowInSeconds"]) == (1000, 60)
    assert not source.keys() & {"MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "ParallelizationFactor"}
    assert TABLES["FollowersTable"]["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_the_queue_tries_once_more_than_the_function_does() -> None:
    from functions.process_inbox import app  # noqa: PLC0415 - a function is loaded where it is tested

    assert RESOURCES["InboxQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"] == app.LAST_RECEIVE + 1


@pytest.mark.parametrize("table", TABLES)
def test_tables_outlive_the_stack_and_can_be_restored(table: str) -> None:
    assert RESOURCES[table]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[table]["UpdateReplacePolicy"] == "Retain"
    assert TABLES[table]["DeletionProtectionEnabled"]
    assert TABLES[table]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]


def test_secrets_are_in_no_functions_environment() -> None:
    for function in FUNCTIONS.values():
        values = str(function["Environment"]["Variables"])
        assert not any(secret in values for secret in ("AppSecret", "'Token'", "EncodingAESKey"))


def test_every_journey_has_its_machine() -> None:
    compiled = {path.name.removesuffix(".asl.json") for path in (ROOT / "infra" / "statemachines").iterdir()}
    declared = {
        machine["DefinitionUri"].split("/")[-1].removesuffix(".asl.json") for machine in JOURNEYS.values()
    }
    assert compiled == declared


def test_layers_are_built_from_the_folder_that_holds_the_package() -> None:
    """A `python/` folder built with BuildMethod would become python/python, and could not be imported."""
    for name in ("SharedLayer", "JourneysLayer"):
        assert (ROOT / RESOURCES[name]["Properties"]["ContentUri"]).name == "python"
        assert RESOURCES[name]["Metadata"]["BuildMethod"] == "python3.13"


# --- settings -----------------------------------------------------------------------------------------

OPTIONAL = {"CLOCK", "WECHAT_API_URL", "WECHAT_PAY_API_URL"}
BUILD = {
    "WechatCallbackFunction": ("functions.wechat_callback", ["receive_callback"]),
    "PayNotifyFunction": ("functions.pay_notify", ["receive_pay_notice"]),
    "ReconcilePaymentsFunction": ("functions.reconcile_payments", ["reconcile_payments"]),
    "MiniProgramFunction": ("functions.mini_program", ["receive_mini_program"]),
    "PeopleApiFunction": ("functions.people_api", ["answer_request"]),
    "StoreApiFunction": ("functions.store_api", ["answer_request"]),
    "ProcessInboxFunction": (
        "functions.process_inbox",
        ["process_event", "release_pending_events", "dead_letters"],
    ),
    "CalendarFunction": ("functions.calendar", ["look_at_calendars"]),
    "KeepBooksFunction": (
        "functions.keep_books",
        ["keep_books", "reconcile_books", "reconcile_events", "holds", "gifts", "group_buys", "rank_games"],
    ),
    "PerformActionsFunction": ("functions.perform_actions", ["perform_actions"]),
    "FetchMediaFunction": ("functions.fetch_media", ["fetch_media"]),
    "CheckUploadsFunction": ("functions.check_uploads", ["check_uploads"]),
    "CreateCodeFunction": ("functions.create_code", ["create_code"]),
    "CheckSetupFunction": ("functions.check_setup", ["check_setup"]),
    "CloseRunFunction": ("functions.close_run", ["close_run"]),
    "CountJourneysFunction": ("functions.count_journeys", ["count_journeys"]),
    "PublishEventsFunction": ("functions.publish_events", ["event_bus"]),
}
"""What each function builds once per container."""


BUILT_WITHOUT = """
import os
from {module} import app
for name in {names}:
    value = os.environ.pop(name) if name else None
    try:
        for build in {builders}:
            getattr(app, build).cache_clear()
            getattr(app, build)()
        print("started")
    except Exception as error:
        print(type(error).__name__ + ":", error)
    if name:
        os.environ[name] = value
"""
"""Builds a function with all settings, and without each name."""


def started(function: str, names: list[str]) -> list[str]:
    """What a function says when it is built with the template's settings, and without each of the names.

    One process: it takes seconds to import a function, and it is built anew for each name.
    """
    variables = FUNCTIONS[function]["Environment"]["Variables"]
    environment = {name: "" if name == "CLOCK" else "x" for name in variables}
    path = os.pathsep.join(
        str(ROOT / part) for part in ("", "layers/shared/python", "layers/journeys/python")
    )
    environment |= {"PYTHONPATH": path, "AWS_DEFAULT_REGION": "cn-north-1", "PATH": os.environ["PATH"]}
    module, builders = BUILD[function]
    program = BUILT_WITHOUT.format(module=module, builders=builders, names=[None, *names])
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_with_the_templates_settings_and_names_each_that_is_missing(function: str) -> None:
    """So the template gives a function nothing that it does not read, either."""
    names = [name for name in FUNCTIONS[function]["Environment"]["Variables"] if name not in OPTIONAL]
    missing = [f"MissingSettingError: {name} is missing from the environment" for name in names]
    told = started(function, names)
    assert told == ["started", *missing]


# --- what is generated, and what sam says -------------------------------------------------------------


def test_the_dependencies_layer_holds_what_is_locked() -> None:
    uv = shutil.which("uv")
    assert uv
    command = [uv, "export", "-q", "--only-group", "layer", "--no-emit-project", "--no-header"]
    exported = subprocess.run(  # noqa: S603 - the command is ours
        [*command, "--format", "requirements-txt", "--frozen"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert (ROOT / "layers" / "deps" / "requirements.txt").read_text() == exported


def test_the_template_passes_cfn_lint() -> None:
    """`make validate` is `sam validate --lint`, which asks the same linter after seconds of its own start."""
    found = lint_file(ROOT / "template.yaml")
    assert [str(match) for match in found] == []
