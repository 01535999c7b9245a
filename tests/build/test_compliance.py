"""Findings count unless they are excepted with a reason, and exceptions count unless they are needed."""

import json

import judge
import pytest
import yaml

EXCEPTION = {"check": "CKV_1", "template": "template.yaml", "resources": ["Queue"], "reason": "tested"}


def report(*failed, passed=1):
    checks = [{"check_id": check, "resource": f"AWS::SQS::Queue.{name}", "check_name": "a rule"} for check, name in failed]
    return {"results": {"failed_checks": checks, "parsing_errors": []}, "summary": {"passed": passed, "failed": len(failed)}}


def test_finding_counts_when_it_is_not_excepted():
    reports = [report(("CKV_1", "Queue"), ("CKV_1", "Other"), ("CKV_2", "Queue"))]
    assert judge.judge("template.yaml", reports, [EXCEPTION]) == ["Other: CKV_1 a rule", "Queue: CKV_2 a rule"]
    assert len(judge.judge("pipeline-template.yaml", reports, [EXCEPTION])) == 3, "the exception is for another template"


def test_exception_is_good_when_either_form_of_the_template_needs_it():
    assert judge.judge("template.yaml", [report(), report(("CKV_1", "Queue"))], [EXCEPTION]) == []


def test_exception_counts_when_nothing_needs_it():
    [told] = judge.judge("template.yaml", [report()], [EXCEPTION])
    assert told == "Queue: CKV_1 is excepted, and no longer found: take it out"


@pytest.mark.parametrize("change", [{"reason": " "}, {"reason": None}, {"because": "no"}])
def test_exception_is_refused_when_it_has_no_reason(change):
    entry = {name: value for name, value in (EXCEPTION | change).items() if value is not None}
    with pytest.raises(SystemExit, match="has check, template, resources and reason"):
        judge.judge("template.yaml", [report()], [entry])


def test_scan_fails_when_it_saw_nothing(tmp_path):
    for empty in ({"passed": 0, "failed": 0}, report(passed=0)):
        (tmp_path / "report").write_text(json.dumps(empty))
        with pytest.raises(SystemExit, match="checkov checked nothing"):
            judge.main("template.yaml", tmp_path / "report")


def test_scan_fails_when_the_template_cannot_be_read():
    broken = report() | {"results": {"parsing_errors": ["/template.yaml"]}}
    with pytest.raises(SystemExit, match="cannot read /template.yaml"):
        judge.judge("template.yaml", [broken], [])


def test_exceptions_are_well_formed():
    document = yaml.safe_load(judge.EXCEPTIONS.read_text())
    for template in ("template.yaml", "pipeline-template.yaml"):
        assert judge.exceptions(template, document)
    assert {entry["template"] for entry in document} == {"template.yaml", "pipeline-template.yaml"}
