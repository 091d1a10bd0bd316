"""The account that exists in the sandbox only: what WeChat's console would show of it."""

import json
from dataclasses import dataclass
from pathlib import Path

from wejourney.messaging.wechat_rules import RULE_SETS, RuleSet

ACCOUNT_FILE = Path(__file__).with_name("account.json")


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
        """The allowances of this account."""
        return RULE_SETS[self.rules]


def load_account() -> Account:
    """The account of the sandbox."""
    return Account(**json.loads(ACCOUNT_FILE.read_text(encoding="utf-8")))
