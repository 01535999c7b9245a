//! The units of values.

use super::input::Members;
use crate::error::ApiError;

/// `StandardUnit` of the API model (A).
const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

pub(super) fn is_unit(text: &str) -> bool {
    UNITS.contains(&text)
}

/// Reads the member `Unit`.
pub(super) fn read_unit(members: &Members<'_>) -> Result<Option<String>, ApiError> {
    match members.text("Unit", 255)? {
        Some(unit) if !is_unit(unit) => Err(members.invalid("Unit", format!("'{unit}' is not a unit"))),
        unit => Ok(unit.map(str::to_owned)),
    }
}
