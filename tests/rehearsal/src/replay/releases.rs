//! Releases as lines of JSON.

use std::io::{BufRead, Write};

use judge::{Counts, FirstBreach, Judge, Reading, Report, Settings, Test, Word};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::value::RawValue;

use super::ReplayError;

/// What some editors put before the first line.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One line of the input. The id is given back as it came, whatever it is.
#[derive(Deserialize)]
struct Release<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    canary: Vec<Minute>,
    stable: Vec<Minute>,
}

/// What of a malformed line can still be said.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Minute {
    #[serde(deserialize_with = "whole")]
    total: u64,
    #[serde(deserialize_with = "whole")]
    bad: u64,
}

/// A whole number, also when it is written as 60.0, as tools that keep numbers as floats do.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    const MOST: f64 = 9_007_199_254_740_992.0;
    let number = serde_json::Number::deserialize(deserializer)?;
    let float = || number.as_f64().filter(|value| value.fract() == 0.0 && (0.0..=MOST).contains(value));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be from 0 to 2^53"
    )]
    let read = number.as_u64().or_else(|| float().map(|value| value as u64));
    read.ok_or_else(|| {
        D::Error::custom(format!("{number} is no number of requests: it must be whole and at least 0"))
    })
}

/// One line of the output.
#[derive(Serialize)]
struct Judged<'a> {
    id: Option<&'a RawValue>,
    #[serde(flatten)]
    verdict: Shown,
}

#[derive(Serialize)]
struct Refused<'a> {
    id: Option<&'a RawValue>,
    error: String,
}

/// The verdict on a release: its first breach, for that is when it would have been rolled back; else the last verdict.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Shown {
    verdict: Word,
    minute: Option<u64>,
    criterion: Option<String>,
    test: Option<Test>,
    evidence_log10: f64,
    canary_rate: Option<f64>,
    stable_rate: Option<f64>,
    reason: String,
}

impl Shown {
    /// `report` is that of the breach's minute, or of the last one.
    pub(super) fn new(report: Report, first_breach: Option<&FirstBreach>) -> Self {
        let strongest = report.criteria.iter().max_by(|left, right| {
            let evidence = |c: &judge::CriterionReport| c.strongest().evidence_log10;
            evidence(left).total_cmp(&evidence(right))
        });
        let deciding =
            report.criterion.as_ref().and_then(|name| report.criteria.iter().find(|c| c.name == *name));
        let shown = deciding.or(strongest);
        Self {
            verdict: report.verdict,
            minute: first_breach.map(|breach| breach.minute),
            evidence_log10: first_breach.map_or_else(
                || shown.map_or(0.0, |criterion| criterion.strongest().evidence_log10),
                |breach| breach.evidence_log10,
            ),
            canary_rate: shown.and_then(|criterion| criterion.canary.rate),
            stable_rate: shown.and_then(|criterion| criterion.stable.rate),
            criterion: report.criterion.clone(),
            test: report.test,
            reason: report.reason,
        }
    }
}

/// Judges every line, in order; true when none was malformed.
pub(super) fn judge_all(
    settings: &Settings,
    mut input: impl BufRead,
    output: &mut impl Write,
) -> Result<bool, ReplayError> {
    let (mut line, mut number, mut all_well) = (Vec::new(), 0_u64, true);
    while input.read_until(b'\n', &mut line)? > 0 {
        number += 1;
        if number == 1 && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        match judge_line(settings, &line) {
            Ok(judged) => serde_json::to_writer(&mut *output, &judged).map_err(std::io::Error::from)?,
            Err(problem) => {
                all_well = false;
                let named = is_object(&line).then(|| serde_json::from_slice::<Named<'_>>(&line).ok());
                let id = named.flatten().and_then(|named| named.id);
                let refused = Refused { id, error: format!("line {number}: {problem}") };
                serde_json::to_writer(&mut *output, &refused).map_err(std::io::Error::from)?;
            }
        }
        output.write_all(b"\n")?;
        line.clear();
    }
    output.flush()?;
    Ok(all_well)
}

/// serde would also take an array for the fields in their order.
fn is_object(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"{")
}

