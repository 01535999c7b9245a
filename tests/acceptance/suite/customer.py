"""A customer for one run: made at the start, deleted at the end."""

import contextlib
import secrets
import uuid

from botocore.exceptions import ClientError


class CustomerError(Exception):
    """Cognito refused a step. Without the request, because it holds the password."""


@contextlib.contextmanager
def signed_in(cognito, user_pool_id, client_id):
    """Yields the id token, which is what API Gateway's authorizer takes from a customer without scopes."""
    # Nobody reads mail for this name (RFC 2606), and none is sent.
    name = f"acceptance-{uuid.uuid4()}@example.com"
    pool = {"UserPoolId": user_pool_id, "Username": name}
    attributes = [{"Name": "email", "Value": name}, {"Name": "email_verified", "Value": "true"}]
    ask(cognito, "admin_create_user", **pool, UserAttributes=attributes, MessageAction="SUPPRESS")
    try:
        # The suffix has every kind of character that the pool's policy asks for.
        password = secrets.token_urlsafe(24) + "-aA1"
        ask(cognito, "admin_set_user_password", **pool, Password=password, Permanent=True)
        answer = ask(
            cognito, "admin_initiate_auth", UserPoolId=user_pool_id, ClientId=client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters={"USERNAME": name, "PASSWORD": password},
        )
        yield answer["AuthenticationResult"]["IdToken"]
    finally:
        ask(cognito, "admin_delete_user", **pool)


def ask(cognito, operation, **parameters):
    try:
        return getattr(cognito, operation)(**parameters)
    except ClientError as error:
        reason = error.response["Error"]
        raise CustomerError(f"{operation}: {reason['Code']}: {reason.get('Message', '')}") from None
