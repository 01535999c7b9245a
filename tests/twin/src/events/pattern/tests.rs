//! Tables of pattern, event and whether they match.

use serde_json::{Value, json};

use super::Pattern;

fn matches(pattern: &Value, event: &Value) -> bool {
    Pattern::read(&pattern.to_string()).unwrap_or_else(|e| panic!("{pattern}: {e}")).matches(event)
}

#[track_caller]
fn check(table: &[(Value, Value, bool)]) {
    for (pattern, event, expected) in table {
        assert_eq!(matches(pattern, event), *expected, "{pattern} of {event}");
    }
}

/// One field `a`.
fn check_field(table: &[(Value, Value, bool)]) {
    let of_a = |value: &Value| json!({"a": value});
    check(&table.iter().map(|(p, e, m)| (json!({"a": [p]}), of_a(e), *m)).collect::<Vec<_>>());
}

#[test]
fn value_matches_when_it_is_exactly_the_same() {
    check_field(&[
        (json!("x"), json!("x"), true),
        (json!("x"), json!("X"), false),
        (json!(""), json!(""), true),
        (json!("300"), json!(300), false),
        (json!(300), json!(300), true),
        (json!(300), json!(300.0), false),
        (json!(3.0), json!(3.0), true),
        (json!(true), json!(true), true),
        (json!(true), json!("true"), false),
        (json!(null), json!(null), true),
        (json!(null), json!(""), false),
        (json!(null), json!("null"), false),
    ]);
}

#[test]
fn event_matches_when_every_field_has_one_of_its_values() {
    let event = json!({"source": "aws.x", "detail": {"state": "START", "n": {"deep": 1}}, "other": 5});
    for (pattern, expected) in [
        (json!({"source": ["aws.x", "aws.y"]}), true),
        (json!({"source": ["aws.y"]}), false),
        (json!({"source": ["aws.x"], "detail": {"state": ["STOP", "START"]}}), true),
        (json!({"source": ["aws.x"], "detail": {"state": ["STOP"]}}), false),
        (json!({"detail": {"n": {"deep": [1]}}}), true),
        (json!({"detail": {"deep": [1]}}), false),
        (json!({"missing": ["x"]}), false),
        (json!({"missing": [null]}), false),
        (json!({"detail": ["START"]}), false),
        (json!({"source": {"x": ["y"]}}), false),
    ] {
        assert_eq!(matches(&pattern, &event), expected, "{pattern}");
    }
}

#[test]
fn array_matches_when_one_of_its_elements_does() {
    check_field(&[
        (json!("x"), json!(["y", "x"]), true),
        (json!("x"), json!(["y"]), false),
        (json!("x"), json!([["x"]]), true),
        (json!("x"), json!([]), false),
        (json!({"prefix": "ab"}), json!(["b", "abc"]), true),
        (json!({"anything-but": "x"}), json!(["x", "y"]), true),
        (json!({"anything-but": "x"}), json!(["x"]), false),
        (json!(1), json!(["x", 1, null]), true),
    ]);
}

#[test]
fn fields_below_an_array_match_when_one_element_has_them_all() {
    let both = json!({"list": {"x": [1], "y": [2]}});
    check(&[
        (both.clone(), json!({"list": [{"x": 0}, {"x": 1, "y": 2}]}), true),
        (both.clone(), json!({"list": [{"x": 1, "y": 0}, {"x": 0, "y": 2}]}), false),
        (both, json!({"list": {"x": 1, "y": 2}}), true),
        (json!({"list": {"x": [{"exists": false}]}}), json!({"list": [{"x": 1}, {"y": 1}]}), false),
        (json!({"list": {"x": [{"exists": false}]}}), json!({"list": [{"y": 1}, {"z": 1}]}), true),
        (json!({"list": {"x": [{"exists": true}]}}), json!({"list": [{"x": 1}, {"y": 1}]}), true),
    ]);
}

#[test]
fn text_expression_matches_when_the_text_is_of_its_form() {
    check_field(&[
        (json!({"prefix": "d-"}), json!("d-1"), true),
        (json!({"prefix": "d-"}), json!("D-1"), false),
        (json!({"prefix": "1"}), json!(12), false),
        (json!({"prefix": ""}), json!("any"), true),
        (json!({"suffix": ".rs"}), json!("lib.rs"), true),
        (json!({"suffix": ".rs"}), json!("lib.rs.bak"), false),
        (json!({"equals-ignore-case": "Stop"}), json!("sTOP"), true),
        (json!({"equals-ignore-case": "Stop"}), json!("stopped"), false),
        (json!({"prefix": {"equals-ignore-case": "MAN"}}), json!("manuel"), true),
        (json!({"prefix": {"equals-ignore-case": "MAN"}}), json!("amanuel"), false),
        (json!({"suffix": {"equals-ignore-case": "UEL"}}), json!("manuel"), true),
        (json!({"suffix": {"equals-ignore-case": "UEL"}}), json!("manuela"), false),
        (json!({"exactly": "x"}), json!("x"), true),
    ]);
}

