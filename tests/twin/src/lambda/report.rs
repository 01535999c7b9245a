//! The log of one invocation between Lambda's own lines, as `LogType: Tail` returns it.

use super::model::Configuration;

/// Bytes that `LogType: Tail` returns.
const TAIL_BYTES: usize = 4096;

/// The last bytes of an invocation's log.
pub(super) fn tail(of: &Configuration, request_id: &str, lines: &[String], duration_ms: f64) -> String {
    let printed: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    let text = format!(
        "START RequestId: {request_id} Version: {}\n{printed}END RequestId: {request_id}\nREPORT RequestId: \
         {request_id}\tDuration: {duration_ms:.2} ms\tBilled Duration: {:.0} ms\tMemory Size: {} MB\t\n",
        of.version,
        duration_ms.ceil(),
        of.memory_mb,
    );
    last_bytes(&text, TAIL_BYTES).to_owned()
}

/// The end of `text`, at most `limit` bytes of whole characters.
fn last_bytes(text: &str, limit: usize) -> &str {
    let start = (text.len().saturating_sub(limit)..text.len()).find(|&i| text.is_char_boundary(i));
    text.get(start.unwrap_or(0)..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_is_kept_whole_when_a_character_would_be_cut() {
        assert_eq!(last_bytes("aäb", 2), "b");
        assert_eq!(last_bytes("aäb", 3), "äb");
        assert_eq!(last_bytes("ab", 9), "ab");
        assert_eq!(last_bytes("", 9), "");
    }
}
