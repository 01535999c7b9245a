//! Every call of every story goes wrong in every way that differs; prints what was tried, and what did not end well. Then
//! writes down which operations the functions called, for the tests that compare them with the policies:
//! `<target>/observed-calls/faults.json`.
#![expect(clippy::print_stdout, reason = "what was counted is the point")]
#![expect(
    clippy::unwrap_used,
    reason = "a run that panics, or a record that cannot be written, must end the program"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

use faults::story::{FUNCTIONS, Run, Story};
use futures_util::{StreamExt as _, stream};
use twin::StrikeKind;

/// The ways in which a caller gets no answer and lives on.
const REFUSALS: [StrikeKind; 3] = [StrikeKind::Throttled, StrikeKind::Unavailable, StrikeKind::AnswerLost];
/// Begins the names of operations that change nothing.
const READS: [&str; 4] = ["Get", "List", "BatchGet", "Describe"];
/// Releases at once, on all processors: they wait most of the time.
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
    observed: BTreeSet<(&'static str, String)>,
}

impl Tally {
    fn add(&mut self, case: &str, run: Run) {
        self.observed.extend(run.observed);
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
    let (mut cases, mut bad, mut observed) = (0, Vec::new(), BTreeSet::new());
    println!(
        "story / function                          calls  cases  released  taken back  told again  bad ends  operations"
    );
    let stories = chosen();
    for &story in &stories {
        for function in FUNCTIONS {
            let first = story.play(function, None).await;
            bad.extend(first.ending.wrong.iter().map(|wrong| format!("{story:?} without a fault: {wrong}")));
            let tally = strike_every_call(story, function, &first.calls).await;
            println!(
                "{:<41} {:>5}  {:>5}  {:>8}  {:>10}  {:>10}  {:>8}  {}",
                format!("{story:?} / {function}"),
                first.calls.len(),
                tally.cases,
                tally.released,
                tally.taken_back,
                tally.told_again,
                tally.bad.len(),
                tally.operations.len()
            );
            cases += tally.cases;
            bad.extend(tally.bad);
            observed.extend(first.observed.into_iter().chain(tally.observed));
        }
    }
    bad.iter().for_each(|sentence| println!("BAD END  {sentence}"));
    println!("{cases} cases, {} bad end states", bad.len());
    // A record of some stories would say that permissions are not needed.
    if stories.len() == Story::ALL.len() {
        println!("what was called: {}", record(observed).display());
    }
    if bad.is_empty() && cases > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What becomes of a call. A read leaves no effect, lost answer or not, so that three ways are one: they take turns.
fn kinds(number: usize, operation: &str) -> Vec<StrikeKind> {
    let (_, name) = operation.split_once(':').unwrap_or_default();
    let is_read = READS.iter().any(|read| name.starts_with(read));
    let (first, count) = if is_read { (number, 1) } else { (0, REFUSALS.len()) };
    REFUSALS.into_iter().cycle().skip(first).take(count).chain([StrikeKind::Crashed]).collect()
}

/// The calls from 1, and what becomes of each. A function that calls nothing in a story is left in peace.
fn strikes(calls: &[String]) -> Vec<(usize, StrikeKind)> {
    let numbered = (1..).zip(calls);
    let seen =
        numbered.flat_map(|(number, call)| kinds(number, call).into_iter().map(move |kind| (number, kind)));
    let beyond = (1..=BEYOND).filter(|_| !calls.is_empty()).map(|more| calls.len() + more);
    // What these do is not known: both have the effect, if there is one.
    let unseen =
        beyond.flat_map(|number| [StrikeKind::AnswerLost, StrikeKind::Crashed].map(|kind| (number, kind)));
    seen.chain(unseen).collect()
}

async fn strike_every_call(story: Story, function: &'static str, calls: &[String]) -> Tally {
    let mut runs = stream::iter(strikes(calls))
        .map(|strike| tokio::spawn(async move { (strike, story.play(function, Some(strike)).await) }))
        .buffered(AT_ONCE);
    let mut tally = Tally::default();
    while let Some(played) = runs.next().await {
        let ((number, kind), run) = played.unwrap();
        tally.add(&format!("{story:?}, call {number} of {function}, {kind:?}"), run);
    }
    tally
}

/// Writes, beside what cargo built, the sorted operations of each function under the name of its crate.
fn record(observed: BTreeSet<(&'static str, String)>) -> PathBuf {
    let mut by_crate: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (function, operation) in observed {
        by_crate.entry(function.trim_start_matches("manuel-")).or_default().insert(operation);
    }
    let program = std::env::current_exe().unwrap();
    // <target>/debug/deps/every_call-…
    let folder = program.ancestors().nth(3).unwrap().join("observed-calls");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("faults.json");
    std::fs::write(&file, serde_json::to_string_pretty(&by_crate).unwrap() + "\n").unwrap();
    file
}
