"""The command line: every option reaches the template, every mistake is said at once and before any call."""

import pytest

REFUSED = [
    (["--notification-email", "you"], "--notification-email you: expected an address"),
    (["--notification-email", "you@localhost"], "expected an address"),
    (["--notification-email", "a@b.com, c@d.com"], "expected an address"),
    (["--stack-name", "pipeline"], "must begin with manuel"),
    (["--stack-name", "manuel_pipeline"], "letters, digits and - only"),
    (["--stack-name", "manuel" + "x" * 123], "128 at most"),
    (["--stack-name", "manuel-prod"], "that is the stack of an environment"),
    (["--region", "Ireland"], "expected a region like eu-west-1"),
    (["--region", "eu-west"], "expected a region like eu-west-1"),
    (["--source", "gitlab"], "expected github or codecommit"),
    (["--architecture", "arm"], "expected arm64 or x86_64"),
    (["--monthly-budget-dollars", "0"], "whole dollars"),
    (["--monthly-budget-dollars", "12.50"], "whole dollars"),
    (["--monthly-budget-dollars", "-5"], "whole dollars"),
    (["--monthly-budget-dollars", "1e3"], "whole dollars"),
    (["--github-owner", "a/b", "--github-repo", "c"], "expected a GitHub user or organisation"),
    (["--github-owner", "a", "--github-repo", "b/c"], "expected the name of the repository alone"),
    (["--github-owner", "a"], "--github-owner needs --github-repo"),
    (["--github-repo", "a"], "--github-repo needs --github-owner"),
    (["--github-branch", "a b"], "expected a branch"),
    (["--github-branch", "-x"], "expected a branch"),
    (["--github-branch", "a..b"], "git does not allow"),
    (["--github-branch", "a.lock"], "git does not allow"),
    (["--source", "codecommit", "--github-owner", "a", "--github-repo", "b"], "exclude each other"),
    (["--slack-workspace-id", "T01"], "--slack-workspace-id needs --slack-channel-id"),
    (["--slack-channel-id", "C01"], "--slack-channel-id needs --slack-workspace-id"),
    (["--slack-workspace-id", "t-1", "--slack-channel-id", "C01"], "expected an id like T0123456789"),
    (["--slack-workspace-id", "T01", "--slack-channel-id", "#alerts"], "expected an id like C0123456789"),
    (["--colour", "red"], "--colour is not an option"),
    (["--colour=red"], "--colour is not an option"),
    (["staging"], "staging is not an option"),
    (["--region"], "--region needs a value"),
    (["--region", "--yes"], "--region needs a value"),
    (["--region", ""], "--region needs a value"),
    (["--region="], "--region needs a value"),
]


@pytest.mark.parametrize("words, said", REFUSED)
def test_command_line_is_refused_before_any_call_when_it_is_wrong(checkout, words, said):
    checkout.fails(*words, code=2)
    assert said in checkout.err
    assert checkout.calls() == []


def test_command_line_is_refused_when_the_address_is_missing(checkout):
    checkout.fails(code=2, email=False)
    assert "--notification-email is required" in checkout.err


def test_every_mistake_is_said_when_there_are_several(checkout):
    checkout.fails("--notification-email", "you", "--region", "x", "--stack-name", "y", "--odd", "--architecture", "z", email=False, code=2)
    assert checkout.err.count("\n  - ") == 5


def test_value_is_not_run_when_it_is_shell(checkout):
    checkout.fails("--stack-name", "manuel$(touch made)", "--github-branch", "`touch made`", code=2)
    assert not (checkout.folder / "made").exists()


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_option_is_explained_when_asked(checkout, flag):
    checkout.succeeds(flag, email=False)
    for option in ("--notification-email", "--stack-name", "--region", "--source", "--github-owner", "--github-repo", "--github-branch",
                   "--architecture", "--monthly-budget-dollars", "--slack-workspace-id", "--slack-channel-id", "--dry-run", "--yes", "--help"):
        assert option in checkout.out
    assert checkout.calls() == []


def test_options_reach_the_template_when_given(checkout):
    checkout.succeeds(
        "--yes", "--region", "us-west-2", "--github-owner", "some-org", "--github-repo", "my.repo", "--github-branch", "release/1.x",
        "--monthly-budget-dollars", "75", "--architecture", "x86_64", "--source", "github",
        "--slack-workspace-id", "T0123", "--slack-channel-id", "C0123",
    )
    assert checkout.world["stacks"]["manuel-pipeline"]["parameters"] == {
        "NotificationEmail": "you@example.com", "SourceProvider": "GitHub", "GitHubOwner": "some-org", "GitHubRepo": "my.repo",
        "GitHubBranch": "release/1.x", "Architecture": "x86_64", "MonthlyBudgetDollars": "75", "SlackWorkspaceId": "T0123", "SlackChannelId": "C0123",
    }
    assert "https://manuel-artifacts.s3.us-west-2.amazonaws.com/" in checkout.option(
        "--template-url", "aws", "cloudformation", "create-change-set", number=1)
    assert "https://us-west-2.console.aws.amazon.com/" in checkout.out


@pytest.mark.parametrize("answer, code", [("y\n", 0), ("yes\n", 0), ("n\n", 1), ("\n", 1), ("\x04", 1)])
def test_it_asks_once_when_there_is_a_terminal(checkout, answer, code):
    checkout.run(answer=answer)
    assert checkout.code == code, checkout.out + checkout.err
    assert checkout.out.count("Go on? [y/N]") == 1
    assert checkout.out.index("AWS::CodePipeline::Pipeline") < checkout.out.index("Go on?")
    # A no leaves nothing behind, not even an empty stack.
    assert checkout.status("manuel-pipeline") == ("CREATE_COMPLETE" if code == 0 else None)
    assert ("nothing was changed" in checkout.err) == (code == 1)


def test_stack_stays_as_it_is_when_the_answer_to_an_update_is_no(checkout):
    checkout.succeeds("--yes")
    checkout.run("--github-branch", "trunk", answer="n\n")
    assert checkout.status("manuel-pipeline") == "CREATE_COMPLETE"
    assert checkout.world["stacks"]["manuel-pipeline"]["changeSets"] == {}


def test_it_does_not_ask_when_there_is_no_terminal(checkout):
    checkout.succeeds()
    assert "Go on?" not in checkout.out
