"""Prints a JUnit report of what `cargo test` printed, because libtest writes JUnit only with an unstable flag.

    python3 scripts/tests_to_junit.py tests.log > tests.xml
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as tree

PROGRAM = re.compile(r"^ +Running (?:unittests )?(\S+) \(.*/deps/(.+)-[0-9a-f]{16}\)$|^ +Doc-tests (\S+)$")
RESULT = re.compile(r"^test (.+?) \.\.\. (ok|FAILED|ignored)\b")
DETAIL = re.compile(r"^---- (.+) stdout ----$")
TOTAL = re.compile(r"^test result: .* (\d+) passed; (\d+) failed; (\d+) ignored;")
# Escape sequences and control characters that XML 1.0 cannot hold.
UNWRITABLE = re.compile(r"\x1b\[[0-9;]*m|[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def details(lines):
    """What each failed test printed, by its name."""
    found, name = {}, None
    for line in lines:
        if begun := DETAIL.match(line):
            name = begun.group(1)
            found[name] = []
        elif line in ("failures:", "successes:"):
            name = None
        elif name:
            found[name].append(line)
    return {name: "\n".join(text).strip() for name, text in found.items()}


def report(text):
    lines = UNWRITABLE.sub("", text).splitlines()
    printed, suites, suite, promised = details(lines), tree.Element("testsuites"), None, 0
    for line in lines:
        if program := PROGRAM.match(line):
            path, crate, documented = program.groups()
            name = f"{documented} (documentation)" if documented else f"{crate} ({path})"
            suite = tree.SubElement(suites, "testsuite", name=name)
        elif total := TOTAL.match(line):
            promised += sum(map(int, total.groups()))
        elif suite is not None and (result := RESULT.match(line)):
            test, outcome = result.groups()
            case = tree.SubElement(suite, "testcase", classname=suite.get("name").split()[0], name=test)
            if outcome == "FAILED":
                tree.SubElement(case, "failure", message="failed").text = printed.get(test.removesuffix(" - should panic"), "")
            elif outcome == "ignored":
                tree.SubElement(case, "skipped")
    for suite in list(suites):
        cases = suite.findall("testcase")
        suite.set("tests", str(len(cases)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        if not cases:
            suites.remove(suite)
    return suites, promised


def main(path):
    suites, promised = report(pathlib.Path(path).read_text(encoding="utf-8", errors="replace"))
    tree.ElementTree(suites).write(sys.stdout, encoding="unicode", xml_declaration=True)
    # The exit code of the tests decides; this tells that a line was torn by what a program printed.
    if (told := len(list(suites.iter("testcase")))) != promised:
        print(f"{path}: {promised} tests ran, {told} are in the report", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
