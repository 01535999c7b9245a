"""Mistakes get an answer that a program can read and a person can act on."""

import pytest
from api import ANSWERED, assert_problem

pytestmark = pytest.mark.basic

LONGEST_QUESTION_CHARACTERS = 1_000
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    ['{"question"', "[]", "{}", "null", '{"question": 5}', '{"question": "  "}'],
    ids=["no-json", "list", "no-question", "null", "number", "blank"],
)
def test_problem_is_told_when_the_body_is_bad(signed_in, body):
    assert_problem(signed_in.send("POST", "/query", data=body, headers=JSON), 400)


def test_problem_is_told_when_there_is_no_body(signed_in):
    assert_problem(signed_in.send("POST", "/query", headers=JSON), 400)


def test_problem_is_told_when_the_question_is_too_long(signed_in):
    assert_problem(signed_in.ask({"question": "?" * (LONGEST_QUESTION_CHARACTERS + 1)}), 400)


def test_problem_is_told_when_the_body_is_no_json_by_its_type(signed_in):
    assert_problem(signed_in.send("POST", "/query", data="question=How", headers={"Content-Type": "text/plain"}), 415)


@pytest.mark.parametrize(("method", "path", "allowed"), [("DELETE", "/health", "GET"), ("POST", "/version", "GET")])
def test_problem_names_the_methods_when_the_method_is_wrong(anonymous, method, path, allowed):
    response = anonymous.send(method, path)
    assert_problem(response, 405)
    assert allowed in response.headers["Allow"]


def test_problem_names_the_methods_when_a_customer_uses_the_wrong_one(signed_in):
    response = signed_in.get("/query")
    assert_problem(response, 405)
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize("path", ["/unknown", "/health/more", "/Health"])
def test_problem_is_told_when_the_route_is_unknown(anonymous, path):
    assert_problem(anonymous.get(path), 404)


def test_good_question_is_answered_when_bad_ones_came_before(signed_in):
    assert_problem(signed_in.send("POST", "/query", data="{", headers=JSON), 400)
    assert signed_in.ask(ANSWERED).status_code == 200
