"""What tables hold, for tests that look for a word in all of it."""

import json
from typing import Any

from wejourney.adapters.dynamo.items import columns_of


def text_of(items: list[dict[str, Any]]) -> str:
    """All that these items hold, compressed columns too."""
    binary = [{name: typed for name, typed in item.items() if "B" in typed} for item in items]
    return json.dumps([*items, *map(columns_of, binary)], ensure_ascii=False, default=repr)
