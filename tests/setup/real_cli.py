"""Asks the real AWS CLI whether it understands a command, without anybody to send it to."""

import contextlib
import io
import os

from awscli.clidriver import create_clidriver

# Nothing listens there: a command that the CLI understands gets as far as this address, and no further.
NOWHERE = "http://127.0.0.1:9"
SETTINGS = {
    "AWS_ENDPOINT_URL": NOWHERE, "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_MAX_ATTEMPTS": "1", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": "",
}


def complaint(words, folder):
    """What the CLI has against the command; nothing when it would have sent it. `file://` is looked for in `folder`."""
    before, here = dict(os.environ), os.getcwd()
    said = io.StringIO()
    try:
        # Importing the CLI has set AWS_DATA_PATH; all else is this computer's.
        for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_DATA_PATH" or name.lower().endswith("_proxy")]:
            del os.environ[name]
        os.environ |= SETTINGS
        os.chdir(folder)
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            try:
                code = create_clidriver().main(words)
            except SystemExit as end:
                code = end.code
    finally:
        os.environ.clear()
        os.environ.update(before)
        os.chdir(here)
    if "Could not connect to the endpoint URL" in said.getvalue() or "Max attempts exceeded" in said.getvalue():
        return None
    return f"exit code {code}: {said.getvalue()[-400:]}"