#[test]
fn wildcard_matches_when_its_parts_are_in_order() {
    for (wildcard, text, expected) in [
        ("a*c", "abc", true),
        ("a*c", "ac", true),
        ("a*c", "abcd", false),
        ("a*a", "a", false),
        ("*", "", true),
        ("*b*", "abc", true),
        ("*b*b*", "abc", false),
        ("a*bc*d", "abcbcd", true),
        ("ab", "ab", true),
        ("ab", "abc", false),
        (r"a\*c", "a*c", true),
        (r"a\*c", "abc", false),
        (r"a\\*", r"a\b", true),
        ("*ab", "aab", true),
        ("ä*ü", "äöü", true),
    ] {
        let pattern = json!({"a": [{"wildcard": wildcard}]});
        assert_eq!(matches(&pattern, &json!({"a": text})), expected, "{wildcard} of {text}");
    }
}

#[test]
fn anything_but_matches_when_nothing_excluded_does() {
    check_field(&[
        (json!({"anything-but": "x"}), json!("y"), true),
        (json!({"anything-but": "x"}), json!("x"), false),
        (json!({"anything-but": "x"}), json!(5), true),
        (json!({"anything-but": "x"}), json!(null), true),
        (json!({"anything-but": 5}), json!(5), false),
        (json!({"anything-but": 5}), json!("5"), true),
        (json!({"anything-but": ["x", "y"]}), json!("y"), false),
        (json!({"anything-but": ["x", "y"]}), json!("z"), true),
        (json!({"anything-but": [1, 2]}), json!(2), false),
        (json!({"anything-but": {"prefix": "in"}}), json!("init"), false),
        (json!({"anything-but": {"prefix": ["in", "st"]}}), json!("start"), false),
        (json!({"anything-but": {"prefix": ["in", "st"]}}), json!("run"), true),
        (json!({"anything-but": {"suffix": "ed"}}), json!("stopped"), false),
        (json!({"anything-but": {"suffix": "ed"}}), json!("running"), true),
        (json!({"anything-but": {"wildcard": "a*c"}}), json!("abc"), false),
        (json!({"anything-but": {"wildcard": ["a*c", "*d"]}}), json!("xd"), false),
        (json!({"anything-but": {"wildcard": "a*c"}}), json!("abd"), true),
        (json!({"anything-but": {"equals-ignore-case": ["STOP", "x"]}}), json!("stop"), false),
        (json!({"anything-but": {"equals-ignore-case": "STOP"}}), json!("start"), true),
    ]);
    assert!(!matches(&json!({"a": [{"anything-but": "x"}]}), &json!({"b": 1})), "the field must be there");
}

#[test]
fn numeric_matches_when_the_number_is_in_range() {
    check_field(&[
        (json!({"numeric": ["=", 5]}), json!(5.0), true),
        (json!({"numeric": ["=", 5]}), json!("5"), false),
        (json!({"numeric": [">", 0, "<=", 5]}), json!(0), false),
        (json!({"numeric": [">", 0, "<=", 5]}), json!(5), true),
        (json!({"numeric": [">", 0, "<=", 5]}), json!(5.1), false),
        (json!({"numeric": [">=", 0]}), json!(0), true),
        (json!({"numeric": ["<", 10]}), json!(-3), true),
        (json!({"numeric": ["<", 10]}), json!(10), false),
    ]);
}

#[test]
fn cidr_matches_when_the_address_is_in_the_network() {
    check_field(&[
        (json!({"cidr": "10.0.0.0/24"}), json!("10.0.0.33"), true),
        (json!({"cidr": "10.0.0.0/24"}), json!("10.0.1.33"), false),
        (json!({"cidr": "10.0.0.7/8"}), json!("10.200.0.1"), true),
        (json!({"cidr": "2001:db8::/32"}), json!("2001:db8::1"), true),
        (json!({"cidr": "2001:db8::/32"}), json!("10.0.0.1"), false),
        (json!({"cidr": "0.0.0.0/0"}), json!("no address"), false),
    ]);
}

#[test]
fn exists_matches_by_leaves() {
    check(&[
        (json!({"a": [{"exists": true}]}), json!({"a": 1}), true),
        (json!({"a": [{"exists": true}]}), json!({"a": null}), true),
        (json!({"a": [{"exists": true}]}), json!({"b": 1}), false),
        (json!({"a": [{"exists": true}]}), json!({"a": {"b": 1}}), false),
        (json!({"a": [{"exists": false}]}), json!({"b": 1}), true),
        (json!({"a": [{"exists": false}]}), json!({"a": null}), false),
        (json!({"a": [{"exists": false}]}), json!({"a": {"b": 1}}), true),
        (json!({"a": [{"exists": false}]}), json!({"a": []}), true),
        (json!({"a": {"b": [{"exists": false}]}}), json!({}), true),
        (json!({"a": {"b": [{"exists": false}]}}), json!({"a": "leaf"}), true),
        (json!({"a": [{"exists": false}, "x"]}), json!({"a": "x"}), true),
        (json!({"a": [{"exists": false}, "x"]}), json!({"a": "y"}), false),
    ]);
}

