//! A verdict in a log line.

use judge::Document;

/// Lambda cuts a log line at 256 KiB, and quoting JSON in JSON makes it longer.
const MOST_LOGGED_BYTES: usize = 150_000;

/// The document as JSON; without its inputs where they would be cut, after about a thousand minutes of four criteria.
#[must_use]
pub fn log_text(document: &Document) -> String {
    let whole = serde_json::to_string(document).ok().filter(|text| text.len() <= MOST_LOGGED_BYTES);
    whole.or_else(|| serde_json::to_string(&document.report).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use judge::{Counts, Criterion, Inputs, Phase, Series};

    #[test]
    fn inputs_are_left_out_when_the_line_would_be_cut() {
        let text = |minutes| {
            let counts = vec![Some(Counts::new(60, 0).unwrap()); minutes];
            let series =
                Series { criterion: Criterion::new("errors", 0.01), canary: counts.clone(), stable: counts };
            let inputs = Inputs { alpha: 0.005, min_requests: 50, phase: Phase::Split, series: vec![series] };
            log_text(&inputs.document().unwrap())
        };
        assert!(text(100).contains("inputs"));
        let long = text(10_000);
        assert!(!long.contains("inputs") && long.contains("within every limit"), "{long}");
    }
}