fn judge_line<'a>(settings: &Settings, line: &'a [u8]) -> Result<Judged<'a>, String> {
    if !is_object(line) {
        return Err("expected a JSON object with id, canary and stable".to_owned());
    }
    let release: Release<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let (canary, stable) = (release.canary, release.stable);
    if canary.len() != stable.len() {
        let (canary, stable) = (canary.len(), stable.len());
        return Err(format!(
            "canary has {canary} minutes and stable {stable}; both lists must be equally long"
        ));
    }
    let mut judge = Judge::new(settings.clone()).map_err(|error| error.to_string())?;
    for (minute, (canary, stable)) in (1..).zip(canary.iter().zip(&stable)) {
        let counts = |side: &str, counts: &Minute| {
            let checked = Counts::new(counts.total, counts.bad);
            checked.map_err(|error| format!("{side}, minute {minute}: {error}"))
        };
        let reading =
            Reading { canary: Some(counts("canary", canary)?), stable: Some(counts("stable", stable)?) };
        // After the first breach the minutes are still checked, and no longer judged: the release is over.
        if judge.first_breach().is_none() {
            judge.minute(&[reading]).map_err(|error| error.to_string())?;
        }
    }
    Ok(Judged { id: release.id, verdict: Shown::new(judge.report(), judge.first_breach()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use judge::{Criterion, Phase};
    use serde_json::Value;

    fn replay(input: &str) -> (Vec<Value>, bool) {
        let criteria = vec![Criterion::new("errors", 0.01)];
        let settings = Settings { alpha: 0.01, min_requests: 50, phase: Phase::Split, criteria };
        let mut output = Vec::new();
        let all_well = judge_all(&settings, input.as_bytes(), &mut output).unwrap();
        let lines = String::from_utf8(output).unwrap();
        (lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), all_well)
    }

    fn release(id: &str, canary: &str, minutes: usize) -> String {
        let list = |entry: &str| vec![entry.to_owned(); minutes].join(",");
        let stable = list(r#"{"total": 540, "bad": 1}"#);
        format!(r#"{{"id": {id}, "canary": [{}], "stable": [{stable}], "other": 1}}"#, list(canary)) + "\n"
    }

    #[test]
    fn verdicts_come_in_order_with_their_ids() {
        let input = [
            release("\"bad\"", r#"{"total": 60, "bad": 6}"#, 15),
            release("[1, {\"b\": 1, \"a\": 2}]", r#"{"total": 60, "bad": 0}"#, 15),
            release("12345678901234567890123", r#"{"total": 1, "bad": 0}"#, 3),
            release("null", r#"{"total": 60.0, "bad": 0.0}"#, 15),
        ];
        let (lines, all_well) = replay(&input.concat());
        assert!(all_well);
        let verdicts: Vec<_> = lines.iter().map(|line| line["verdict"].as_str().unwrap()).collect();
        assert_eq!(verdicts, ["breach", "healthy", "inconclusive", "healthy"]);
        assert_eq!(
            (&lines[0]["id"], &lines[0]["minute"], &lines[0]["criterion"]),
            (&Value::from("bad"), &Value::from(1), &Value::from("errors"))
        );
        assert!(lines[0]["evidence_log10"].as_f64().unwrap() > 2.3);
        assert!((lines[0]["canary_rate"].as_f64().unwrap() - 0.1).abs() < 1e-12);
        assert_eq!((&lines[1]["minute"], &lines[1]["id"][1]["b"]), (&Value::Null, &Value::from(1)));
        assert!(lines[2]["reason"].as_str().unwrap().contains("too few requests"));
    }

    #[test]
    fn rates_are_those_of_the_breach_when_there_is_one() {
        let minute = |bad| format!(r#"{{"total": 60, "bad": {bad}}}"#);
        let canary = [minute(0), minute(20), minute(0), minute(0)].join(",");
        let stable = [r#"{"total": 540, "bad": 0}"#; 4].join(",");
        let (lines, _) = replay(&format!(r#"{{"canary": [{canary}], "stable": [{stable}]}}"#));
        assert_eq!((&lines[0]["minute"], &lines[0]["id"]), (&Value::from(2), &Value::Null));
        assert!((lines[0]["canary_rate"].as_f64().unwrap() - 20.0 / 120.0).abs() < 1e-12);
    }

    #[test]
    fn malformed_line_is_told_and_the_others_are_judged() {
        let good = release("2", r#"{"total": 60, "bad": 0}"#, 15);
        for (bad, id, problem) in [
            ("nonsense", Value::Null, "expected"),
            ("", Value::Null, "expected a JSON object"),
            (r#"{"id": 1, "canary": ["#, Value::Null, "EOF"),
            (r#"{"id": 1, "canary": []}"#, Value::from(1), "missing field `stable`"),
            (
                r#"{"id": 1, "canary": [{"total": 1, "bad": 2}], "stable": [{"total": 1, "bad": 0}]}"#,
                Value::from(1),
                "canary, minute 1: 2 bad requests of 1",
            ),
            (
                r#"{"id": 1, "canary": [], "stable": [{"total": 1, "bad": 0}]}"#,
                Value::from(1),
                "equally long",
            ),
            (
                r#"{"id": 1, "canary": [{"total": -1, "bad": 0}], "stable": []}"#,
                Value::from(1),
                "-1 is no number",
            ),
            (
                r#"{"id": 1, "canary": [{"total": 1.5, "bad": 0}], "stable": []}"#,
                Value::from(1),
                "1.5 is no number",
            ),
            (r#"{"id": 1, "canary": [{"total": 1}], "stable": []}"#, Value::from(1), "missing field `bad`"),
            (r#"[1]"#, Value::Null, "line 1"),
        ] {
            let (lines, all_well) = replay(&format!("{bad}\n{good}"));
            assert!(!all_well);
            assert_eq!((lines.len(), &lines[0]["id"]), (2, &id), "{bad}");
            assert!(lines[0]["error"].as_str().unwrap().contains(problem), "{bad}: {}", lines[0]);
            assert_eq!(lines[1]["verdict"], "healthy");
        }
    }

    #[test]
    fn bad_minute_after_the_breach_is_still_malformed() {
        let canary = r#"{"total": 60, "bad": 60}, {"total": 1, "bad": 2}"#;
        let stable = r#"{"total": 540, "bad": 0}, {"total": 540, "bad": 0}"#;
        let (lines, all_well) = replay(&format!(r#"{{"canary": [{canary}], "stable": [{stable}]}}"#));
        assert!(!all_well && lines[0]["error"].as_str().unwrap().contains("minute 2"));
    }

    #[test]
    fn inconclusive_when_there_is_no_minute() {
        let (lines, all_well) = replay(r#"{"id": 1, "canary": [], "stable": []}"#);
        assert!(all_well);
        assert_eq!(
            (&lines[0]["verdict"], &lines[0]["canary_rate"]),
            (&Value::from("inconclusive"), &Value::Null)
        );
    }
}
