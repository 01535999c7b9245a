//! Is the new version to blame, and has it been watched for long enough?

use super::Refusal;
use chrono::{DateTime, TimeDelta, Utc};
use guard::Alarm;
use judge::{Report, Word};
use readings::Window;

/// The verdict on a version that was watched and is well.
pub const HEALTHY: &str = "healthy";
/// The verdict when nobody knows. In capitals: a person decides with this word in front of them.
pub const INCONCLUSIVE: &str = "INCONCLUSIVE";
/// What there is room for in the alias's description.
const LONGEST_WHY: usize = 40;

/// Why the release is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// A few words, for the alias.
    pub why: String,
    /// The whole reason.
    pub reason: String,
}

impl Blame {
    /// `why` is cut to what there is room for.
    #[must_use]
    pub fn new(why: &str, reason: String) -> Self {
        Self { why: why.chars().take(LONGEST_WHY).collect(), reason }
    }
}

/// The guard alarms that fire since the new version has requests. What fired before is not its fault, so that a hotfix is
/// not taken back for the fault that it corrects.
#[must_use]
pub fn accused(alarms: &[Alarm], served_since: DateTime<Utc>) -> Option<Blame> {
    let accusing: Vec<_> = alarms.iter().filter(|alarm| alarm.accuses(served_since)).collect();
    let first = accusing.first()?;
    let told = accusing.iter().map(|alarm| {
        let since =
            alarm.since.map_or_else(|| "an unknown time".to_owned(), |at| at.format("%FT%TZ").to_string());
        format!("guard alarm {} fires since {since}: {}", alarm.name, alarm.reason)
    });
    Some(Blame::new(&format!("alarm {}", first.name), told.collect::<Vec<_>>().join("; ")))
}

/// A sentence with the guard alarms that do not exist; `None` when all do.
#[must_use]
pub fn missing_alarms(names: &[String], alarms: &[Alarm]) -> Option<String> {
    let is_missing = |name: &&String| !alarms.iter().any(|alarm| alarm.name == **name);
    let missing: Vec<_> = names.iter().filter(is_missing).map(String::as_str).collect();
    let told = || format!("guard alarms that do not exist: {}", missing.join(", "));
    (!missing.is_empty()).then(told)
}

/// An alarm that was deleted guards nobody.
///
/// # Errors
/// With the names of those that do not exist.
pub fn no_alarm_is_missing(names: &[String], alarms: &[Alarm]) -> Result<(), Refusal> {
    missing_alarms(names, alarms).map_or(Ok(()), |told| {
        Err(Refusal::configuration(format!("{told}; correct GUARD_ALARMS or create them")))
    })
}

/// The judge's breach.
#[must_use]
pub fn breach(report: &Report) -> Option<Blame> {
    report.breach_in_short().map(|why| Blame::new(&why, report.reason.clone()))
}

/// The verdict on a version that nobody blames; `None` while it is to be watched on. `report` is of the settled minutes,
/// `None` when there is none yet.
#[must_use]
pub fn baked(
    report: Option<&Report>,
    elapsed: TimeDelta,
    least_minutes: u32,
    most_minutes: u32,
) -> Option<&'static str> {
    let healthy = report.is_some_and(|report| report.verdict == Word::Healthy);
    if healthy && elapsed >= TimeDelta::minutes(least_minutes.into()) {
        return Some(HEALTHY);
    }
    (elapsed >= TimeDelta::minutes(most_minutes.into())).then_some(INCONCLUSIVE)
}

/// How far a bake is, for the console; 100 is said by its end alone.
#[must_use]
pub fn percent_complete(elapsed: TimeDelta, minutes: u32) -> u8 {
    let percent = elapsed.num_seconds() * 100 / (i64::from(minutes) * 60).max(1);
    u8::try_from(percent.clamp(0, 99)).unwrap_or_default()
}

