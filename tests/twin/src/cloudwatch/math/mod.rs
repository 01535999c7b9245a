//! Metric math: expressions over the results of other queries.
//!
//! What the user guide says of a value that is missing in one operand is followed for comparisons, `AND`, `OR`, `IF`
//! and the functions over arrays (A). For `+ - * / ^` the guide says that it counts as 0, while reports of alarms that
//! stay silent until `FILL` is used say that the result is missing, too (B). The twin takes the latter: an expression
//! that fills its gaps works either way, and one that does not is found out here (C).

pub(super) mod evaluate;
mod fill;
mod functions;
mod operators;
mod parse;
pub(super) mod syntax;
pub(super) mod value;

#[cfg(test)]
mod parse_tests;
#[cfg(test)]
mod tests;
