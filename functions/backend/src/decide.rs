//! Which request gets which answer. Pure: no clock, no environment, no AWS.

use crate::manuals::Manuals;
use crate::query::{self, Outcome, Taken};
use http::Method;
use http::header::{ALLOW, HeaderName, WWW_AUTHENTICATE};
use serde_json::{Value, json};

/// The methods of a route that reads; API Gateway answers HEAD with our headers and drops the body.
const READ_METHODS: &str = "GET, HEAD";
/// A question is sent in a body, which a GET has not.
const QUERY_METHODS: &str = "POST";

/// The parts of an API Gateway event that the rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// As sent.
    pub method: Method,
    /// In payload format 2.0 it begins with the stage's name unless the stage is `$default`.
    pub path: String,
    /// The stage that may begin the path, if any.
    pub stage: Option<String>,
    /// Header `content-type`, if any.
    pub content_type: Option<String>,
    /// The body, if any; routes that read ignore it.
    pub body: Option<String>,
    /// Whether API Gateway encoded the body.
    pub is_base64: bool,
    /// The claim `sub` that API Gateway's authorizer checked; `None` where it lets everybody in.
    pub user: Option<String>,
}

/// What `GET /version` answers, so that a caller can tell which version served it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The published Lambda version, or `$LATEST`.
    pub function_version: String,
    /// The build that the code came from.
    pub build_id: String,
}

/// An answer before it takes API Gateway's form.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `application/json`, or `application/problem+json` for errors.
    pub content_type: &'static str,
    /// What a 405 and a 401 must have beside their body (RFC 9110, sections 15.5.6 and 15.5.2).
    pub header: Option<(HeaderName, &'static str)>,
    /// `None` for HEAD.
    pub body: Option<Value>,
    /// What became of a question; `None` for every other request, for refusals and for errors.
    pub query: Option<Outcome>,
}

/// What a request needs to be answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Nothing more.
    Answered(Reply),
    /// A question that was taken: it may be counted and put to a model, then [`query::reply`] answers it.
    Question(Taken),
    /// Today's count of this user's questions, then [`crate::usage::reply`] answers.
    Usage {
        /// Who asks.
        user: String,
        /// The method was HEAD.
        is_head: bool,
    },
}

/// Decides about a request, or about the reason why the event is none. `counts_usage`: there is a table to count in.
#[must_use]
pub fn decide(
    request: Result<&Request, &str>,
    version: &Version,
    manuals: &Manuals,
    counts_usage: bool,
) -> Decision {
    let request = match request {
        Ok(request) => request,
        Err(reason) => {
            let detail = format!("not an API Gateway event: {reason}");
            return Decision::Answered(problem(400, "Bad Request", &detail));
        }
    };
    Decision::Answered(match without_stage(request) {
        "/health" => read(request, json!({"status": "ok"})),
        "/version" => {
            let body = json!({"functionVersion": version.function_version, "buildId": version.build_id});
            read(request, body)
        }
        "/usage" if reads(request) => match usage(request, counts_usage) {
            Ok(decision) => return decision,
            Err(refusal) => refusal,
        },
        "/usage" => not_allowed(request, READ_METHODS),
        "/query" if request.method == Method::POST => match query::take(request, manuals) {
            Ok(taken) => return Decision::Question(taken),
            Err(refusal) => refusal,
        },
        "/query" => not_allowed(request, QUERY_METHODS),
        path => problem(404, "Not Found", &format!("there is no route {path}")),
    })
}

/// The table comes first: where there is none, nobody needs to sign in.
fn usage(request: &Request, counts_usage: bool) -> Result<Decision, Reply> {
    if !counts_usage {
        return Err(problem(404, "Not Found", "usage is not counted here: USAGE_TABLE is not set"));
    }
    let detail = "usage is told to signed-in users only: send the token of a sign-in";
    let unknown =
        || Reply { header: Some((WWW_AUTHENTICATE, "Bearer")), ..problem(401, "Unauthorized", detail) };
    let user = request.user.clone().ok_or_else(unknown)?;
    Ok(Decision::Usage { user, is_head: request.method == Method::HEAD })
}

/// A good answer.
#[must_use]
pub fn ok(body: Value) -> Reply {
    Reply { status: 200, content_type: "application/json", header: None, body: Some(body), query: None }
}

/// An error in the form of RFC 9457; `about:blank` means that the status says it all.
#[must_use]
pub fn problem(status: u16, title: &str, detail: &str) -> Reply {
    let body = json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
    Reply { status, content_type: "application/problem+json", ..ok(body) }
}

/// API Gateway passes HEAD on as it is; its answer has no body (RFC 9110, section 9.3.2).
pub(crate) fn without_body(reply: Reply, is_head: bool) -> Reply {
    Reply { body: reply.body.filter(|_| !is_head), ..reply }
}

fn read(request: &Request, body: Value) -> Reply {
    if !reads(request) {
        return not_allowed(request, READ_METHODS);
    }
    without_body(ok(body), request.method == Method::HEAD)
}

fn reads(request: &Request) -> bool {
    [Method::GET, Method::HEAD].contains(&request.method)
}

