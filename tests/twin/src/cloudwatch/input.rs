//! Reading request members, with the error CloudWatch gives when one is missing or wrong.
//!
//! Two families of operations differ in their codes: those about metric data answer `MissingParameter` and
//! `InvalidParameterValue` (A, API model), the alarm operations and `GetMetricData` answer `ValidationError` (B).

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::time;
use crate::error::ApiError;

/// Which family of error codes an operation uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// `MissingParameter` and `InvalidParameterValue`.
    Parameter,
    /// `ValidationError` for everything.
    Validation,
}

/// One structure of a request and its place in the request, for messages that name the member.
#[derive(Debug, Clone)]
pub(super) struct Members<'a> {
    members: &'a Map<String, Value>,
    place: String,
    family: Family,
}

impl<'a> Members<'a> {
    pub(super) fn new(input: &'a Value, family: Family) -> Result<Self, ApiError> {
        Self::at(input, String::new(), family)
    }

    fn at(input: &'a Value, place: String, family: Family) -> Result<Self, ApiError> {
        let wrong =
            || ApiError::bad_request("SerializationException", format!("{place}expected a structure"));
        let members = input.as_object().ok_or_else(wrong)?;
        Ok(Self { members, place, family })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// An error about the value of one member.
    pub(super) fn invalid(&self, name: &str, problem: impl std::fmt::Display) -> ApiError {
        let code = match self.family {
            Family::Parameter => "InvalidParameterValue",
            Family::Validation => "ValidationError",
        };
        ApiError::bad_request(
            code,
            format!("The value for parameter {}{name} is invalid: {problem}", self.place),
        )
    }

    /// An error about the absence of one member.
    pub(super) fn missing(&self, name: &str) -> ApiError {
        let code = match self.family {
            Family::Parameter => "MissingParameter",
            Family::Validation => "ValidationError",
        };
        ApiError::bad_request(code, format!("The parameter {}{name} is required.", self.place))
    }

    /// Turns an absent member into the error for that.
    pub(super) fn require<T>(&self, name: &str, value: Option<T>) -> Result<T, ApiError> {
        value.ok_or_else(|| self.missing(name))
    }

    /// A text of 1 to `longest` characters.
    pub(super) fn text(&self, name: &str, longest: usize) -> Result<Option<&'a str>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| self.invalid(name, "it must be a string"))?;
        if text.is_empty() || text.chars().count() > longest {
            return Err(self.invalid(name, format!("its length must be between 1 and {longest}")));
        }
        Ok(Some(text))
    }

    /// A text of up to `longest` characters.
    pub(super) fn text_or_empty(&self, name: &str, longest: usize) -> Result<Option<&'a str>, ApiError> {
        match self.value(name).and_then(Value::as_str) {
            Some("") => Ok(Some("")),
            _ => self.text(name, longest),
        }
    }

    /// A finite number.
    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let wrong = || self.invalid(name, "it must be a finite number");
        value.as_f64().filter(|n| n.is_finite()).map(Some).ok_or_else(wrong)
    }

    /// A whole number of at least 1.
    pub(super) fn positive(&self, name: &str) -> Result<Option<u32>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let integer = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n >= 1);
        integer.map(Some).ok_or_else(|| self.invalid(name, "it must be an integer of at least 1"))
    }

    /// A whole number of at least 0.
    pub(super) fn whole(&self, name: &str) -> Result<Option<u64>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let wrong = || self.invalid(name, "it must be an integer of at least 0");
        value.as_u64().map(Some).ok_or_else(wrong)
    }

    /// The size of a page, between 1 and `most`.
    pub(super) fn page_size(&self, name: &str, most: usize) -> Result<Option<usize>, ApiError> {
        let size = self.positive(name)?.and_then(|n| usize::try_from(n).ok());
        match size {
            Some(size) if size > most => Err(self.invalid(name, format!("it must be at most {most}"))),
            size => Ok(size),
        }
    }

    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| self.invalid(name, "it must be true or false"))
    }

    /// A time: epoch seconds, or text (ISO 8601).
    pub(super) fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let at =
            value.as_f64().and_then(time::from_epoch).or_else(|| value.as_str().and_then(time::from_text));
        at.map(Some).ok_or_else(|| self.invalid(name, "it must be a timestamp"))
    }

    /// A list; an absent one is empty.
    pub(super) fn list(&self, name: &str) -> Result<&'a [Value], ApiError> {
        let Some(value) = self.value(name) else { return Ok(&[]) };
        value.as_array().map(Vec::as_slice).ok_or_else(|| self.invalid(name, "it must be a list"))
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, ApiError> {
        let text = |v: &Value| {
            v.as_str().map(str::to_owned).ok_or_else(|| self.invalid(name, "it must hold strings"))
        };
        self.list(name)?.iter().map(text).collect()
    }

    pub(super) fn numbers(&self, name: &str) -> Result<Vec<f64>, ApiError> {
        let wrong = || self.invalid(name, "it must hold finite numbers");
        let number = |v: &Value| v.as_f64().filter(|n| n.is_finite()).ok_or_else(wrong);
        self.list(name)?.iter().map(number).collect()
    }

    /// The structures in a list, each knowing its place (`MetricData.member.1.`).
    pub(super) fn structures(&self, name: &str) -> Result<Vec<Members<'a>>, ApiError> {
        let nested = |(index, item)| {
            Self::at(item, format!("{}{name}.member.{}.", self.place, index + 1), self.family)
        };
        self.list(name)?.iter().enumerate().map(nested).collect()
    }

    pub(super) fn structure(&self, name: &str) -> Result<Option<Members<'a>>, ApiError> {
        let nested = |item| Self::at(item, format!("{}{name}.", self.place), self.family);
        self.value(name).map(nested).transpose()
    }

    /// One word out of a fixed set.
    pub(super) fn word<T>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, ApiError>
    where
        T: Copy,
    {
        let Some(text) = self.text(name, 255)? else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        let known = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        found.map(Some).ok_or_else(|| self.invalid(name, format!("'{text}' is not one of [{}]", known())))
    }

    /// An explicit null counts as absent.
    fn value(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }
}
