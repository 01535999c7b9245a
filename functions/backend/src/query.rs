//! `POST /query`: reads the question and answers it from the manuals. Pure.
//!
//! An answer that no manual holds is a correct HTTP answer and a failure for the customer, so it is told apart for the
//! metrics ([`Outcome`]). A request that asks no question is refused and is neither.

use crate::decide::{Reply, Request, ok, problem};
use crate::manuals::Manuals;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::borrow::Cow;

/// What the route expects, for every refusal.
const EXPECTED: &str = r#"send {"question": "…"}"#;

/// Longest question, in characters; enough for a paragraph, and what a model can be asked later.
const LONGEST_QUESTION: usize = 1_000;

/// What became of a question that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A manual has the answer.
    Answered,
    /// No manual has it.
    Unanswered,
}

/// Answers the request's question, or says what is wrong with the request.
pub(crate) fn reply(request: &Request, manuals: &Manuals) -> Reply {
    let question = match question(request) {
        Ok(question) => question,
        Err(refusal) => return refusal,
    };
    let Some(passage) = manuals.answer(&question) else { return unanswered() };
    let body = json!({"answered": true, "answer": passage.text, "manual": passage.manual});
    Reply { query: Some(Outcome::Answered), ..ok(body) }
}

/// The answer when no manual has one.
pub(crate) fn unanswered() -> Reply {
    Reply { query: Some(Outcome::Unanswered), ..ok(json!({"answered": false})) }
}

/// The question without the blanks around it.
fn question(request: &Request) -> Result<String, Reply> {
    if let Some(other) = request.content_type.as_deref().filter(|content_type| !is_json(content_type)) {
        let detail = format!("the body is {other}: send JSON, with content-type application/json");
        return Err(problem(415, "Unsupported Media Type", &detail));
    }
    let body: Value = serde_json::from_slice(&bytes(request)?)
        .map_err(|error| refusal(&format!("the body is no JSON ({error}): {EXPECTED}")))?;
    let question = body.get("question").and_then(Value::as_str).map(str::trim);
    match question.map(|text| (text, text.chars().count())) {
        None => Err(refusal(&format!("the body has no text \"question\": {EXPECTED}"))),
        Some((_, 0)) => Err(refusal(&format!("the question is blank: {EXPECTED}"))),
        Some((_, length)) if length > LONGEST_QUESTION => {
            Err(refusal(&format!("the question has {length} characters: ask in at most {LONGEST_QUESTION}")))
        }
        Some((text, _)) => Ok(text.to_owned()),
    }
}

/// The body as the client sent it: API Gateway encodes every body that its content type does not make a text.
fn bytes(request: &Request) -> Result<Cow<'_, [u8]>, Reply> {
    match request.body.as_deref().filter(|body| !body.is_empty()) {
        None => Err(refusal(&format!("there is no body: {EXPECTED}"))),
        Some(body) if request.is_base64 => STANDARD.decode(body).map(Cow::Owned).map_err(|error| {
            refusal(&format!("the body is marked as base64 and is not ({error}): correct isBase64Encoded"))
        }),
        Some(body) => Ok(Cow::Borrowed(body.as_bytes())),
    }
}

/// `application/json` or a format built on it (RFC 6839), whatever its parameters.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn refusal(detail: &str) -> Reply {
    problem(400, "Bad Request", detail)
}

#[cfg(test)]
mod tests {
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
        }
    }

    fn asked(request: &Request) -> Reply {
        reply(request, &Manuals::built_in().unwrap())
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
}
