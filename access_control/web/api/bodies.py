"""Bodies that bridges send and get: JSON records, perhaps gzipped, bounded in size also once unpacked."""

from __future__ import annotations

import gzip
import zlib
from typing import Any, Final, TypeVar

from flask import Response, request

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.strict import Record, read_record, write_record
from access_control.core.wire.uplink import MOST_BYTES
from access_control.web.problems import Problem

_Kind = TypeVar("_Kind", bound=Record)
PACKED_FROM: Final = 4096  # bytes of an answer that is gzipped where the bridge takes it


def read_body(kind: type[_Kind]) -> _Kind:
    """The record that a bridge sent.

    Raises:
        Problem: 413 when it is too large, 400 for anything but such a record.
    """
    # More is not even read: a request may announce a gigabyte.
    request.max_content_length = MOST_BYTES
    data = request.get_data(cache=False)
    if request.headers.get("Content-Encoding") == "gzip":
        data = _unpacked(data)
    try:
        return read_record(data, kind, "request", limit=MOST_BYTES)
    except Refused as refused:
        raise bad_request(refused) from refused


def bad_request(refused: Refused) -> Problem:
    """What a bridge is told of something that is not what it should be."""
    status = 413 if refused.code is RefusalCode.TOO_LARGE else 400
    return Problem(status, code=refused.code.value, detail=refused.sentence, action="Update the bridge's program.")


def answer(record: Any) -> Response:
    """A record as the answer, gzipped if it is long and the bridge takes that."""
    return packed(write_record(record), "application/json")


def packed(data: bytes, mimetype: str) -> Response:
    """Bytes as the answer, gzipped if they are many and the bridge takes that."""
    response = Response(mimetype=mimetype)
    if len(data) >= PACKED_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
        data = gzip.compress(data, 1)
        response.headers["Content-Encoding"] = "gzip"
    response.set_data(data)
    return response


def _unpacked(data: bytes) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)
    try:
        plain = unpacking.decompress(data, MOST_BYTES + 1)
    except zlib.error as error:
        raise Problem(400, code="bad_content", detail="The request cannot be unpacked.") from error
    if len(plain) > MOST_BYTES:
        raise Problem(413, code="too_large")
    if not unpacking.eof:
        raise Problem(400, code="truncated", detail="The request ends too early.", action="Send it again.")
    return plain
