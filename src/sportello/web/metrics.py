"""Figures for a monitoring system: requests by route, jobs and mails by state, deeds.

Labels are routes, never addresses, and states: no id, no name. With several web processes the figures of all are added
up in a folder (PROMETHEUS_MULTIPROC_DIR, set by `sportello serve`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from sportello.core import health
from sportello.core.work.queries import all_counts

REQUESTS = Counter("sportello_requests", "Requests by route, method and status.", ["route", "method", "status"])
SECONDS = Histogram(
    "sportello_request_seconds",
    "Time to answer, by route.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class CountRequests:
    """Counts each request under its route; what fits no route is one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = match.route if match else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        SECONDS.labels(route).observe(time.perf_counter() - begun)
        return response


class _Stock:
    """What stands in the database, counted when somebody asks."""

    def __init__(self, issued: Callable[[], int]) -> None:
        self._issued = issued

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges."""
        jobs, mails = all_counts()
        for name, words, counts in (("jobs", "Jobs by state.", jobs), ("mails", "Mails by state.", mails)):
            gauge = GaugeMetricFamily(f"sportello_{name}", words, labels=["state"])
            for state, count in counts.items():
                gauge.add_metric([state], count)
            yield gauge
        yield GaugeMetricFamily("sportello_papers_issued", "Papers issued.", value=self._issued())
        ready = GaugeMetricFamily("sportello_ready", "1 where it holds.", labels=["check"])
        for finding in health.readiness():
            ready.add_metric([finding.name], 0 if finding.problem else 1)
        yield ready


def page(issued: Callable[[], int]) -> bytes:
    """Return all figures as Prometheus reads them; `issued` counts the papers."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Own())
    registry.register(_Stock(issued))
    return generate_latest(registry)


class _Own:
    """The figures of this process alone."""

    def collect(self) -> Iterable[Metric]:
        """Yield them."""
        for each in (REQUESTS, SECONDS):
            yield from each.collect()
