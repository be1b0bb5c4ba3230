"""Figures for a collector."""

from __future__ import annotations

from flask.testing import FlaskClient


def test_requests_are_counted(anonymous: FlaskClient) -> None:
    anonymous.get("/health")
    text = anonymous.get("/metrics").text
    assert 'access_control_requests_total{endpoint="health.health",status="200"} 1.0' in text
    assert "access_control_live_streams 0.0" in text
    assert 'access_control_directives_running{drill="false"} 0.0' in text
    assert "Maple" not in text