fn not_allowed(request: &Request, methods: &'static str) -> Reply {
    let detail =
        format!("{} does not support {}; it supports {methods}", without_stage(request), request.method);
    Reply { header: Some((ALLOW, methods)), ..problem(405, "Method Not Allowed", &detail) }
}

fn without_stage(request: &Request) -> &str {
    let path = request.path.as_str();
    let rest = request.stage.as_deref().and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    rest.filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(request: Result<&Request, &str>, counts_usage: bool) -> Decision {
        let version = Version { function_version: "7".to_owned(), build_id: "abc123".to_owned() };
        decide(request, &version, &Manuals::built_in().unwrap(), counts_usage)
    }

    fn answered(decision: Decision) -> Reply {
        let Decision::Answered(reply) = decision else { panic!("not answered: {decision:?}") };
        reply
    }

    fn request(method: Method, path: &str, stage: Option<&str>) -> Request {
        Request {
            method,
            path: path.to_owned(),
            stage: stage.map(str::to_owned),
            content_type: None,
            body: Some(r#"{"question": "How do I descale the coffee machine?"}"#.to_owned()),
            is_base64: false,
            user: Some("anna".to_owned()),
        }
    }

    fn reply_to(method: Method, path: &str, stage: Option<&str>) -> Reply {
        answered(decision(Ok(&request(method, path, stage)), true))
    }

    #[test]
    fn health_is_ok() {
        let reply = reply_to(Method::GET, "/health", Some("$default"));
        assert_eq!((reply.status, reply.body), (200, Some(json!({"status": "ok"}))));
    }

    #[test]
    fn version_is_told() {
        let reply = reply_to(Method::GET, "/version", None);
        assert_eq!(reply.body, Some(json!({"functionVersion": "7", "buildId": "abc123"})));
    }

    #[test]
    fn head_has_status_and_type_but_no_body() {
        let reply = reply_to(Method::HEAD, "/health", None);
        assert_eq!((reply.status, reply.content_type, reply.body), (200, "application/json", None));
    }

    #[test]
    fn stage_is_dropped_when_the_path_begins_with_it() {
        assert_eq!(reply_to(Method::GET, "/prod/health", Some("prod")).status, 200);
        assert_eq!(reply_to(Method::GET, "/health", Some("prod")).status, 200);
        assert_eq!(reply_to(Method::GET, "/health", Some("health")).status, 200);
        assert_eq!(reply_to(Method::GET, "/production/health", Some("prod")).status, 404);
    }

    #[test]
    fn not_found_when_the_route_is_unknown() {
        for path in ["/", "", "/health/", "/healthy", "/Health"] {
            let reply = reply_to(Method::GET, path, None);
            assert_eq!((reply.status, reply.content_type), (404, "application/problem+json"), "{path}");
        }
    }

    #[test]
    fn method_not_allowed_names_the_methods_when_the_route_is_known() {
        for (method, path, methods) in [
            (Method::POST, "/health", "GET, HEAD"),
            (Method::DELETE, "/version", "GET, HEAD"),
            (Method::GET, "/query", "POST"),
            (Method::HEAD, "/query", "POST"),
            (Method::POST, "/usage", "GET, HEAD"),
        ] {
            let reply = reply_to(method, path, None);
            assert_eq!((reply.status, reply.header), (405, Some((ALLOW, methods))), "{path}");
        }
    }

    #[test]
    fn question_is_taken_when_it_is_posted() {
        for stage in [None, Some("prod")] {
            let path = if stage.is_some() { "/prod/query" } else { "/query" };
            let decision = decision(Ok(&request(Method::POST, path, stage)), false);
            let Decision::Question(taken) = decision else { panic!("{decision:?}") };
            assert_eq!(taken.question, "How do I descale the coffee machine?");
        }
    }

    #[test]
    fn usage_is_looked_up_when_the_user_is_known() {
        for (method, is_head) in [(Method::GET, false), (Method::HEAD, true)] {
            let decision = decision(Ok(&request(method, "/usage", None)), true);
            assert_eq!(decision, Decision::Usage { user: "anna".to_owned(), is_head });
        }
    }

    #[test]
    fn usage_is_refused_when_there_is_no_table_or_no_user() {
        let anonymous = Request { user: None, ..request(Method::GET, "/usage", None) };
        for (counts_usage, status, told) in [(false, 404, "USAGE_TABLE is not set"), (true, 401, "sign-in")] {
            let reply = answered(decision(Ok(&anonymous), counts_usage));
            assert_eq!(reply.status, status);
            assert!(reply.body.unwrap()["detail"].as_str().unwrap().contains(told));
            assert_eq!(reply.header.is_some(), status == 401, "a 401 names how to sign in");
        }
        let known = answered(decision(Ok(&request(Method::GET, "/usage", None)), false));
        assert_eq!(known.status, 404, "no table for anybody");
    }

    #[test]
    fn bad_request_gives_the_reason_when_the_event_is_malformed() {
        let reply = answered(decision(Err("missing field `requestContext`"), true));
        let body = reply.body.unwrap();
        assert_eq!((reply.status, body["status"].as_u64()), (400, Some(400)));
        assert_eq!(body["detail"], "not an API Gateway event: missing field `requestContext`");
    }
}
