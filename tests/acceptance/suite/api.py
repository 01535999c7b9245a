"""Requests to the API, as a customer's program sends them, and what every error must look like."""

import time

import requests

# API Gateway answers after 29 seconds at the latest.
LONGEST_ANSWER_SECONDS = 30

# A question that a manual answers, and one that none does.
ANSWERED = {"question": "How do I descale the coffee machine?"}
UNANSWERED = {"question": "How do I change the tyres of my car?"}


class Api:
    """The API of one environment, with or without a customer's token."""

    def __init__(self, url, token=None):
        self.url, self.token = url, token
        # Connections are kept, as programs do; the pool is as large as the widest burst.
        self.session = requests.Session()
        self.session.mount(url, requests.adapters.HTTPAdapter(pool_maxsize=16, max_retries=0))
        self.session.trust_env = False  # no netrc or proxy of this computer

    def send(self, method, path, *, token=None, **content):
        headers = content.pop("headers", {})
        if token or self.token:
            # Without "Bearer": that is the form which API Gateway's documentation promises for user pools.
            headers = {"Authorization": token or self.token} | headers
        return self.session.request(
            method, self.url + path, headers=headers, timeout=LONGEST_ANSWER_SECONDS, allow_redirects=False, **content
        )

    def get(self, path, **content):
        return self.send("GET", path, **content)

    def ask(self, question, **content):
        return self.send("POST", "/query", json=question, **content)


def told(response):
    """What an assertion's message needs to know of an answer; answers hold no secrets, requests do."""
    return f"{response.request.method} {response.request.path_url}: {response.status_code} {response.text[:300]}"


def assert_problem(response, status):
    """The backend's errors have the form of RFC 9457, so that programs can read them."""
    assert response.status_code == status, told(response)
    assert response.headers["Content-Type"].split(";")[0] == "application/problem+json", told(response)
    problem = response.json()
    assert problem["status"] == status and problem["title"] and problem["detail"], told(response)


def wait_until(condition, seconds, what):
    """Looks twice a second until the condition holds, and fails when it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain until {what}"
        time.sleep(0.5)
