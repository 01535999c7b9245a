"""Fails when the tests reach too few lines of the code that ships, and writes them as Cobertura for CodeBuild.

    python3 scripts/judge_coverage.py lcov.info coverage.xml

Only functions/ and shared/ count, and no line of tests: these are always reached, so they would flatter the figure. What
processes that the tests kill did is not recorded: each main.rs counts as not reached.
"""

import collections
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as tree

ROOT = pathlib.Path(__file__).resolve().parents[1]
MINIMUM_PERCENT = 80.0
SHIPPED = ("functions", "shared")
INLINE_TESTS = re.compile(r"#\[cfg\(test\)\]\n(?:#\[.*\]\n)*mod \w+ \{")


def is_shipped(path):
    return path.parts[0] in SHIPPED and "tests" not in path.parts and not re.search(r"(^|_)tests\.rs$", path.name)


def first_test_line(source):
    """The number of the line where the module of tests begins, which is the last of its file."""
    found = INLINE_TESTS.search(source)
    return source.count("\n", 0, found.start()) + 1 if found else float("inf")


def lines_by_file(lcov, root):
    """Hits of each line of shipped code, by file."""
    hits, file, end = collections.defaultdict(dict), None, 0
    for line in lcov.splitlines():
        kind, _, value = line.partition(":")
        if kind == "SF":
            path = pathlib.Path(value)
            file = path.relative_to(root) if path.is_relative_to(root) else None
            if file is not None and is_shipped(file):
                end = first_test_line(path.read_text(encoding="utf-8"))
            else:
                file = None
        elif kind == "DA" and file is not None:
            number, count = map(int, value.split(",")[:2])
            if number < end:
                hits[file][number] = max(count, hits[file].get(number, 0))
    return hits


def share(hits):
    """How many lines there are, and how many of them are reached."""
    return len(hits), sum(count > 0 for count in hits.values())


def cobertura(files):
    total, reached = map(sum, zip(*map(share, files.values())))
    rate = lambda hits: str(round(share(hits)[1] / max(1, share(hits)[0]), 4))  # noqa: E731
    report = tree.Element("coverage", {
        "line-rate": str(round(reached / total, 4)), "lines-covered": str(reached), "lines-valid": str(total),
        "branch-rate": "0", "branches-covered": "0", "branches-valid": "0", "complexity": "0", "version": "1", "timestamp": "0",
    })
    tree.SubElement(tree.SubElement(report, "sources"), "source").text = "."
    packages = tree.SubElement(report, "packages")
    for crate in sorted({"/".join(file.parts[:2]) for file in files}):
        own = {file: hits for file, hits in files.items() if "/".join(file.parts[:2]) == crate}
        merged = {(file, number): count for file, hits in own.items() for number, count in hits.items()}
        package = tree.SubElement(packages, "package", {"name": crate, "line-rate": rate(merged), "branch-rate": "0", "complexity": "0"})
        classes = tree.SubElement(package, "classes")
        for file, hits in sorted(own.items()):
            name = {"name": file.stem, "filename": str(file), "line-rate": rate(hits), "branch-rate": "0", "complexity": "0"}
            lines = tree.SubElement(tree.SubElement(classes, "class", name), "lines")
            for number, count in sorted(hits.items()):
                tree.SubElement(lines, "line", number=str(number), hits=str(count), branch="false")
    return report


def main(lcov, output, root=ROOT):
    minimum = float(os.environ.get("MINIMUM_COVERAGE_PERCENT") or MINIMUM_PERCENT)
    files = lines_by_file(pathlib.Path(lcov).read_text(encoding="utf-8"), root)
    if not files:
        raise SystemExit(f"{lcov} has no line of {' or '.join(SHIPPED)} below {root}: was it measured here?")
    by_crate = collections.defaultdict(lambda: [0, 0])
    for file, hits in files.items():
        for key in ("/".join(file.parts[:2]), "all that ships"):
            by_crate[key] = [old + new for old, new in zip(by_crate[key], share(hits))]
    for crate, (total, reached) in sorted(by_crate.items()):
        print(f"{crate:<28}{total:>7} lines{100 * reached / total:>8.1f} % reached")
    tree.ElementTree(cobertura(files)).write(output, encoding="utf-8", xml_declaration=True)
    total, reached = by_crate["all that ships"]
    if 100 * reached / total < minimum:
        raise SystemExit(f"the tests reach {100 * reached / total:.1f} % of the lines that ship: at least {minimum:.0f} % are asked for")


if __name__ == "__main__":
    main(*sys.argv[1:])
