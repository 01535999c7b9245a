"""Judges the findings of checkov by exceptions.yaml: each finding must be excepted there, each exception must be needed.

    python compliance/judge.py template.yaml checkov.json [more.json…]
"""

import json
import pathlib
import sys

import yaml

EXCEPTIONS = pathlib.Path(__file__).with_name("exceptions.yaml")


def findings(report):
    """Pairs of check and resource that failed. Logical ids stay the same through the SAM transform, types do not."""
    failed = set()
    # One framework gives an object, several a list; nothing to scan gives counts only.
    for part in report if isinstance(report, list) else [report]:
        results = part.get("results", {})
        if results.get("parsing_errors"):
            raise SystemExit(f"checkov cannot read {', '.join(results['parsing_errors'])}")
        for check in results.get("failed_checks", []):
            failed.add((check["check_id"], check["resource"].split(".", 1)[1], check["check_name"]))
    return failed


def scanned(report):
    parts = report if isinstance(report, list) else [report]
    return sum(part.get("summary", {}).get(kind, 0) for part in parts for kind in ("passed", "failed"))


def exceptions(template, document):
    """Pairs of check and resource that this template may fail."""
    excepted = set()
    for entry in document:
        if set(entry) != {"check", "template", "resources", "reason"} or not str(entry["reason"]).strip():
            raise SystemExit(f"{EXCEPTIONS.name}: an exception has check, template, resources and reason: {entry}")
        if entry["template"] == template:
            excepted |= {(entry["check"], resource) for resource in entry["resources"]}
    return excepted


def judge(template, reports, document):
    """Lines that say what is wrong; none is good."""
    failed = set().union(*(findings(report) for report in reports))
    excepted = exceptions(template, document)
    found = {(check, resource) for check, resource, _ in failed}
    wrong = [f"{resource}: {check} {name}" for check, resource, name in sorted(failed) if (check, resource) not in excepted]
    wrong += [f"{resource}: {check} is excepted, and no longer found: take it out" for check, resource in sorted(excepted - found)]
    return wrong


def main(template, *paths):
    reports = [json.loads(pathlib.Path(path).read_text()) for path in paths]
    # A scanner that looked at nothing finds nothing.
    if not all(map(scanned, reports)):
        raise SystemExit(f"{template}: checkov checked nothing")
    wrong = judge(template, reports, yaml.safe_load(EXCEPTIONS.read_text()))
    for line in wrong:
        print(f"{template}: {line}")
    if wrong:
        raise SystemExit(f"{template}: mend it, or except it in compliance/{EXCEPTIONS.name} with the reason")
    print(f"{template}: {sum(map(scanned, reports))} checks, nothing found that is not excepted")


if __name__ == "__main__":
    main(*sys.argv[1:])
