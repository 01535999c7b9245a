"""The alarms and what is required of them (M1 to M4), restated here; and the rollout guard wherever it is listed."""

import re

import pytest
from environments import FILES, environment, parameter_file

# M1 API: 4xx > 5 in 5 min; 5xx > 3 in 5 min; p95 latency over 3 to 5 s. M2 canary, rolls back: over 1 % errors for 10 min;
# response time over 5 s for 10 min. M3 functions: errors > 5 in 5 min; duration > 80 % of the time-out; any throttle.
# M4 rolls back besides: DynamoDB throttling, function errors over M3's threshold, the judge, a business metric.
# Ten minutes are 10 of 13, and five 5 of 8: metrics come late, and FILL would take the newest minutes for good ones for ever
# (CloudWatch user guide, "Using math expressions", FILL).
# name: (metric, statistic, period in seconds, threshold, periods, periods that must be over it, what missing data is)
SIMPLE = {
    "api-4xx": ("AWS/ApiGateway/4XXError", "Sum", 300, 5, 1, 1, "notBreaching"),
    "api-5xx": ("AWS/ApiGateway/5XXError", "Sum", 300, 3, 1, 1, "notBreaching"),
    "api-latency": ("AWS/ApiGateway/Latency", "p95", 300, "limit", 1, 1, "notBreaching"),
    "backend-errors": ("AWS/Lambda/Errors", "Sum", 300, 5, 1, 1, "notBreaching"),
    "backend-duration": ("AWS/Lambda/Duration", "Maximum", 300, 8000, 1, 1, "notBreaching"),
    "backend-throttles": ("AWS/Lambda/Throttles", "Sum", 60, 0, 1, 1, "notBreaching"),
    "canary-breach": ("Delivery/Canary/Breach", "Maximum", 60, 0, 1, 1, "notBreaching"),
    "canary-shared-fault": ("Delivery/Canary/SharedFault", "Maximum", 60, 0, 1, 1, "notBreaching"),
    "undelivered-events": ("AWS/SQS/ApproximateNumberOfMessagesVisible", "Maximum", 60, 0, 1, 1, "notBreaching"),
}
# name: (what is compared, the metrics in it with their statistics, then as above)
MATH = {
    "canary-error-rate": (
        "IF(FILL(requests, 0) >= 5, 100 * (FILL(crashes, 0) + FILL(answers, 0)) / FILL(requests, 1), 0)",
        {"requests": "AWS/Lambda/Invocations Sum", "crashes": "AWS/Lambda/Errors Sum", "answers": "Manuel/Backend/Http5xx Sum"},
        60, 1, 13, 10, "notBreaching"),
    "canary-response-time": (
        "IF(FILL(requests, 0) >= 5, FILL(p95, 0), 0)",
        {"requests": "AWS/Lambda/Invocations Sum", "p95": "AWS/Lambda/Duration p95"}, 60, 5000, 13, 10, "notBreaching"),
    "canary-unanswered": (
        "IF(FILL(questions, 0) >= 5, 100 * FILL(unanswered, 0) / FILL(questions, 1), 0)",
        {"questions": "Manuel/Backend/Queries Sum", "unanswered": "Manuel/Backend/QueriesUnanswered Sum"},
        60, 20, 8, 5, "notBreaching"),
    "canary-function-errors": (
        "IF(FILL(crashes, 0) > 5 && FILL(requests, 0) >= 20, 100 * FILL(crashes, 0) / FILL(requests, 1), 0)",
        {"requests": "AWS/Lambda/Invocations Sum", "crashes": "AWS/Lambda/Errors Sum"}, 300, 5, 1, 1, "notBreaching"),
    "usage-throttled": (
        "FILL(reads, 0) + FILL(writes, 0)",
        {"reads": "AWS/DynamoDB/ReadThrottleEvents Sum", "writes": "AWS/DynamoDB/WriteThrottleEvents Sum"},
        60, 0, 5, 3, "notBreaching"),
    "canary-blind": (
        "IF(FILL(runs, 0) < 1 || FILL(errors, 0) > 0 || FILL(blind, 0) > 0, 1, 0)",
        {"runs": "AWS/Lambda/Invocations Sum", "errors": "AWS/Lambda/Errors Sum", "blind": "Delivery/Canary/Blind Maximum"},
        60, 0, 3, 3, "breaching"),
}
# Of the five release functions the worst: metric, statistic, period, threshold.
WORST = {"release-errors": ("Errors", "Sum", 300, 5), "release-duration": ("Duration", "Maximum", 300, 80),
         "release-throttles": ("Throttles", "Sum", 60, 0)}
