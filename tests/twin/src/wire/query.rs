//! The AWS query protocol: forms in, XML out. SNS speaks it and nothing else, with every client.
//!
//! Lists and maps are numbered from 1: `Tags.member.1.Key`, `Attributes.entry.1.key` (A, API model and both SDKs).

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use quick_xml::escape::escape;

use crate::error::ApiError;

/// What makes a request one of this protocol.
const FORM: &str = "application/x-www-form-urlencoded";

/// The members of a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// The form of a request that is one.
    pub(crate) fn of(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let is_form = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM));
        is_form.then(|| Self(form_urlencoded::parse(body).into_owned().collect()))
    }

    /// A member, also when it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The numbered elements under a name, each as a form of its own.
    pub(crate) fn elements(&self, list: &str) -> Vec<Self> {
        let mut elements = Vec::new();
        for number in 1.. {
            let prefix = format!("{list}.{number}.");
            let members = self.0.range(prefix.clone()..).take_while(|(name, _)| name.starts_with(&prefix));
            let element: BTreeMap<_, _> = members
                .filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?.to_owned(), value.clone())))
                .collect();
            if element.is_empty() {
                break;
            }
            elements.push(Self(element));
        }
        elements
    }

    /// Whether there is a member of this name, or one below it.
    pub(crate) fn has(&self, name: &str) -> bool {
        let below = format!("{name}.");
        self.0.keys().any(|key| key == name || key.starts_with(&below))
    }
}

#[cfg(test)]
impl From<&[(&str, &str)]> for Form {
    fn from(members: &[(&str, &str)]) -> Self {
        Self(members.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}

/// An XML element.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Xml {
    Text(&'static str, String),
    Elements(&'static str, Vec<Xml>),
}

impl Xml {
    fn write(&self, to: &mut String) {
        let name = match self {
            Self::Text(name, _) | Self::Elements(name, _) => name,
        };
        to.extend(["<", name, ">"]);
        match self {
            Self::Text(_, text) => to.push_str(&escaped(text)),
            Self::Elements(_, elements) => elements.iter().for_each(|element| element.write(to)),
        }
        to.extend(["</", name, ">"]);
    }
}

/// Text without what XML 1.0 has no way to say.
fn escaped(text: &str) -> Cow<'_, str> {
    let unsayable = |c: char| c < ' ' && !matches!(c, '\t' | '\n' | '\r');
    if text.contains(unsayable) {
        return Cow::Owned(escape(text.replace(unsayable, "?")).into_owned());
    }
    escape(text)
}

/// A successful answer; operations without a result have no result element.
pub(crate) fn answer(namespace: &str, operation: &str, result: Option<Vec<Xml>>, request: &str) -> Response {
    let mut body = format!("<{operation}Response xmlns=\"{namespace}\">");
    if let Some(elements) = result {
        body.push_str(&format!("<{operation}Result>"));
        elements.iter().for_each(|element| element.write(&mut body));
        body.push_str(&format!("</{operation}Result>"));
    }
    Xml::Elements("ResponseMetadata", vec![Xml::Text("RequestId", request.to_owned())]).write(&mut body);
    body.push_str(&format!("</{operation}Response>"));
    response(StatusCode::OK, body)
}

/// An error in this protocol.
pub(crate) fn error(namespace: &str, error: &ApiError, request: &str) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let fault = if error.status < 500 { "Sender" } else { "Receiver" };
    let mut body = format!("<ErrorResponse xmlns=\"{namespace}\">");
    let members = vec![
        Xml::Text("Type", fault.to_owned()),
        Xml::Text("Code", error.code.to_owned()),
        Xml::Text("Message", error.message.clone()),
    ];
    Xml::Elements("Error", members).write(&mut body);
    Xml::Text("RequestId", request.to_owned()).write(&mut body);
    body.push_str("</ErrorResponse>");
    response(status, body)
}

fn response(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, HeaderValue::from_static("text/xml"))], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &str) -> Form {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8".parse().unwrap());
        Form::of(&headers, body.as_bytes()).unwrap()
    }

    #[test]
    fn elements_are_found_in_order_when_they_are_numbered() {
        let body: Vec<_> =
            (1..=11).rev().map(|n| format!("L.entry.{n}.key=k{n}&L.entry.{n}.v.x=%C3%A4+{n}")).collect();
        let elements = form(&body.join("&")).elements("L.entry");
        let keys: Vec<_> = elements.iter().map(|e| e.get("key").unwrap().to_owned()).collect();
        assert_eq!(keys, (1..=11).map(|n| format!("k{n}")).collect::<Vec<_>>());
        assert_eq!(elements[10].get("v.x"), Some("ä 11"));
        assert!(form("L.entry.1.key=a").has("L") && !form("Long.entry.1.key=a").has("L"));
    }

    #[test]
    fn nothing_is_read_when_the_request_is_no_form() {
        assert_eq!(Form::of(&HeaderMap::new(), b"Action=Publish"), None);
    }

    #[test]
    fn text_is_escaped_when_it_looks_like_xml() {
        let mut written = String::new();
        Xml::Elements("A", vec![Xml::Text("B", "<b> & \"c\"\u{1}".to_owned())]).write(&mut written);
        assert_eq!(written, "<A><B>&lt;b&gt; &amp; &quot;c&quot;?</B></A>");
    }
}
