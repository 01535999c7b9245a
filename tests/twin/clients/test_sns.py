"""SNS through boto3 and the AWS CLI: topics, mails, functions as subscribers, alarms that publish."""

import json
import subprocess

import pytest
from conftest import create_function
from deploying import Longer, refusal, wait_for
from test_cli import AWS
from test_events import FUNCTION, alarm, seen

TOPIC = "arn:aws:sns:eu-west-1:123456789012:news"


@pytest.fixture
def sns(twin):
    """A topic with a reader."""
    sns = twin.client("sns")
    assert sns.create_topic(Name="news", Attributes={"DisplayName": "News & more"})["TopicArn"] == TOPIC
    sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="a@example.com")
    return sns


def inbox(twin, count=1):
    return wait_for(lambda: twin.read("inbox/news"), Longer(count))


def test_mail_and_function_get_the_message_when_it_is_published(twin, sns, code):
    create_function(twin.client("lambda"), code)
    subscription = sns.subscribe(TopicArn=TOPIC, Protocol="lambda", Endpoint=FUNCTION)["SubscriptionArn"]
    attributes = {"kind": {"DataType": "String", "StringValue": "ä"}, "raw": {"DataType": "Binary", "BinaryValue": b"\x00"}}
    message = sns.publish(TopicArn=TOPIC, Subject="Hello", Message='<b> & "more"\n', MessageAttributes=attributes)
    [mail] = inbox(twin)
    assert (mail["to"], mail["subject"], mail["message"]) == ("a@example.com", "Hello", '<b> & "more"\n')
    [record] = seen(twin)[0]["Records"]
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert record["EventSubscriptionArn"] == subscription
    told = record["Sns"]
    assert (told["MessageId"], told["TopicArn"], told["Subject"]) == (message["MessageId"], TOPIC, "Hello")
    assert told["Message"] == '<b> & "more"\n'
    assert told["MessageAttributes"] == {
        "kind": {"Type": "String", "Value": "ä"}, "raw": {"Type": "Binary", "Value": "AA=="}}


def test_subject_is_null_when_the_message_has_none(twin, sns, code):
    create_function(twin.client("lambda"), code)
    sns.subscribe(TopicArn=TOPIC, Protocol="lambda", Endpoint=FUNCTION)
    sns.publish(TopicArn=TOPIC, MessageStructure="json", Message=json.dumps({"default": "d", "lambda": "l"}))
    told = seen(twin)[0]["Records"][0]["Sns"]
    assert (told["Subject"], told["Message"], told["Type"]) == (None, "l", "Notification")
    assert inbox(twin)[0]["message"] == "d"


def test_rule_publishes_the_event_when_its_target_is_a_topic(twin, sns):
    events = twin.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["mine"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": TOPIC}])
    events.put_events(Entries=[{"Source": "mine", "DetailType": "T", "Detail": '{"n": 1}'}])
    assert json.loads(inbox(twin)[0]["message"]) == twin.read("events")[0]


def test_alarm_publishes_when_its_actions_are_enabled(twin, sns):
    cloudwatch = twin.client("cloudwatch")
    alarm(cloudwatch, AlarmActions=[TOPIC], OKActions=[TOPIC])
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="drill")
    # An evaluation may have come before, or come after.
    subjects = [mail["subject"] for mail in inbox(twin)]
    mail = twin.read("inbox/news")[subjects.index('ALARM: "errors" in EU (Ireland)')]
    told = json.loads(mail["message"])
    assert (told["NewStateValue"], told["NewStateReason"], told["AlarmDescription"]) == ("ALARM", "drill", None)
    assert (told["AlarmActions"], told["AWSAccountId"]) == ([TOPIC], "123456789012")
    assert told["Trigger"] == {
        "MetricName": "Errors", "Namespace": "Own", "StatisticType": "Statistic", "Statistic": "SUM", "Unit": None,
        "Dimensions": [{"name": "Function", "value": "sample"}], "Period": 60, "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold", "Threshold": 2.0,
        "TreatMissingData": "- TreatMissingData:                    notBreaching", "EvaluateLowSampleCountPercentile": ""}
    # The next evaluation brings it back, and tells so.
    assert inbox(twin, subjects.index(mail["subject"]) + 2)[-1]["subject"].startswith("OK: ")
    cloudwatch.disable_alarm_actions(AlarmNames=["errors"])
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="silent")
    assert all(json.loads(mail["message"])["NewStateReason"] != "silent" for mail in inbox(twin))


def test_composite_alarm_names_what_triggered_it_when_it_publishes(twin, sns):
    cloudwatch = twin.client("cloudwatch")
    alarm(cloudwatch)
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(errors)", AlarmActions=[TOPIC])
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="drill")
    told = json.loads(inbox(twin)[0]["message"])
    assert told["AlarmRule"] == "ALARM(errors)" and "Trigger" not in told
    [child] = told["TriggeringChildren"]
    assert child["Arn"].endswith(":alarm:errors") and child["State"]["Value"] == "ALARM"


def test_topics_and_subscriptions_are_listed_and_deleted(sns):
    subscription = {"Owner": "123456789012", "Protocol": "email", "Endpoint": "a@example.com", "TopicArn": TOPIC}
    assert sns.list_topics()["Topics"] == [{"TopicArn": TOPIC}]
    [listed] = sns.list_subscriptions()["Subscriptions"]
    assert sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"] == [listed]
    arn = listed.pop("SubscriptionArn")
    assert listed == subscription and arn.startswith(TOPIC + ":")
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="DisplayName", AttributeValue="<News>")
    sns.unsubscribe(SubscriptionArn=arn)
    attributes = sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]
    assert attributes | {"DisplayName": "<News>", "SubscriptionsConfirmed": "0", "SubscriptionsDeleted": "1"} == attributes
    for number in range(100):
        sns.create_topic(Name=f"t{number}")
    pages = [page["Topics"] for page in sns.get_paginator("list_topics").paginate()]
    assert [len(page) for page in pages] == [100, 1]
    sns.delete_topic(TopicArn=TOPIC)
    assert refusal(sns.publish, TopicArn=TOPIC, Message="m") == "NotFound"
    assert refusal(sns.create_topic, Name="a b") == "InvalidParameter"
    assert refusal(sns.create_topic, Name="news.fifo") == "NotImplemented"


def test_message_arrives_when_it_is_sent_on_the_command_line(twin, sns):
    def aws(*words):
        return subprocess.run([AWS, "sns", *words], env=twin.environment(), capture_output=True, text=True, timeout=60)

    sent = aws("publish", "--topic-arn", TOPIC, "--subject", "Hi", "--message", "ö + %")
    assert json.loads(sent.stdout)["MessageId"]
    assert inbox(twin)[0]["message"] == "ö + %"
    refused = aws("publish", "--topic-arn", TOPIC, "--subject", "two\nlines", "--message", "m")
    assert "InvalidParameter" in refused.stderr and "Subject" in refused.stderr
    assert json.loads(aws("list-topics").stdout) == {"Topics": [{"TopicArn": TOPIC}]}
