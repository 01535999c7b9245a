"""Does it do what customers came for?"""

import pytest
from api import ANSWERED, UNANSWERED, told

pytestmark = pytest.mark.basic


def test_question_is_answered_when_a_manual_has_the_answer(signed_in):
    response = signed_in.ask(ANSWERED)
    assert response.status_code == 200, told(response)
    body = response.json()
    assert body["answered"] is True and body["manual"] == "Coffee machine" and body["answer"], told(response)


def test_question_is_unanswered_when_no_manual_has_the_answer(signed_in):
    response = signed_in.ask(UNANSWERED)
    assert response.status_code == 200 and response.json()["answered"] is False, told(response)


def test_usage_grows_when_a_question_is_asked(signed_in):
    before, asked, after = signed_in.get("/usage"), signed_in.ask(ANSWERED), signed_in.get("/usage")
    assert (before.status_code, asked.status_code, after.status_code) == (200, 200, 200), told(after)
    assert after.json()["questions"] == before.json()["questions"] + 1, told(after)


def test_head_has_no_body(anonymous):
    response = anonymous.send("HEAD", "/health")
    assert response.status_code == 200 and response.content == b"", told(response)
