//! What is published: the checked input of `Publish`.
//!
//! A subject has fewer than 100 printable ASCII characters, the first of them no space; message and attributes together
//! have at most 262,144 bytes (A; newer documentation lets subjects be any text and topics allow 1 MiB, which the twin
//! does not).

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::errors::invalid;
use crate::{error::ApiError, wire::query::Form};

/// In bytes.
const LARGEST: usize = 262_144;
const LONGEST_SUBJECT: usize = 99;

/// A message that may be delivered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Message {
    pub(super) subject: Option<String>,
    /// For every protocol that has no text of its own.
    default: String,
    by_protocol: BTreeMap<String, String>,
    pub(super) attributes: BTreeMap<String, Attribute>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Attribute {
    pub(super) data_type: String,
    /// In base64 if it is binary.
    pub(super) value: String,
}

impl Message {
    /// A message without structure and attributes.
    pub(super) fn plain(subject: Option<&str>, text: &str) -> Result<Self, ApiError> {
        check_size(text, &BTreeMap::new())?;
        Ok(Self {
            subject: subject.map(checked_subject).transpose()?,
            default: text.to_owned(),
            by_protocol: BTreeMap::new(),
            attributes: BTreeMap::new(),
        })
    }

    pub(super) fn read(form: &Form) -> Result<Self, ApiError> {
        for member in ["PhoneNumber", "MessageDeduplicationId", "MessageGroupId"] {
            if form.has(member) {
                return Err(ApiError::not_implemented(format!("SNS Publish with {member}")));
            }
        }
        let attributes = read_attributes(form)?;
        let text = form.get("Message").unwrap_or_default();
        check_size(text, &attributes)?;
        let message = Self { attributes, ..Self::plain(form.get("Subject"), text)? };
        match form.get("MessageStructure") {
            None | Some("") => Ok(message),
            Some("json") => message.structured(),
            Some(_) => Err(invalid("MessageStructure must be json")),
        }
    }

    /// What subscribers of a protocol get.
    pub(super) fn text(&self, protocol: &str) -> &str {
        self.by_protocol.get(protocol).unwrap_or(&self.default)
    }

    /// `MessageStructure: json`: texts by protocol, `default` among them; what is no string is passed over (A).
    fn structured(self) -> Result<Self, ApiError> {
        let problem = |problem: &str| invalid(format!("Message Structure - {problem}"));
        let texts: BTreeMap<String, Value> =
            serde_json::from_str(&self.default).map_err(|_| problem("JSON message body failed to parse"))?;
        let text = |(protocol, value): (String, Value)| Some((protocol, value.as_str()?.to_owned()));
        let mut by_protocol: BTreeMap<_, _> = texts.into_iter().filter_map(text).collect();
        let default = by_protocol.remove("default");
        let default = default.ok_or_else(|| problem("No default entry in JSON message body"))?;
        Ok(Self { default, by_protocol, ..self })
    }
}

fn check_size(text: &str, attributes: &BTreeMap<String, Attribute>) -> Result<(), ApiError> {
    if text.is_empty() {
        return Err(invalid("Empty message"));
    }
    let attributes = attributes.iter().map(|(name, a)| name.len() + a.data_type.len() + a.value.len());
    if text.len() + attributes.sum::<usize>() > LARGEST {
        return Err(invalid("Message too long"));
    }
    Ok(())
}

fn checked_subject(subject: &str) -> Result<String, ApiError> {
    let printable = subject.chars().all(|c| matches!(c, ' '..='~'));
    if subject.is_empty() || subject.len() > LONGEST_SUBJECT || !printable || subject.starts_with(' ') {
        return Err(invalid("Subject"));
    }
    Ok(subject.to_owned())
}

/// Names, types and values; a value must fit its type (A).
fn read_attributes(form: &Form) -> Result<BTreeMap<String, Attribute>, ApiError> {
    let mut attributes = BTreeMap::new();
    for entry in form.elements("MessageAttributes.entry") {
        let name = entry.get("Name").unwrap_or_default();
        let data_type = entry.get("Value.DataType").unwrap_or_default();
        let (text, binary) = (entry.get("Value.StringValue"), entry.get("Value.BinaryValue"));
        let problem = |problem: &str| invalid(format!("The message attribute '{name}' {problem}"));
        // A type may carry a label of the sender's own: `Number.euro`.
        let value = match data_type.split('.').next().unwrap_or_default() {
            "String" => text,
            "Number" => text.filter(|text| text.parse::<f64>().is_ok_and(f64::is_finite)),
            "Binary" => binary.filter(|binary| BASE64_STANDARD.decode(binary).is_ok()),
            _ => return Err(problem("has an invalid message attribute type")),
        };
        let value = value.filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| problem("must contain a non-empty value of its type"))?;
        if name.is_empty() {
            return Err(problem("must have a name"));
        }
        let attribute = Attribute { data_type: data_type.to_owned(), value: value.to_owned() };
        if attributes.insert(name.to_owned(), attribute).is_some() {
            return Err(problem("is given twice"));
        }
    }
    Ok(attributes)
}
