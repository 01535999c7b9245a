//! The AWS wire protocols that the twin speaks: AWS JSON 1.0/1.1, rpc-v2-cbor, and Lambda's REST-JSON errors.

pub(crate) mod cbor;
pub(crate) mod query;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use crate::{cloudwatch, error::ApiError};

/// How one request wants to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// AWS JSON; the string is the content type of the answer.
    Json(&'static str),
    /// Smithy RPC v2 with CBOR bodies, what the Rust SDK speaks to CloudWatch.
    Cbor,
    /// REST-JSON, of Lambda and Bedrock.
    Rest,
}

impl Protocol {
    /// A successful answer.
    pub(crate) fn answer(self, value: &Value) -> Response {
        match self {
            Self::Cbor => with_headers(StatusCode::OK, "application/cbor", cbor::encode(value)),
            Self::Json(content_type) => {
                with_headers(StatusCode::OK, content_type, value.to_string().into_bytes())
            }
            Self::Rest => axum::Json(value).into_response(),
        }
    }

    /// An error in the protocol's own form.
    pub(crate) fn error(self, error: &ApiError) -> Response {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // CloudWatch was a query service once: `__type` is the model's name of the error, the old code a header.
        let shape = cloudwatch::shape_name(error.code);
        let body = json!({"__type": shape, "message": error.message, "Message": error.message});
        let mut response = match self {
            Self::Cbor => with_headers(status, "application/cbor", cbor::encode(&body)),
            Self::Json(content_type) => with_headers(status, content_type, body.to_string().into_bytes()),
            Self::Rest => {
                let body = rest_error(error);
                with_headers(status, "application/json", body.to_string().into_bytes())
            }
        };
        let headers = response.headers_mut();
        headers.insert("x-amzn-errortype", HeaderValue::from_static(shape));
        let fault = if error.status < 500 { "Sender" } else { "Receiver" };
        if let Ok(value) = HeaderValue::from_str(&format!("{};{fault}", error.code)) {
            headers.insert("x-amzn-query-error", value);
        }
        response
    }
}

/// Lambda's error body. A throttle's message carries its reason in brackets (`Rate Exceeded. (Reason)`), so that
/// journals tell it; on the wire the reason is a member of its own.
fn rest_error(error: &ApiError) -> Value {
    let kind = if error.status < 500 { "User" } else { "Service" };
    let reason = error.message.strip_suffix(')').and_then(|text| text.split_once(" ("));
    match reason {
        Some((message, reason)) if error.code == "TooManyRequestsException" => {
            json!({"Reason": reason, "Type": kind, "message": message})
        }
        _ => json!({"Type": kind, "Message": error.message, "message": error.message}),
    }
}

fn with_headers(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if content_type == "application/cbor" {
        headers.insert(HeaderName::from_static("smithy-protocol"), HeaderValue::from_static("rpc-v2-cbor"));
    }
    (status, headers, body).into_response()
}
