//! What must be true after each kind of release; every check answers the sentences that were not.

use chrono::TimeDelta;

use crate::observed::{CANDIDATE, Observed, STABLE};

/// Collects what deviates.
struct Deviations(Vec<String>);

impl Deviations {
    fn unless(&mut self, holds: bool, sentence: impl Into<String>) {
        if !holds {
            self.0.push(sentence.into());
        }
    }
}

/// A good version: verified, canaried for its 15 minutes, and serving everything without one customer error.
pub(crate) fn completed(seen: &Observed) -> Vec<String> {
    let mut wrong = Deviations(Vec::new());
    wrong.unless(seen.status == "Succeeded", format!("the deployment ended {}, not Succeeded", seen.status));
    wrong.unless(seen.hook_answer() == Some("Succeeded"), "the pre-traffic hook did not report Succeeded");
    wrong.unless(
        seen.alias_version == CANDIDATE && seen.alias_is_whole,
        "live does not send everything to version 2",
    );
    wrong.unless(seen.failed_requests() == 0, format!("{} customer requests failed", seen.failed_requests()));
    let (first, whole) = seen.shifts();
    let split = first.zip(whole).map(|(first, whole)| (first, whole - first));
    let (lasted, canary) = split.map_or((TimeDelta::zero(), 0.0), |(first, span)| {
        let during: Vec<_> = seen.requests.iter().filter(|r| r.at > first && r.at < first + span).collect();
        let canary = during.iter().filter(|r| r.version.as_deref() == Some(CANDIDATE)).count();
        (span, share(canary, during.len()))
    });
    wrong.unless(
        (TimeDelta::minutes(15)..TimeDelta::minutes(17)).contains(&lasted),
        format!("the canary lasted {} minutes, not 15", lasted.num_minutes()),
    );
    // Five standard errors of a 10 % share over 15 minutes of load: a wrong weight shows, chance does not.
    wrong.unless(
        (0.05..0.15).contains(&canary),
        format!("{:.1} % of the requests went to the canary", canary * 100.0),
    );
    metrics_agree(seen, &mut wrong);
    wrong.0
}

/// A version that its smoke test refuses: no customer ever meets it.
pub(crate) fn refused_before_traffic(seen: &Observed) -> Vec<String> {
    let mut wrong = Deviations(Vec::new());
    wrong.unless(seen.status == "Failed", format!("the deployment ended {}, not Failed", seen.status));
    wrong.unless(seen.hook_answer() == Some("Failed"), "the pre-traffic hook did not report Failed");
    let reached = seen.served_by(CANDIDATE).count();
    wrong.unless(reached == 0, format!("{reached} customer requests reached version 2"));
    wrong.unless(seen.failed_requests() == 0, format!("{} customer requests failed", seen.failed_requests()));
    wrong.unless(
        seen.alias_version == STABLE && seen.alias_is_whole,
        "live does not send everything to version 1",
    );
    let rolled_back = seen.rollback.as_ref().is_some_and(|(_, status)| status == "Succeeded");
    wrong.unless(rolled_back, "CodeDeploy's rollback deployment did not succeed");
    metrics_agree(seen, &mut wrong);
    wrong.0
}

/// As above, and the reason must be the crash.
pub(crate) fn crashed_before_traffic(seen: &Observed) -> Vec<String> {
    let mut wrong = Deviations(refused_before_traffic(seen));
    wrong.unless(
        seen.invocation_failed_with("Runtime.ExitError"),
        "no invocation ended with Runtime.ExitError",
    );
    wrong.0
}

/// CloudWatch must count what the customers counted, or nothing that judges by its metrics can be trusted.
fn metrics_agree(seen: &Observed, wrong: &mut Deviations) {
    let customers = seen.served_by(CANDIDATE).count();
    let metric = seen.candidate_invocations_metric;
    wrong.unless(
        (metric - float(customers)).abs() < 0.5,
        format!(
            "CloudWatch counts {metric} invocations of version 2 through live, the customers {customers}"
        ),
    );
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "request counts of a rehearsal are far below 2^53")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
