"""Fast enough, and rarely wrong, under a load below the API's limit.

Settings: PERFORMANCE_REQUESTS (how many), PERFORMANCE_P95_MS (default: the stack's LatencyLimitMilliseconds) and
PERFORMANCE_ERROR_PERCENT.
"""

import os

import pytest
from api import ANSWERED
from environment import number
from load import paced, percentile

pytestmark = pytest.mark.thorough

REQUESTS = 300
ERROR_PERCENT = 1.0
AT_ONCE = 16


def test_answers_are_fast_and_right_when_the_load_is_normal(signed_in, environment, tell):
    count = int(number(os.environ, "PERFORMANCE_REQUESTS", REQUESTS))
    count = min(count, environment.most_requests() or count)
    limit_ms = number(os.environ, "PERFORMANCE_P95_MS", environment.latency_limit_ms)
    limit_percent = number(os.environ, "PERFORMANCE_ERROR_PERCENT", ERROR_PERCENT)
    signed_in.ask(ANSWERED)  # a first request opens connections and may start a sandbox

    # Half of what the API lets through, so that a 429 is an error of ours.
    samples, per_second = paced(lambda: signed_in.ask(ANSWERED), count, environment.requests_per_second / 2, AT_ONCE)
    took_ms = [sample.took_ms for sample in samples]
    statuses = sorted({str(sample.status) for sample in samples if sample.status != 200})
    error_percent = 100 * sum(sample.status != 200 for sample in samples) / count
    tell("performance.requests", count)
    tell("performance.requests_per_second", round(per_second, 1))
    tell("performance.p50_ms", round(percentile(took_ms, 50)))
    tell("performance.p95_ms", round(percentile(took_ms, 95)))
    tell("performance.p99_ms", round(percentile(took_ms, 99)))
    tell("performance.error_percent", round(error_percent, 2))
    assert error_percent <= limit_percent, f"{error_percent:.2f} % of {count} requests failed ({', '.join(statuses)})"
    assert percentile(took_ms, 95) <= limit_ms, f"p95 is {percentile(took_ms, 95):.0f} ms, above {limit_ms:.0f} ms"
