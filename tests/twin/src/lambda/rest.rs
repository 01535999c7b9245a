//! Lambda's REST API: paths, verbs and headers.

use std::sync::Arc;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, Method, StatusCode},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::oneshot;

use super::{
    Attempt, Invoked, Lambda,
    errors::{bad_json, missing, service_failure, validation},
    names::{bare_name, one_qualifier},
    page::Page,
};
use crate::error::ApiError;

/// One request, taken apart.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a Method,
    /// Path after the API's date, split at `/` and percent-decoded: `["functions", "name", …]`.
    pub(crate) path: Vec<&'a str>,
    pub(crate) query: &'a [(String, String)],
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Bytes,
}

impl Request<'_> {
    fn parse<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(body).map_err(bad_json)
    }

    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn page(&self) -> Page<'_> {
        Page { marker: self.query("Marker"), max_items: self.query("MaxItems") }
    }

    /// ListFunctions' choice between the functions and every version of each.
    fn all_versions(&self) -> Result<bool, ApiError> {
        match self.query("FunctionVersion") {
            None => Ok(false),
            Some("ALL") => Ok(true),
            Some(other) => {
                Err(validation("functionVersion", other, "Member must satisfy enum value set: [ALL]"))
            }
        }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The operation's name for a method and path, as IAM and the fault rules spell it.
pub(crate) fn operation(request: &Request<'_>) -> Option<&'static str> {
    Some(match (request.method.as_str(), request.path.as_slice()) {
        ("POST", ["functions"]) => "CreateFunction",
        ("GET", ["functions"]) => "ListFunctions",
        ("GET", ["functions", _]) => "GetFunction",
        ("DELETE", ["functions", _]) => "DeleteFunction",
        ("GET", ["functions", _, "configuration"]) => "GetFunctionConfiguration",
        ("PUT", ["functions", _, "configuration"]) => "UpdateFunctionConfiguration",
        ("PUT", ["functions", _, "code"]) => "UpdateFunctionCode",
        ("POST", ["functions", _, "versions"]) => "PublishVersion",
        ("GET", ["functions", _, "versions"]) => "ListVersionsByFunction",
        ("POST", ["functions", _, "aliases"]) => "CreateAlias",
        ("GET", ["functions", _, "aliases"]) => "ListAliases",
        ("GET", ["functions", _, "aliases", _]) => "GetAlias",
        ("PUT", ["functions", _, "aliases", _]) => "UpdateAlias",
        ("DELETE", ["functions", _, "aliases", _]) => "DeleteAlias",
        ("POST", ["functions", _, "invocations"]) => "Invoke",
        ("PUT", ["functions", _, "event-invoke-config"]) => "PutFunctionEventInvokeConfig",
        ("POST", ["functions", _, "event-invoke-config"]) => "UpdateFunctionEventInvokeConfig",
        ("GET", ["functions", _, "event-invoke-config"]) => "GetFunctionEventInvokeConfig",
        ("DELETE", ["functions", _, "event-invoke-config"]) => "DeleteFunctionEventInvokeConfig",
        ("PUT", ["functions", _, "concurrency"]) => "PutFunctionConcurrency",
        ("GET", ["functions", _, "concurrency"]) => "GetFunctionConcurrency",
        ("DELETE", ["functions", _, "concurrency"]) => "DeleteFunctionConcurrency",
        _ => return None,
    })
}

/// Carries out one operation.
///
/// # Errors
/// What Lambda would answer.
pub(crate) async fn handle(
    lambda: &Arc<Lambda>,
    operation: &str,
    request: &Request<'_>,
) -> Result<Response, ApiError> {
    let given = request.path.get(1).copied().unwrap_or_default();
    let name = bare_name(given);
    let qualifier = one_qualifier(given, request.query("Qualifier"))?;
    let alias = request.path.get(3).copied().unwrap_or_default();
    let created = |value: Value| Ok((StatusCode::CREATED, axum::Json(value)).into_response());
    let ok = |value: Value| Ok(axum::Json(value).into_response());
    let no_content = || Ok(StatusCode::NO_CONTENT.into_response());
    match operation {
        "CreateFunction" => created(lambda.create(&request.parse()?)?),
        "ListFunctions" => ok(lambda.list(request.all_versions()?, request.page())?),
        "GetFunction" => ok(lambda.describe(name, qualifier)?),
        "DeleteFunction" => {
            qualifier.map_or_else(|| lambda.delete(name), |version| lambda.delete_version(name, version))?;
            no_content()
        }
        "GetFunctionConfiguration" => ok(lambda.configuration(name, qualifier)?),
        "UpdateFunctionConfiguration" => ok(lambda.update_configuration(name, &request.parse()?)?),
        "UpdateFunctionCode" => ok(lambda.update_code(name, &request.parse()?)?),
        "PublishVersion" => created(lambda.publish(name, &request.parse()?)?),
        "ListVersionsByFunction" => ok(lambda.list_versions(name, request.page())?),
        "CreateAlias" => created(lambda.create_alias(name, request.parse()?)?),
        "ListAliases" => ok(lambda.list_aliases(name, request.query("FunctionVersion"), request.page())?),
        "GetAlias" => ok(lambda.alias(name, alias)?.to_json(&lambda.function_arn(name))),
        "UpdateAlias" => {
            let body: super::requests::AliasBody = request.parse()?;
            ok(lambda.update_alias(name, alias, body.into())?.to_json(&lambda.function_arn(name)))
        }
        "DeleteAlias" => {
            lambda.delete_alias(name, alias)?;
            no_content()
        }
        "Invoke" => invoke(lambda, name, qualifier, request).await,
        _ if operation.ends_with("EventInvokeConfig") => {
            event_config(lambda, operation, name, qualifier, request)
        }
        _ => concurrency(lambda, operation, name, request),
    }
}

async fn invoke(
    lambda: &Arc<Lambda>,
    name: &str,
    qualifier: Option<&str>,
    request: &Request<'_>,
) -> Result<Response, ApiError> {
    match request.header("x-amz-invocation-type") {
        "" | "RequestResponse" => {}
        "Event" => {
            lambda.invoke_async(name, qualifier, request.body.clone())?;
            return Ok(StatusCode::ACCEPTED.into_response());
        }
        "DryRun" => {
            lambda.configuration(name, qualifier)?;
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        other => {
            let constraint = "Member must satisfy enum value set: [Event, RequestResponse, DryRun]";
            return Err(validation("invocationType", other, constraint));
        }
    }
    // In a task of its own: Lambda finishes an invocation also when the caller hangs up.
    let (worker, name, qualifier) = (lambda.clone(), name.to_owned(), qualifier.map(str::to_owned));
    let body = request.body.clone();
    let (tell, told) = oneshot::channel();
    lambda.around.spawn(async move {
        // Nobody may be waiting any more.
        let _ = tell.send(worker.invoke(&name, qualifier.as_deref(), body, &Attempt::first()).await);
    });
    let invoked = told.await.map_err(|_| service_failure("the twin is stopping"))??;
    Ok(invocation_response(invoked, request.header("x-amz-log-type") == "Tail"))
}

fn invocation_response(invoked: Invoked, with_log: bool) -> Response {
    let mut response = invoked.payload.into_response();
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    if let Ok(version) = HeaderValue::from_str(&invoked.executed_version) {
        headers.insert("x-amz-executed-version", version);
    }
    if invoked.function_error {
        headers.insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
    }
    if let (true, Ok(log)) = (with_log, HeaderValue::from_str(&STANDARD.encode(invoked.log_tail))) {
        headers.insert("x-amz-log-result", log);
    }
    response
}

fn event_config(
    lambda: &Lambda,
    operation: &str,
    name: &str,
    qualifier: Option<&str>,
    request: &Request<'_>,
) -> Result<Response, ApiError> {
    let answer = match operation {
        "GetFunctionEventInvokeConfig" => lambda.event_config(name, qualifier)?,
        "DeleteFunctionEventInvokeConfig" => {
            lambda.delete_event_config(name, qualifier)?;
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        _ => {
            let replace = operation == "PutFunctionEventInvokeConfig";
            lambda.set_event_config(name, qualifier, &request.parse()?, replace)?
        }
    };
    Ok(axum::Json(answer).into_response())
}

fn concurrency(
    lambda: &Lambda,
    operation: &str,
    name: &str,
    request: &Request<'_>,
) -> Result<Response, ApiError> {
    let limit = match operation {
        "PutFunctionConcurrency" => {
            let body: super::requests::Concurrency = request.parse()?;
            let limit =
                body.reserved_concurrent_executions.ok_or_else(|| missing("reservedConcurrentExecutions"))?;
            lambda.with_function(name, |f| Ok(*f.reserved_concurrency.insert(limit))).map(Some)?
        }
        "DeleteFunctionConcurrency" => {
            lambda.with_function(name, |f| Ok(f.reserved_concurrency.take()))?;
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        _ => lambda.with_function(name, |f| Ok(f.reserved_concurrency))?,
    };
    let body = limit
        .map_or_else(|| serde_json::json!({}), |n| serde_json::json!({"ReservedConcurrentExecutions": n}));
    Ok(axum::Json(body).into_response())
}

impl Lambda {
    fn describe(&self, name: &str, qualifier: Option<&str>) -> Result<Value, ApiError> {
        let configuration = self.configuration(name, qualifier)?;
        let code = serde_json::json!({
            "RepositoryType": "S3",
            "Location": "the twin keeps no copy for download; the code is what was uploaded",
        });
        Ok(serde_json::json!({"Configuration": configuration, "Code": code, "Tags": {}}))
    }
}

/// Lambda's error for a path that is no function's.
pub(crate) fn unknown_path(method: &Method, path: &str) -> ApiError {
    ApiError::not_implemented(format!("{method} {path} of Lambda's API"))
}
