use super::*;
use proptest::prelude::*;
use release::{Notice, Rollout};
use serde_json::json;

fn shift() -> Value {
    json!({"action": "shift", "execution": "e-1", "function": "manuel-backend", "alias": "live", "candidate": "7",
        "step": 1, "percent": 10, "bakeMinutes": 15, "maxBakeMinutes": 30, "hotfix": "false"})
}

fn with(field: &str, value: Value) -> Result<Parameters, ParametersError> {
    let mut fields = shift();
    fields[field] = value;
    Parameters::read(&fields.to_string())
}

#[test]
fn every_action_is_read_when_its_fields_are_complete() {
    let common = r#""execution":"e-1","function":"manuel-backend","alias":"live""#;
    for (action, more, candidate) in [
        ("acquire", "", None),
        ("promote", r#","candidate":"7","deploymentConfig":"CodeDeployDefault.LambdaAllAtOnce""#, Some("7")),
        ("watch", r#","candidate":"7","minutes":30"#, Some("7")),
    ] {
        let read = Parameters::read(&format!(r#"{{"action":"{action}",{common}{more}}}"#)).unwrap();
        assert_eq!((read.action(), read.candidate(), read.execution()), (action, candidate, "e-1"));
        assert_eq!(read.place().to_string(), "manuel-backend:live");
    }
    let read = Parameters::read(&shift().to_string()).unwrap();
    assert_eq!((read.action(), read.step(), read.candidate()), ("shift", Some(1), Some("7")));
    assert!((read.percent() - 10.0).abs() < f64::EPSILON);
}

#[test]
fn field_is_named_when_it_is_out_of_its_range() {
    for (field, value) in [
        ("percent", json!(0)),
        ("percent", json!(100)),
        ("percent", json!(-1)),
        ("percent", json!("10")),
        ("bakeMinutes", json!(0)),
        ("bakeMinutes", json!(601)),
        ("bakeMinutes", json!(1.5)),
        ("maxBakeMinutes", json!(14)),
        ("maxBakeMinutes", json!(1_201)),
        ("step", json!(0)),
        ("step", json!(21)),
        ("candidate", json!("$LATEST")),
        ("candidate", json!("")),
        ("candidate", json!(7)),
        ("candidate", json!("1234567890")),
        ("execution", json!("")),
        ("execution", json!("a b")),
        ("execution", json!("x".repeat(41))),
        ("function", json!("a:b")),
        ("alias", json!("")),
        ("hotfix", json!("yes")),
        ("hotfix", json!(true)),
        ("surprise", json!(1)),
    ] {
        let told = aws::chain(&with(field, value.clone()).unwrap_err());
        assert!(told.contains(field), "{field} {value}: {told}");
    }
}

#[test]
fn limits_are_taken() {
    for (field, value) in [
        ("percent", json!(0.1)),
        ("percent", json!(99.9)),
        ("bakeMinutes", json!(1)),
        ("maxBakeMinutes", json!(15)),
        ("maxBakeMinutes", json!(1_200)),
        ("step", json!(20)),
        ("candidate", json!("123456789")),
        ("execution", json!("x".repeat(40))),
        ("hotfix", json!("true")),
    ] {
        assert!(with(field, value.clone()).is_ok(), "{field} {value}");
    }
    let mut longest = shift();
    (longest["bakeMinutes"], longest["maxBakeMinutes"]) = (json!(600), json!(600));
    assert!(Parameters::read(&longest.to_string()).is_ok());
}

#[test]
fn alias_has_room_for_a_rollback_and_its_reason_when_everything_is_as_long_as_it_may_be() {
    let now = chrono::DateTime::from_timestamp(1_795_428_900, 0).unwrap();
    let (candidate, stable) = (Some("123456789".to_owned()), Some("123456788".to_owned()));
    let promoted = Rollout { candidate, stable, whole_since: Some(now), ..Rollout::of(&"x".repeat(40)) };
    let mut back = promoted.taken_back("breach: errors 60/600", now);
    back.rollback.as_mut().unwrap().notice = Some(Notice::ClaimedAt(now));
    let text = back.description().unwrap();
    assert!(text.chars().count() <= 256, "{text}");
    assert_eq!(Rollout::from_description(&text), Some(back));
}

#[test]
fn hotfix_is_false_when_it_is_left_out() {
    let mut fields = shift();
    fields.as_object_mut().unwrap().remove("hotfix");
    assert!(matches!(
        Parameters::read(&fields.to_string()),
        Ok(Parameters::Shift(Shift { hotfix: false, .. }))
    ));
}

#[test]
fn what_is_missing_is_named() {
    for field in ["candidate", "step", "percent", "bakeMinutes", "maxBakeMinutes", "execution", "alias"] {
        let mut fields = shift();
        fields.as_object_mut().unwrap().remove(field);
        let told = aws::chain(&Parameters::read(&fields.to_string()).unwrap_err());
        assert!(told.contains(field), "{told}");
    }
    for text in ["", "[]", "7", "{", "null"] {
        assert!(matches!(Parameters::read(text), Err(ParametersError::Json(_))), "{text}");
    }
    for text in ["{}", r#"{"action":"drop"}"#, r#"{"action":7}"#] {
        assert!(matches!(Parameters::read(text), Err(ParametersError::Action(_))), "{text}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(".*", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_panics_whatever_the_parameters_are(
        text in ".*",
        field in proptest::sample::select(vec!["action", "execution", "function", "alias", "candidate", "step",
            "percent", "bakeMinutes", "maxBakeMinutes", "hotfix", "other"]),
        value in any_json(),
    ) {
        drop(Parameters::read(&text));
        drop(Parameters::read(&value.to_string()));
        drop(with(field, value));
    }
}
