"""Coverage counts lines that ship and no tests; the report of tests has each of them once."""

import xml.etree.ElementTree as tree

import judge_coverage
import pytest
import tests_to_junit

SOURCE = "fn shipped() {\n}\n\n#[cfg(test)]\nmod tests {\n    fn test() {\n    }\n}\n"
LOG = """
     Running unittests src/lib.rs (target/debug/deps/judge-20df9e6928cce498)

running 3 tests
test limit::tests::holds ... ok
test limit::tests::is_exceeded ... FAILED
test limit::tests::later ... ignored, takes long

failures:

---- limit::tests::is_exceeded stdout ----
thread 'x' panicked at shared/judge/src/limit.rs:9:5:
\x1b[31mleft: 1\x1b[0m

failures:
    limit::tests::is_exceeded

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s

     Running unittests src/main.rs (target/debug/deps/empty-20df9e6928cce499)

running 0 tests

test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

   Doc-tests judge

running 1 test
test shared/judge/src/lib.rs - judge (line 5) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
"""


@pytest.fixture
def measure(tmp_path, capsys, monkeypatch):
    """Judges files, each given as its path and the hits of its lines."""
    monkeypatch.delenv("MINIMUM_COVERAGE_PERCENT", raising=False)

    def judge(**files):
        lcov = []
        for path, hits in files.items():
            file = tmp_path / path.replace("__", "/").replace("_rs", ".rs")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(SOURCE)
            lcov += [f"SF:{file}", *(f"DA:{number},{count}" for number, count in hits.items()), "end_of_record"]
        (tmp_path / "lcov.info").write_text("\n".join(lcov))
        judge_coverage.main(tmp_path / "lcov.info", tmp_path / "coverage.xml", tmp_path)
        return capsys.readouterr().out, tree.parse(tmp_path / "coverage.xml").getroot()

    return judge


def test_lines_of_tests_do_not_count(measure):
    told, report = measure(shared__judge__src__lib_rs={1: 1, 2: 4, 4: 9, 6: 9})
    assert "shared/judge" in told and report.get("lines-valid") == "2" and report.get("line-rate") == "1.0"


def test_only_what_ships_counts(measure):
    outside = {1: 0, 2: 0}
    told, report = measure(
        functions__backend__src__lib_rs={1: 1, 2: 1}, functions__backend__src__tests_rs=outside, shared__judge__tests__all_rs=outside,
        shared__judge__src__limit__limit_tests_rs=outside, tests__twin__src__lib_rs=outside, target__made__by_a_build_rs=outside,
    )
    assert [file.get("filename") for file in report.iter("class")] == ["functions/backend/src/lib.rs"], told


def test_too_little_coverage_fails_and_is_still_reported(measure, tmp_path):
    with pytest.raises(SystemExit, match="reach 50.0 % of the lines that ship: at least 80 %"):
        measure(shared__judge__src__lib_rs={1: 1, 2: 0})
    assert tree.parse(tmp_path / "coverage.xml").getroot().get("line-rate") == "0.5"


def test_minimum_can_be_raised(measure, monkeypatch):
    monkeypatch.setenv("MINIMUM_COVERAGE_PERCENT", "99")
    with pytest.raises(SystemExit, match="at least 99 %"):
        measure(shared__judge__src__lib_rs={number: number for number in range(3)})


def test_measurement_of_another_folder_fails(measure):
    with pytest.raises(SystemExit, match="was it measured here"):
        measure(tests__twin__src__lib_rs={1: 1})


def test_report_has_each_test_once_and_what_failed_ones_printed():
    suites, promised = tests_to_junit.report(LOG)
    assert [suite.get("name") for suite in suites] == ["judge (src/lib.rs)", "judge (documentation)"]
    assert promised == 4 == len(list(suites.iter("testcase"))) and suites[0].get("failures") == "1"
    [failure], [skipped] = suites.iter("failure"), suites.iter("skipped")
    assert failure.text == "thread 'x' panicked at shared/judge/src/limit.rs:9:5:\nleft: 1" and skipped is not None
    assert tree.fromstring(tree.tostring(suites)) is not None


def test_torn_line_is_told(tmp_path, capsys):
    (tmp_path / "log").write_text(LOG.replace("holds ... ok", "holds ... some outputok"))
    tests_to_junit.main(tmp_path / "log")
    assert "4 tests ran, 3 are in the report" in capsys.readouterr().err
