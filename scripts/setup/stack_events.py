"""Prints events of a stack, read from standard input as the AWS CLI gives them: newest first, as lists of
time, state, type, logical id, reason.

    progress    one line each, oldest first
    failures    what failed first, with its reason
"""

import json
import sys

SHOWN_FAILURES = 5
# What CloudFormation says of resources that it stopped because another one failed.
CONSEQUENCES = ("cancelled", "canceled")


def progress(events):
    for time, state, kind, name, reason in events:
        # 2026-11-23T20:41:42.123Z -> 20:41:42
        line = f"{time[11:19]}  {state:<28} {kind.removeprefix('AWS::'):<32} {name}"
        yield " ".join(f"{line}  {reason}".split("\n")) if reason else line


def failures(events):
    failed = [(name, kind, reason or "no reason given") for _, state, kind, name, reason in events if state.endswith("_FAILED")]
    causes = [each for each in failed if not each[2].lower().rstrip(".").endswith(CONSEQUENCES)] or failed
    if not causes:
        yield "  (no event says why; see the stack in the console)"
    for name, kind, reason in causes[:SHOWN_FAILURES]:
        yield f"  {name} ({kind}): {reason}"
    if len(causes) > SHOWN_FAILURES:
        yield f"  and {len(causes) - SHOWN_FAILURES} more"


if __name__ == "__main__":
    oldest_first = list(reversed(json.load(sys.stdin)))
    for text in {"progress": progress, "failures": failures}[sys.argv[1]](oldest_first):
        print(text)
