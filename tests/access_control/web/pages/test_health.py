"""Health tells the truth and nothing else."""

from __future__ import annotations

from flask.testing import FlaskClient

from access_control.web.services import Services


def test_it_works(anonymous: FlaskClient) -> None:
    response = anonymous.get("/health")
    assert response.status_code == 200
    assert response.get_json() == {"works": True, "database": True}


def test_a_dead_database_is_said(anonymous: FlaskClient, services: Services) -> None:
    services.database.reader.dispose()
    path = services.config.state_dir / "school.db"
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    assert anonymous.get("/health").status_code == 503
