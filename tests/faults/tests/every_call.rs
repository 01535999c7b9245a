//! Every call of every story goes wrong in every way; prints what was tried, and what did not end well.
#![expect(clippy::print_stdout, reason = "what was counted is the point")]

use std::collections::BTreeSet;
use std::process::ExitCode;

use faults::story::{FUNCTIONS, Run, Story};
use futures_util::{StreamExt as _, stream};
use twin::StrikeKind;

const KINDS: [StrikeKind; 4] =
    [StrikeKind::Throttled, StrikeKind::Unavailable, StrikeKind::AnswerLost, StrikeKind::Crashed];
/// Releases at once: they wait most of the time.
const AT_ONCE: usize = 6;
/// Runs differ by a poll or two; so many numbers after the last call of the first run are tried as well.
const BEYOND: usize = 4;

#[derive(Default)]
struct Tally {
    cases: usize,
    released: usize,
    taken_back: usize,
    told_again: usize,
    operations: BTreeSet<String>,
    bad: Vec<String>,
}

impl Tally {
    fn add(&mut self, case: &str, run: Run) {
        let Some(operation) = run.struck else { return };
        self.cases += 1;
        let ending = run.ending;
        self.released += usize::from(ending.released);
        self.taken_back += usize::from(ending.events > 0);
        self.told_again += usize::from(ending.events > 1 || ending.notices > 1);
        self.bad.extend(ending.wrong.iter().map(|wrong| format!("{case} ({operation}): {wrong}")));
        self.operations.insert(operation);
    }
}

/// Names of stories on the command line choose; none is all.
fn chosen() -> Vec<Story> {
    let names: Vec<_> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let all = Story::ALL.into_iter();
    all.filter(|story| names.is_empty() || names.contains(&format!("{story:?}"))).collect()
}

#[tokio::main]
async fn main() -> ExitCode {
    let (mut cases, mut bad) = (0, Vec::new());
    println!(
        "story / function                          calls  cases  released  taken back  told again  bad ends  operations"
    );
    for story in chosen() {
        for function in FUNCTIONS {
            let first = story.play(function, None).await;
            bad.extend(first.ending.wrong.iter().map(|wrong| format!("{story:?} without a fault: {wrong}")));
            let tally = strike_every_call(story, function, first.calls).await;
            println!(
                "{:<41} {:>5}  {:>5}  {:>8}  {:>10}  {:>10}  {:>8}  {}",
                format!("{story:?} / {function}"),
                first.calls,
                tally.cases,
                tally.released,
                tally.taken_back,
                tally.told_again,
                tally.bad.len(),
                tally.operations.len()
            );
            cases += tally.cases;
            bad.extend(tally.bad);
        }
    }
    bad.iter().for_each(|sentence| println!("BAD END  {sentence}"));
    println!("{cases} cases, {} bad end states", bad.len());
    if bad.is_empty() && cases > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn strike_every_call(story: Story, function: &'static str, calls: usize) -> Tally {
    let strikes = (1..=calls + BEYOND).flat_map(|number| KINDS.map(|kind| (number, kind)));
    let mut runs = stream::iter(strikes)
        .map(|strike| async move { (strike, story.play(function, Some(strike)).await) })
        .buffered(AT_ONCE);
    let mut tally = Tally::default();
    while let Some(((number, kind), run)) = runs.next().await {
        tally.add(&format!("{story:?}, call {number} of {function}, {kind:?}"), run);
    }
    tally
}
