"""Who may ask: customers with a token of our user pool, nobody else."""

import base64
import json
import time

import pytest
from api import ANSWERED, told

pytestmark = pytest.mark.basic

PROTECTED = [("POST", "/query"), ("GET", "/usage")]


def unsigned(claims):
    """A token that says of itself that it needs no signature."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def forged(token):
    """The customer's own token with another subject, and so a signature that does not fit."""
    head, claims, signature = token.split(".")
    changed = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))) | {"sub": "somebody-else"}
    return ".".join((head, base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("="), signature))


def assert_refused(response):
    assert response.status_code == 401, told(response)
    assert "answer" not in response.text and "questions" not in response.text, told(response)


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_request_is_refused_when_it_has_no_token(anonymous, method, path):
    assert_refused(anonymous.send(method, path, json=ANSWERED))


@pytest.mark.parametrize(("method", "path"), PROTECTED)
@pytest.mark.parametrize("token", ["garbage", "a.b.c", unsigned({"sub": "me", "exp": int(time.time()) + 600})],
                         ids=["no-token-at-all", "three-parts", "unsigned"])
def test_request_is_refused_when_its_token_is_garbage(anonymous, method, path, token):
    assert_refused(anonymous.send(method, path, json=ANSWERED, token=token))


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_request_is_refused_when_its_token_was_changed(anonymous, signed_in, method, path):
    assert_refused(anonymous.send(method, path, json=ANSWERED, token=forged(signed_in.token)))


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_request_is_served_when_its_token_is_good(signed_in, method, path):
    response = signed_in.send(method, path, json=ANSWERED)
    assert response.status_code == 200, told(response)


@pytest.mark.parametrize("path", ["/health", "/version"])
def test_route_is_open_when_it_tells_nothing_about_customers(anonymous, path):
    response = anonymous.get(path)
    assert response.status_code == 200, told(response)
