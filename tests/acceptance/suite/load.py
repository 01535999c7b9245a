"""Requests in numbers: at a pace, or as many as possible; always bounded in count and time."""

import concurrent.futures
import dataclasses
import threading
import time

import requests


@dataclasses.dataclass(frozen=True)
class Sample:
    """One request: its status (None when no answer came) and how long it took."""

    status: int | None
    took_ms: float


def measured(request):
    begun = time.perf_counter()
    try:
        status = request().status_code
    except requests.RequestException:
        status = None
    return Sample(status, (time.perf_counter() - begun) * 1_000)


def paced(request, count, per_second, at_once):
    """Sends at a pace that does not wait for slow answers, as customers do not; answers samples and requests per second."""
    begun = time.monotonic()
    pause = threading.Event()

    def send(number):
        pause.wait(max(0.0, begun + number / per_second - time.monotonic()))
        return measured(request)

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        samples = list(pool.map(send, range(count)))
    return samples, count / (time.monotonic() - begun)


def burst(request, most, at_once, seconds, enough):
    """Sends as fast as it can until `enough` holds for the samples, at most so many and so long."""
    end = time.monotonic() + seconds
    samples = []
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        while len(samples) < most and time.monotonic() < end and not enough(samples):
            round_size = min(at_once, most - len(samples))
            samples += pool.map(lambda _: measured(request), range(round_size))
    return samples


def percentile(values, percent):
    """The smallest value that so many percent do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
