"""Figures for whoever watches over the service (Prometheus), of this worker."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from access_control.clock import monotonic_s
from access_control.web.services import Services

KEPT: Final = "measures"
_STREAMS: Final = ("/live/stream", "/bridge/v1/stream")  # open for hours; their length says nothing


class Measures:
    """The figures of one worker."""

    def __init__(self, services: Services) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "access_control_requests", "Requests answered.", ("endpoint", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "access_control_request_seconds",
            "Time to answer a request.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
            registry=self.registry,
        )
        streams = Gauge("access_control_live_streams", "Live pages with a stream.", registry=self.registry)
        streams.set_function(lambda: services.budget.open)
        most = Gauge("access_control_live_streams_most", "Live pages that may have one.", registry=self.registry)
        most.set_function(lambda: services.budget.dashboards)


def install(app: Flask, services: Services) -> None:
    """Count and time the requests of an app."""
    measures = services.more.setdefault(KEPT, Measures(services))

    def begin() -> None:
        g.measured_s = monotonic_s()

    def end(response: Response) -> Response:
        measures.requests.labels(request.endpoint or "none", str(response.status_code)).inc()
        began_s = g.get("measured_s")
        if began_s is not None and request.path not in _STREAMS:
            measures.seconds.observe(monotonic_s() - began_s)
        return response

    app.before_request(begin)
    app.after_request(end)
