"""Sees that the key statement names the TLS keys that this service shows: bridges believe no others."""

from __future__ import annotations

from sqlalchemy import select

from access_control.readers.models import Site
from access_control.readers.statements import set_tls_keys
from access_control.web.services import Services
from access_control.web.tls import key_hashes


def name_tls_keys(services: Services) -> None:
    """Issue a new statement if the one in force names others; nothing before there is a school.

    At a start this tells bridges of a new key; asked again, it serves a school that was made after the start.
    """
    config = services.config
    shown = key_hashes(config.state_dir) if config.tls else (None, None)
    with services.database.reading() as session:
        site = session.scalar(select(Site).limit(1))
        if site is None or (site.keys_sealed is not None and (site.tls_current, site.tls_next) == shown):
            return
    with services.database.writing() as session:
        set_tls_keys(session, services.keys, services.clock(), *shown)
