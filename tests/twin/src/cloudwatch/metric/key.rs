//! What identifies a metric: namespace, name and the exact set of dimensions.
//!
//! A metric with other dimensions is another metric; CloudWatch does not add them up by itself (A).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{cloudwatch::input::Members, error::ApiError};

/// The most dimensions a metric has (A, API model).
pub(in crate::cloudwatch) const MOST_DIMENSIONS: usize = 30;

/// The identity of a metric; the order of dimensions does not matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cloudwatch) struct MetricKey {
    pub(in crate::cloudwatch) namespace: String,
    pub(in crate::cloudwatch) name: String,
    pub(in crate::cloudwatch) dimensions: BTreeMap<String, String>,
}

impl MetricKey {
    /// Reads `Namespace`, `MetricName` and `Dimensions` of one structure.
    pub(in crate::cloudwatch) fn read(members: &Members<'_>) -> Result<Self, ApiError> {
        let namespace = members.require("Namespace", read_namespace(members)?)?;
        Self::read_in(&namespace, members)
    }

    /// Reads `MetricName` and `Dimensions`; the namespace stands elsewhere in the request.
    pub(in crate::cloudwatch) fn read_in(namespace: &str, members: &Members<'_>) -> Result<Self, ApiError> {
        let name = members.require("MetricName", members.text("MetricName", 255)?)?;
        let dimensions = read_dimensions(members)?;
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned(), dimensions })
    }

    /// The dimensions as the API writes them.
    pub(in crate::cloudwatch) fn dimensions_json(&self) -> Value {
        self.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect()
    }

    /// The `Metric` structure of the API.
    pub(in crate::cloudwatch) fn to_json(&self) -> Value {
        json!({"Namespace": self.namespace, "MetricName": self.name, "Dimensions": self.dimensions_json()})
    }
}

/// A namespace: 1 to 255 characters, not starting with a colon (A, API model).
pub(in crate::cloudwatch) fn read_namespace(members: &Members<'_>) -> Result<Option<String>, ApiError> {
    match members.text("Namespace", 255)? {
        Some(text) if text.starts_with(':') => {
            Err(members.invalid("Namespace", "it must not start with ':'"))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

fn read_dimensions(members: &Members<'_>) -> Result<BTreeMap<String, String>, ApiError> {
    let given = members.structures("Dimensions")?;
    if given.len() > MOST_DIMENSIONS {
        return Err(members.invalid("Dimensions", format!("there must be at most {MOST_DIMENSIONS}")));
    }
    let mut dimensions = BTreeMap::new();
    for dimension in given {
        let name = dimension.require("Name", dimension.text("Name", 255)?)?;
        let value = dimension.require("Value", dimension.text("Value", 1024)?)?;
        if dimensions.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(dimension.invalid("Name", format!("the dimension '{name}' occurs twice")));
        }
    }
    Ok(dimensions)
}
