"""The template, as data."""

from collections.abc import Mapping
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tests.support.servers.dynamodb import ROOT

TEMPLATE: Mapping[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
RESOURCES: Mapping[str, Mapping[str, Any]] = TEMPLATE["Resources"]


def of_type(kind: str) -> dict[str, Mapping[str, Any]]:
    """The properties of the resources of a type, by name."""
    return {name: one["Properties"] for name, one in RESOURCES.items() if one["Type"] == kind}
