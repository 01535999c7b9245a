//! The ranges of single parameters. An error says what is expected; which field it is, `serde_path_to_error` adds.

use serde::de::{Deserialize, Deserializer, Error};
use std::ops::RangeInclusive;

/// A pipeline execution's id has 36 characters; the description of the alias has no room for much more.
const LONGEST_EXECUTION: usize = 40;
/// Function names have at most 64 characters, aliases 128 (Lambda API reference).
const LONGEST_NAME: usize = 128;
/// Version numbers grow without a limit; so many digits are surely none, and more have no room in the alias either.
const LONGEST_VERSION: usize = 9;
/// Names of deployment configurations have at most 100 characters (CodeDeploy quotas).
const LONGEST_CONFIGURATION: usize = 100;

pub(super) fn execution<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let expected = "1 to 40 characters without spaces, as #{codepipeline.PipelineExecutionId} gives them";
    checked(from, expected, |text| within(text, LONGEST_EXECUTION))
}

pub(super) fn alias_name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let plain = |text: &str| within(text, LONGEST_NAME) && !text.contains([':', ',']);
    checked(from, "a plain name, without an ARN or a qualifier", plain)
}

pub(super) fn candidate<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let digits = |text: &str| within(text, LONGEST_VERSION) && text.bytes().all(|byte| byte.is_ascii_digit());
    checked(from, "the number of a published version in quotes, for example \"7\"", digits)
}

pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let expected = "a deployment configuration's name, for example CodeDeployDefault.LambdaAllAtOnce";
    checked(from, expected, |text| within(text, LONGEST_CONFIGURATION))
}

fn within(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && !text.contains(char::is_whitespace)
}

fn checked<'de, D: Deserializer<'de>>(
    from: D,
    expected: &str,
    is_right: impl Fn(&str) -> bool,
) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if is_right(&text) {
        Ok(text)
    } else {
        Err(D::Error::custom(format!("must be {expected}; got {text:?}")))
    }
}

pub(super) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    // A variable of a pipeline is a text.
    match String::deserialize(from)?.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(D::Error::custom(format!("must be \"true\" or \"false\"; got {other:?}"))),
    }
}

pub(super) fn percent<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let percent = f64::deserialize(from)?;
    if percent > 0.0 && percent < 100.0 {
        return Ok(percent);
    }
    Err(D::Error::custom(format!("must be above 0 and below 100 (100 is what promote gives); got {percent}")))
}

pub(super) fn step<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    whole(from, 1..=20, "a step").and_then(|step| u8::try_from(step).map_err(D::Error::custom))
}

pub(super) fn minutes<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    whole(from, 1..=600, "whole minutes")
}

/// An action of a pipeline may take 24 hours (CodePipeline quotas); four of them are left for waiting.
pub(super) fn watch_minutes<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    whole(from, 1..=1_200, "whole minutes")
}

fn whole<'de, D: Deserializer<'de>>(
    from: D,
    range: RangeInclusive<u32>,
    what: &str,
) -> Result<u32, D::Error> {
    let number = u32::deserialize(from)?;
    if range.contains(&number) {
        return Ok(number);
    }
    let (least, most) = (range.start(), range.end());
    Err(D::Error::custom(format!("must be {what} from {least} to {most}; got {number}")))
}
