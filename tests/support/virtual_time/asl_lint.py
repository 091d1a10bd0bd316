"""cfn-lint on a definition.

Its rule E3601 reads definitions only in the native resource and not in AWS::Serverless::StateMachine,
so a definition is wrapped in a template of its own.
"""

import json
from collections.abc import Mapping
from typing import Any

from cfnlint.api import lint
from cfnlint.config import ManualArgs

REGION = "us-east-1"


def lint_definition(definition: Mapping[str, Any]) -> list[str]:
    """What cfn-lint finds, each as one line."""
    # E3601 knows ARNs of the partition aws only, and no substitutions.
    text = json.dumps(_with_numbers(definition)).replace("${Partition}", "aws")
    role = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/journey"}
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": role,
            "Definition": json.loads(text),
            "DefinitionSubstitutions": {"PerformActions": "perform-actions"},
        },
    }
    template = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Machine": machine}})
    found = lint(template, config=ManualArgs(regions=[REGION]))
    return [f"{match.rule.id}: {match.message}" for match in found]


def _with_numbers(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The definition with a number for every time limit that is an expression: E3601 knows none.

    Step Functions takes one: https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
    """
    states = {
        name: {**state, "TimeoutSeconds": 1} if isinstance(state.get("TimeoutSeconds"), str) else state
        for name, state in definition["States"].items()
    }
    return {**definition, "States": states}
