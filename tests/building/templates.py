"""Pages' templates, compiled once for all tests of a process: each test makes an app of its own."""

from __future__ import annotations

from types import CodeType
from typing import Final

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

_COMPILED: Final[dict[tuple[str, str], CodeType]] = {}


class _Kept(BytecodeCache):
    """In memory, by a template's name and the checksum of its text."""

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = _COMPILED.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            _COMPILED[bucket.key, bucket.checksum] = bucket.code


def keep_templates(app: Flask) -> Flask:
    """Let an app share what others compiled."""
    app.jinja_env.bytecode_cache = _Kept()
    return app
