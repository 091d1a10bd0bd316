"""MiniStack, the local AWS of the sandbox, as a server of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.support.servers.dynamodb import free_port


@contextmanager
def ministack() -> Iterator[str]:
    """Its URL."""
    port = free_port()
    off = {"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}
    environment = {"PATH": os.environ["PATH"], "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)} | off
    with subprocess.Popen(
        [sys.executable, "-m", "ministack.app"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            while True:
                assert process.poll() is None, "the local AWS has ended"
                with closing(socket.socket()) as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
