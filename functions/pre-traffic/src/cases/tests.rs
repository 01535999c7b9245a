use super::*;
use serde_json::json;

fn problem(text: &str) -> String {
    parse_cases(text, Format::Http).unwrap_err().to_string()
}

fn one(fields: &str) -> Result<Vec<SmokeCase>, CaseProblem> {
    let text = format!(r#"[{{"name": "a", "request": {{"method": "GET", "path": "/"}} {fields}}}]"#);
    parse_cases(&text, Format::Http)
}

#[test]
fn defaults_hold_when_only_name_and_request_are_given() {
    let case = one("").unwrap().remove(0);
    assert_eq!((case.status, case.repetitions, case.body.len()), (200, 1, 0));
    assert_eq!((case.max_latency, case.max_cold_latency), (Duration::from_secs(3), Duration::from_secs(10)));
}

#[test]
fn every_field_is_read_when_all_are_given() {
    let case = one(
        r#", "expect": {"status": 201, "body": [{"pointer": "/a", "equals": null}, {"pointer": "", "exists": true}]},
           "max_latency_ms": 50, "max_cold_latency_ms": 60, "repetitions": 7"#,
    )
    .unwrap()
    .remove(0);
    assert_eq!((case.status, case.repetitions), (201, 7));
    assert_eq!(
        (case.max_latency, case.max_cold_latency),
        (Duration::from_millis(50), Duration::from_millis(60))
    );
    assert_eq!(case.body[0], BodyRule { pointer: "/a".to_owned(), expected: Expected::Equals(Value::Null) });
    assert_eq!(case.body[1].expected, Expected::Exists(true));
}

#[test]
fn event_is_taken_as_it_is_when_given_whole() {
    for format in [Format::Rest, Format::Http] {
        let text = r#"[{"name": "queue", "request": {"event": {"Records": []}}}]"#;
        assert_eq!(parse_cases(text, format).unwrap()[0].event, json!({"Records": []}));
    }
}

#[test]
fn default_case_asks_for_health() {
    let case = default_cases(Format::Http).remove(0);
    assert_eq!(case.event["rawPath"], "/health");
    assert_eq!(case.repetitions, 1);
}

#[test]
fn error_when_the_setting_is_no_array_or_empty() {
    for text in ["nonsense", "{}", "[[]]", "[1]"] {
        assert!(problem(text).starts_with("must be a JSON array of cases"), "{text}");
    }
    assert_eq!(problem("[]"), "must hold at least one case");
}

#[test]
fn error_names_case_and_field_when_a_value_is_out_of_range() {
    for (fields, field) in [
        (r#", "max_latency_ms": 0"#, "max_latency_ms: must be from 1 to 900000; got 0"),
        (r#", "max_cold_latency_ms": 900001"#, "max_cold_latency_ms: must be"),
        (r#", "repetitions": 0"#, "repetitions: must be from 1 to 50; got 0"),
        (r#", "repetitions": 51"#, "repetitions: must be"),
        (r#", "expect": {"status": 99}"#, "expect.status: must be from 100 to 599; got 99"),
        (r#", "expect": {"body": [{"pointer": "a", "exists": true}]}"#, "expect.body.pointer: \"a\" must"),
        (r#", "expect": {"body": [{"pointer": "/a"}]}"#, "expect.body: \"/a\" needs either"),
        (
            r#", "expect": {"body": [{"pointer": "/a", "equals": 1, "exists": true}]}"#,
            "expect.body: \"/a\" needs",
        ),
        (r#", "max_latency": 5"#, "max_latency: unknown field `max_latency`"),
        (r#", "expect": {"stauts": 200}"#, "expect.stauts: unknown field `stauts`"),
        (r#", "repetitions": -1"#, "repetitions: invalid value: integer, expected usize"),
        (
            r#", "expect": {"body": [{"pointer": "/a~2", "exists": true}]}"#,
            "expect.body.pointer: \"/a~2\" has",
        ),
        (r#", "expect": {"body": [{"pointer": "/a~", "exists": true}]}"#, "expect.body.pointer: \"/a~\" has"),
    ] {
        let problem = one(fields).unwrap_err().to_string();
        assert!(problem.starts_with(&format!("case 1 (a): {field}")), "{problem}");
    }
}

#[test]
fn error_names_the_position_when_a_name_is_missing_empty_or_repeated() {
    let request = r#""request": {"method": "GET", "path": "/"}"#;
    assert!(problem(&format!("[{{{request}}}]")).starts_with("case 1 (unnamed): missing field `name`"));
    assert!(problem(&format!(r#"[{{"name": " ", {request}}}]"#)).ends_with("name: must not be empty"));
    let twice = format!(r#"[{{"name": "a", {request}}}, {{"name": "a", {request}}}]"#);
    assert_eq!(problem(&twice), "case 2 (a): name: used by an earlier case");
}

#[test]
fn error_when_the_request_is_incomplete() {
    let problem = problem(r#"[{"name": "a", "request": {"method": "GET"}}]"#);
    assert_eq!(problem, "case 1 (a): request: needs method and path, or event");
}

#[test]
fn error_quotes_no_value_of_the_setting() {
    let secret = "Bearer TOPSECRET, expected \\\"x\\\"";
    for (setting, told) in [
        (
            format!(r#"["{secret}"]"#),
            "must be a JSON array of cases: invalid type: string, expected a map at line 1",
        ),
        (
            format!(r#"{{"a": "{secret}"}}"#),
            "must be a JSON array of cases: invalid type: map, expected a sequence",
        ),
        (
            format!(r#"[{{"name": "a", "request": "{secret}"}}]"#),
            "case 1 (a): request: invalid type: string, expected",
        ),
        (
            format!(
                r#"[{{"name": "a", "request": {{"method": "GET", "path": "/", "headers": "{secret}"}}}}]"#
            ),
            "case 1 (a): request.headers: invalid type: string, expected a map",
        ),
        (
            r#"[{"name": "a", "request": {"method": "GET", "path": "/", "headers": {"x-pin": 7351}}}]"#
                .to_owned(),
            "case 1 (a): request.headers.x-pin: invalid type: integer, expected a string",
        ),
        (
            r#"[{"name": "a", "request": {"method": "GET", "path": "/", "headers": {"x-pin": null}}}]"#
                .to_owned(),
            "case 1 (a): request.headers.x-pin: invalid type: null, expected a string",
        ),
        (
            format!(r#"[{{"name": "a", "request": {{"method": "{secret}", "path": "/"}}}}]"#),
            "case 1 (a): request: ",
        ),
        (
            format!(r#"[{{"name": "a", "request": {{"method": "GET", "path": "{secret}"}}}}]"#),
            "case 1 (a): request: ",
        ),
        (
            format!(r#"[{{"name": "a", "request": {{"path": "{secret}" x"#),
            "must be a JSON array of cases: expected",
        ),
    ] {
        let problem = problem(&setting);
        assert!(problem.starts_with(told), "{problem}");
        assert!(!problem.contains("TOPSECRET") && !problem.contains("7351"), "{problem}");
    }
}

#[test]
fn cold_limit_is_refused_when_the_case_is_not_the_first() {
    let case = |name| format!(r#"{{"name": "{name}", "request": {{"event": 1}}, "max_cold_latency_ms": 9}}"#);
    assert!(parse_cases(&format!("[{}]", case("a")), Format::Http).is_ok());
    let problem = problem(&format!("[{}, {}]", case("a"), case("b")));
    assert!(problem.starts_with("case 2 (b): max_cold_latency_ms: only the first case"), "{problem}");
}
