"""Nothing is uploaded unless every gate before it passed."""

import json

import pytest

# `sam build` puts a program there, `sam package` names it.
SAM = """
case $1 in
  build) mkdir -p .aws-sam/build/Backend; printf '%s' "$PROGRAM" >.aws-sam/build/Backend/bootstrap;;
  package) echo packaged >packaged.yaml;;
  validate) exit "${INVALID:-0}";;
esac
"""
GOOD = {"PROGRAM": "AWS_LAMBDA_RUNTIME_API", "ARTIFACT_BUCKET": "bucket", "ARCHITECTURE": "arm64"}


@pytest.fixture
def package(checkout):
    checkout.stand_in("sam", SAM)
    checkout.stand_in("objdump", "echo GLIBC_${GLIBC:-2.30}; echo GLIBC_2.4")
    checkout.stand_in("check-compliance.sh", 'exit "${NONCOMPLIANT:-0}"', folder="scripts")

    def run(**variables):
        done = checkout.run("package.sh", **{name: value for name, value in (GOOD | variables).items() if value})
        uploaded = any(call.startswith("sam package") for call in checkout.called())
        return done, uploaded

    return run


def test_package_is_uploaded_and_checked_again_when_everything_is_good(package, checkout):
    done, uploaded = package()
    assert done.returncode == 0 and uploaded, done.stderr
    assert checkout.called() == [
        "sam validate --lint --template template.yaml",
        "sam build --template template.yaml --parameter-overrides Architecture=arm64",
        "objdump -T .aws-sam/build/Backend/bootstrap",
        "sam package --s3-bucket bucket --s3-prefix packages --output-template-file packaged.yaml",
        "check-compliance.sh packaged.yaml",
    ]


@pytest.mark.parametrize(("variables", "told"), [
    ({"PROGRAM": "AWS_LAMBDA_RUNTIME_API REHEARSAL_FAULTS"}, "a switch of rehearsals is in it"),
    ({"PROGRAM": "something else"}, "the search does not find what must be there"),
    ({"GLIBC": "2.38"}, "it needs glibc 2.38, and Lambda has 2.34"),
    ({"INVALID": "1"}, ""),
    ({"ARTIFACT_BUCKET": ""}, "set ARTIFACT_BUCKET"),
    ({"ARCHITECTURE": ""}, "set ARCHITECTURE to arm64 or x86_64"),
    ({"ARCHITECTURE": "x86_64"}, "has Architecture arm64, and this build is for x86_64: make them equal"),
])
def test_nothing_is_uploaded_when_a_gate_fails(package, variables, told):
    done, uploaded = package(**variables)
    assert done.returncode != 0 and not uploaded and told in done.stderr, done.stderr


def test_nothing_is_uploaded_when_one_environment_has_another_architecture(package, checkout):
    file = checkout.folder / "parameters/staging.json"
    settings = json.loads(file.read_text())
    settings["Parameters"]["Architecture"] = "x86_64"
    file.write_text(json.dumps(settings))
    done, uploaded = package()
    assert done.returncode == 1 and not uploaded and "parameters/staging.json has Architecture x86_64" in done.stderr


def test_build_fails_when_the_packaged_template_is_not_compliant(package):
    done, _ = package(NONCOMPLIANT="1")
    assert done.returncode == 1


def test_check_of_packages_fails_when_there_is_none(checkout):
    done = checkout.run("check-packages.sh")
    assert done.returncode == 2 and "which programs" in done.stderr
    done = checkout.run("check-packages.sh", ".aws-sam/build/*/bootstrap")
    assert done.returncode == 1 and "run sam build first" in done.stderr
