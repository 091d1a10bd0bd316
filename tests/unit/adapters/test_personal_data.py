"""Private values: what KMS lets whom read, and what is sealed twice."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON
from tests.support.kms import KEY, FakeKms, personal_data
from wejourney.adapters.aws.personal_data import KEPT, MOST_KEPT, KmsPersonalData
from wejourney.adapters.failures import AwsCallError
from wejourney.people.followers import Follower
from wejourney.people.profile_fields import is_sealed, parts_of, sealed_text
from wejourney.services.ports.keys import UnreadableValueError

PERSON = Follower("wx1", "o1", "person-1")


def told(data: KmsPersonalData, person: Follower, **values: str) -> Follower:
    """The person with these values, as they are kept."""
    sealed = data.seal(person, values)
    return replace(person, attributes={**person.attributes, **sealed.values}, data_keys=sealed.data_keys)


@given(values=st.dictionaries(st.text(min_size=1), st.text(), max_size=4), again=st.text())
def test_what_is_sealed_is_opened_as_it_was_and_shows_nothing(values: dict[str, str], again: str) -> None:
    data = personal_data()
    sealed = data.seal(PERSON, values)
    person = replace(PERSON, attributes=sealed.values, data_keys=sealed.data_keys)

    assert all(map(is_sealed, sealed.values.values()))
    assert {name: data.open(person, text) for name, text in sealed.values.items()} == values
    assert data.seal(person, values) == sealed, "told again, nothing changes"
    assert is_sealed(again) is False


def test_the_same_value_of_two_people_or_of_two_attributes_is_not_the_same_text() -> None:
    data = personal_data()
    one, other = told(data, PERSON, a="x", b="x"), told(data, replace(PERSON, person_id="person-2"), a="x")
    texts = [one.attributes["a"], one.attributes["b"], other.attributes["a"]]
    assert len(set(texts)) == 3


def test_a_value_is_opened_with_the_key_of_its_own_person_only() -> None:
    kms = FakeKms()
    data = personal_data(kms)
    lee, mei = (
        told(data, replace(PERSON, person_id=name), phone="+8613800138000") for name in ("lee", "mei")
    )

    stolen = replace(mei, data_keys={**mei.data_keys, "lee": mei.data_keys["mei"]})
    with pytest.raises(AwsCallError):
        personal_data(kms).open(stolen, lee.attributes["phone"])
    with pytest.raises(UnreadableValueError):
        data.open(mei, lee.attributes["phone"])
    with pytest.raises(UnreadableValueError):
        data.open(replace(lee, data_keys={}), lee.attributes["phone"])


@pytest.mark.parametrize("broken", ["", "lee", "sealed:person-1:AAAA", "sealed:person-1:****", "sealed:x"])
def test_what_nobody_has_sealed_is_not_opened(broken: str) -> None:
    data = personal_data()
    with pytest.raises(UnreadableValueError):
        data.open(told(data, PERSON, a="x"), broken)


def test_a_changed_value_or_one_of_another_key_is_not_opened() -> None:
    data = personal_data()
    person = told(data, PERSON, a="x")
    key_id, text = parts_of(person.attributes["a"])
    changed = sealed_text(key_id, ("B" if text[0] == "A" else "A") + text[1:])
    with pytest.raises(UnreadableValueError):
        data.open(person, changed)


@given(data=st.binary(max_size=500))
def test_a_sealed_file_is_opened_as_it_was_under_its_own_name_only(data: bytes) -> None:
    personal = personal_data()
    sealed = personal.seal_file(PERSON, "person-1/a", data)
    person = replace(PERSON, data_keys=sealed.data_keys)

    assert personal.open_file(person, "person-1/a", sealed.data) == data
    assert len(data) < 4 or data not in sealed.data
    assert personal.seal_file(person, "person-1/a", data).data_keys == sealed.data_keys, "one key for all"
    with pytest.raises(UnreadableValueError):
        personal.open_file(person, "person-1/b", sealed.data)
    with pytest.raises(UnreadableValueError):
        personal.open_file(replace(person, data_keys={}), "person-1/a", sealed.data)


@given(broken=st.binary(max_size=60))
def test_what_is_no_sealed_file_is_not_opened(broken: bytes) -> None:
    personal = personal_data()
    person = replace(PERSON, data_keys=personal.seal(PERSON, {}).data_keys)
    for sealed in (broken, b"person-1\n" + broken):
        with pytest.raises(UnreadableValueError):
            personal.open_file(person, "person-1/a", sealed)


@dataclass
class Time:
    at: datetime = NOON
    kms: FakeKms = field(default_factory=FakeKms)

    @property
    def data(self) -> KmsPersonalData:
        return personal_data(self.kms, lambda: self.at)


def test_a_key_is_asked_for_once_in_some_minutes() -> None:
    time = Time()
    person, data = told(time.data, PERSON, a="x", b="y"), time.data
    for name in ("a", "b", "a"):
        data.open(person, person.attributes[name])
    assert time.kms.calls == ["GenerateDataKey", "Decrypt"]
    time.at += KEPT
    data.open(person, person.attributes["a"])
    assert time.kms.calls == ["GenerateDataKey", "Decrypt", "Decrypt"]


def test_a_function_keeps_so_many_keys_in_its_memory() -> None:
    kms = FakeKms()
    data = personal_data(kms)
    people = [told(data, replace(PERSON, person_id=f"p{n}"), a="x") for n in range(MOST_KEPT + 1)]
    kms.calls.clear()
    for person in (people[-1], people[1], people[0]):
        data.open(person, person.attributes["a"])
    assert kms.calls == ["Decrypt"], "the oldest key was forgotten"


def test_who_cannot_reach_kms_reads_nothing() -> None:
    kms = FakeKms()
    person = told(personal_data(kms), PERSON, a="x")
    kms.is_down = True
    with pytest.raises(AwsCallError):
        personal_data(kms).open(person, person.attributes["a"])
    with pytest.raises(AwsCallError):
        personal_data(kms).seal(PERSON, {"a": "x"})


# --- what KMS promises --------------------------------------------------------------------------------


class MiniStackKms:
    """The sandbox's KMS without its server; it takes and gives base64, as AWS does over HTTP."""

    def __init__(self) -> None:
        self.key: str = self._ask("_create_key", {})["KeyMetadata"]["Arn"]

    def generate_data_key(self, **asked: Any) -> dict[str, Any]:
        return self._ask("_generate_data_key", {**asked, "KeyId": self.key})

    def decrypt(self, **asked: Any) -> dict[str, Any]:
        return self._ask("_decrypt", {**asked, "KeyId": self.key})

    @staticmethod
    def _ask(operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        from ministack.services import kms  # noqa: PLC0415 - it takes a second

        body = json.loads(json.dumps(asked, default=lambda raw: b64encode(raw).decode()))
        status, _, answer = getattr(kms, operation)(body)
        found: dict[str, Any] = json.loads(answer)
        if status != HTTPStatus.OK:
            raise AwsCallError(operation, str(found.get("__type")))
        return found


@pytest.mark.parametrize("kms", [FakeKms, MiniStackKms])
def test_kms_decrypts_a_data_key_for_its_own_context_only(kms: type) -> None:
    client = kms()
    made = client.generate_data_key(KeyId=KEY, KeySpec="AES_256", EncryptionContext={"person": "lee"})
    blob = (
        made["CiphertextBlob"]
        if isinstance(made["CiphertextBlob"], bytes)
        else b64decode(made["CiphertextBlob"])
    )

    assert (
        client.decrypt(CiphertextBlob=blob, EncryptionContext={"person": "lee"})["Plaintext"]
        == made["Plaintext"]
    )
    for context in ({"person": "mei"}, {}):
        with pytest.raises(AwsCallError):
            client.decrypt(CiphertextBlob=blob, EncryptionContext=context)


def test_the_sandboxs_kms_serves_private_values() -> None:
    client = MiniStackKms()
    person = told(KmsPersonalData(client, lambda: NOON, client.key), PERSON, phone="+8613800138000")
    assert KmsPersonalData(client, lambda: NOON).open(person, person.attributes["phone"]) == "+8613800138000"
