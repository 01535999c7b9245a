//! The document: inputs and result in one, the same each time.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may fail loudly")]

use judge::{Counts, Criterion, Inputs, Phase, Series, SettingsError, Word};

fn series(name: &str, canary: &[(u64, u64)]) -> Series {
    let counts = |(total, bad): (u64, u64)| Some(Counts::new(total, bad).unwrap());
    Series {
        criterion: Criterion::new(name, 0.01),
        canary: canary.iter().copied().map(counts).collect(),
        stable: canary.iter().map(|_| counts((540, 1))).collect(),
    }
}

fn inputs(series: Vec<Series>) -> Inputs {
    Inputs { alpha: 0.005, min_requests: 50, phase: Phase::Split, series }
}

#[test]
fn verdict_is_the_same_when_a_document_is_judged_again() {
    let given = inputs(vec![series("errors", &[(60, 0), (60, 9), (60, 7)]), series("slow", &[(60, 1); 3])]);
    let document = serde_json::to_string(&given.clone().document().unwrap()).unwrap();
    let read: serde_json::Value = serde_json::from_str(&document).unwrap();
    let again: Inputs = serde_json::from_value(read["inputs"].clone()).unwrap();
    assert_eq!(again, given);
    assert_eq!(serde_json::to_string(&again.document().unwrap()).unwrap(), document);
    assert_eq!(read["report"]["verdict"], "breach");
    assert_eq!(read["report"]["criterion"], "errors");
    assert_eq!(read["report"]["firstBreach"]["minute"], 2);
    assert!(read["report"]["reason"].as_str().unwrap().contains("errors: the canary"));
}

#[test]
fn unknown_minute_is_null_and_stays_unknown() {
    let mut given = inputs(vec![series("errors", &[(60, 0); 3])]);
    given.series[0].canary[1] = None;
    let document = given.document().unwrap();
    assert_eq!(document.report.verdict, Word::Inconclusive);
    assert!(document.report.reason.contains("unreadable minutes: 1"), "{}", document.report.reason);
    assert!(serde_json::to_string(&document).unwrap().contains("null"));
}

#[test]
fn refused_when_the_series_are_not_equally_long() {
    let given = inputs(vec![series("errors", &[(60, 0); 3]), series("slow", &[(60, 0); 2])]);
    assert!(matches!(given.document(), Err(SettingsError::Minutes { canary: 2, stable: 2, .. })));
}
