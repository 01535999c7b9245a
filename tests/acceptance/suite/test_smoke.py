"""Is it there, and is it the version that was just deployed?"""

import pytest
from api import told

pytestmark = pytest.mark.basic


def test_health_is_ok(anonymous):
    response = anonymous.get("/health")
    assert response.status_code == 200 and response.json() == {"status": "ok"}, told(response)


def test_version_is_the_one_that_was_deployed(anonymous, environment):
    response = anonymous.get("/version")
    assert response.status_code == 200, told(response)
    assert response.json()["functionVersion"] == environment.version, (
        f"customers are served by another version than the stack published: {told(response)}"
    )
    assert response.json()["buildId"], told(response)
