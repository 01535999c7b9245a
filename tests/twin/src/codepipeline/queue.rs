//! Who waits before a stage, who enters it, who is overtaken. Pure.

use super::model::{Pipeline, Place};

/// An execution before a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) execution: String,
    /// Order of the starts.
    pub(super) number: u64,
    /// Order of the arrivals at this stage.
    pub(super) arrival: u64,
}

/// Everyone who waits before a stage, in the order of arrival.
pub(super) fn waiting(pipeline: &Pipeline, at: usize) -> Vec<Waiting> {
    let mut found: Vec<_> = pipeline
        .executions
        .iter()
        .filter_map(|e| match e.place {
            Place::Waiting { stage, arrival } if stage == at => {
                Some(Waiting { execution: e.id.clone(), number: e.number, arrival })
            }
            _ => None,
        })
        .collect();
    found.sort_by_key(|w| w.arrival);
    found
}

/// The execution that has a stage for itself.
pub(super) fn holder(pipeline: &Pipeline, at: usize) -> Option<&str> {
    let found = pipeline.executions.iter().find(|e| e.place == Place::In { stage: at })?;
    Some(&found.id)
}

/// In SUPERSEDED mode only the newest execution goes on waiting, whatever it waits for: an occupied stage or a disabled
/// transition (A).
pub(super) fn overtaken(waiting: &[Waiting]) -> Vec<String> {
    let newest = waiting.iter().map(|w| w.number).max();
    waiting.iter().filter(|w| Some(w.number) != newest).map(|w| w.execution.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(of: &[(&str, u64, u64)]) -> Vec<Waiting> {
        of.iter()
            .map(|(id, number, arrival)| Waiting {
                execution: (*id).to_owned(),
                number: *number,
                arrival: *arrival,
            })
            .collect()
    }

    #[test]
    fn all_but_the_newest_are_overtaken_when_several_wait() {
        assert_eq!(overtaken(&line(&[("a", 1, 7), ("b", 2, 8), ("c", 3, 9)])), ["a", "b"]);
        // A retried older execution arrives later, and is the older one all the same.
        assert_eq!(overtaken(&line(&[("b", 2, 8), ("a", 1, 9)])), ["a"]);
    }

    #[test]
    fn nobody_is_overtaken_when_one_waits() {
        assert!(overtaken(&line(&[("a", 1, 7)])).is_empty());
        assert!(overtaken(&[]).is_empty());
    }
}
