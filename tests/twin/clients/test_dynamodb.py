"""DynamoDB and the stand-in for Bedrock through boto3."""

import pytest
from botocore.exceptions import ClientError
from deploying import refusal

KEY = {"user": {"S": "anna"}, "day": {"S": "2026-11-23"}}


@pytest.fixture
def dynamodb(twin):
    """With the backend's table of questions."""
    dynamodb = twin.client("dynamodb")
    dynamodb.create_table(
        TableName="usage",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in KEY],
        KeySchema=[{"AttributeName": "user", "KeyType": "HASH"}, {"AttributeName": "day", "KeyType": "RANGE"}],
    )
    dynamodb.get_waiter("table_exists").wait(TableName="usage")
    return dynamodb


def count(dynamodb, table="usage"):
    dynamodb.update_item(
        TableName=table, Key=KEY, UpdateExpression="ADD questions :one", ExpressionAttributeValues={":one": {"N": "1"}}
    )


def test_questions_are_counted_per_user_and_day(twin, dynamodb):
    count(dynamodb)
    count(dynamodb)
    assert dynamodb.get_item(TableName="usage", Key=KEY)["Item"] == KEY | {"questions": {"N": "2"}}
    found = dynamodb.query(
        TableName="usage", KeyConditionExpression="#u = :u",
        ExpressionAttributeNames={"#u": "user"}, ExpressionAttributeValues={":u": KEY["user"]},
    )
    assert found["Count"] == 1
    called = [call["operation"] for call in twin.read("calls")]
    assert called[-4:] == ["dynamodb:UpdateItem", "dynamodb:UpdateItem", "dynamodb:GetItem", "dynamodb:Query"]


def test_refusal_has_dynamodbs_code_when_table_or_condition_fails(dynamodb):
    assert refusal(count, dynamodb=dynamodb, table="other") == "ResourceNotFoundException"
    put = {"TableName": "usage", "Item": KEY, "ConditionExpression": "attribute_not_exists(questions)"}
    count(dynamodb)
    assert refusal(dynamodb.put_item, **put) == "ConditionalCheckFailedException"


def test_gap_is_named_when_the_operation_is_not_there(dynamodb):
    with pytest.raises(ClientError, match="DynamoDB TransactGetItems"):
        dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": "usage", "Key": KEY}}])


def test_stand_in_answers_from_the_passage(twin):
    answer = twin.client("bedrock-runtime").converse(
        modelId="eu.amazon.nova-lite-v1:0",
        system=[{"text": "Only from <passage>Hold the button. Rinse.</passage>"}],
        messages=[{"role": "user", "content": [{"text": "How?"}]}],
    )
    assert answer["output"]["message"]["content"] == [{"text": "The manual says: Hold the button."}]
    assert answer["stopReason"] == "end_turn"
