"""The bus and its archive: a replay from a time on tells again what was told since, by the same ids."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.session import get_session

from tests.infra.template import RESOURCES
from tests.support.patience import PATIENCE
from tests.support.servers.ministack import ministack
from wejourney.adapters.aws.event_bus import SOURCE, EventBus

REGION = "cn-northwest-1"
BUS = "stack-events"


def client(service: str, url: str) -> Any:
    session = get_session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    return session.create_client(service, region_name=REGION, endpoint_url=url)


def heard(queue: Any, url: str, number: int) -> list[dict[str, Any]]:
    """So many events, as another system hears them, in their order."""
    found: list[dict[str, Any]] = []
    until = time.monotonic() + PATIENCE
    while len(found) < number:
        assert time.monotonic() < until, f"only {len(found)} events came"
        told = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in told.get("Messages", ()):
            found.append(json.loads(message["Body"]))
            queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


@pytest.mark.capability(row="63")
def test_a_replay_from_a_time_on_tells_again_what_was_told_since() -> None:
    archive = RESOURCES["PublishedEventsArchive"]["Properties"]
    assert archive["SourceArn"] == {"Fn::GetAtt": ["PublishedEvents", "Arn"]}
    with ministack() as url:
        events, queue = client("events", url), client("sqs", url)
        bus_arn = events.create_event_bus(Name=BUS)["EventBusArn"]
        archive_arn = events.create_archive(ArchiveName=BUS, EventSourceArn=bus_arn, RetentionDays=30)[
            "ArchiveArn"
        ]
        queue_url = queue.create_queue(QueueName="crm")["QueueUrl"]
        attributes = queue.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
        events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": [SOURCE]}))
        events.put_targets(
            Rule="all", EventBusName=BUS, Targets=[{"Id": "crm", "Arn": attributes["QueueArn"]}]
        )
        bus = EventBus(events, BUS)
        bus.publish_all([("follow", {"id": "1"})])
        heard(queue, queue_url, 1)
        time.sleep(1.1)  # A replay begins at a whole second.
        since = datetime.now(UTC).replace(microsecond=0)
        bus.publish_all([("order.paid", {"id": "2"}), ("tag", {"id": "3"})])
        first = heard(queue, queue_url, 2)

        events.start_replay(
            ReplayName="again",
            EventSourceArn=archive_arn,
            EventStartTime=since,
            EventEndTime=since + timedelta(hours=1),
            Destination={"Arn": bus_arn},
        )
        again = heard(queue, queue_url, 2)

    assert [one["detail"]["id"] for one in first] == ["2", "3"]
    assert sorted(one["detail"]["id"] for one in again) == ["2", "3"]
    assert all(one["replay-name"] == "again" for one in again)
