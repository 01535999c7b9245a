//! What the judge wrote about its verdicts: its log lines hold the documents from which anybody can judge again.

use chrono::{DateTime, Utc};
use judge::{Inputs, Word};
use serde::Deserialize;
use twin::LogLine;

/// One verdict, as the judge logged it.
#[derive(Debug, Clone)]
pub(crate) struct JudgeLine {
    /// When it was said, in virtual time.
    pub(crate) at: DateTime<Utc>,
    pub(crate) verdict: Word,
    pub(crate) reason: String,
    /// Start of the first minute judged.
    pub(crate) from: DateTime<Utc>,
    /// What was judged.
    pub(crate) inputs: Inputs,
}

#[derive(Deserialize)]
struct Line {
    fields: Fields,
}

#[derive(Deserialize)]
struct Fields {
    message: String,
    verdict: Word,
    reason: String,
    from: DateTime<Utc>,
    document: String,
}

#[derive(Deserialize)]
struct Document {
    inputs: Inputs,
}

/// Every verdict, oldest first.
pub(crate) fn read(lines: &[LogLine]) -> Vec<JudgeLine> {
    lines.iter().filter_map(verdict).collect()
}

fn verdict(line: &LogLine) -> Option<JudgeLine> {
    let Line { fields } = serde_json::from_str(&line.line).ok()?;
    let Fields { message, verdict, reason, from, document } = fields;
    let Document { inputs } = serde_json::from_str(&document).ok()?;
    (message == "judged").then_some(JudgeLine { at: line.at, verdict, reason, from, inputs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn verdict_is_read_when_other_lines_stand_around_it() {
        let inputs = json!({"alpha": 0.005, "minRequests": 50, "phase": "split", "series": []});
        let fields = json!({
            "message": "judged", "verdict": "breach", "reason": "worse", "from": "2026-11-23T10:00:00Z",
            "document": json!({"inputs": inputs, "report": {}}).to_string(),
        });
        let line = |line: String| LogLine { at: DateTime::UNIX_EPOCH, version: "1".to_owned(), line };
        let lines =
            [line("no json".to_owned()), line(json!({"fields": fields}).to_string()), line("{}".to_owned())];
        let read = read(&lines);
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].verdict, read[0].reason.as_str()), (Word::Breach, "worse"));
    }
}
