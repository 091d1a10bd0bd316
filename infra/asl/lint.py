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
    text = json.dumps(definition).replace("${Partition}", "aws")
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
