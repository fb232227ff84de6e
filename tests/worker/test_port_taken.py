"""A worker whose port is taken says so in its last line, and starts nothing."""

import socket
import subprocess
import sys

import pytest

from streams.health.probes import require_port
from streams.settings import SettingsError, Web


@pytest.mark.parametrize(
    ("host", "family"), [("127.0.0.1", socket.AF_INET), ("0.0.0.0", socket.AF_INET), ("::1", socket.AF_INET6)]
)  # fmt: skip
def test_a_taken_port_is_named(host: str, family: socket.AddressFamily) -> None:
    try:
        taken = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {host}")
    with taken as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"cannot answer at {host}:{port}: Address already in use"):
            require_port(Web(host=host, port=port))
        require_port(Web(host=host, port=0))
        require_port(Web(host=host, port=port, enabled=False))
    require_port(Web(host=host, port=port))


def test_the_worker_ends_with_the_reason_as_its_last_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-c", "from streams.cli import main; main()", "worker", "--port", port],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"relistwatch: cannot answer at 127.0.0.1:{port}: Address already in use. ")
