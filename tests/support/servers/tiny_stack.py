"""A stack that takes no time to deploy, for tests of the launcher; it hangs for an hour where a test wants.

`python tiny_stack.py MARKER` never ends, nor does its child; it stands for uv.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROLE = "arn:aws:iam::000000000000:role/r"
FUNCTION = """
import pathlib, time
def handler(event, context):
    if {hangs}:
        pathlib.Path({marker!r}).touch()
        time.sleep(3600)
    return {{"statusCode": 403, "body": ""}}
"""
HANGS = {"deploying": '"RequestType" in event', "warming": '"warm" in event'}
"""On which event its function hangs, by phase."""


def environment_of_a_tiny_stack(directory: Path, phase: str) -> dict[str, str]:
    """The variables with which the sandbox deploys this stack and hangs in the phase, a marker beside it."""
    code = FUNCTION.format(hangs=HANGS.get(phase, "False"), marker=str(directory / "marker"))
    resources = _resources(code)
    if phase == "building":
        resources["Layer"] = ("AWS::Serverless::LayerVersion", {"ContentUri": "layer"})
    if phase == "deploying":
        resources["Hangs"] = ("Custom::Hangs", {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}})
    (directory / "layer").mkdir()
    (directory / "layer/requirements.txt").touch()
    (directory / "template.yaml").write_text(
        json.dumps(
            {
                "Resources": {
                    name: {"Type": kind, "Properties": given} for name, (kind, given) in resources.items()
                }
            }
        )
    )
    uv = directory / "uv"
    uv.write_text(f"#!/bin/sh\nexec {sys.executable} {__file__} {directory / 'marker'}\n")
    uv.chmod(0o700)
    return {"TEMPLATE": str(directory / "template.yaml"), "UV": str(uv)}


def _resources(code: str) -> dict[str, tuple[str, dict[str, Any]]]:
    arn = {"Fn::GetAtt": ["Function", "Arn"]}
    api = {"Ref": "Api"}
    return {
        "Function": ("AWS::Lambda::Function", {
            "Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE, "Timeout": 900,
            "Code": {"ZipFile": code}}),
        "Api": ("AWS::ApiGatewayV2::Api", {"Name": "api", "ProtocolType": "HTTP"}),
        "Stage": ("AWS::ApiGatewayV2::Stage", {"ApiId": api, "StageName": "$default", "AutoDeploy": True}),
        "Integration": ("AWS::ApiGatewayV2::Integration", {
            "ApiId": api, "IntegrationType": "AWS_PROXY", "IntegrationUri": arn,
            "PayloadFormatVersion": "2.0"}),
        "Route": ("AWS::ApiGatewayV2::Route", {
            "ApiId": api, "RouteKey": "$default",
            "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]}}),
    }  # fmt: skip


def main() -> None:
    """Never end when asked to, nor let a child end."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    program = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(3600)"
    subprocess.Popen([sys.executable, "-c", program])  # noqa: S603 - our own program
    Path(sys.argv[1]).touch()
    time.sleep(3600)


if __name__ == "__main__":
    main()
