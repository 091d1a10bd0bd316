"""A fresh interpreter that imports one function and times its handler, request by request.

Run as `python infra/bench/worker.py MODULE`; a request is a line of JSON on stdin, its answer one on stdout.
What the handler writes to stdout, its logs, goes nowhere.
"""

import time

STARTED = time.perf_counter()
"""Before all that a function may need: what is imported from here on counts as its cold start."""

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from importlib import import_module  # noqa: E402
from pathlib import Path  # noqa: E402
from types import SimpleNamespace  # noqa: E402

CONTEXT = SimpleNamespace(
    function_name="bench",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:bench",
    aws_request_id="00000000-0000-4000-8000-000000000000",
)


def main() -> None:
    """Answer until stdin ends."""
    own = set(sys.modules)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        answers, sys.stdout = sys.stdout, nowhere
        handler = import_module(sys.argv[1]).handler
        for line in sys.stdin:
            request = json.loads(line)
            begun = time.perf_counter()
            answer = handler(request, CONTEXT)
            ended = time.perf_counter()
            measured = {
                "status": answer["statusCode"],
                "body": answer.get("body", ""),
                "seconds": ended - begun,
                "seconds_since_start": ended - STARTED,
                "modules": len(set(sys.modules) - own),
            }
            print(json.dumps(measured), file=answers, flush=True)


if __name__ == "__main__":
    main()
