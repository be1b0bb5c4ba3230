"""Reading a Policy of 150,000 people: time, memory and size, as columns of JSON beside records and MessagePack.

Every reading happens in a fresh process. Peak memory is that process's ``VmHWM`` (Linux), interpreter and libraries
included: ``ru_maxrss`` would start from the parent's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from access_control.core.wire.policy import encode_policy
from bench._policy_documents import DIGEST_KEY, READ, as_binary, as_records, district
from bench.figures import Figure, percentile

PEOPLE: Final = 150_000
ROUNDS: Final = 5
SECONDS: Final = 1.5
BYTES: Final = 200e6


def run() -> list[Figure]:
    """Measure; progress goes nowhere, it takes about half a minute."""
    started = time.perf_counter()
    ours = encode_policy(district(PEOPLE), DIGEST_KEY)
    encoding = time.perf_counter() - started
    spelled = {"json_columns": ours, "json_records": as_records(ours), "msgpack_columns": as_binary(ours)}
    figures = [Figure("policy_make", "json_columns", encoding, "s")]
    with tempfile.TemporaryDirectory() as directory:
        for case, data in spelled.items():
            path = Path(directory) / case
            path.write_bytes(data)
            figures += _measured(case, path, len(data), len(spelled["json_records"]))
    return figures


def _measured(case: str, path: Path, size: int, records: int) -> list[Figure]:
    readings = [_read_in_child(case, path) for _ in range(ROUNDS)]
    seconds = percentile((reading["seconds"] for reading in readings), 0.5)
    peak = max(reading["peak"] for reading in readings)
    return [
        Figure("policy_read", case, seconds, "s", "limit", seconds / SECONDS),
        Figure("policy_peak", case, peak, "B", "limit", peak / BYTES),
        Figure("policy_size", case, size, "B", "json_records", size / records),
    ]


def _read_in_child(case: str, path: Path) -> dict[str, float]:
    child = subprocess.run(
        [sys.executable, "-m", "bench.policy", case, str(path)], capture_output=True, check=True, timeout=120
    )
    found: dict[str, float] = json.loads(child.stdout)
    return found


def read_once(case: str, path: Path) -> dict[str, float]:
    """In the child: read the file's Policy and say how long it took and how much memory the process had at its peak."""
    data = path.read_bytes()
    started = time.perf_counter()
    document = READ[case](data)
    seconds = time.perf_counter() - started
    assert document
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return {"seconds": seconds, "peak": int(peak.split()[1]) * 1024}


if __name__ == "__main__":
    print(json.dumps(read_once(sys.argv[1], Path(sys.argv[2]))))
