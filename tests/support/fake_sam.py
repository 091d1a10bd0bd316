"""In the place of sam: `fake_sam.py PHASE MARKER build|deploy …`. In its phase it never ends.

What it deploys is an API with one function, which does not answer in the phase `warming`.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3

ROLE = "arn:aws:iam::000000000000:role/r"
FUNCTION = """
import pathlib, time
def handler(event, context):
    if {hangs}:
        pathlib.Path({marker!r}).touch()
        time.sleep(3600)
    return {{"statusCode": 403, "body": ""}}
"""


def hang(marker: str) -> None:
    """Never end when asked to, nor let a child end."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    program = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(3600)"
    subprocess.Popen([sys.executable, "-c", program])  # noqa: S603 - our own program
    Path(marker).touch()
    time.sleep(3600)


def template(code: str) -> dict[str, Any]:
    arn = {"Fn::GetAtt": ["Function", "Arn"]}
    api = {"Ref": "Api"}
    return {
        "Function": ("AWS::Lambda::Function", {
            "Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE, "Code": {"ZipFile": code}}),
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
    """Act as sam does, as far as the launcher sees it."""
    phase, marker, command, *options = sys.argv[1:]
    if (phase, command) in (("building", "build"), ("deploying", "deploy")):
        hang(marker)
    if command == "build":
        folder = Path(options[options.index("--build-dir") + 1])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "template.yaml").touch()
        return
    code = FUNCTION.format(hangs=phase == "warming", marker=marker)
    resources = {name: {"Type": kind, "Properties": given} for name, (kind, given) in template(code).items()}
    cloudformation: Any = boto3.client("cloudformation")
    stack = options[options.index("--stack-name") + 1]
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": resources}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})


if __name__ == "__main__":
    main()
