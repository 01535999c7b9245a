//! One call of an action: what it has at hand, what it judged, and the way back.

use crate::answer::Answer;
use crate::config::Config;
use crate::decide::{self, Blame};
use crate::evidence::Variables;
use crate::token::Token;
use crate::{App, WorkError, usage, versions};
use aws::chain;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use guard::Alarm;
use judge::{Document, Phase, Report};
use readings::{Readings, Subject, Window, fetch, queries};
use release::{Begun, Live, LiveAlias, Progress, RollbackMark, Which};

/// The settled minutes, judged.
#[derive(Debug)]
pub(crate) struct Judged {
    /// Inputs and result.
    pub(crate) document: Document,
    /// What CloudWatch could not read.
    pub(crate) problems: Vec<String>,
}

impl Judged {
    /// One sentence.
    pub(crate) fn reason(&self) -> String {
        let reason = &self.document.report.reason;
        if self.problems.is_empty() {
            reason.clone()
        } else {
            format!("{reason} ({})", self.problems.join("; "))
        }
    }
}

/// One call.
pub(crate) struct Run<'a> {
    pub(crate) app: &'a App,
    pub(crate) config: &'a Config,
    pub(crate) live: Live,
    pub(crate) execution: &'a str,
    pub(crate) now: DateTime<Utc>,
    /// What the next call is to know, be it that this one fails.
    pub(crate) token: Token,
    /// `None` when nothing was judged, or no minute is settled yet.
    pub(crate) judged: Option<Judged>,
}

