//! The order of things: one loop over the minutes, each look at all targets and alarms at once.

use crate::App;
use crate::config::Config;
use crate::decide::{self, Alarms, Bake, CALLS, Finding, Seen, Time};
use aws::chain;
use chrono::{DateTime, Utc};
use futures_util::future::{join, join_all};
use hook::{Deployment, Target, Timetable, Verdict};
use judge::{Document, Phase};
use readings::{Readings, Subject, Window, fetch, log_text, queries};
use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

/// Time to put the findings together before the hook would drop the check.
const MARGIN: Duration = Duration::from_millis(250);

/// One deployment under watch.
struct Watch<'a> {
    app: &'a App,
    config: &'a Config,
    deployment_id: &'a str,
    subjects: Vec<Subject>,
    deployed_at: Option<DateTime<Utc>>,
    /// In [`clock::Clock::uptime`].
    until: Duration,
}

/// Watches until the end of the bake, or until something is found that ends it.
pub(crate) async fn bake(app: &App, config: &Config, deployment: &Deployment, times: Timetable) -> Verdict {
    let Some(subjects) = deployment.targets.iter().map(subject).collect::<Option<Vec<_>>>() else {
        return Verdict::Failed("not checked: a target of the deployment has no alias".to_owned());
    };
    let now = DateTime::<Utc>::from(app.clock.now());
    let bake = Bake::beginning(now, config.bake_minutes, config.judging.settle_minutes);
    let time = time(app, config, &bake, &times);
    if !time.suffices() {
        return Verdict::Failed(time.advice(&bake));
    }
    if !time.always_suffices() {
        let needed_timeout_seconds = time.needed_timeout_seconds();
        tracing::warn!(needed_timeout_seconds, "the bake fits only because it begins late in its minute");
    }
    let watch = Watch {
        app,
        config,
        deployment_id: &deployment.id,
        subjects,
        deployed_at: deployment.created_at_ms.and_then(DateTime::from_timestamp_millis),
        until: times.check_until,
    };
    decide::verdict(&watch.run(&bake).await, config.when_inconclusive)
}

/// `None` when the alias is unknown: its metrics could not be asked for.
fn subject(target: &Target) -> Option<Subject> {
    let stable = target.current_version.clone().filter(|version| *version != target.target_version);
    Some(Subject {
        function: target.function_name.clone(),
        alias: target.alias.clone()?,
        canary: target.target_version.clone(),
        stable,
        whole: true,
    })
}

fn time(app: &App, config: &Config, bake: &Bake, times: &Timetable) -> Time {
    let until = |date: DateTime<Utc>| app.clock.real_time_until(date.into());
    Time {
        bake: until(bake.ends_at()),
        longest_bake: until(bake.ends_at_the_latest(app.clock.now().into())),
        left: times.check_until.saturating_sub(app.clock.uptime()),
        reserve: config.answer_reserve,
    }
}

impl Watch<'_> {
    /// What the last look saw, be it at the end of the bake or the one that ends it.
    async fn run(&self, bake: &Bake) -> Seen {
        // Before the first minute is over: a wrong name, and what fires while nothing is settled yet.
        let mut seen = self.look(&bake.window(0), None).await;
        let mut firing_before = None;
        let mut last = 0;
        while let Some(look) = bake.next_look(last, self.app.clock.now().into()) {
            if seen.ends_the_bake() {
                break;
            }
            // An unreadable look changes nothing about which alarms were firing before.
            if let Alarms::Blameless(firing) = &seen.alarms {
                firing_before = Some(firing.clone());
            }
            self.app.clock.sleep_until(bake.look_at(look).into()).await;
            seen = self.look(&bake.window(look), firing_before.as_ref()).await;
            last = look;
        }
        self.look_again(bake, seen, firing_before.as_ref()).await
    }

    /// Metrics may be late: what could not be read at the end is looked at again while there is time.
    async fn look_again(
        &self,
        bake: &Bake,
        mut seen: Seen,
        firing_before: Option<&BTreeSet<String>>,
    ) -> Seen {
        for look in bake.second_looks() {
            let (clock, at) = (&self.app.clock, bake.look_at(look));
            let in_time = clock.uptime() + clock.real_time_until(at.into()) + CALLS <= self.until;
            if seen.ends_the_bake() || seen.is_readable() || !in_time {
                break;
            }
            clock.sleep_until(at.into()).await;
            seen = self.look(&bake.window(look), firing_before).await;
        }
        seen
    }

    async fn look(&self, window: &Window, firing_before: Option<&BTreeSet<String>>) -> Seen {
        let settled = if window.minutes == 0 { &[][..] } else { &self.subjects };
        let findings = join_all(settled.iter().map(|subject| self.find(subject, window)));
        let (findings, alarms) = join(findings, self.alarms(firing_before)).await;
        Seen { findings, alarms, creation_known: self.deployed_at.is_some() }
    }

    async fn alarms(&self, firing_before: Option<&BTreeSet<String>>) -> Alarms {
        let names = &self.config.alarm_names;
        match self.in_time(guard::read(&self.app.cloudwatch, names)).await {
            Ok(alarms) => decide::blame(names, &alarms, self.deployed_at, firing_before),
            Err(cause) => {
                tracing::warn!(deployment_id = self.deployment_id, error = cause, "alarms not read");
                Alarms::Unread(cause)
            }
        }
    }

    async fn find(&self, subject: &Subject, window: &Window) -> (String, Finding) {
        let version = format!("{}:{}", subject.function, subject.canary);
        let finding = match self.judge(subject, window).await {
            Ok((document, problems)) => {
                self.log(&version, &document, &problems);
                Finding::Judged(Box::new(document.report), problems)
            }
            Err(cause) => {
                tracing::warn!(
                    deployment_id = self.deployment_id,
                    version,
                    error = cause,
                    "metrics not read"
                );
                Finding::Unread(cause)
            }
        };
        (version, finding)
    }

    /// All settled minutes from the first again, so that late data counts.
    async fn judge(&self, subject: &Subject, window: &Window) -> Result<(Document, Vec<String>), String> {
        let judging = &self.config.judging;
        let queries = queries(&judging.measures, subject);
        let table =
            self.in_time(fetch(&self.app.cloudwatch, &queries, window.stable_from, window.to())).await?;
        let readings = Readings::new(judging, &table);
        let document = readings.inputs(Phase::Whole, window).document().map_err(|error| chain(&error))?;
        Ok((document, readings.problems()))
    }

    /// The call's result before the hook would drop the check, and with it all findings.
    async fn in_time<T, E: Error>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, String> {
        let left = self.until.saturating_sub(self.app.clock.uptime() + MARGIN);
        match tokio::time::timeout(left, call).await {
            Ok(result) => result.map_err(|error| chain(&error)),
            Err(_) => Err(format!("CloudWatch did not answer within {:.1} s", left.as_secs_f64())),
        }
    }

    fn log(&self, version: &str, document: &Document, problems: &[String]) {
        let report = &document.report;
        tracing::info!(
            deployment_id = self.deployment_id,
            version,
            verdict = %report.verdict,
            minutes = report.minutes,
            reason = report.reason,
            problems = problems.join("; "),
            document = log_text(document),
            "judged"
        );
    }
}
