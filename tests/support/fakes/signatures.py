"""The used signatures in memory. `tests/functional/test_contracts.py` holds them to what the table does."""

from dataclasses import dataclass, field

from wejourney.wire.official_account.request import SignatureUse


@dataclass
class FakeSignatures:
    """What each signature of an account was used for first."""

    used: dict[tuple[str, str], str] = field(default_factory=dict)

    def use(self, use: SignatureUse) -> bool:
        return self.used.setdefault((use.app_id, use.signature), use.body_hash) == use.body_hash
