"""The suite passes for a good environment, and each kind of trouble turns the tests red that are there for it."""

from conftest import run_suite
from deployed import STACK, client

BASIC = {"test_health_is_ok", "test_question_is_answered_when_a_manual_has_the_answer", "test_route_is_open_when_it_tells_nothing_about_customers"}
PERFORMANCE = "test_answers_are_fast_and_right_when_the_load_is_normal"
FLOOD = "test_flood_is_turned_away_and_service_recovers"


def customers(moto):
    cognito = client(moto, "cognito-idp")
    pools = cognito.list_user_pools(MaxResults=10)["UserPools"]
    return [user["Username"] for pool in pools for user in cognito.list_users(UserPoolId=pool["Id"])["Users"]]


def test_everything_passes_when_the_environment_is_good(tested, moto):
    run = tested(suite="all")
    assert (run.status, run.failed) == (0, set()), run.output
    assert BASIC | {PERFORMANCE, FLOOD} <= run.passed
    assert float(run.figures["performance.p95_ms"]) < 1_000 and run.figures["performance.error_percent"] == "0.0"
    assert "performance.p95_ms: " in run.output, "people read the output, too"
    assert customers(moto) == [], "the customer is gone"


def test_only_the_basic_tests_run_when_nothing_else_is_asked_for(tested):
    run = tested()
    assert run.status == 0 and BASIC <= run.passed, run.output
    assert not {PERFORMANCE, FLOOD, "test_question_does_no_harm_when_it_is_hostile"} & (run.passed | run.failed)


def test_suite_is_red_when_every_answer_is_an_error(tested, moto):
    run = tested({"error_percent": 100})
    assert run.status == 1 and run.passed == set(), run.output
    assert "GET /health answers 200" in run.output
    assert customers(moto) == []


def test_suite_is_red_when_the_function_fails(tested):
    # With this seed some requests come through, among them the one that the suite waits for.
    run = tested({"failure_percent": 50, "seed": 1})
    assert run.status == 1 and "502" in run.output, run.output


def test_performance_is_red_when_a_tenth_of_the_answers_are_errors(tested):
    run = tested({"error_percent": 10, "seed": 1}, suite="all")
    assert PERFORMANCE in run.failed and "requests failed (500)" in run.output, run.output
    assert float(run.figures["performance.error_percent"]) > 1


def test_performance_is_red_when_answers_are_slow(tested):
    run = tested({"added_latency_ms": 60}, suite="all", PERFORMANCE_P95_MS="50")
    assert PERFORMANCE in run.failed and "above 50 ms" in run.output, run.output
    assert not BASIC & run.failed


def test_api_is_red_when_no_question_is_answered(tested):
    run = tested({"unanswered_percent": 100})
    assert run.failed == {"test_question_is_answered_when_a_manual_has_the_answer"}, run.output


def test_authentication_is_red_when_there_is_no_authorizer(tested):
    run = tested(authorized=False)
    assert {name for name in run.failed if name.startswith("test_request_is_refused")} == {
        "test_request_is_refused_when_it_has_no_token", "test_request_is_refused_when_its_token_is_garbage",
        "test_request_is_refused_when_its_token_was_changed",
    }, run.output


def test_smoke_is_red_when_customers_are_served_by_another_version(tested):
    run = tested(version="arn:aws:lambda:eu-west-1:123456789012:function:manuel-staging-backend:77")
    assert run.failed == {"test_version_is_the_one_that_was_deployed"}, run.output
    assert "another version than the stack published" in run.output


def test_flood_is_red_when_there_is_no_limit(tested):
    run = tested(suite="all", limited=False)
    assert run.failed == {FLOOD} and "nearly none was refused" in run.output, run.output


def test_flood_is_red_when_the_firewall_leaves_no_room_for_it(tested):
    run = tested(suite="all", parameters={"WafEnabled": "true", "RequestsPerFiveMinutesPerAddress": "300"})
    assert run.failed == {FLOOD} and "lower BurstRequests" in run.output, run.output


def test_suite_refuses_when_its_settings_are_wrong(moto, tmp_path):
    for variables, told in [
        ({}, "STACK_NAME is not set"),
        ({"STACK_NAME": "manuel-prod"}, "this suite is not for production"),
        ({"STACK_NAME": STACK, "SUITE": "some"}, "choose basic or all"),
        ({"STACK_NAME": "manuel-dev"}, "the stack manuel-dev cannot be read"),
    ]:
        run = run_suite(moto, tmp_path / "junit.xml", **variables)
        assert run.status == 4 and told in run.output, (variables, run.output)


def test_suite_refuses_when_the_stack_is_another_one(stack, moto, tmp_path):
    stack("manuel-dev", {"Other": "1"}, {"RequestsPerSecond": "1"})
    run = run_suite(moto, tmp_path / "junit.xml", STACK_NAME="manuel-dev")
    assert run.status == 4 and "has no ApiUrl, UserPoolId, UserPoolClientId, CandidateVersion, BurstRequests" in run.output, run.output
