"""The password of the throw-away customer stays in the process, and the customer does not outlive the run."""

import sys
import traceback

import pytest
from botocore.exceptions import ClientError
from conftest import SUITE

sys.path.insert(0, str(SUITE))
from customer import CustomerError, signed_in  # noqa: E402


class Cognito:
    """Answers every call, but refuses one; remembers what it was sent."""

    def __init__(self, refuses=None):
        self.refuses, self.calls = refuses, []

    def __getattr__(self, operation):
        def call(**parameters):
            self.calls.append((operation, parameters))
            if operation == self.refuses:
                raise ClientError({"Error": {"Code": "NotAuthorizedException", "Message": "no"}}, operation)
            return {"AuthenticationResult": {"IdToken": "token"}}

        return call


@pytest.mark.parametrize("refused", ["admin_set_user_password", "admin_initiate_auth"])
def test_password_is_not_told_when_cognito_refuses(refused):
    cognito = Cognito(refused)
    with pytest.raises(CustomerError) as raised, signed_in(cognito, "pool", "client"):
        pytest.fail("nobody is signed in")
    [password] = [parameters["Password"] for operation, parameters in cognito.calls if operation == "admin_set_user_password"]
    told = "".join(traceback.format_exception(raised.value))
    assert f"{refused}: NotAuthorizedException: no" in told and password not in told
    assert cognito.calls[-1][0] == "admin_delete_user"


def test_customer_is_deleted_when_a_test_fails():
    cognito = Cognito()
    with pytest.raises(ZeroDivisionError), signed_in(cognito, "pool", "client") as token:
        assert token == "token"
        raise ZeroDivisionError
    names = {parameters.get("Username") for operation, parameters in cognito.calls if operation != "admin_initiate_auth"}
    assert cognito.calls[-1][0] == "admin_delete_user" and len(names) == 1


def test_nobody_is_deleted_when_nobody_was_created():
    cognito = Cognito("admin_create_user")
    with pytest.raises(CustomerError), signed_in(cognito, "pool", "client"):
        pytest.fail("nobody is signed in")
    assert [operation for operation, _ in cognito.calls] == ["admin_create_user"]
