//! What one release did, as customers, CodeDeploy, Lambda and CloudWatch saw it.

use chrono::{DateTime, Utc};
use twin::journal::{Entry, Event};

use crate::judge_log::JudgeLine;

/// The version that serves before the release.
pub(crate) const STABLE: &str = "1";
/// The version being released.
pub(crate) const CANDIDATE: &str = "2";

/// One customer request, seen from the customer's side.
#[derive(Debug, Clone)]
pub(crate) struct CustomerRequest {
    /// Virtual time at which it was sent.
    pub(crate) at: DateTime<Utc>,
    /// Version that served it; `None` when Lambda answered with an error of its own.
    pub(crate) version: Option<String>,
    /// HTTP status of the answer; `None` when there was no HTTP answer.
    pub(crate) status: Option<u16>,
    /// Real milliseconds until the answer.
    pub(crate) latency_ms: f64,
}

impl CustomerRequest {
    /// A customer's error: no answer, or a 5xx.
    pub(crate) fn failed(&self) -> bool {
        self.status.is_none_or(|status| status >= 500)
    }
}

/// Everything that the checks and the report read.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) ended_at: DateTime<Utc>,
    pub(crate) deployment: String,
    /// Final status of the deployment and, where one was made, of its rollback.
    pub(crate) status: String,
    pub(crate) rollback: Option<(String, String)>,
    pub(crate) requests: Vec<CustomerRequest>,
    /// Why the pre-traffic hook decided as it did, in its own words.
    pub(crate) hook_reason: Option<String>,
    /// The same of the post-traffic hook; `None` when it was not asked.
    pub(crate) last_hook_reason: Option<String>,
    /// What the judge said, minute by minute, while the traffic was split.
    pub(crate) verdicts: Vec<JudgeLine>,
    pub(crate) journal: Vec<Entry>,
    /// Version and weights of the alias at the end, read back from Lambda.
    pub(crate) alias_version: String,
    pub(crate) alias_is_whole: bool,
    /// CloudWatch's Invocations of the candidate through the alias.
    pub(crate) candidate_invocations_metric: f64,
    /// The backend's own metric: Requests of the candidate through the alias.
    pub(crate) candidate_requests_metric: f64,
    /// Virtual seconds per real second.
    pub(crate) rate: f64,
    /// Real seconds that playing took.
    pub(crate) real_seconds: f64,
}

impl Observed {
    /// Customer requests that a version served.
    pub(crate) fn served_by<'a>(&'a self, version: &'a str) -> impl Iterator<Item = &'a CustomerRequest> {
        self.requests.iter().filter(move |request| request.version.as_deref() == Some(version))
    }

    /// Customer requests that failed, whoever served them.
    pub(crate) fn failed_requests(&self) -> usize {
        self.requests.iter().filter(|request| request.failed()).count()
    }

    /// What the pre-traffic hook of the released deployment reported.
    pub(crate) fn hook_answer(&self) -> Option<&str> {
        self.answer("BeforeAllowTraffic")
    }

    /// What the post-traffic hook of the released deployment reported.
    pub(crate) fn last_hook_answer(&self) -> Option<&str> {
        self.answer("AfterAllowTraffic")
    }

    fn answer(&self, step: &str) -> Option<&str> {
        self.journal.iter().find_map(|entry| match &entry.event {
            Event::HookAnswered { deployment, event, status }
                if *deployment == self.deployment && event == step =>
            {
                Some(status.as_str())
            }
            _ => None,
        })
    }

    /// When an alarm first went into ALARM after the first shift.
    pub(crate) fn fired(&self, name: &str) -> Option<DateTime<Utc>> {
        let shifted = self.shifts().0?;
        self.journal.iter().find_map(|entry| match &entry.event {
            Event::AlarmChanged { alarm, to, .. } if alarm == name && to == "ALARM" && entry.at > shifted => {
                Some(entry.at)
            }
            _ => None,
        })
    }

    /// When the alias, after its first split, sent everything to the stable version again.
    pub(crate) fn back_at(&self) -> Option<DateTime<Utc>> {
        let first = self.shifts().0?;
        self.journal.iter().find_map(|entry| match &entry.event {
            Event::AliasMoved { version, weights, .. }
                if entry.at > first && version == STABLE && weights.is_empty() =>
            {
                Some(entry.at)
            }
            _ => None,
        })
    }

    /// Virtual times at which the alias gave the candidate its first and its whole traffic.
    pub(crate) fn shifts(&self) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let mut moves = self.journal.iter().filter_map(|entry| match &entry.event {
            Event::AliasMoved { version, weights, .. } => Some((entry.at, version, weights)),
            _ => None,
        });
        let first = moves.clone().find(|(_, _, weights)| weights.contains_key(CANDIDATE)).map(|(at, ..)| at);
        (
            first,
            moves
                .find(|(_, version, weights)| *version == CANDIDATE && weights.is_empty())
                .map(|(at, ..)| at),
        )
    }
}
