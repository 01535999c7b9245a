"""Where the code comes from."""

import pytest

CLONE = "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/manuel"


@pytest.mark.parametrize("url", [
    "https://github.com/acme/manuel.git", "https://github.com/acme/manuel", "https://github.com/acme/manuel/",
    "git@github.com:acme/manuel.git", "ssh://git@github.com/acme/manuel.git", "https://me:secret@github.com/acme/manuel.git",
])
def test_repository_is_that_of_the_clone_when_none_is_given(checkout, url):
    checkout.world["remotes"]["origin"] = url
    checkout.succeeds("--yes")
    parameters = checkout.world["stacks"]["manuel-pipeline"]["parameters"]
    assert [parameters["GitHubOwner"], parameters["GitHubRepo"]] == ["acme", "manuel"]
    assert "secret" not in checkout.out


@pytest.mark.parametrize("url", [None, "https://gitlab.com/acme/manuel.git", "/srv/manuel.git", "https://github.com/acme"])
def test_both_ways_are_said_when_the_clone_is_not_from_github(checkout, url):
    checkout.world["remotes"] = {"origin": url} if url else {}
    checkout.fails("--yes")
    assert "--github-owner OWNER --github-repo REPOSITORY" in checkout.err and "--source codecommit" in checkout.err
    assert checkout.world["stacks"] == {}


def use_codecommit(checkout):
    outputs = checkout.world["outputs"]["manuel-pipeline"]
    checkout.world["outputs"]["manuel-pipeline"] = {k: v for k, v in outputs.items() if k != "ConnectionArn"} | {"RepositoryCloneUrl": CLONE}


def test_code_is_pushed_to_codecommit_when_that_is_the_source(checkout):
    use_codecommit(checkout)
    checkout.succeeds("--yes", "--source", "codecommit")
    parameters = checkout.world["stacks"]["manuel-pipeline"]["parameters"]
    assert parameters["SourceProvider"] == "CodeCommit" and "GitHubOwner" not in parameters
    assert f"git remote add codecommit {CLONE}\n   git push codecommit main\n" in checkout.out
    assert "'!aws codecommit credential-helper $@'" in checkout.out
    assert "start-pipeline-execution" not in checkout.out and "connections/" not in checkout.out
    assert checkout.calls("aws", "codeconnections") == []


def test_source_stays_codecommit_when_the_next_run_does_not_say(checkout):
    use_codecommit(checkout)
    checkout.succeeds("--yes", "--source", "codecommit")
    checkout.world["remotes"]["codecommit"] = CLONE
    checkout.succeeds("--yes", "--github-branch", "trunk")
    assert checkout.world["stacks"]["manuel-pipeline"]["parameters"]["SourceProvider"] == "CodeCommit"
    assert "git remote add" not in checkout.out and "git push codecommit trunk" in checkout.out


def test_source_becomes_that_of_the_clone_when_github_is_asked_for(checkout):
    use_codecommit(checkout)
    checkout.succeeds("--yes", "--source", "codecommit")
    checkout.succeeds("--yes", "--source", "github")
    parameters = checkout.world["stacks"]["manuel-pipeline"]["parameters"]
    assert [parameters["SourceProvider"], parameters["GitHubOwner"]] == ["GitHub", "acme"]
