use super::*;
use chrono::TimeDelta;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_428_900, 0).unwrap() + TimeDelta::seconds(seconds)
}

fn number(criterion: &str, candidate: (u64, u64), stable: (u64, u64)) -> Number {
    Number {
        criterion: criterion.to_owned(),
        candidate_bad: candidate.0,
        candidate_total: candidate.1,
        stable_bad: stable.0,
        stable_total: stable.1,
    }
}

fn story() -> Story {
    Story {
        place: "manuel-backend:live".parse().unwrap(),
        group: Group { application: "manuel".to_owned(), name: "manuel-live".to_owned() },
        pipeline: Some("manuel-release".to_owned()),
        execution: "e-1".to_owned(),
        versions: Some(("7".to_owned(), "6".to_owned())),
        why: "alarm manuel-Breach fires".to_owned(),
        reason: "alarm manuel-Breach fires since 2026-11-23T10:20:00Z: Threshold Crossed".to_owned(),
        served_since: Some(at(0)),
        begun_at: at(310),
        safe_at: at(320),
        alias: "all requests go to version 6".to_owned(),
        numbers: Ok(vec![number("errors", (12, 300), (3, 2_700)), number("slow", (0, 0), (1, 3))]),
        left: Vec::new(),
    }
}

fn cancelled() -> Story {
    Story { versions: None, served_since: None, numbers: Ok(Vec::new()), ..story() }
}

#[test]
fn notice_says_what_why_how_long_and_where_to_look() {
    assert_eq!(story().subject(), "Rolled back manuel-backend:live 7 -> 6");
    assert_eq!(
        story().text(),
        "manuel-backend:live was rolled back from version 7 to version 6.\n\
         \n\
         Why: alarm manuel-Breach fires\n\
         Reason: alarm manuel-Breach fires since 2026-11-23T10:20:00Z: Threshold Crossed\n\
         Customers could meet version 7 for 5 min 20 s: from 2026-11-23T10:15:00Z to 2026-11-23T10:20:20Z.\n\
         Now: all requests go to version 6.\n\
         Bad requests since version 7 got traffic, as counted until now:\n\
         - errors: version 7 12 of 300 (4.00 %), version 6 3 of 2700 (0.11 %)\n\
         - slow: version 7 no requests, version 6 1 of 3 (33.33 %)\n\
         \n\
         To look:\n\
         \x20 aws lambda get-alias --function-name manuel-backend --name live\n\
         \x20 aws deploy list-deployments --application-name manuel --deployment-group-name manuel-live\n\
         \x20 aws codepipeline get-pipeline-state --name manuel-release\n\
         \n\
         Pipeline execution: e-1\n"
    );
}

#[test]
fn notice_says_what_is_left_and_what_is_not_known() {
    let story = Story {
        why: "by hand: slow".to_owned(),
        reason: "by hand: slow".to_owned(),
        served_since: None,
        numbers: Err("CloudWatch cannot be read: denied".to_owned()),
        left: vec!["do this".to_owned(), "and that".to_owned()],
        pipeline: None,
        ..story()
    };
    let text = story.text();
    assert!(!text.contains("Reason:") && !text.contains("codepipeline"), "{text}");
    assert!(text.contains("\nCustomers could meet version 7 until 2026-11-23T10:20:20Z.\n"), "{text}");
    assert!(text.contains("\nNumbers could not be read: CloudWatch cannot be read: denied\n"), "{text}");
    assert!(text.contains("\nLeft to do:\n- do this\n- and that\n\nTo look:\n"), "{text}");
}

#[test]
fn cancelled_release_is_told_without_numbers_and_without_an_event() {
    assert_eq!(cancelled().subject(), "Release cancelled: manuel-backend:live");
    let text = cancelled().text();
    assert!(
        text.starts_with(
            "A release of manuel-backend:live was cancelled before its version got any traffic.\n"
        )
    );
    assert!(text.contains("\nNo customer met the new version.\nNow: all requests"), "{text}");
    assert!(!text.contains("Bad requests"), "{text}");
    assert_eq!(cancelled().detail(), None);
}

#[test]
fn event_has_everything_that_its_readers_need() {
    let detail = story().detail().unwrap();
    assert_eq!(
        detail,
        json!({
            "id": "e-1/7/6", "execution": "e-1", "pipeline": "manuel-release", "function": "manuel-backend",
            "alias": "live", "fromVersion": "7", "toVersion": "6", "why": "alarm manuel-Breach fires",
            "reason": "alarm manuel-Breach fires since 2026-11-23T10:20:00Z: Threshold Crossed",
            "servedSince": "2026-11-23T10:15:00Z", "begunAt": "2026-11-23T10:20:10Z",
            "safeAt": "2026-11-23T10:20:20Z", "exposedSeconds": 320,
            "numbers": [
                {"criterion": "errors", "candidateBad": 12, "candidateTotal": 300, "stableBad": 3, "stableTotal": 2700},
                {"criterion": "slow", "candidateBad": 0, "candidateTotal": 0, "stableBad": 1, "stableTotal": 3},
            ],
        })
    );
    let unknown = Story { served_since: None, numbers: Err("no".to_owned()), ..story() };
    let detail = unknown.detail().unwrap();
    assert_eq!((&detail["servedSince"], &detail["exposedSeconds"]), (&Value::Null, &Value::Null));
    assert_eq!(detail["numbers"], json!([]));
}

#[test]
fn subject_stays_short_and_plain_when_names_are_not() {
    let named = |function: &str| {
        let place = Place { function: function.to_owned(), alias: "live".to_owned() };
        Story { place, ..story() }.subject()
    };
    for length in [70, 74, 75, 200] {
        assert!(named(&"f".repeat(length)).len() <= 99, "{length}");
    }
    assert_eq!(named(&"f".repeat(75)).len(), 99);
    assert_eq!(named("shöp\n"), "Rolled back shp:live 7 -> 6");
}

#[test]
fn reason_is_cut_when_it_would_not_fit() {
    let story = Story { reason: "ä".repeat(1_000_000), ..story() };
    assert!(story.text().len() < 50_000);
    assert_eq!(story.detail().unwrap()["reason"].as_str().unwrap().chars().count(), 5_000);
}

#[test]
fn exposure_is_never_negative() {
    assert_eq!(story().exposed_seconds(), Some(320));
    assert_eq!(Story { safe_at: at(-5), ..story() }.exposed_seconds(), Some(0));
}

#[test]
fn spans_and_shares_are_written_for_people() {
    let spans = [0, 59, 60, 3_599, 3_600, 90_061].map(span);
    assert_eq!(spans, ["0 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "25 h 1 min"]);
    assert_eq!(share(0, 0), "no requests");
    assert_eq!(share(0, 5), "0 of 5 (0.00 %)");
    assert_eq!(share(2, 3), "2 of 3 (66.67 %)");
    assert_eq!(share(1, 20_000), "1 of 20000 (0.01 %)");
    assert_eq!(share(7, 7), "7 of 7 (100.00 %)");
}
