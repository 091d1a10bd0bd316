"""How large the parts of a run's data may be: together they fit into the input of a state.

Sizes are bytes of JSON in ASCII, which is its longest form: 12 for an emoji, 6 for a Chinese character. The
rest of a task's input (ids, a scene, an order, allowances, a token) takes at most LARGEST_REST.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

import json
from typing import Any

from wejourney.plain_data import to_plain

LARGEST_INPUT = 262_144
LARGEST_PROFILE = 90_000
"""The tags, segments, attributes, dates, tier and time zone of a follower."""

LARGEST_ANSWERS = 36_000
"""The answers of a run."""

LARGEST_TASK = 80_000
"""The actions that a task carries out."""

LARGEST_NAMES = 40_000
"""What a journey's own names and its opening add to the data of its runs."""

LARGEST_REST = LARGEST_INPUT - LARGEST_PROFILE - LARGEST_ANSWERS - LARGEST_TASK - LARGEST_NAMES
LARGEST_EVENT = 150_000
"""An event of another system, which stands in a row beside the data of the run that it starts."""

LONGEST_NAME = 256
"""Characters of a name from outside, such as a tag or a scene."""


def size_of(value: Any) -> int:
    return len(json.dumps(to_plain(value)))
