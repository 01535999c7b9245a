//! Bodies of Smithy RPC v2: CBOR, in which a timestamp is a number with a tag of its own.

use ciborium::Value as Cbor;
use serde_json::Value;

/// Tag of a timestamp in epoch seconds (RFC 8949, section 3.4.2).
const EPOCH_SECONDS: u64 = 1;

pub(crate) fn decode(bytes: &[u8]) -> Value {
    let item: Cbor = ciborium::from_reader(bytes).unwrap();
    untagged(item).deserialized().unwrap()
}

fn untagged(item: Cbor) -> Cbor {
    match item {
        Cbor::Tag(_, inner) => untagged(*inner),
        Cbor::Array(items) => Cbor::Array(items.into_iter().map(untagged).collect()),
        Cbor::Map(entries) => {
            Cbor::Map(entries.into_iter().map(|(key, value)| (key, untagged(value))).collect())
        }
        other => other,
    }
}

/// Members whose name ends in `Timestamp` or `Timestamps` hold timestamps; JSON does not say so.
pub(crate) fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(&tagged(Cbor::serialized(value).unwrap(), false), &mut bytes).unwrap();
    bytes
}

fn tagged(item: Cbor, timestamp: bool) -> Cbor {
    let is_timestamp =
        |key: &Cbor| key.as_text().is_some_and(|name| name.trim_end_matches('s').ends_with("Timestamp"));
    match item {
        Cbor::Integer(_) | Cbor::Float(_) if timestamp => Cbor::Tag(EPOCH_SECONDS, Box::new(item)),
        Cbor::Array(items) => Cbor::Array(items.into_iter().map(|item| tagged(item, timestamp)).collect()),
        Cbor::Map(entries) => {
            let entry = |(key, value): (Cbor, Cbor)| {
                let timestamp = is_timestamp(&key);
                (key, tagged(value, timestamp))
            };
            Cbor::Map(entries.into_iter().map(entry).collect())
        }
        other => other,
    }
}
