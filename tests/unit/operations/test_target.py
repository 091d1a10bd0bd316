"""Commands reach AWS only when a stack is named, and the sandbox only while it runs."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.loaders import JSONFileLoader
from botocore.session import get_session
from botocore.stub import Stubber

from infra.sandbox.processes import locked
from infra.sandbox.settings import ROOT, Settings
from tests.infra.template import TEMPLATE
from tests.support.cli import run
from tests.support.servers.aws import FakeAws, serve_fake_aws
from wejourney.clock import Clock
from workbench.operations.target import OUTPUTS, NoTargetError, Target, find_target, sandbox_target

COMMANDS = (
    ("profile", "oLee"),
    ("funnel", "welcome"),
    ("explain", "welcome-from-store", "oLee", "--root", str(ROOT)),
    ("set-profile", "oLee", "member=true"),
    ("emit", "oLee", "tag", "tag=x"),
    ("dead-letters",),
    ("dead-letters", "--redrive", "all"),
)
SERVICES = (
    "cloudformation",
    "dynamodb",
    "sqs",
    "stepfunctions",
    "events",
    "secretsmanager",
    "lambda",
    "s3",
    "sts",
)


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("us-east-1", "amazonaws.com"),
        ("ap-southeast-1", "amazonaws.com"),
        ("eu-central-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
    ],
)
def test_an_uploaded_picture_is_shown_by_the_bucket_s_own_address_in_its_region(
    region: str, domain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed here, without a call; `own_environment` takes the region away again."""
    variables = {"DEFAULT_REGION": region, "ACCESS_KEY_ID": "AKIDEXAMPLE", "SECRET_ACCESS_KEY": "secret"}
    for name, value in variables.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    target = Target("mine")
    target.__dict__["outputs"] = {"UploadBucket": "uploads"}
    address = urlsplit(target.upload_address("kept/a b"))
    assert (address.scheme, address.netloc) == ("https", f"uploads.s3.{region}.{domain}")
    assert address.path == "/kept/a%20b"
    asked = parse_qs(address.query)
    assert asked["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert asked["X-Amz-Credential"][0].endswith(f"/{region}/s3/aws4_request")
    assert asked["X-Amz-Expires"] == ["3600"]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of work; its sandbox would be in `.sandbox`."""
    monkeypatch.chdir(tmp_path)
    for name in ("SANDBOX_DIR", "WEJOURNEY_STACK"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / ".sandbox"


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """What a target does to the environment ends with the test."""
    with patch.dict(os.environ):
        yield


def write_state(directory: Path, endpoint: str = "http://127.0.0.1:4566", **more: Any) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    state = {"endpoint": endpoint, "region": "cn-north-1", "stack": "local", "clock": vars(Clock())}
    (directory / "state.json").write_text(json.dumps(state | more))


type Lock = Callable[[Path], None]


@pytest.fixture
def hold() -> Iterator[Lock]:
    """Lets another process hold the lock of a directory, as a sandbox does."""
    holders: list[subprocess.Popen[str]] = []
    program = (
        "import sys; from pathlib import Path; from infra.sandbox.processes import locked; "
        "from infra.sandbox.settings import Settings\n"
        "with locked(Settings(directory=Path(sys.argv[1]))): print('held', flush=True); sys.stdin.read()"
    )

    def hold_it(directory: Path) -> None:
        command = [sys.executable, "-c", program, str(directory)]
        holder = subprocess.Popen(command, cwd=ROOT, stdin=-1, stdout=-1, text=True)  # noqa: S603 - ours
        holders.append(holder)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

    yield hold_it
    for holder in holders:
        holder.kill()
        holder.communicate()


def test_without_a_sandbox_and_without_a_name_every_command_is_an_error_that_says_how_to_name_one(
    directory: Path,
) -> None:
    for command in COMMANDS:
        failed = run(*command)
        assert failed.exit_code == 2
        assert "no sandbox is running in .sandbox" in failed.stderr
        assert "--stack" in failed.stderr
        assert "WEJOURNEY_STACK" in failed.stderr
        assert len(failed.stderr.splitlines()) == 1


@pytest.mark.parametrize("named", [{}, {"WEJOURNEY_STACK": "production"}])
def test_a_sandbox_that_was_killed_never_lets_a_command_through_to_aws(
    directory: Path, named: Mapping[str, str]
) -> None:
    os.environ |= named
    with locked(Settings(directory=directory)):
        write_state(directory)
    for command in COMMANDS:
        failed = run(*command)
        assert failed.exit_code == 2
        assert "the sandbox in .sandbox has ended" in failed.stderr
        assert len(failed.stderr.splitlines()) == 1


@pytest.mark.parametrize("named", [{}, {"WEJOURNEY_STACK": "production"}])
def test_a_sandbox_that_was_killed_while_it_started_never_lets_a_command_through_to_aws(
    directory: Path, named: Mapping[str, str]
) -> None:
    os.environ |= named
    with locked(Settings(directory=directory)):
        (directory / "state.json").write_text('{"starting": true, "pid": 1}')
    for command in COMMANDS:
        failed = run(*command)
        assert failed.exit_code == 2
        assert "the sandbox in .sandbox has ended" in failed.stderr


def test_a_sandbox_that_is_starting_never_lets_a_command_through_to_aws(directory: Path, hold: Lock) -> None:
    os.environ["WEJOURNEY_STACK"] = "production"
    hold(directory)
    for command in COMMANDS:
        assert "is starting" in run(*command).stderr
    (directory / "state.json").write_text('{"starting": true, "pid": 1}')
    for command in COMMANDS:
        assert "is starting" in run(*command).stderr


@pytest.mark.parametrize("blank", ["", " ", "  \t", "\n"])
def test_a_blank_name_names_no_stack(directory: Path, blank: str) -> None:
    os.environ["WEJOURNEY_STACK"] = blank
    for command in COMMANDS:
        assert "no sandbox is running in .sandbox" in run(*command).stderr
        assert "`--stack` is blank" in run(*command, "--stack", blank).stderr
    os.environ["WEJOURNEY_STACK"] = f"{blank}production{blank}"
    assert find_target(blank) == Target("production")
    assert find_target(f"{blank}mine{blank}") == Target("mine")


def spoil_with_a_directory_named_lock(path: Path) -> str:
    (path / "lock").mkdir(parents=True)
    return str(path)


def spoil_with_a_file(path: Path) -> str:
    path.touch()
    return str(path)


def spoil_with_a_file_above(path: Path) -> str:
    path.touch()
    return str(path / "below")


def spoil_with_a_loop(path: Path) -> str:
    path.symlink_to(path)
    return str(path)


def spoil_with_a_name_that_is_too_long(path: Path) -> str:
    path.mkdir()
    return str(path / ("x" * 300))


def spoil_with_a_socket(path: Path) -> str:
    path.mkdir()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path / "lock"))
    return str(path)


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_with_a_directory_named_lock,
        spoil_with_a_file,
        spoil_with_a_file_above,
        spoil_with_a_loop,
        spoil_with_a_name_that_is_too_long,
        spoil_with_a_socket,
    ],
)
def test_a_lock_that_cannot_be_read_is_an_error_in_one_line_and_never_leads_to_aws(
    directory: Path, spoil: Callable[[Path], str]
) -> None:
    os.environ["WEJOURNEY_STACK"] = "production"
    os.environ["SANDBOX_DIR"] = spoil(directory)
    for command in COMMANDS:
        failed = run(*command)
        assert (failed.exit_code, len(failed.stderr.splitlines())) == (2, 1), failed.stderr
        assert "lock cannot be read" in failed.stderr


def test_the_lock_of_another_user_is_an_error_in_one_line_and_never_leads_to_aws(directory: Path) -> None:
    with locked(Settings(directory=directory)):
        write_state(directory)
    (directory / "lock").chmod(0)
    os.environ["WEJOURNEY_STACK"] = "production"
    was = os.geteuid()
    try:
        if was == 0:
            os.seteuid(65534)
        with pytest.raises(NoTargetError, match=r"lock cannot be read \(Permission denied\)"):
            find_target(None)
    finally:
        os.seteuid(was)


def stack_with(outputs: list[dict[str, str]] | None) -> Mapping[str, Any]:
    """What CloudFormation says of a stack with these outputs."""
    about: dict[str, Any] = {
        "StackName": "mine",
        "CreationTime": "2026-01-01",
        "StackStatus": "CREATE_COMPLETE",
    }
    return {"Stacks": [about if outputs is None else about | {"Outputs": outputs}]}


OF_THE_TEMPLATE = [{"OutputKey": name, "OutputValue": "v"} for name in sorted(OUTPUTS)]


@pytest.mark.parametrize(
    "outputs",
    [None, [], *([output for output in OF_THE_TEMPLATE if output != lost] for lost in OF_THE_TEMPLATE)],
)
def test_a_stack_without_the_outputs_of_wejourney_is_an_error_in_one_line(
    directory: Path, monkeypatch: pytest.MonkeyPatch, outputs: list[dict[str, str]] | None
) -> None:
    with Stubber(get_session().create_client("cloudformation", region_name="cn-north-1")) as stubbed:
        monkeypatch.setattr(Target, "client", lambda _target, _service: stubbed.client)
        for command in COMMANDS:
            stubbed.add_response("describe_stacks", stack_with(outputs))
            failed = run(*command, "--stack", "mine")
            assert (failed.exit_code, len(failed.stderr.splitlines())) == (2, 1), failed.output
            assert "stack mine has no output" in failed.stderr


def test_every_output_that_a_command_uses_is_checked_and_in_the_template() -> None:
    package = ROOT / "workbench"
    text = "".join(file.read_text("utf-8") for file in package.rglob("*.py"))
    used = set(re.findall(r"(?:outputs\[|\b_table\()\"(\w+)\"", text))
    assert used == OUTPUTS
    assert set(TEMPLATE["Outputs"]) >= OUTPUTS


def test_a_running_sandbox_comes_before_the_variable_and_a_named_stack_before_the_sandbox(
    directory: Path, hold: Lock
) -> None:
    os.environ["WEJOURNEY_STACK"] = "production"
    assert find_target(None) == Target("production")
    hold(directory)
    write_state(directory)
    found = find_target(None)
    assert (found.stack, bool(found.sandbox)) == ("local", True)
    assert find_target("mine") == Target("mine")
    assert find_target("") == found, "an empty name names nothing"


def test_sandbox_dir_names_the_sandbox_of_another_folder(directory: Path, tmp_path: Path, hold: Lock) -> None:
    other = tmp_path / "other"
    hold(other)
    write_state(other, stack="other")
    os.environ["SANDBOX_DIR"] = str(other)
    assert find_target(None).stack == "other"
    os.environ["SANDBOX_DIR"] = ""
    with pytest.raises(NoTargetError, match=r"no sandbox is running in \.sandbox"):
        find_target(None)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"stack": "s", "endpoint": "e", "region": "r"}']
)
def test_a_state_that_cannot_be_read_is_an_error(directory: Path, hold: Lock, text: str) -> None:
    os.environ["WEJOURNEY_STACK"] = "production"
    hold(directory)
    (directory / "state.json").write_text(text)
    failed = run("profile", "oLee")
    assert failed.exit_code == 2
    assert "state.json cannot be read" in failed.stderr


def test_a_state_cannot_lead_to_another_machine(directory: Path, hold: Lock) -> None:
    hold(directory)
    for endpoint in ("https://sqs.cn-north-1.amazonaws.com.cn:4566", "http://page.example:4566"):
        write_state(directory, endpoint)
        sandbox = sandbox_target(directory).sandbox
        assert sandbox is not None
        assert sandbox["endpoint"] == "http://127.0.0.1:4566"


ELSEWHERE = "https://sqs.us-east-1.amazonaws.com"
HOSTILE: tuple[tuple[str, str], ...] = (
    ("AWS_PROFILE", "production"),
    ("AWS_PROFILE", "missing"),
    ("AWS_DEFAULT_PROFILE", "production"),
    ("AWS_ENDPOINT_URL", ELSEWHERE),
    ("AWS_ENDPOINT_URL_SQS", ELSEWHERE),
    ("AWS_ENDPOINT_URL_DYNAMODB", "https://dynamodb.us-east-1.amazonaws.com"),
    ("AWS_ENDPOINT_URL_CLOUDFORMATION", "https://cloudformation.us-east-1.amazonaws.com"),
    ("AWS_ENDPOINT_URL_SFN", "https://states.us-east-1.amazonaws.com"),
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
    ("AWS_USE_FIPS_ENDPOINT", "true"),
    ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
    ("AWS_ENABLE_ENDPOINT_DISCOVERY", "true"),
    ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "required"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_DEFAULT_REGION", "not a region"),
    ("AWS_ACCESS_KEY_ID", "AKIAREAL"),
    ("AWS_SESSION_TOKEN", "real"),
    ("AWS_SECURITY_TOKEN", "real"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "token"),
    ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/real"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/"),
    ("AWS_CA_BUNDLE", "missing.pem"),
    ("AWS_DATA_PATH", "models"),
    ("AWS_MAX_ATTEMPTS", "x"),
    ("AWS_CONFIG_FILE", "config"),
    ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    ("HOME", "home"),
    ("HTTP_PROXY", "http://127.0.0.1:9"),
    ("http_proxy", "http://127.0.0.1:9"),
    ("ALL_PROXY", "http://127.0.0.1:9"),
    ("NO_PROXY", "page.example"),
    ("no_proxy", "page.example"),
    ("WEJOURNEY_STACK", "production"),
)
CONFIG = f"""[default]
region = us-east-1
endpoint_url = {ELSEWHERE}
ignore_configured_endpoint_urls = true
services = elsewhere
[profile production]
region = us-east-1
role_arn = arn:aws:iam::123456789012:role/real
source_profile = default
services = elsewhere
[services elsewhere]
sqs =
  endpoint_url = {ELSEWHERE}
dynamodb =
  endpoint_url = {ELSEWHERE}
"""
SINGLE = [{}, *({name: value} for name, value in HOSTILE), dict(HOSTILE)]
WITHOUT_ONE = [{name: value for name, value in HOSTILE if name != left_out} for left_out, _ in HOSTILE]
"""What one of them would hide of the others is seen without it."""


@pytest.fixture(scope="module")
def aws() -> Iterator[FakeAws]:
    with serve_fake_aws() as fake:
        yield fake


@pytest.fixture
def configured(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files to which the variables lead. Those of botocore are parsed once for all sessions."""
    (tmp_path / "home" / ".aws").mkdir(parents=True)
    for file in ("config", "home/.aws/config", "credentials", "home/.aws/credentials"):
        (tmp_path / file).write_text(CONFIG)
    monkeypatch.setattr(JSONFileLoader, "load_file", staticmethod(cache(JSONFileLoader().load_file)))


@pytest.mark.usefixtures("configured")
def test_nothing_that_a_developer_has_configured_leads_a_command_from_the_sandbox_to_aws(
    directory: Path, hold: Lock, aws: FakeAws
) -> None:
    hold(directory)
    write_state(directory, aws.endpoint)

    for environment in SINGLE:
        with patch.dict(os.environ, environment):
            target = find_target(None)
            clients = {
                name: target.client(name) for name in (SERVICES if environment == SINGLE[-1] else ("sqs",))
            }
            vars(target)["outputs"] = {"FollowersTable": "f", "LedgerTable": "l"}
            clients["tables"] = target.followers.table.client
            for client in clients.values():
                assert client.meta.endpoint_url == aws.endpoint, environment
                assert client.meta.region_name == "cn-north-1"
                signer = client._request_signer._credentials
                assert (signer.access_key, signer.secret_key, signer.token) == ("test", "test", None)
            before = len(aws.calls)
            clients["sqs"].send_message(QueueUrl=f"{ELSEWHERE}/1/q", MessageBody="x")
            assert target.followers.read("app", "openid").follower is None
            assert len(aws.calls) == before + 2, environment


@pytest.mark.usefixtures("configured")
def test_whatever_a_developer_has_configured_leaves_the_same_settings_for_aws(
    directory: Path, hold: Lock
) -> None:
    hold(directory)
    write_state(directory)
    left = set()
    for environment in (*SINGLE, *WITHOUT_ONE):
        with patch.dict(os.environ, environment):
            session = find_target(None)._session
            left.add(
                json.dumps({name: session.get_config_variable(name) for name in session.session_var_map})
            )
    assert len(left) == 1


def test_one_process_can_use_the_sandbox_and_a_stack(directory: Path, hold: Lock, aws: FakeAws) -> None:
    hold(directory)
    write_state(directory, aws.endpoint)
    os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
    before = dict(os.environ)
    sandbox, stack = find_target(None), find_target("mine")
    for target in (sandbox, stack):
        vars(target)["outputs"] = {"FollowersTable": "f", "LedgerTable": "l"}

    def places(target: Target) -> set[tuple[str, str]]:
        tables = (target.followers.table, target.ledger.table, target.ledger.followers)
        wheres = [*(table.client.meta for table in tables), target.client("sqs").meta]
        return {(where.endpoint_url.replace("sqs", "dynamodb"), where.region_name) for where in wheres}

    for _ in range(2):
        assert places(sandbox) == {(aws.endpoint, "cn-north-1")}
        assert places(stack) == {("https://dynamodb.eu-west-1.amazonaws.com", "eu-west-1")}
    assert dict(os.environ) == before
