"""The callback's tables, apart: what it imports counts against WeChat's 5 seconds."""

from dataclasses import dataclass
from typing import Any

from wejourney.adapters.dynamo.items import (
    FOLLOWER,
    columns_of,
    erased_state,
    identity_key,
    item_of,
    partition,
    state_of,
)
from wejourney.adapters.failures import aws_errors, cause_of, code_of
from wejourney.events.event import Subject
from wejourney.journeys.runs import FollowerState
from wejourney.people.identities import openid_identity
from wejourney.services.ports.callback import FollowerUnreadableError, SignaturesUnavailableError
from wejourney.wire.official_account.request import SignatureUse


@dataclass(frozen=True)
class DynamoFollowers:
    client: Any
    table: str

    def read(self, app_id: str, openid: str) -> FollowerState:
        """The person's slice. One page of a Query holds 1 MB: many hundreds of runs and questions."""
        operation = "GetItem"
        try:
            found = self.client.get_item(
                TableName=self.table,
                ConsistentRead=True,
                Key=item_of(identity_key(openid_identity(app_id, openid))),
            )
            row = columns_of(found.get("Item", {}))
            operation, person_id = "Query", row.get("person_id")
            state = erased_state(row)
            while person_id is not None:
                page = self.client.query(
                    TableName=self.table,
                    ConsistentRead=True,
                    KeyConditionExpression="pk = :pk AND begins_with(sk, :slice)",
                    ExpressionAttributeValues=item_of({":pk": partition(person_id), ":slice": FOLLOWER}),
                )
                state = state_of(page["Items"], Subject(app_id, openid))
                person_id = state.merged_into
        except aws_errors() as exc:
            raise FollowerUnreadableError(cause_of(operation, exc)) from exc
        except (KeyError, TypeError, ValueError) as exc:
            # Only the kind of error: its text may quote the record.
            raise FollowerUnreadableError(f"a record that cannot be read: {type(exc).__name__}") from exc
        else:
            return state


@dataclass(frozen=True)
class DynamoSignatures:
    """The used signatures in the accounts' table; their rows expire by themselves."""

    client: Any
    table: str

    def use(self, use: SignatureUse) -> bool:
        row = {
            "pk": f"SIGNATURE#{use.app_id}#{use.signature}",
            "sk": "USE",
            "body_hash": use.body_hash,
            "expires_at": int(use.expires_at.timestamp()),
        }
        try:
            self.client.put_item(
                TableName=self.table,
                Item=item_of(row),
                ConditionExpression="attribute_not_exists(pk) OR body_hash = :body_hash",
                ExpressionAttributeValues=item_of({":body_hash": use.body_hash}),
            )
        except aws_errors() as exc:
            if code_of(exc) == "ConditionalCheckFailedException":
                return False
            raise SignaturesUnavailableError(cause_of("PutItem", exc)) from exc
        return True