/// The settled minutes of a version that serves alone since `whole_since`: from the first minute that the check after the
/// promotion judges, so that both add up the same evidence. Beside them stand those of the version before, from as many
/// minutes earlier as the watch is long: shown, not tested, because they come from another time.
#[must_use]
pub fn window_alone(
    whole_since: DateTime<Utc>,
    now: DateTime<Utc>,
    watch_minutes: u32,
    settle_minutes: u32,
) -> Window {
    let from = Window::first_minute_alone(whole_since);
    let stable_from = from - TimeDelta::minutes(watch_minutes.into());
    Window { stable_from, ..Window::settled(from, now, settle_minutes) }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alarm, at};
    use super::*;
    use judge::{Counts, Criterion, Inputs, Phase, Series};

    /// Ten minutes with 60 requests of the new version each, this many of them bad.
    fn report(bad: u64) -> Report {
        let minutes = |bad| vec![Some(Counts::new(60, bad).unwrap()); 10];
        let criterion = Criterion::new("errors", 0.01);
        let series = vec![Series { criterion, canary: minutes(bad), stable: minutes(0) }];
        let inputs = Inputs { alpha: 0.005, min_requests: 50, phase: Phase::Split, series };
        inputs.document().unwrap().report
    }

    #[test]
    fn version_is_blamed_for_alarms_that_fire_since_it_serves() {
        let alarms = [alarm("old", Some(at(-1))), alarm("new", Some(at(0))), alarm("quiet", None)];
        let blame = accused(&alarms, at(0)).unwrap();
        assert_eq!(blame.why, "alarm new");
        assert!(blame.reason.starts_with("guard alarm new fires since 2026-11-23T"), "{}", blame.reason);
        assert!(!blame.reason.contains("old") && !blame.reason.contains("quiet"));
        assert_eq!(accused(&alarms[..1], at(0)), None);
    }

    #[test]
    fn why_is_cut_to_forty_characters() {
        for (length, kept) in [(39, 39), (40, 40), (41, 40)] {
            assert_eq!(Blame::new(&"ä".repeat(length), String::new()).why.chars().count(), kept);
        }
    }

    #[test]
    fn breach_is_told_in_few_words_and_in_full() {
        let blame = breach(&report(6)).unwrap();
        assert_eq!(blame.why, "breach: errors 60/600");
        assert!(blame.reason.starts_with("errors: the canary"), "{}", blame.reason);
        assert_eq!(breach(&report(0)), None);
    }

    #[test]
    fn deleted_alarm_is_named() {
        let names = ["a".to_owned(), "b".to_owned()];
        let missing = no_alarm_is_missing(&names, &[alarm("a", None)]).unwrap_err();
        assert!(missing.is_configuration && missing.message.contains("exist: b;"), "{missing:?}");
        assert_eq!(no_alarm_is_missing(&names[..1], &[alarm("a", None)]), Ok(()));
    }

    #[test]
    fn bake_ends_healthy_after_its_minutes_and_without_a_verdict_at_its_cap() {
        let second = TimeDelta::seconds(1);
        let (least, most) = (TimeDelta::minutes(15), TimeDelta::minutes(30));
        let healthy = report(0);
        let doubtful = {
            let mut report = report(0);
            report.verdict = Word::Inconclusive;
            report
        };
        for (report, elapsed, verdict) in [
            (Some(&healthy), least - second, None),
            (Some(&healthy), least, Some(HEALTHY)),
            (Some(&healthy), most + second, Some(HEALTHY)),
            (Some(&doubtful), least, None),
            (Some(&doubtful), most - second, None),
            (Some(&doubtful), most, Some(INCONCLUSIVE)),
            (None, most - second, None),
            (None, most, Some(INCONCLUSIVE)),
        ] {
            assert_eq!(baked(report, elapsed, 15, 30), verdict, "{elapsed}");
        }
    }

    #[test]
    fn percent_is_from_0_to_99() {
        let percent = |seconds| percent_complete(TimeDelta::seconds(seconds), 10);
        assert_eq!([percent(-5), percent(0), percent(300), percent(599), percent(9_999)], [0, 0, 50, 99, 99]);
        assert_eq!(percent_complete(TimeDelta::seconds(1), 0), 99);
    }

    #[test]
    fn minutes_alone_begin_as_those_of_the_check_after_the_promotion() {
        let window = |seconds: i64, now| window_alone(at(0) + TimeDelta::seconds(seconds), at(now), 30, 2);
        assert_eq!((window(0, 9).from, window(0, 9).minutes), (at(0), 7));
        assert_eq!((window(1, 9).from, window(1, 9).minutes), (at(1), 6));
        assert_eq!((window(59, 9).from, window(59, 9).stable_from), (at(1), at(-29)));
        assert_eq!(window(0, 2).minutes, 0);
    }
}
