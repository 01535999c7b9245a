//! What must be true after each kind of release; every check answers the sentences that were not.

pub(crate) mod gated;
pub(crate) mod judged;

use std::time::Duration;

use chrono::TimeDelta;

use crate::observed::{CANDIDATE, Observed, STABLE};

/// Real time by which a move of the alias may come late.
const LATE_BY: Duration = Duration::from_secs(2);

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
    let mut wrong = reached_everybody(seen);
    wrong.unless(seen.failed_requests() == 0, format!("{} customer requests failed", seen.failed_requests()));
    canary_was_as_configured(seen, &mut wrong);
    wrong.0
}

/// The release ended well: both hooks said so, and version 2 serves everybody.
fn reached_everybody(seen: &Observed) -> Deviations {
    let mut wrong = Deviations(Vec::new());
    wrong.unless(seen.status == "Succeeded", format!("the deployment ended {}, not Succeeded", seen.status));
    wrong.unless(seen.hook_answer() == Some("Succeeded"), "the pre-traffic hook did not report Succeeded");
    wrong.unless(
        seen.last_hook_answer() == Some("Succeeded"),
        "the post-traffic hook did not report Succeeded",
    );
    wrong.unless(
        seen.alias_version == CANDIDATE && seen.alias_is_whole,
        "live does not send everything to version 2",
    );
    metrics_agree(seen, &mut wrong);
    wrong
}

/// 10 % of the traffic for 15 minutes.
fn canary_was_as_configured(seen: &Observed, wrong: &mut Deviations) {
    let (Some(first), Some(whole)) = seen.shifts() else {
        wrong.0.push("live never split its traffic or never sent all of it to version 2".to_owned());
        return;
    };
    // What a busy computer may add between a time being due and the alias being moved.
    let slack = TimeDelta::seconds(30) + TimeDelta::from_std(LATE_BY.mul_f64(seen.rate)).unwrap_or_default();
    let (lasted, configured) = (whole - first, TimeDelta::minutes(15));
    wrong.unless(
        (lasted - configured).abs() <= slack,
        format!(
            "the canary lasted {}:{:02} minutes, not 15",
            lasted.num_minutes(),
            lasted.num_seconds() % 60
        ),
    );
    let during: Vec<_> = seen.requests.iter().filter(|r| r.at > first && r.at < whole).collect();
    let canary = during.iter().filter(|r| r.version.as_deref() == Some(CANDIDATE)).count();
    let count = float(during.len());
    // Five standard errors of a 10 % share: a wrong weight shows, chance (one run in two million) does not.
    let width = 5.0 * (0.1 * 0.9 / count.max(1.0)).sqrt();
    wrong.unless(
        !during.is_empty() && (float(canary) / count.max(1.0) - 0.1).abs() < width,
        format!("{canary} of {count} requests went to the canary, not 10 %"),
    );
}

/// A version that its smoke test refuses because it answers errors: no customer ever meets it.
fn refused_before_traffic(seen: &Observed) -> Vec<String> {
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

/// Refused because its answers are errors.
pub(crate) fn refused_for_its_answers(seen: &Observed) -> Vec<String> {
    refused_because("got 500", seen)
}

/// Refused because it crashes.
pub(crate) fn refused_for_its_crash(seen: &Observed) -> Vec<String> {
    refused_because("Runtime.ExitError", seen)
}

/// A gate that refuses for another reason than the fault proves nothing.
fn refused_because(reason: &str, seen: &Observed) -> Vec<String> {
    let mut wrong = Deviations(refused_before_traffic(seen));
    let told = seen.hook_reason.as_deref().unwrap_or("nothing");
    wrong.unless(told.contains(reason), format!("the hook's reason is not {reason:?}: {told}"));
    wrong.0
}

/// CloudWatch must count what the customers counted, or nothing that judges by its metrics can be trusted.
fn metrics_agree(seen: &Observed, wrong: &mut Deviations) {
    let customers = seen.served_by(CANDIDATE).count();
    for (metric, counted) in [
        ("AWS/Lambda Invocations", seen.candidate_invocations_metric),
        ("the backend's own Requests", seen.candidate_requests_metric),
    ] {
        wrong.unless(
            (counted - float(customers)).abs() < 0.5,
            format!("{metric} of version 2 through live is {counted}, the customers count {customers}"),
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "request counts of a rehearsal are far below 2^53")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