impl Run<'_> {
    /// The guard alarms.
    pub(crate) async fn alarms(&self) -> Result<Vec<Alarm>, WorkError> {
        Ok(guard::read(&self.app.cloudwatch, &self.config.guard_alarms).await?)
    }

    /// Whether the release may begin its next step.
    pub(crate) async fn preflight(
        &self,
        [candidate, stable]: [&str; 2],
        differs: Option<String>,
        alarms: &[Alarm],
        (hotfix, split_since): (bool, Option<DateTime<Utc>>),
    ) -> Result<Result<Vec<String>, decide::Refusal>, WorkError> {
        let running = self.live.deployments(Which::Running).await?;
        let function = &self.live.place.function;
        let stable = versions::read(&self.app.lambda, function, stable).await?;
        let candidate = versions::read(&self.app.lambda, function, candidate).await?;
        let versions = [stable.version, candidate.version];
        let alarms = (self.config.guard_alarms.as_slice(), alarms);
        let checked = decide::preflight(differs, &running, alarms, &versions, hotfix, split_since);
        if let Ok(excused) = &checked
            && !excused.is_empty()
        {
            let (execution, alarms) = (self.execution, excused.join(", "));
            tracing::warn!(execution, alarms, "hotfix: guard alarms that fire already are excused");
        }
        Ok(checked)
    }

    /// What is compared.
    pub(crate) fn subject(&self, candidate: &str, stable: &str, whole: bool) -> Subject {
        Subject {
            function: self.live.place.function.clone(),
            alias: self.live.place.alias.clone(),
            canary: candidate.to_owned(),
            stable: Some(stable.to_owned()),
            whole,
        }
    }

    /// Judges all settled minutes again, so that late data counts.
    pub(crate) async fn judge(
        &mut self,
        phase: Phase,
        subject: &Subject,
        window: &Window,
    ) -> Result<(), WorkError> {
        if window.minutes == 0 {
            return Ok(());
        }
        let judging = &self.config.judging;
        let from = window.from.min(window.stable_from);
        let queries = queries(&judging.measures, subject);
        let table = fetch(&self.app.cloudwatch, &queries, from, window.to()).await?;
        let readings = Readings::new(judging, &table);
        let document = readings.inputs(phase, window).document()?;
        self.judged = Some(Judged { document, problems: readings.problems() });
        Ok(())
    }

    /// Judges the settled minutes since the new version has a share.
    pub(crate) async fn judge_split(
        &mut self,
        [candidate, stable]: [&str; 2],
        split_since: DateTime<Utc>,
    ) -> Result<(Subject, Window), WorkError> {
        let subject = self.subject(candidate, stable, false);
        let from = split_since.duration_trunc(TimeDelta::minutes(1)).unwrap_or(split_since);
        let window = Window::settled(from, self.now, self.config.judging.settle_minutes);
        self.judge(Phase::Split, &subject, &window).await?;
        Ok((subject, window))
    }

    /// Judges a split before it grows: an approval may have taken hours since its bake, and a step does not rely on
    /// alarm-rollback having looked meanwhile.
    pub(crate) async fn breach_of_split(
        &mut self,
        versions: [&str; 2],
        split_since: Option<DateTime<Utc>>,
    ) -> Result<Option<Blame>, WorkError> {
        let Some(split_since) = split_since else { return Ok(None) };
        self.judge_split(versions, split_since).await?;
        Ok(self.report().and_then(decide::breach))
    }

    /// The report, when a minute is settled.
    pub(crate) fn report(&self) -> Option<&Report> {
        self.judged.as_ref().map(|judged| &judged.document.report)
    }

    /// What the judge says, in one sentence.
    pub(crate) fn judges_reason(&self) -> String {
        self.judged.as_ref().map_or_else(|| "no minute has settled yet".to_owned(), Judged::reason)
    }

    /// Begins the rollback and drives it as far as it goes now.
    pub(crate) async fn roll_back(&mut self, blame: &Blame) -> Result<Answer, WorkError> {
        self.token.remember(&blame.reason);
        match self.live.begin_rollback(Some(self.execution), &blame.why, false, self.now).await? {
            Begun::Nothing => Ok(Answer::wait("the alias was changed at the same moment; looking again")),
            Begun::Marked { rollout, .. } => {
                let mark = rollout.rollback;
                let mark = mark.unwrap_or(RollbackMark {
                    at: self.now,
                    promoted: false,
                    why: String::new(),
                    notice: None,
                });
                self.drive_back(&mark).await
            }
        }
    }

    /// Goes on with a rollback, whoever began it.
    pub(crate) async fn drive_back(&self, mark: &RollbackMark) -> Result<Answer, WorkError> {
        Ok(match self.live.drive_back(self.now).await? {
            Progress::Waiting(id) => Answer::wait(format!(
                "rolled back because {}: CodeDeploy's deployment {id} is under way",
                mark.why
            )),
            Progress::Safe(alias) => {
                let why = self.token.reason.as_ref().unwrap_or(&mark.why);
                let at = mark.at.format("%FT%TZ");
                Answer::failed(format!("rolled back at {at} because {why}. Now {alias}; start a new release"))
            }
        })
    }

    /// The answer of an action that has nothing to do.
    pub(crate) fn untouched(&self, alias: &LiveAlias, verdict: &str, reason: String) -> Answer {
        let mine = alias.rollout.as_ref().filter(|rollout| rollout.execution == self.execution);
        let stable = mine.and_then(|rollout| rollout.stable.as_deref());
        let variables = self.variables(verdict, &reason, stable.unwrap_or(&alias.version));
        Answer::Done { summary: reason, variables }
    }

    /// The variables of an action that ends well.
    pub(crate) fn variables(&self, verdict: &str, reason: &str, stable: &str) -> Variables {
        let mut variables = Variables::of(verdict, reason);
        variables.set("stable", stable);
        variables.set("report", self.config.report_url.as_deref().unwrap_or("none"));
        variables
    }

    /// The numbers for an approval. What cannot be read is unknown, and fails nothing: the verdict stands without it.
    pub(crate) async fn add_numbers(&self, variables: &mut Variables, subject: &Subject, window: &Window) {
        if let Some(report) = self.report() {
            variables.judged(report, &self.config.judging.failures());
        }
        if window.minutes == 0 {
            return;
        }
        match usage::read(&self.app.cloudwatch, subject, window).await {
            Ok([candidate, stable]) => {
                let stable_version = subject.stable.as_deref().unwrap_or_default();
                let costs = [
                    self.cost(&subject.canary, candidate.average_ms).await,
                    self.cost(stable_version, stable.average_ms).await,
                ];
                variables.used([&candidate, &stable], costs);
            }
            Err(error) => tracing::warn!(error = chain(&error), "durations and costs are unknown"),
        }
    }

    async fn cost(&self, version: &str, average_ms: Option<f64>) -> Option<f64> {
        match versions::read(&self.app.lambda, &self.live.place.function, version).await {
            Ok(described) => {
                let (architecture, memory_mb) = described.size()?;
                self.config.prices.of_a_million(architecture, memory_mb, average_ms?)
            }
            Err(error) => {
                tracing::warn!(version, error = chain(&error), "the cost is unknown");
                None
            }
        }
    }
}

/// Sets the alarms that fire, for the approval.
pub(crate) fn add_firing(variables: &mut Variables, alarms: &[Alarm]) {
    let firing: Vec<_> =
        alarms.iter().filter(|alarm| alarm.firing).map(|alarm| alarm.name.as_str()).collect();
    variables.set("firingAlarms", &if firing.is_empty() { "none".to_owned() } else { firing.join(", ") });
}

/// Whether nobody changed the alias since it was read.
pub(crate) fn is_unchanged(alias: &LiveAlias, read: &LiveAlias) -> bool {
    (&alias.version, &alias.split, &alias.rollout) == (&read.version, &read.split, &read.rollout)
}
