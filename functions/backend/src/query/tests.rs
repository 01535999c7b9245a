use super::*;
use http::Method;

fn request(body: Option<&str>) -> Request {
    Request {
        method: Method::POST,
        path: "/query".to_owned(),
        stage: None,
        content_type: None,
        body: body.map(str::to_owned),
        is_base64: false,
        user: None,
    }
}

fn asked(request: &Request) -> Reply {
    match take(request, &Manuals::built_in().unwrap()) {
        Ok(taken) => reply(taken, Wording::Manual),
        Err(refusal) => refusal,
    }
}

fn descaling() -> Taken {
    let request = request(Some(r#"{"question": " How do I descale the coffee machine?\n"}"#));
    let known = Request { user: Some("anna".to_owned()), ..request };
    take(&known, &Manuals::built_in().unwrap()).unwrap()
}

fn status_of(body: &str) -> u16 {
    asked(&request(Some(body))).status
}

#[test]
fn answer_and_manual_are_told_when_a_manual_has_the_answer() {
    let reply = asked(&request(Some(r#"{"question": "How do I descale the coffee machine?"}"#)));
    let body = reply.body.unwrap();
    assert_eq!((reply.status, reply.query), (200, Some(Outcome::Answered)));
    assert_eq!((&body["answered"], &body["manual"]), (&json!(true), &json!("Coffee machine")));
    assert!(body["answer"].as_str().unwrap().starts_with("To descale the coffee machine"));
}

#[test]
fn unanswered_is_no_error_when_no_manual_has_the_answer() {
    let reply = asked(&request(Some(r#"{"question": "How do I change the tyres of my car?"}"#)));
    assert_eq!((reply.status, reply.content_type), (200, "application/json"));
    assert_eq!((reply.body, reply.query), (Some(json!({"answered": false})), Some(Outcome::Unanswered)));
}

#[test]
fn refusal_says_what_to_do_when_there_is_no_question() {
    for (body, told) in [
        (None, "there is no body: send {\"question\": \"…\"}"),
        (Some(""), "there is no body"),
        (Some("{\"question\""), "the body is no JSON (EOF while parsing"),
        (Some("{}"), "no text \"question\": send {\"question\": \"…\"}"),
        (Some(r#"["How?"]"#), "no text \"question\""),
        (Some(r#"{"question": 5}"#), "no text \"question\""),
        (Some(r#"{"question": null}"#), "no text \"question\""),
        (Some(r#"{"question": " \n\t"}"#), "the question is blank: send"),
    ] {
        let reply = asked(&request(body));
        let detail = reply.body.unwrap()["detail"].as_str().unwrap().to_owned();
        assert_eq!((reply.status, reply.content_type), (400, "application/problem+json"), "{body:?}");
        assert!(detail.contains(told), "{detail}");
        assert_eq!(reply.query, None, "counts in no metric: {body:?}");
    }
}

#[test]
fn question_is_taken_up_to_its_longest_length_in_characters() {
    let of = |length| json!({"question": format!(" {} ", "ä".repeat(length))}).to_string();
    assert_eq!((status_of(&of(999)), status_of(&of(1_000)), status_of(&of(1_001))), (200, 200, 400));
}

#[test]
fn body_is_decoded_when_it_is_marked_as_base64() {
    let text = STANDARD.encode(r#"{"question": "How do I descale the coffee machine?"}"#);
    let encoded = Request { is_base64: true, ..request(Some(&text)) };
    assert_eq!(asked(&encoded).query, Some(Outcome::Answered));
    assert_eq!(asked(&request(Some(&text))).status, 400, "not marked");
    for broken in ["%", "/w=="] {
        assert_eq!(asked(&Request { is_base64: true, ..request(Some(broken)) }).status, 400, "{broken}");
    }
}

#[test]
fn content_type_is_refused_when_it_is_not_json() {
    for (content_type, status) in [
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("application/vnd.manuel+json", 200),
        ("application/x-www-form-urlencoded", 415),
        ("text/json", 415),
        ("application/jsonp", 415),
        ("", 415),
    ] {
        let typed = Request {
            content_type: Some(content_type.to_owned()),
            ..request(Some(r#"{"question": "How do I descale the coffee machine?"}"#))
        };
        assert_eq!(asked(&typed).status, status, "{content_type}");
    }
}

#[test]
fn question_user_and_passage_are_kept_when_it_is_taken() {
    let taken = descaling();
    assert_eq!(taken.question, "How do I descale the coffee machine?");
    assert_eq!(taken.user.as_deref(), Some("anna"));
    assert_eq!(taken.passage.unwrap().manual, "Coffee machine");
}

#[test]
fn answer_is_the_models_when_it_gave_one_and_the_passage_when_not() {
    let passage = descaling().passage.unwrap().text;
    for (wording, answer, degraded) in [
        (Wording::Manual, passage.as_str(), None),
        (Wording::Model("Hold the button.".to_owned()), "Hold the button.", None),
        (Wording::Fallback, passage.as_str(), Some(&json!(true))),
    ] {
        let reply = reply(descaling(), wording);
        let body = reply.body.unwrap();
        assert_eq!((&body["answer"], body.get("degraded")), (&json!(answer), degraded));
        assert_eq!((&body["manual"], reply.query), (&json!("Coffee machine"), Some(Outcome::Answered)));
    }
}

#[test]
fn question_stays_unanswered_when_a_model_answers_without_a_passage() {
    let taken = Taken { passage: None, ..descaling() };
    assert_eq!(reply(taken, Wording::Model("Guess.".to_owned())), unanswered());
}

#[test]
fn instructions_hold_the_passage_between_marks() {
    let passage = descaling().passage.unwrap();
    let told = instructions(&passage);
    assert!(told.contains("Answer only from the passage of the manual \"Coffee machine\""), "{told}");
    assert!(told.ends_with(&format!("<passage>{}</passage>", passage.text)), "{told}");
}

#[test]
fn text_is_no_answer_when_it_is_blank_or_was_cut_off() {
    assert_eq!(worded(true, " Hold the button.\n").as_deref(), Some("Hold the button."));
    assert_eq!((worded(true, " \n"), worded(false, "Hold the")), (None, None));
}

#[test]
fn model_gets_what_is_left_less_a_second_and_at_most_eight() {
    let milliseconds = Duration::from_millis;
    for (left, given) in [(0, 0), (1_000, 0), (1_001, 1), (8_999, 7_999), (9_000, 8_000), (60_000, 8_000)] {
        assert_eq!(time_for_model(milliseconds(left)), milliseconds(given), "{left}");
    }
}
