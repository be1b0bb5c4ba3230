"""Pages' templates and addresses, compiled once for all tests of a process: each test makes an app of its own."""

from __future__ import annotations

from types import CodeType
from typing import Any, Final
from unittest import mock

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from access_control.web.app import make_app
from access_control.web.services import Services

_COMPILED: Final[dict[tuple[str, str], CodeType]] = {}


class _Kept(BytecodeCache):
    """In memory, by a template's name and the checksum of its text."""

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = _COMPILED.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            _COMPILED[bucket.key, bucket.checksum] = bucket.code


def new_app(services: Services) -> Flask:
    """An app of the test's own, which shares with others what they compiled."""
    with mock.patch.object(Rule, "_compile_builder", _builder):
        made = make_app(services)
    made.jinja_env.bytecode_cache = _Kept()
    made.testing = True
    return made


_compile_builder: Final = Rule._compile_builder
_BUILDERS: Final[dict[tuple[str, bool], Any]] = {}


def _builder(rule: Rule, append_unknown: bool = True) -> Any:
    """What puts an address together. It looks at nothing but the rule's text, for no rule of ours has defaults."""
    if rule.defaults or rule.subdomain or rule.host:
        return _compile_builder(rule, append_unknown)
    key = rule.rule, append_unknown
    if key not in _BUILDERS:
        _BUILDERS[key] = _compile_builder(rule, append_unknown)
    return _BUILDERS[key]
