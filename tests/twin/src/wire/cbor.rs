//! `rpc-v2-cbor` bodies to and from JSON values, so that CloudWatch's handlers know one shape of input.
//!
//! What is assumed: doubles and integers are distinct on the wire and a client refuses the wrong one, so a float stays
//! a float (always 64 bits wide) and an integer an integer; a timestamp is tag 1 with epoch seconds (A, decoders of
//! the Rust SDK and of botocore). Infinities and NaN, which JSON lacks, become the strings the JSON protocol uses for
//! them (A). Blobs do not occur in CloudWatch's operations here and are refused.

use ciborium::Value as Cbor;
use serde_json::{Map, Number, Value};

use crate::error::ApiError;

/// Tag of a timestamp in epoch seconds (RFC 8949, section 3.4.2).
const EPOCH_SECONDS_TAG: u64 = 1;

/// Members whose numbers are timestamps in every CloudWatch operation. The wire form says so, a JSON value does not.
const TIMESTAMP_MEMBERS: [&str; 9] = [
    "AlarmConfigurationUpdatedTimestamp",
    "EndDate",
    "EndTime",
    "StartDate",
    "StartTime",
    "StateTransitionedTimestamp",
    "StateUpdatedTimestamp",
    "Timestamp",
    "Timestamps",
];

/// Reads a request body; timestamps become numbers of epoch seconds and an empty body an empty object.
///
/// # Errors
///
/// `SerializationException` when the bytes are not one CBOR item, or contain a blob or a key that is not text.
pub(crate) fn decode(bytes: &[u8]) -> Result<Value, ApiError> {
    if bytes.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let mut rest = bytes;
    let item: Cbor = ciborium::from_reader(&mut rest).map_err(|error| malformed(&error.to_string()))?;
    if !rest.is_empty() {
        return Err(malformed("bytes after the first item"));
    }
    to_json(item)
}

/// Writes a response body. Numbers under a member that holds timestamps get tag 1 and are doubles.
#[must_use]
pub(crate) fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_item(value, false, &mut bytes);
    bytes
}

fn malformed(detail: &str) -> ApiError {
    ApiError::bad_request("SerializationException", format!("the request body is not valid CBOR: {detail}"))
}

fn to_json(item: Cbor) -> Result<Value, ApiError> {
    match item {
        Cbor::Null => Ok(Value::Null),
        Cbor::Bool(flag) => Ok(Value::Bool(flag)),
        Cbor::Text(text) => Ok(Value::String(text)),
        Cbor::Integer(integer) => integer_to_json(integer),
        Cbor::Float(float) => Ok(float_to_json(float)),
        Cbor::Tag(_, inner) => to_json(*inner),
        Cbor::Array(items) => items.into_iter().map(to_json).collect::<Result<_, _>>().map(Value::Array),
        Cbor::Map(entries) => {
            entries.into_iter().map(entry_to_json).collect::<Result<_, _>>().map(Value::Object)
        }
        _ => Err(malformed("a blob or an unknown kind of item")),
    }
}

fn entry_to_json((key, value): (Cbor, Cbor)) -> Result<(String, Value), ApiError> {
    match key {
        Cbor::Text(name) => Ok((name, to_json(value)?)),
        _ => Err(malformed("a key is not text")),
    }
}

fn integer_to_json(integer: ciborium::value::Integer) -> Result<Value, ApiError> {
    i64::try_from(integer)
        .map(Value::from)
        .or_else(|_| u64::try_from(integer).map(Value::from))
        .map_err(|_| malformed("an integer beyond 64 bits"))
}

fn float_to_json(float: f64) -> Value {
    match Number::from_f64(float) {
        Some(number) => Value::Number(number),
        None if float.is_nan() => Value::from("NaN"),
        None if float > 0.0 => Value::from("Infinity"),
        None => Value::from("-Infinity"),
    }
}

