//! From the judge's own documents to the charts: its evidence is computed again, minute by minute.

use chrono::{DateTime, TimeDelta, Utc};
use judge::{CriterionReport, Inputs, Judge, Share, Word};

use crate::{
    judge_log::JudgeLine,
    report::{Band, Judged, JudgedMinute, VerdictChange},
};

/// What the judge saw of the criterion that decided; `None` when it said nothing.
pub(super) fn judged(lines: &[JudgeLine]) -> Option<Judged> {
    let last = deciding(lines)?;
    let (minutes, judge) = again(&last.inputs)?;
    let report = judge.report();
    let strongest = || {
        let nearness = |c: &CriterionReport| c.strongest().evidence_log10 / c.strongest().threshold_log10;
        report.criteria.iter().max_by(|a, b| nearness(a).total_cmp(&nearness(b))).map(|c| c.name.clone())
    };
    let name = report.criterion.clone().or_else(strongest)?;
    let index = report.criteria.iter().position(|criterion| criterion.name == name)?;
    let criterion = judge.settings().criteria.get(index)?;
    let at = |number: usize| minute(last.from, number);
    Some(Judged {
        limit_percent: criterion.limit * 100.0,
        ratio: criterion.ratio,
        threshold_log10: report.criteria.get(index)?.limit.threshold_log10,
        minutes: (0..).zip(&minutes).filter_map(|(n, c)| Some(judged_minute(at(n), c.get(index)?))).collect(),
        first_breach: judge
            .first_breach()
            .and_then(|b| Some(at(usize::try_from(b.minute).ok()?.checked_sub(1)?))),
        verdicts: changes(lines),
        criterion: name,
    })
}

/// The verdict that counted: the first breach ends a release, and what is judged while it is rolled back is another
/// story; without one, the last.
pub(super) fn deciding(lines: &[JudgeLine]) -> Option<&JudgeLine> {
    lines.iter().find(|line| line.verdict == Word::Breach).or(lines.last())
}

/// Judges the inputs again; answers the criteria's reports after each minute.
fn again(inputs: &Inputs) -> Option<(Vec<Vec<CriterionReport>>, Judge)> {
    let mut judge = Judge::new(inputs.settings()).ok()?;
    let mut minutes = Vec::new();
    for readings in inputs.minutes() {
        judge.minute(&readings).ok()?;
        minutes.push(judge.report().criteria);
    }
    Some((minutes, judge))
}

fn minute(from: DateTime<Utc>, number: usize) -> DateTime<Utc> {
    from + TimeDelta::minutes(i64::try_from(number).unwrap_or(0))
}

fn judged_minute(at: DateTime<Utc>, criterion: &CriterionReport) -> JudgedMinute {
    JudgedMinute {
        at,
        limit_log10: criterion.limit.evidence_log10,
        regression_log10: criterion.regression.map(|test| test.evidence_log10),
        canary: band(&criterion.canary),
        stable: band(&criterion.stable),
    }
}

fn band(share: &Share) -> Band {
    Band {
        percent: share.rate.map(|rate| rate * 100.0),
        low_percent: share.low * 100.0,
        high_percent: share.high * 100.0,
    }
}

/// The lines in which the judge's word differs from the one before.
pub(super) fn changes(lines: &[JudgeLine]) -> Vec<VerdictChange> {
    let mut changes: Vec<VerdictChange> = Vec::new();
    for line in lines {
        let word = line.verdict.to_string();
        if changes.last().is_none_or(|last| last.word != word) {
            changes.push(VerdictChange { at: line.at, word, reason: line.reason.clone() });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use judge::{Counts, Criterion, Phase, Series};

    fn line(minutes: usize, bad: u64, verdict: Word) -> JudgeLine {
        let counts = |total, bad| vec![Some(Counts::new(total, bad).unwrap()); minutes];
        let series = |name: &str, bad| Series {
            criterion: Criterion::new(name, 0.01),
            canary: counts(60, bad),
            stable: counts(540, 0),
        };
        let series = vec![series("slow", 0), series("http_5xx", bad)];
        let inputs = Inputs { alpha: 0.005, min_requests: 50, phase: Phase::Split, series };
        let at = minute(DateTime::UNIX_EPOCH, minutes + 3);
        JudgeLine { at, verdict, reason: "because".to_owned(), from: DateTime::UNIX_EPOCH, inputs }
    }

    #[test]
    fn chart_shows_the_deciding_criterion_up_to_the_breach() {
        let lines = [
            line(1, 0, Word::Healthy),
            line(2, 0, Word::Healthy),
            line(3, 9, Word::Breach),
            line(9, 9, Word::Breach),
        ];
        let judged = judged(&lines).unwrap();
        assert_eq!((judged.criterion.as_str(), judged.minutes.len()), ("http_5xx", 3));
        assert_eq!(judged.first_breach, Some(DateTime::UNIX_EPOCH));
        assert!(judged.minutes[0].limit_log10 > judged.threshold_log10);
        assert!((judged.minutes[2].canary.percent.unwrap() - 15.0).abs() < 1e-9);
        let words: Vec<_> = judged.verdicts.iter().map(|change| change.word.as_str()).collect();
        assert_eq!(words, ["healthy", "breach"]);
    }

    #[test]
    fn there_is_no_chart_when_the_judge_said_nothing() {
        assert!(judged(&[]).is_none());
    }
}
