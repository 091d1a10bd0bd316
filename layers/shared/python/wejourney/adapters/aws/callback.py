"""The callback's AWS services on plain botocore: what it imports counts against WeChat's 5 seconds."""

from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from wejourney.adapters.aws.errors import cause_of, code_of
from wejourney.adapters.dynamo.reading import FOLLOWER, state_of
from wejourney.people.followers import FollowerState
from wejourney.services.ports.follower_reader import FollowerUnreadableError
from wejourney.services.ports.signatures import SignaturesUnavailableError
from wejourney.wire.official_account.request import Use


@dataclass(frozen=True)
class Clients:
    """The botocore clients of one session."""

    sqs: Any
    dynamodb: Any
    secrets: Any


def make_clients() -> Clients:
    """Clients that give up early.

    WeChat hangs up after 5 s and delivers again, up to four times in all; so a slow read of a follower is
    given up first, to leave time for the queue.
    """
    session = get_session()

    def client(service: str, connect: float, read: float) -> Any:
        return session.create_client(
            service,
            config=Config(
                connect_timeout=connect,
                read_timeout=read,
                retries={"mode": "standard", "total_max_attempts": 2},
            ),
        )

    return Clients(
        sqs=client("sqs", 1, 2), dynamodb=client("dynamodb", 0.5, 1), secrets=client("secretsmanager", 1, 2)
    )


@dataclass(frozen=True)
class DynamoFollowers:
    """Reads followers from the followers table."""

    client: Any
    table: str

    def read(self, app_id: str, openid: str) -> FollowerState:
        """The follower's slice. One page of a Query holds 1 MB: many hundreds of runs and questions."""
        try:
            page = self.client.query(
                TableName=self.table,
                ConsistentRead=True,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :slice)",
                ExpressionAttributeValues={
                    ":pk": {"S": f"{app_id}#{openid}"},
                    ":slice": {"S": FOLLOWER},
                },
            )
            return state_of(page["Items"])
        except (BotoCoreError, ClientError) as exc:
            raise FollowerUnreadableError(cause_of("Query", exc)) from exc
        except (KeyError, TypeError, ValueError) as exc:
            # Only the kind of error: its text may quote the record.
            raise FollowerUnreadableError(f"a record that cannot be read: {type(exc).__name__}") from exc


@dataclass(frozen=True)
class DynamoSignatures:
    """The used signatures in the accounts' table; their rows expire by themselves."""

    client: Any
    table: str

    def use(self, use: Use) -> bool:
        """Remember what a signature is used for; False when it was used for another body before."""
        try:
            self.client.put_item(
                TableName=self.table,
                Item={
                    "pk": {"S": f"SIGNATURE#{use.app_id}#{use.signature}"},
                    "sk": {"S": "USE"},
                    "body_hash": {"S": use.body_hash},
                    "expires_at": {"N": str(int(use.expires_at.timestamp()))},
                },
                ConditionExpression="attribute_not_exists(pk) OR body_hash = :body_hash",
                ExpressionAttributeValues={":body_hash": {"S": use.body_hash}},
            )
        except (BotoCoreError, ClientError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) == "ConditionalCheckFailedException":
                return False
            raise SignaturesUnavailableError(cause_of("PutItem", exc)) from exc
        return True