GUARD = ["canary-breach", "canary-error-rate", "canary-response-time", "canary-unanswered", "canary-function-errors",
         "usage-throttled"]
# CodeDeploy takes no more, and no composite alarms.
MOST_GUARD_ALARMS = 10


def alarms(stack):
    found = (body["Properties"] for body in stack.of("AWS::CloudWatch::Alarm").values())
    return {alarm["AlarmName"].removeprefix(f"{stack.name}-"): alarm for alarm in found}


def evaluation(alarm, threshold):
    periods = alarm["EvaluationPeriods"]
    same = str(alarm["Threshold"]) == str(threshold) and alarm["ComparisonOperator"] == "GreaterThanThreshold"
    return (same, periods, alarm.get("DatapointsToAlarm", periods), alarm["TreatMissingData"])


def simple(alarm, threshold):
    statistic = alarm.get("Statistic") or alarm.get("ExtendedStatistic")
    return (f"{alarm.get('Namespace')}/{alarm.get('MetricName')}", statistic, alarm.get("Period"), *evaluation(alarm, threshold))


def math(alarm, threshold):
    [compared] = [metric for metric in alarm.get("Metrics", []) if "Expression" in metric]
    parts = {metric["Id"]: metric["MetricStat"] for metric in alarm["Metrics"] if "MetricStat" in metric}
    named = {name: f"{part['Metric']['Namespace']}/{part['Metric']['MetricName']} {part['Stat']}" for name, part in parts.items()}
    [period] = {part["Period"] for part in parts.values()}
    return (compared["Expression"], named, period, *evaluation(alarm, threshold))


def problems(stack, limit):
    found, told = alarms(stack), []
    for name, (metric, statistic, period, threshold, *rest) in SIMPLE.items():
        seen = simple(found[name], limit if threshold == "limit" else threshold)
        if seen != (metric, statistic, period, True, *rest):
            told.append(f"{name} is {seen}")
    for name, (expression, parts, period, threshold, *rest) in MATH.items():
        seen = math(found[name], threshold)
        if seen != (expression, parts, period, True, *rest):
            told.append(f"{name} is {seen}")
    told += [f"{name} is no alarm of M1 to M4" for name in set(found) - set(SIMPLE) - set(MATH) - set(WORST)]
    return told + worst_problems(stack, found) + guard_problems(stack) + version_problems(stack, found)


def worst_problems(stack, found):
    told, functions = [], stack.of("AWS::Lambda::Function")
    limits = {body["Properties"]["FunctionName"]: body["Properties"]["Timeout"] for body in functions.values()}
    released = f"{stack.name}-backend"
    if limits[released] * 1000 * 0.8 != found["backend-duration"]["Threshold"]:
        told.append("backend-duration is not at 80 % of the time-out")
    for name, (metric, statistic, period, threshold) in WORST.items():
        expression, parts, seen_period, *rest = math(found[name], threshold)
        if (seen_period, *rest) != (period, True, 1, 1, "notBreaching"):
            told.append(f"{name} is {rest}, over {seen_period} s")
        if set(parts.values()) != {f"AWS/Lambda/{metric} {statistic}"}:
            told.append(f"{name} looks at {parts}")
        watched = {part["Id"]: part["MetricStat"]["Metric"]["Dimensions"][0]["Value"]
                   for part in found[name]["Metrics"] if "MetricStat" in part}
        if sorted(watched.values()) != sorted(set(limits) - {released}):
            told.append(f"{name} does not watch the release functions")
        # Duration is in ms: divided by ten times the seconds of the time-out it is percent.
        divided = dict(re.findall(r"FILL\((\w+), 0\) / (\d+)", expression))
        if metric == "Duration" and divided != {part: str(limits[name] * 10) for part, name in watched.items()}:
            told.append(f"{name} divides by {divided}")
    return told


