"""What only AWS can prove. `make check-aws` with credentials and a region; WEJOURNEY_STACK names the stack.

Nothing is written. One request to the callback is one that any visitor could make, KMS is asked for a key.
"""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.session import get_session

from wejourney.adapters.aws.personal_data import KmsPersonalData
from wejourney.adapters.failures import aws_errors
from wejourney.people.followers import Follower
from wejourney.people.profile_fields import parts_of, sealed_text
from workbench.operations.target import Target, find_target

pytestmark = pytest.mark.aws

MACHINES = sorted(Path("infra/statemachines").glob("*.asl.json"))


@pytest.mark.parametrize("machine", MACHINES, ids=lambda path: path.stem)
def test_step_functions_accepts_the_definition(machine: Path) -> None:
    client: Any = get_session().create_client("stepfunctions")
    partition = client.meta.partition
    function = f"arn:{partition}:lambda:{client.meta.region_name}:123456789012:function:perform-actions"
    definition = machine.read_text().replace("${Partition}", partition).replace("${PerformActions}", function)
    answer = client.validate_state_machine_definition(definition=definition)
    assert answer["result"] == "OK", json.dumps(answer["diagnostics"], indent=2)


@pytest.fixture
def stack() -> Target:
    target = find_target(None)
    assert target.sandbox is None, "stop the sandbox, or name the stack with WEJOURNEY_STACK"
    return target


def test_the_callback_answers_and_refuses_what_is_not_signed(stack: Target) -> None:
    """A 403 whose body is {"Message":null} means that the account has no ICP filing for API Gateway."""
    query = {"signature": "x", "timestamp": "1", "nonce": "1", "echostr": "1"}
    answer = httpx.get(stack.outputs["CallbackUrl"], params=query, timeout=10)
    assert answer.status_code == 403
    assert "Message" not in answer.text


def test_every_journey_is_deployed(stack: Target) -> None:
    client = stack.client("stepfunctions")
    for machine in MACHINES:
        arn = stack.outputs["JourneyMachinePrefix"] + machine.name.removesuffix(".asl.json")
        assert client.describe_state_machine(stateMachineArn=arn)["type"] == "STANDARD"


def test_the_accounts_secret_holds_a_token_and_a_key_that_cannot_be_guessed(stack: Target) -> None:
    """CloudFormation has resolved its references to the generated secrets."""
    secrets = stack.client("secretsmanager")
    name = stack.outputs["AccountSecretName"]
    settings = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    assert re.fullmatch("[A-Za-z0-9]{16,32}", settings["token"])
    assert re.fullmatch("[A-Za-z0-9]{43}", settings["encoding_aes_key"])


def test_every_alarm_is_there_and_has_somebody_to_tell(stack: Target) -> None:
    resources = stack.client("cloudformation").get_paginator("list_stack_resources")
    alarms = [
        resource["PhysicalResourceId"]
        for page in resources.paginate(StackName=stack.stack)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::CloudWatch::Alarm"
    ]
    found = stack.client("cloudwatch").describe_alarms(AlarmNames=alarms, MaxRecords=100)["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in found} == set(alarms)
    assert all(alarm["ActionsEnabled"] and alarm["AlarmActions"] for alarm in found)


def test_rows_that_expire_are_deleted_by_dynamodb(stack: Target) -> None:
    found = stack.client("dynamodb").describe_time_to_live(TableName=stack.outputs["FollowersTable"])
    assert found["TimeToLiveDescription"] == {"AttributeName": "expires_at", "TimeToLiveStatus": "ENABLED"}


def test_kms_opens_a_private_value_with_the_key_of_its_own_person_only(stack: Target) -> None:
    """The policy of the key lets whoever runs this test ask for data keys, as the commands need it."""
    resource = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.stack, LogicalResourceId="PersonalDataKey"
    )
    key = resource["StackResourceDetail"]["PhysicalResourceId"]
    opens_for_its_own_person_only(stack.client("kms"), key, stack)


def opens_for_its_own_person_only(kms: Any, key: str, stack: Target) -> None:
    lee = Follower("wx0000000000000000", "oLee", "lee")

    def worker() -> KmsPersonalData:
        """One that keeps no keys yet."""
        return KmsPersonalData(kms, stack.clock.real_now, key)

    sealed = worker().seal(lee, {"phone": "+8613800138000"})
    text = sealed.values["phone"]
    assert worker().open(replace(lee, data_keys=sealed.data_keys), text) == "+8613800138000"
    stolen = replace(lee, person_id="mei", data_keys={"mei": sealed.data_keys["lee"]})
    with pytest.raises(aws_errors()):
        worker().open(stolen, sealed_text("mei", parts_of(text)[1]))
