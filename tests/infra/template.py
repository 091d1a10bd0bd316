"""The template, as data."""

from collections.abc import Mapping
from typing import Any

from infra.sandbox.settings import ROOT
from infra.tools.template_file import read_template

TEMPLATE: Mapping[str, Any] = read_template(ROOT / "template.yaml")
RESOURCES: Mapping[str, Mapping[str, Any]] = TEMPLATE["Resources"]


def of_type(kind: str) -> dict[str, Mapping[str, Any]]:
    """The properties of the resources of a type, by name."""
    return {name: one["Properties"] for name, one in RESOURCES.items() if one["Type"] == kind}
