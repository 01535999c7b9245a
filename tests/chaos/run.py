"""Plays the experiment against staging, or ends one that was cut off.

    python tests/chaos/run.py experiment --stack manuel-staging --junit reports/chaos.xml
    python tests/chaos/run.py restore --stack manuel-staging

Exit code 0: everything held. 1: something did not. 2: refused, nothing was touched. 3: staging is still throttled.
"""

import argparse
import dataclasses
import pathlib
import signal
import sys
import time
import xml.etree.ElementTree as tree

import boto3
from experiment import Experiment, Limits
from staging import Refused, staging
from throttle import NotRestored, Throttle


def options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["experiment", "restore"])
    parser.add_argument("--stack", required=True, help="must end in -staging")
    parser.add_argument("--expected-version", help="of the release under test; another one is refused")
    parser.add_argument("--junit", type=pathlib.Path, help="where to write the report")
    for field in dataclasses.fields(Limits):
        flag = "--" + field.name.replace("_", "-")
        parser.add_argument(flag, type=float, default=field.default, help=f"default {field.default:.0f}")
    return parser.parse_args(arguments)


def write_junit(path, steps):
    failed = sum(step.failure is not None for step in steps)
    suite = tree.Element("testsuite", name="chaos", tests=str(len(steps)), failures=str(failed), errors="0", skipped="0")
    for step in steps:
        case = tree.SubElement(suite, "testcase", classname="chaos.throttled", name=step.name, time=f"{step.seconds:.1f}")
        if step.failure is not None:
            tree.SubElement(case, "failure", message=step.failure).text = step.failure
        tree.SubElement(case, "system-out").text = step.told
    path.parent.mkdir(parents=True, exist_ok=True)
    tree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def main(arguments):
    chosen = options(arguments)
    lambdas, cloudwatch = boto3.client("lambda"), boto3.client("cloudwatch")
    try:
        target = staging(boto3.client("cloudformation"), chosen.stack, chosen.expected_version)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 2
    if chosen.action == "restore":
        try:
            Throttle(lambdas, target.function, time.sleep).restore()
        except NotRestored as failure:
            print(failure, file=sys.stderr)
            return 3
        print(f"{target.function} is not throttled")
        return 0

    limits = Limits(**{field.name: getattr(chosen, field.name) for field in dataclasses.fields(Limits)})
    experiment = Experiment(target, lambdas, cloudwatch, limits)
    # A build that is stopped is told by a signal.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: experiment.stop(f"told to stop by {signal.Signals(number).name}"))
    try:
        held = experiment.run()
    finally:
        if chosen.junit:
            write_junit(chosen.junit, experiment.steps)
    if any(step.failure and step.failure.startswith("NotRestored") for step in experiment.steps):
        return 3
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
