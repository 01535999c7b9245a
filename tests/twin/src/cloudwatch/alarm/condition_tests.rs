//! Rules of composite alarms.

use super::{condition::Condition, decide::AlarmState};
use crate::cloudwatch::grammar::Problem;

/// Whether the rule holds while `bad` is in ALARM, `good` in OK and `new` in INSUFFICIENT_DATA.
fn holds(text: &str) -> bool {
    let state = |name: &str| match name {
        "bad" | "very bad" => Some(AlarmState::Alarm),
        "good" => Some(AlarmState::Ok),
        "new" => Some(AlarmState::InsufficientData),
        _ => None,
    };
    Condition::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}")).holds(&state)
}

#[test]
fn rule_holds_when_the_states_say_so() {
    for (text, expected) in [
        ("ALARM(bad)", true),
        ("ALARM(\"bad\")", true),
        ("ALARM( very bad )", true),
        ("ALARM(good)", false),
        ("OK(good)", true),
        ("INSUFFICIENT_DATA(\"new\")", true),
        ("TRUE", true),
        ("False", false),
        ("NOT ALARM(good)", true),
        ("NOT NOT ALARM(good)", false),
        ("NOT (ALARM(bad) AND OK(good))", false),
        ("ALARM(bad) AND NOT ALARM(good)", true),
        ("(ALARM(bad) OR ALARM(good))\n AND OK(good)", true),
        ("TRUE OR TRUE AND FALSE", true),
        ("(TRUE OR TRUE) AND FALSE", false),
        ("NOT FALSE AND TRUE", true),
        ("ALARM(unknown)", false),
    ] {
        assert_eq!(holds(text), expected, "{text}");
    }
}

#[test]
fn place_is_told_when_a_rule_makes_no_sense() {
    for (text, place) in [
        ("", "it ends too early"),
        ("bad", "bad"),
        ("ALARM", "it ends too early"),
        ("ALARM()", ")"),
        ("ALARM(\"\")", "\"\")"),
        ("ALARM(bad) ALARM(good)", "from character 12 on"),
        ("ALARM(bad) AND", "AND"),
        ("ALARM(bad", "it ends too early"),
        ("(TRUE", "it ends too early"),
        ("TRUE && FALSE", "&& FALSE"),
    ] {
        match Condition::parse(text) {
            Err(Problem::Invalid(problem)) => assert!(problem.contains(place), "{text}: {problem}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn at_least_is_not_implemented_when_met() {
    let text = "AT_LEAST(1, ALARM, (bad, good))";
    assert!(matches!(Condition::parse(text), Err(Problem::Later(_))));
}

#[test]
fn alarms_are_named_once_when_mentioned_often() {
    let rule = Condition::parse("ALARM(b) OR OK(a) AND NOT (ALARM(b) OR TRUE)").unwrap();
    assert_eq!(rule.alarms().into_iter().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn rule_is_refused_when_it_exceeds_the_limits() {
    let alarms =
        |count: usize| (0..count).map(|number| format!("ALARM(a{number})")).collect::<Vec<_>>().join(" OR ");
    assert!(Condition::parse(&alarms(100)).is_ok());
    assert!(matches!(Condition::parse(&alarms(101)), Err(Problem::Invalid(_))));
    let elements = |count: usize| vec!["TRUE"; count].join(" AND ");
    assert!(Condition::parse(&elements(500)).is_ok());
    assert!(matches!(Condition::parse(&elements(501)), Err(Problem::Invalid(_))));
    // A pair of brackets is an element, too.
    assert!(matches!(Condition::parse(&format!("({})", elements(500))), Err(Problem::Invalid(_))));
    let nested = |depth: usize| format!("{}TRUE{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Condition::parse(&nested(40)).is_ok());
    assert!(matches!(Condition::parse(&nested(41)), Err(Problem::Later(_))));
    assert!(Condition::parse(&format!("{}TRUE", "NOT ".repeat(2_000))).is_ok());
}