def guard_lists(stack):
    """The rollout guard, in each place that lists it."""
    def variable(function, name):
        return stack.properties(function)["Environment"]["Variables"][name].split(",")

    group = stack.properties("LiveDeploymentGroup")["AlarmConfiguration"]
    return {
        "deployment group": [alarm["Name"] for alarm in group["Alarms"] if group["Enabled"]],
        "traffic-shift": variable("TrafficShift", "GUARD_ALARMS"),
        "alarm-rollback": variable("AlarmRollback", "GUARD_ALARMS"),
        "post-traffic": variable("PostTraffic", "ALARM_NAMES"),
        "rule": stack.properties("AlarmRollbackGuardAlarm")["EventPattern"]["detail"]["alarmName"],
    }


def guard_problems(stack):
    expected = [f"{stack.name}-{name}" for name in GUARD]
    told = [f"the guard of {place} is {found}" for place, found in guard_lists(stack).items() if found != expected]
    if stack.of("AWS::CloudWatch::CompositeAlarm") or len(expected) > MOST_GUARD_ALARMS:
        told.append("CodeDeploy cannot watch the guard")
    return told


def version_problems(stack, found):
    """The canary's alarms look at the version that this update published, behind `live`, and at no other."""
    expected = {"FunctionName": f"{stack.name}-backend", "Resource": f"{stack.name}-backend:live"}
    told = []
    for name in (name for name in GUARD if name in MATH and name.startswith("canary-")):
        for metric in (metric["MetricStat"]["Metric"] for metric in found[name]["Metrics"] if "MetricStat" in metric):
            seen = {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
            version = seen.pop("ExecutedVersion", "")
            if seen != expected or not re.fullmatch(r"<BackendVersion\w+\.Version>|<Backend\.Version\.Version>", version):
                told.append(f"{name} looks at {metric['Dimensions']}")
    return told


@pytest.mark.parametrize("file", FILES)
def test_alarms_are_as_required(file):
    limit = parameter_file(file)["Parameters"]["LatencyLimitMilliseconds"]
    assert 3000 <= int(limit) <= 5000
    assert problems(environment(file), limit) == []


@pytest.mark.parametrize("file", FILES)
def test_alarms_tell_people_where_monitoring_is_not_basic(file):
    stack = environment(file)
    for name, alarm in alarms(stack).items():
        tells_few = name == "api-4xx" or file != "production"
        topic = "manuel-notices" if tells_few else "manuel-critical"
        assert alarm["AlarmActions"] == [f"arn:aws:sns:eu-west-1:123456789012:{topic}"], name
        assert alarm["ActionsEnabled"] == (parameter_file(file)["Parameters"]["Monitoring"] != "basic"), name


def changed(logical, **values):
    return lambda template: template["Resources"][logical]["Properties"].update(values)


def properties(template, logical):
    return template["Resources"][logical]["Properties"]


@pytest.mark.parametrize(("change", "said"), [
    (changed("Api5xx", Threshold=4), "api-5xx is"),
    (changed("Api4xx", Period=60), "api-4xx is"),
    (changed("CanaryErrorRate", EvaluationPeriods=9), "canary-error-rate is"),
    (changed("CanaryResponseTime", TreatMissingData="breaching"), "canary-response-time is"),
    (changed("BackendThrottles", ComparisonOperator="GreaterThanOrEqualToThreshold"), "backend-throttles is"),
    (changed("ReleaseThrottles", Threshold=1), "release-throttles is"),
    (changed("PostTraffic", Timeout=500), "release-duration divides"),
    (changed("Backend", Timeout=12), "backend-duration is not at 80 %"),
    (lambda t: properties(t, "ReleaseErrors")["Metrics"].pop(), "release-errors does not watch"),
    (lambda t: properties(t, "LiveDeploymentGroup")["AlarmConfiguration"]["Alarms"].pop(), "guard of deployment group"),
    (lambda t: properties(t, "TrafficShift")["Environment"]["Variables"].update(GUARD_ALARMS="none"), "guard of traffic-shift"),
    (lambda t: properties(t, "AlarmRollback")["Environment"]["Variables"].update(GUARD_ALARMS="a,b"), "guard of alarm-rollback"),
    (lambda t: properties(t, "PostTraffic")["Environment"]["Variables"].update(ALARM_NAMES="a"), "guard of post-traffic"),
    (lambda t: properties(t, "CanaryUnanswered")["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"].pop(), "canary-unanswered looks"),
])
def test_problem_is_told_when_an_alarm_is_changed(change, said):
    assert any(said in problem for problem in problems(environment("production", change), "3000"))
