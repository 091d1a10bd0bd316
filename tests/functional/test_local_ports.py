"""DynamoDB Local, the one local service that is not behind our guard, and what it holds against web pages."""

import http.client
from urllib.parse import urlsplit

import pytest

from tests.support.examples.hostile import ELSEWHERE
from tests.support.patience import PATIENCE


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "http://127.0.0.1:1"])
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-amz-json-1.0"])
@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS"])
def test_dynamodb_local_answers_no_page_of_another_site(
    dynamodb: str, method: str, origin: str, content_type: str
) -> None:
    connection = http.client.HTTPConnection(urlsplit(dynamodb).netloc, timeout=PATIENCE)
    headers = {
        "Origin": origin,
        "Content-Type": content_type,
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-amz-target",
    }
    connection.request(method, "/", b"{}", headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.headers.get("Access-Control-Allow-Origin") not in ("*", origin)
    assert b"TableNames" not in body
    connection.close()