/// Appends one item; `timestamp` says that numbers here are epoch seconds.
fn write_item(value: &Value, timestamp: bool, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(false) => out.push(0xf4),
        Value::Bool(true) => out.push(0xf5),
        Value::Number(number) => write_number(number, timestamp, out),
        Value::String(text) => {
            write_head(3, text.len() as u64, out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(items) => {
            write_head(4, items.len() as u64, out);
            items.iter().for_each(|item| write_item(item, timestamp, out));
        }
        Value::Object(members) => {
            write_head(5, members.len() as u64, out);
            for (name, member) in members {
                write_head(3, name.len() as u64, out);
                out.extend_from_slice(name.as_bytes());
                write_item(member, TIMESTAMP_MEMBERS.contains(&name.as_str()), out);
            }
        }
    }
}

fn write_number(number: &Number, timestamp: bool, out: &mut Vec<u8>) {
    if timestamp {
        write_head(6, EPOCH_SECONDS_TAG, out);
        write_double(number.as_f64().unwrap_or_default(), out);
    } else if let Some(unsigned) = number.as_u64() {
        write_head(0, unsigned, out);
    } else if let Some(negative) = number.as_i64() {
        // Major type 1 holds n for the value -1 - n, which is the bitwise complement.
        write_head(1, (!negative).unsigned_abs(), out);
    } else {
        write_double(number.as_f64().unwrap_or_default(), out);
    }
}

fn write_double(double: f64, out: &mut Vec<u8>) {
    out.push(0xfb);
    out.extend_from_slice(&double.to_be_bytes());
}

/// The head of an item: major type and argument, in the shortest form.
fn write_head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    if let Ok(byte) = u8::try_from(argument) {
        if byte < 24 {
            out.push(major | byte);
        } else {
            out.extend_from_slice(&[major | 24, byte]);
        }
    } else if let Ok(short) = u16::try_from(argument) {
        out.push(major | 25);
        out.extend_from_slice(&short.to_be_bytes());
    } else if let Ok(word) = u32::try_from(argument) {
        out.push(major | 26);
        out.extend_from_slice(&word.to_be_bytes());
    } else {
        out.push(major | 27);
        out.extend_from_slice(&argument.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn object_is_empty_when_body_is_empty() {
        assert_eq!(decode(&[]).unwrap(), json!({}));
    }

    #[test]
    fn timestamp_is_a_number_when_tagged_integer_or_double() {
        let integer = [0xa1, 0x61, b'T', 0xc1, 0x1a, 0x65, 0x5f, 0x20, 0x80];
        assert_eq!(decode(&integer).unwrap(), json!({"T": 0x655f_2080}));
        let half = [0xa1, 0x61, b'T', 0xc1, 0xf9, 0x3e, 0x00];
        assert_eq!(decode(&half).unwrap(), json!({"T": 1.5}));
    }

    #[test]
    fn indefinite_containers_are_read_when_a_client_streams_them() {
        let bytes = [0xbf, 0x61, b'a', 0x9f, 0x01, 0x20, 0xff, 0xff];
        assert_eq!(decode(&bytes).unwrap(), json!({"a": [1, -1]}));
    }

    #[test]
    fn bytes_match_the_specification_when_encoding() {
        assert_eq!(encode(&json!({"Values": [1.0]}))[8..], [0x81, 0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(encode(&json!({"Period": 60}))[8..], [0x18, 60]);
        assert_eq!(encode(&json!(-500)), [0x39, 0x01, 0xf3]);
        assert_eq!(encode(&json!(null)), [0xf6]);
    }

    #[test]
    fn tag_is_written_when_member_holds_timestamps() {
        let bytes = encode(&json!({"Timestamps": [0]}));
        assert_eq!(bytes[12..], [0x81, 0xc1, 0xfb, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(encode(&json!({"Sum": 0}))[5..], [0x00]);
    }

    #[test]
    fn serialization_exception_when_bytes_are_wrong() {
        for bytes in [&[0xa1_u8][..], &[0x41, 0x00], &[0xa1, 0x01, 0x01], &[0x01, 0x02]] {
            assert_eq!(decode(bytes).unwrap_err().code, "SerializationException");
        }
    }

    #[test]
    fn special_doubles_are_words_when_json_lacks_them() {
        let bytes = [0x83, 0xf9, 0x7e, 0x00, 0xf9, 0x7c, 0x00, 0xf9, 0xfc, 0x00];
        assert_eq!(decode(&bytes).unwrap(), json!(["NaN", "Infinity", "-Infinity"]));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e300..1e300).prop_map(Value::from),
            ".{0,40}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::hash_map("[a-z]{1,30}", inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn value_returns_unchanged_when_encoded_and_decoded(value in any_value()) {
            prop_assert_eq!(decode(&encode(&value)).unwrap(), value);
        }
    }
}
