"""Building a school's Policy from rows, and reading one of 150,000 people, beside records and MessagePack.

Building is all that publishing costs for 5,000 people and 60 doors: reading the rows, working out 400 days of
timetables, digests, checks and the signature; the commit is not in it.

*sealed* is what a bridge does with a Policy that it is sent, signature included; the others are its payload in three
spellings. Every reading happens in a fresh process. Peak memory is that process's ``VmHWM`` (Linux), interpreter and
libraries included: ``ru_maxrss`` would start from the parent's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from sqlalchemy import update

from access_control.core.wire.policy import encode_policy
from access_control.readers.keys import make_keys
from access_control.readers.models import Door
from access_control.readers.publishing import publish_policy
from bench._databases import databases
from bench._policy_documents import DIGEST_KEY, READ, as_binary, as_records, district, sealed
from bench._policy_school import AT, make_district_school
from bench.figures import Figure, percentile

PEOPLE: Final = 150_000
ROUNDS: Final = 5
SECONDS: Final = 1.5
BUILD_SECONDS: Final = 0.3
BYTES: Final = 200e6


def run() -> list[Figure]:
    """Measure; progress goes nowhere, it takes about half a minute."""
    return [*_built(), *_read()]


def _built() -> list[Figure]:
    figures = []
    with tempfile.TemporaryDirectory() as folder, databases() as opened:
        keys = make_keys(Path(folder) / "keys")
        for name, (database, _) in opened.items():
            with database.writing() as session:
                bridge = make_district_school(session, keys.seal(DIGEST_KEY))
            times = []
            for n in range(ROUNDS):
                with database.writing() as session:
                    session.execute(update(Door).where(Door.id == 1).values(name=f"Door, {n}"))
                    started = time.perf_counter()
                    made = publish_policy(session, keys, bridge, AT)
                    times.append(time.perf_counter() - started)
                    assert made is not None
            seconds = percentile(times, 0.5)
            case = f"5000x60 {name}"
            figures.append(Figure("policy_build", case, seconds, "s", "limit", seconds / BUILD_SECONDS))
    return figures


def _read() -> list[Figure]:
    started = time.perf_counter()
    ours = encode_policy(district(PEOPLE), DIGEST_KEY)
    encoding = time.perf_counter() - started
    spelled = {
        "sealed": sealed(ours),
        "json_columns": ours,
        "json_records": as_records(ours),
        "msgpack_columns": as_binary(ours),
    }
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
    against = "limit" if case in {"sealed", "json_columns"} else "limit of ours"
    return [
        Figure("policy_read", case, seconds, "s", against, seconds / SECONDS),
        Figure("policy_peak", case, peak, "B", against, peak / BYTES),
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
