//! The short form of a request, and the API Gateway event that it stands for.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The domain and addresses of a request that never passed API Gateway (RFC 2606 and RFC 5737 reserve them).
const DOMAIN: &str = "smoke-test.example.com";
const SOURCE_IP: &str = "192.0.2.1";
const USER_AGENT: &str = "pre-traffic-smoke-test";

/// The payload format of the events that method and path stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// 1.0, as a REST API sends it.
    Rest,
    /// 2.0, as an HTTP API sends it.
    Http,
}

/// A request as a case writes it: method and path with optional headers and body, or a whole event.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct RawRequest {
    pub(crate) method: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) headers: Option<BTreeMap<String, String>>,
    pub(crate) body: Option<Value>,
    pub(crate) event: Option<Value>,
}

/// The payload to invoke with, or what is wrong with the request; without its values, which may be credentials.
pub(crate) fn expand(request: RawRequest, format: Format) -> Result<Value, String> {
    let short_form = request.method.is_some() || request.path.is_some();
    match request {
        RawRequest { event: Some(_), headers, body, .. }
            if short_form || headers.is_some() || body.is_some() =>
        {
            Err("event excludes method, path, headers and body".to_owned())
        }
        RawRequest { event: Some(event), .. } => Ok(event),
        RawRequest { method: Some(method), path: Some(path), headers, body, event: None } => {
            if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                return Err("method is no HTTP method".to_owned());
            }
            if !path.starts_with('/') {
                return Err("path must begin with /".to_owned());
            }
            let (raw_path, query) = path.split_once('?').unwrap_or((&path, ""));
            let (method, headers) = (method.to_ascii_uppercase(), headers.unwrap_or_default());
            let request = Request { method, raw_path, query, headers, body };
            Ok(match format {
                Format::Rest => request.rest_event(),
                Format::Http => request.http_event(),
            })
        }
        _ => Err("needs method and path, or event".to_owned()),
    }
}

/// A short form, taken apart.
struct Request<'a> {
    method: String,
    raw_path: &'a str,
    query: &'a str,
    headers: BTreeMap<String, String>,
    body: Option<Value>,
}

/// Both events are as complete as API Gateway sends them, because some frameworks read all of it.
impl Request<'_> {
    /// Format 2.0 (API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs").
    fn http_event(&self) -> Value {
        let Self { method, raw_path, query, .. } = self;
        // API Gateway lowers the names.
        let headers: Map<String, Value> =
            self.headers().into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": raw_path,
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {
                "accountId": "anonymous",
                "apiId": "smoke-test",
                "domainName": DOMAIN,
                "domainPrefix": "smoke-test",
                "http": {
                    "method": method, "path": raw_path, "protocol": "HTTP/1.1",
                    "sourceIp": SOURCE_IP, "userAgent": USER_AGENT,
                },
                "requestId": "smoke-test",
                "routeKey": "$default",
                "stage": "$default",
                "time": "01/Jan/1970:00:00:00 +0000",
                "timeEpoch": 0,
            },
            "isBase64Encoded": false,
        });
        if let Some(fields) = event.as_object_mut() {
            let parameters = joined_parameters(query);
            fields.extend(
                (!parameters.is_empty()).then(|| ("queryStringParameters".to_owned(), json!(parameters))),
            );
            fields.extend(self.body_text().map(|text| ("body".to_owned(), json!(text))));
        }
        event
    }

    /// Format 1.0 (API Gateway developer guide, "Set up Lambda proxy integrations"): what is absent is null, headers keep
    /// their spelling, and headers and parameters come twice, with the last value and with all.
    fn rest_event(&self) -> Value {
        let Self { method, raw_path, query, .. } = self;
        let headers = self.headers();
        let lists: Map<String, Value> =
            headers.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
        let parameters = listed_parameters(query);
        let last: BTreeMap<_, _> = parameters.iter().map(|(name, values)| (name, values.last())).collect();
        let unless_empty = |value: Value| Some(value).filter(|_| !parameters.is_empty());
        json!({
            "resource": raw_path,
            "path": raw_path,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": lists,
            "queryStringParameters": unless_empty(json!(last)),
            "multiValueQueryStringParameters": unless_empty(json!(parameters)),
            "pathParameters": null,
            "stageVariables": null,
            "requestContext": self.rest_context(),
            "body": self.body_text(),
            "isBase64Encoded": false,
        })
    }

    fn rest_context(&self) -> Value {
        json!({
            "resourceId": "smoke-test",
            "resourcePath": self.raw_path,
            "httpMethod": self.method,
            "extendedRequestId": "smoke-test",
            "requestTime": "01/Jan/1970:00:00:00 +0000",
            "path": format!("/smoke-test{}", self.raw_path),
            "accountId": "anonymous",
            "protocol": "HTTP/1.1",
            "stage": "smoke-test",
            "domainPrefix": "smoke-test",
            "requestTimeEpoch": 0,
            "requestId": "smoke-test",
            "identity": {
                "cognitoIdentityPoolId": null, "accountId": null, "cognitoIdentityId": null, "caller": null,
                "sourceIp": SOURCE_IP, "principalOrgId": null, "accessKey": null,
                "cognitoAuthenticationType": null, "cognitoAuthenticationProvider": null, "userArn": null,
                "userAgent": USER_AGENT, "user": null,
            },
            "domainName": DOMAIN,
            "deploymentId": "smoke-test",
            "apiId": "smoke-test",
        })
    }

    /// Those of every client, unless the case has its own of the name.
    fn headers(&self) -> Map<String, Value> {
        let is_json = self.body.as_ref().is_some_and(|body| !body.is_string());
        let json_type = is_json.then_some(("Content-Type", "application/json"));
        let of_client = [("Host", DOMAIN), ("User-Agent", USER_AGENT), ("X-Forwarded-Proto", "https")];
        let own = |name: &str| self.headers.keys().any(|given| given.eq_ignore_ascii_case(name));
        let common = of_client.into_iter().chain(json_type).filter(|(name, _)| !own(name));
        let common = common.map(|(name, value)| (name.to_owned(), json!(value)));
        common.chain(self.headers.iter().map(|(name, value)| (name.clone(), json!(value)))).collect()
    }

    fn body_text(&self) -> Option<String> {
        self.body.as_ref().map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_owned))
    }
}

/// Decoded parameters with all their values.
fn listed_parameters(query: &str) -> BTreeMap<String, Vec<String>> {
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        parameters.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    parameters
}

/// Decoded parameters; repeated ones are joined with commas, as API Gateway does in format 2.0.
fn joined_parameters(query: &str) -> BTreeMap<String, String> {
    listed_parameters(query).into_iter().map(|(name, values)| (name, values.join(","))).collect()
}

#[cfg(test)]
mod tests;
