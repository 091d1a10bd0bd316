"""How a sandbox is started, by environment variables, and the account that exists in it only."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wejourney.allowances.wechat_rules import RULE_SETS, RuleSet

PYTHON = sys.executable
"""The Python of the functions: the local AWS runs them with the interpreter that runs this."""

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""

ACCOUNT_FILE = Path(__file__).with_name("account.json")

DEFAULT_SPEED = 3600.0
"""An hour a second."""

FASTEST = 100_000
"""Above this a function's own work takes longer than a day."""

HTTP = 80
"""Clients leave this port out of `Host`, which the guard compares with its port."""

GRACE = 3.0
"""Seconds that a process gets to end by itself, before it is killed with all that it has started."""


class SandboxError(Exception):
    """The sandbox cannot start or go on; the text is one line that says what to do."""


@dataclass(frozen=True)
class Account:
    """One official account. `rules` names the rule set that the fake WeChat enforces for it.

    `encryption` is the parameter `Encryption` of its stack; the fake WeChat encrypts in any case.
    """

    app_id: str
    original_id: str
    app_secret: str
    token: str
    encoding_aes_key: str
    rules: str = "current"
    encryption: str = "required"

    @property
    def rule_set(self) -> RuleSet:
        return RULE_SETS[self.rules]


@dataclass(frozen=True)
class MiniProgramAccount:
    """The mini program; bound to an account of the Open Platform that is named `brand`."""

    app_id: str = "wx5a4db0c5a4db0c51"
    original_id: str = "gh_5a4db0c51"
    app_secret: str = "sandbox-secret-of-the-mini-program"  # noqa: S105 - of the sandbox only
    token: str = "sandboxTokenOfTheMiniProgram"  # noqa: S105 - of the sandbox only
    encoding_aes_key: str = "sandboxKeyOfTheMiniProgram0123456789ABCDEFE"
    open_platform: str = "brand"


@dataclass(frozen=True)
class StoreAccount:
    """The store, its one till, and the key that the till signs with."""

    name: str = "SH01"
    till: str = "1"
    key: str = "sandbox-key-of-the-store-0123456789abcdef"


def load_account() -> Account:
    return Account(**json.loads(ACCOUNT_FILE.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Settings:
    """`aws_port` 0 means any free one; `directory` holds what the sandbox builds and logs.

    `speed` is how many virtual seconds pass in a second; 0: time stands until it is told to move.
    `project` is a folder whose files of infra/ are deployed, too, each in the place of the one of its name;
    `journeys` is a folder of drafts for which that holds among the journeys. Virtual time begins at `starts`;
    without it, now. `meter` is the file in which the requests of the functions are noted (`CallRecorder` in
    `local_aws.py`).
    """

    api_port: int = 8700
    fake_port: int = 8701
    aws_port: int = 0
    speed: float = DEFAULT_SPEED
    directory: Path = ROOT / ".sandbox"
    template: Path = ROOT / "template.yaml"
    project: Path | None = None
    journeys: Path | None = None
    starts: datetime | None = None
    meter: Path | None = None

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def fake_url(self) -> str:
        return f"http://127.0.0.1:{self.fake_port}"

    @property
    def lock_file(self) -> Path:
        """Locked by the sandbox that uses the directory; holds its process id."""
        return self.directory / "lock"

    @property
    def state_file(self) -> Path:
        """What others need to know of the sandbox, from before its build until it was told to end."""
        return self.directory / "state.json"


def settings_from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the variables of `environment_of`. Raises SandboxError."""
    default = Settings()
    settings = Settings(
        api_port=_port(environment, "API_PORT", default.api_port),
        fake_port=_port(environment, "FAKE_PORT", default.fake_port),
        aws_port=_port(environment, "AWS_PORT", default.aws_port),
        speed=_speed(environment),
        directory=_path(environment, "SANDBOX_DIR") or default.directory,
        template=_path(environment, "TEMPLATE") or default.template,
        project=_path(environment, "PROJECT"),
        journeys=_path(environment, "JOURNEYS"),
        starts=_moment(environment, "STARTS"),
        meter=_path(environment, "METER"),
    )
    if len({settings.api_port, settings.fake_port, settings.aws_port}) < 3:  # noqa: PLR2004 - there are three
        raise SandboxError("API_PORT, FAKE_PORT and AWS_PORT: give them different numbers")
    return settings


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables from which `settings_from_environment` reads these settings."""
    values = {name.upper(): "" if value is None else str(value) for name, value in vars(settings).items()}
    return {"SANDBOX_DIR": values.pop("DIRECTORY"), **values}


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name)
    return Path(value).resolve() if value else None


def _moment(environment: Mapping[str, str], name: str) -> datetime | None:
    text = environment.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - no time that has a zone
    if moment.tzinfo is None:
        raise SandboxError(f"{name}={text}: give a time with its offset, such as 2026-11-23T10:00+08:00")
    return moment


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name) or str(default)
    if not value.isdecimal() or int(value) > 65535:  # noqa: PLR2004 - the highest port
        raise SandboxError(f"{name}={value} is not a port number")
    if int(value) == HTTP or (int(value) == 0 and default):
        raise SandboxError(
            f"{name}={value}: give a port from 1 to 65535 other than 80, which clients leave out"
        )
    return int(value)


def _speed(environment: Mapping[str, str]) -> float:
    value = environment.get("SPEED") or str(DEFAULT_SPEED)
    try:
        speed = float(value)
    except ValueError:
        speed = -1.0
    if not (speed == 0 or 1 <= speed <= FASTEST):
        raise SandboxError(
            f"SPEED={value}: give a number from 1 (real time) to {FASTEST}; 3600 is an hour a second, "
            "0 lets time stand until it is told to move"
        )
    return speed