#[test]
fn or_matches_when_one_way_does() {
    let pattern = json!({"s": ["x"], "$or": [{"a": [1]}, {"b": [2], "c": [3]}]});
    check(&[
        (pattern.clone(), json!({"s": "x", "a": 1}), true),
        (pattern.clone(), json!({"s": "x", "b": 2, "c": 3}), true),
        (pattern.clone(), json!({"s": "x", "b": 2}), false),
        (pattern, json!({"s": "y", "a": 1}), false),
        (
            json!({"d": {"$or": [{"a": [1]}, {"$or": [{"b": [2]}, {"c": [3]}]}]}}),
            json!({"d": {"c": 3}}),
            true,
        ),
        // An ordinary field of that name.
        (json!({"$or": {"a": [1]}}), json!({"$or": {"a": 1}}), true),
        (json!({"$or": ["x"]}), json!({"$or": "x"}), true),
        (json!({"$or": [{"prefix": "x"}, {"suffix": "y"}]}), json!({"$or": "ay"}), true),
    ]);
}

#[test]
fn pattern_is_refused_with_the_reason_when_it_is_not_valid() {
    for (pattern, reason) in [
        ("", "Invalid JSON"),
        ("[]", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        (r#"{"a": "x"}"#, r#""a" must be an object or an array"#),
        (r#"{"a": []}"#, "Empty arrays are not allowed"),
        (r#"{"a": {"b": {}}}"#, "Empty objects are not allowed"),
        (r#"{"a": [["x"]]}"#, "Match value must be"),
        (r#"{"a": [{"unknown": 1}]}"#, "Unrecognized match type unknown"),
        (r#"{"a": [{"prefix": "x", "suffix": "y"}]}"#, "Only one key allowed in match expression"),
        (r#"{"a": [{}]}"#, "Empty match expression"),
        (r#"{"a": [{"prefix": 1}]}"#, "prefix match pattern must be a string"),
        (r#"{"a": [{"prefix": {"suffix": "x"}}]}"#, "Unsupported prefix pattern: suffix"),
        (r#"{"a": [{"exists": "yes"}]}"#, "exists match pattern must be either true or false"),
        (r#"{"a": [{"anything-but": null}]}"#, "either all values"),
        (r#"{"a": [{"anything-but": ["x", 1]}]}"#, "either all values"),
        (r#"{"a": [{"anything-but": []}]}"#, "Empty arrays"),
        (r#"{"a": [{"anything-but": {"cidr": "10.0.0.0/8"}}]}"#, "Unsupported anything-but pattern: cidr"),
        (r#"{"a": [{"anything-but": {"prefix": ""}}]}"#, "Null prefix/suffix not allowed"),
        (r#"{"a": [{"numeric": 5}]}"#, "Value of numeric must be an array"),
        (r#"{"a": [{"numeric": [">"]}]}"#, "Invalid member in numeric match"),
        (r#"{"a": [{"numeric": ["~", 1]}]}"#, "Unrecognized numeric range operator: ~"),
        (r#"{"a": [{"numeric": [">", "1"]}]}"#, "Value of > must be numeric"),
        (r#"{"a": [{"numeric": [">", 5, "<", 5]}]}"#, "Bottom must be less than top"),
        (r#"{"a": [{"numeric": [">", 5, ">", 6]}]}"#, "Bad numeric range operator: >"),
        (r#"{"a": [{"numeric": ["<", 5, ">", 1]}]}"#, "Too many elements in numeric expression"),
        (r#"{"a": [{"numeric": ["<", 5000000001]}]}"#, "between -5.0E9 and 5.0E9"),
        (r#"{"a": [{"cidr": "10.0.0.0"}]}"#, "Malformed CIDR"),
        (r#"{"a": [{"cidr": "10.0.0.0/33"}]}"#, "Malformed CIDR"),
        (r#"{"a": [{"wildcard": "a**b"}]}"#, "Consecutive wildcard characters at pos 2"),
        (r#"{"a": [{"wildcard": "a\\b"}]}"#, "Invalid escape character at pos 1"),
        (r#"{"$or": [{"a": [1]}]}"#, "Unrecognized match type a"),
    ] {
        let error = Pattern::read(pattern).expect_err(pattern);
        assert_eq!(error.code, "InvalidEventPatternException");
        let told = error.message.strip_prefix("Event pattern is not valid. Reason: ").unwrap();
        assert!(told.contains(reason), "{pattern}: {told}");
    }
}
