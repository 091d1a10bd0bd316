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
    get_remaining_time_in_millis=lambda: 30_000,
)


def memory() -> int:
    """Bytes of this process that are in memory; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Answer until stdin ends."""
    own = set(sys.modules)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        answers, sys.stdout = sys.stdout, nowhere
        handler = import_module(sys.argv[1]).handler
        for line in sys.stdin:
            request = json.loads(line)
            begun, worked = time.perf_counter(), time.process_time()
            answer = handler(request, CONTEXT)
            ended, done = time.perf_counter(), time.process_time()
            measured = {
                "answer": answer,
                "seconds": ended - begun,
                "seconds_since_start": ended - STARTED,
                "processor_seconds": done - worked,
                "memory": memory(),
                "modules": len(set(sys.modules) - own),
            }
            print(json.dumps(measured), file=answers, flush=True)


if __name__ == "__main__":
    main()
