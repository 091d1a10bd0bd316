"""The ports of a running sandbox: loopback only, and closed to web pages."""

import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.examples.hostile import ATTACKS, ELSEWHERE, Request
from tests.support.patience import PATIENCE
from tests.support.servers.processes import descendants

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(
        not Path("/proc/net/tcp").exists(), reason="only Linux lists sockets by process in /proc"
    ),
]

LISTENING = "0A"
LOOPBACK = "0100007F"
"""127.0.0.1 in /proc/net/tcp, whose bytes are in the machine's order."""
CODE = (
    b'{"FunctionName": "f", "Runtime": "python3.13", "Handler": "i.h", "Role": "r", "Code": {"ZipFile": ""}}'
)
HOSTILE_CALLS = (
    Request("POST", "/2015-03-31/functions", (("host", ""), ("content-type", "text/plain")), CODE),
    Request("POST", "/", (("host", ""), ("x-amz-target", "DynamoDB_20120810.ListTables")), b"{}"),
    Request("POST", "/_ministack/reset"),
    Request("POST", "/sandbox/tokens/revoke", (("host", ""), ("content-type", "text/plain")), b"{}"),
    Request("GET", "/sandbox/refusals"),
    Request("GET", "/_ministack/health"),
)
"""What a page would want to send, to whichever port it is."""


def listening(pids: set[int]) -> set[tuple[str, str, int]]:
    """Family, address and port on which these processes listen."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
            name = str(descriptor.readlink())
            if name.startswith("socket:["):
                inodes.add(name[8:-1])
    found = set()
    for family in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{family}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and (fields[3] == LISTENING or family.startswith("udp")):
                address, _, port = fields[1].rpartition(":")
                found.add((family, address, int(port, 16)))
    return found


def status_of(port: int, asked: Request) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.putrequest(asked.method, asked.path, skip_host=True, skip_accept_encoding=True)
    for name, value in (*asked.headers, ("content-length", str(len(asked.body)))):
        connection.putheader(name, value)
    connection.endheaders(asked.body)
    answer = connection.getresponse()
    assert [name for name, _ in answer.getheaders() if name.lower().startswith("access-control")] == []
    connection.close()
    return answer.status


def test_a_sandbox_listens_on_loopback_only_and_every_port_rejects_web_pages(sandbox: Any) -> None:
    state = json.loads(sandbox.settings.state_file.read_text())
    aws_port = int(state["endpoint"].rpartition(":")[2])
    ports = {sandbox.settings.api_port, sandbox.settings.fake_port, aws_port}

    found = listening({state["pid"]} | descendants(state["pid"]))

    assert found == {("tcp", LOOPBACK, port) for port in ports}
    for port in ports:
        for call in HOSTILE_CALLS:
            own = call.having(("host", f"127.0.0.1:{port}"))
            for name, attack in ATTACKS.items():
                assert 400 <= status_of(port, attack(own)) < 500, (port, call, name)
    foreign = HOSTILE_CALLS[0].having(("host", f"127.0.0.1:{aws_port}"), ("origin", ELSEWHERE))
    assert status_of(aws_port, foreign) == 403
    assert status_of(aws_port, foreign.without("origin")) == 403, "no signature"


@pytest.mark.parametrize("target", ["", "AmazonSQS.ListQueues"])
@pytest.mark.parametrize(
    "query", ["", "?Action=ListQueues", "?Action=CreateStack&StackName=s&TemplateBody=b"]
)
def test_no_path_of_the_api_and_none_below_it_leads_to_another_service(
    sandbox: Any, query: str, target: str
) -> None:
    aws_port = int(json.loads(sandbox.settings.state_file.read_text())["endpoint"].rpartition(":")[2])
    headers = (("x-amz-target", target),) if target else ()
    for port, path, statuses in (
        (aws_port, "/_aws/execute-api/", {403}),
        (aws_port, "/_aws/execute-api/x", {403}),
        (aws_port, "/_aws/execute-api/x/$default/wechat", {403}),
        (sandbox.settings.api_port, "/../../", {400}),
        (sandbox.settings.api_port, "/%2e%2e/.%2E/", {400}),
        (sandbox.settings.api_port, "/../../../", {400}),
        (sandbox.settings.api_port, "/", {404}),
        (sandbox.settings.api_port, "/_ministack/reset", {404}),
    ):
        asked = Request("GET", path + query, (("host", f"127.0.0.1:{port}"), *headers))
        assert status_of(port, asked) in statuses, (port, path)
