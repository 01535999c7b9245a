use super::*;

fn full(why: &str) -> Rollout {
    let at = DateTime::from_timestamp(1_795_428_900, 123_000_000);
    Rollout {
        step: Some(2),
        candidate: Some("12".to_owned()),
        stable: Some("11".to_owned()),
        split_since: at,
        whole_since: at,
        ..Rollout::of("11111111-2222-3333-4444-555555555555")
    }
    .taken_back(why, at.unwrap())
}

#[test]
fn description_fits_when_the_reason_is_long() {
    for why in ["\"quoted\" ".repeat(40), "é".repeat(300), String::new()] {
        let mut rollout = full(&why);
        rollout.rollback.as_mut().unwrap().notice =
            DateTime::from_timestamp(1_795_428_999, 0).map(Notice::ClaimedAt);
        let text = rollout.description().unwrap();
        assert!(text.chars().count() <= 256, "{text}");
        let read = Rollout::from_description(&text).unwrap();
        let mark = read.rollback.unwrap();
        assert!(why.starts_with(&mark.why) && (mark.why.len() >= 30 || why.is_empty()), "{text}");
        assert_eq!(mark.notice, rollout.rollback.unwrap().notice);
    }
}

#[test]
fn description_keeps_everything_when_it_is_read_again() {
    let mut rollout = full("alarm x");
    rollout.rollback.as_mut().unwrap().notice = Some(Notice::Sent);
    let text = rollout.description().unwrap();
    assert!(text.ends_with(r#""why":"alarm x","notice":"sent"}}"#), "{text}");
    let read = Rollout::from_description(&text).unwrap();
    assert_eq!(Rollout::from_description(&read.description().unwrap()), Some(read.clone()));
    assert_eq!((read.stable.as_deref(), read.split_since.unwrap().timestamp()), (Some("11"), 1_795_428_900));
}

#[test]
fn rollback_knows_of_the_promotion_when_there_was_one() {
    let at = DateTime::from_timestamp(1_795_428_900, 0);
    let promoting = Rollout { promoting_since: at, ..Rollout::of("e") };
    let back = promoting.taken_back("x", at.unwrap());
    assert!(!back.rollback.unwrap().promoted);
    assert_eq!((back.split_since, back.promoting_since), (at, None));
    let promoted = Rollout { whole_since: at, ..Rollout::of("e") };
    assert!(promoted.taken_back("x", at.unwrap()).rollback.unwrap().promoted);
}

#[test]
fn rollout_is_read_when_the_description_is_ours() {
    let text = r#"{"execution":"e-1","splitSince":"2026-11-23T10:15:00Z"}"#;
    let rollout = Rollout::from_description(text).unwrap();
    assert_eq!(rollout.split_since.unwrap().timestamp(), 1_795_428_900);
    assert_eq!(serde_json::to_string(&rollout).unwrap(), text);
    let waiting = Rollout::from_description(r#"{"execution":"e-1"}"#).unwrap();
    assert_eq!(waiting.split_since, None);
}

#[test]
fn beginning_counts_when_it_is_of_the_version_and_of_a_sensible_age() {
    let text = r#"{"execution":"e-1","candidate":"7","splitSince":"2026-11-23T10:15:00Z"}"#;
    let rollout = Rollout::from_description(text).unwrap();
    let since = rollout.split_since.unwrap();
    for (after, counts) in [
        (TimeDelta::seconds(-1), false),
        (TimeDelta::zero(), true),
        (LONGEST_SPLIT, true),
        (LONGEST_SPLIT + TimeDelta::seconds(1), false),
    ] {
        assert_eq!(rollout.split_since("7", since + after), counts.then_some(since), "{after}");
    }
    assert_eq!(rollout.split_since("8", since), None);
    let nameless = Rollout { candidate: None, ..rollout };
    assert_eq!(nameless.split_since("7", since), None);
}

#[test]
fn nothing_is_read_when_the_description_is_a_persons() {
    for text in [
        "",
        "production traffic",
        "{}",
        r#"{"splitSince":"2026-11-23T10:15:00Z"}"#,
        r#"{"execution":"e-1","splitSince":"yesterday"}"#,
    ] {
        assert_eq!(Rollout::from_description(text), None, "{text}");
    }
}
