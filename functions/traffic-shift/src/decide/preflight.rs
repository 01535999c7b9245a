//! What must hold before the new version gets more requests. Every problem is told at once.

use super::Refusal;
use chrono::{DateTime, Utc};
use guard::Alarm;
use release::Deployment;

/// A version, as Lambda describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub number: String,
    /// `None` when it does not exist.
    pub found: Option<Found>,
}

/// What matters of a version's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// `Active` when it takes requests at once.
    pub state: String,
    /// ARN of its role.
    pub role: String,
    /// Where its failed asynchronous invocations go.
    pub dead_letters: Option<String>,
}

/// What was gathered: problems, and whether one of them is a setting's.
#[derive(Debug, Default)]
struct Problems {
    told: Vec<String>,
    is_configuration: bool,
}

impl Problems {
    fn told(self) -> Result<(), Refusal> {
        if self.told.is_empty() {
            return Ok(());
        }
        Err(Refusal { is_configuration: self.is_configuration, message: self.told.join("; ") })
    }
}

/// Checks everything. `differs`: how the alias differs from what the release left. `split_since`: since when the new version
/// has requests; an alarm that fires since then is never excused. `names`: the guard alarms. Answers the alarms that fire and
/// are excused.
///
/// # Errors
/// With every problem, one sentence each.
pub fn preflight(
    differs: Option<String>,
    running: &[Deployment],
    (names, alarms): (&[String], &[Alarm]),
    versions: &[Version; 2],
    hotfix: bool,
    split_since: Option<DateTime<Utc>>,
) -> Result<Vec<String>, Refusal> {
    let mut problems = Problems::default();
    problems.told.extend(running.iter().map(|deployment| {
        format!("CodeDeploy makes deployment {} of this group: wait for its end or stop it", deployment.id)
    }));
    problems.told.extend(differs);
    let excused = alarm_problems(&mut problems, names, alarms, hotfix, split_since);
    version_problems(&mut problems, versions);
    problems.told()?;
    Ok(excused)
}

fn alarm_problems(
    problems: &mut Problems,
    names: &[String],
    alarms: &[Alarm],
    hotfix: bool,
    split_since: Option<DateTime<Utc>>,
) -> Vec<String> {
    let mut excused = Vec::new();
    for name in names {
        let Some(alarm) = alarms.iter().find(|alarm| alarm.name == *name) else {
            problems.is_configuration = true;
            problems
                .told
                .push(format!("guard alarm {name} does not exist: correct GUARD_ALARMS or create it"));
            continue;
        };
        let accuses = split_since.is_some_and(|since| alarm.accuses(since));
        if accuses {
            problems.told.push(format!(
                "guard alarm {name} fires since the new version has requests: {}",
                alarm.reason
            ));
        } else if alarm.firing && hotfix {
            excused.push(name.clone());
        } else if alarm.firing {
            problems.told.push(format!(
                "guard alarm {name} fires: {}; wait until it does not, or release as a hotfix",
                alarm.reason
            ));
        }
    }
    excused
}

fn version_problems(problems: &mut Problems, versions: &[Version; 2]) {
    for version in versions {
        match &version.found {
            None => problems.told.push(format!("version {} does not exist", version.number)),
            Some(found) if found.state != "Active" => {
                problems.told.push(format!("version {} is {} and not Active", version.number, found.state));
            }
            Some(_) => {}
        }
    }
    let [one, other] = versions;
    let (Some(found), Some(than)) = (&one.found, &other.found) else { return };
    // Lambda refuses to split an alias between such versions (Lambda guide, weighted aliases).
    if found.role != than.role {
        problems.told.push(format!(
            "versions {} and {} have different roles ({} and {}): Lambda does not split an alias between them",
            one.number, other.number, found.role, than.role
        ));
    }
    if found.dead_letters != than.dead_letters {
        let target = |found: &Found| found.dead_letters.clone().unwrap_or_else(|| "none".to_owned());
        problems.told.push(format!(
            "versions {} and {} have different dead-letter targets ({} and {}): Lambda does not split an alias between them",
            one.number,
            other.number,
            target(found),
            target(than)
        ));
    }
}

/// A sentence with the alarms that fire and were excused.
#[must_use]
pub fn with_alarms(sentence: &str, excused: &[String]) -> String {
    if excused.is_empty() {
        return sentence.to_owned();
    }
    format!("{sentence} (firing already, excused: {})", excused.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alarm, at};
    use super::*;
    use release::Status;

    fn found() -> Found {
        Found { state: "Active".to_owned(), role: "role/a".to_owned(), dead_letters: None }
    }

    fn versions(change: impl Fn(&mut Found)) -> [Version; 2] {
        let mut other = found();
        change(&mut other);
        [
            Version { number: "6".to_owned(), found: Some(found()) },
            Version { number: "7".to_owned(), found: Some(other) },
        ]
    }

    fn names() -> [String; 1] {
        ["guard".to_owned()]
    }

    fn with_alarm(since: Option<DateTime<Utc>>, hotfix: bool) -> Result<Vec<String>, Refusal> {
        preflight(None, &[], (&names(), &[alarm("guard", since)]), &versions(|_| {}), hotfix, Some(at(0)))
    }

    fn told(versions: &[Version; 2]) -> String {
        preflight(None, &[], (&[], &[]), versions, false, None).unwrap_err().message
    }

    #[test]
    fn nothing_is_told_when_all_is_well() {
        assert_eq!(with_alarm(None, false), Ok(Vec::new()));
    }

    #[test]
    fn alarm_is_excused_in_a_hotfix_when_it_fired_before_the_split() {
        assert!(
            with_alarm(Some(at(-1)), false)
                .unwrap_err()
                .message
                .contains("guard alarm guard fires: too many")
        );
        assert_eq!(with_alarm(Some(at(-1)), true), Ok(vec!["guard".to_owned()]));
        for hotfix in [false, true] {
            let refusal = with_alarm(Some(at(0)), hotfix).unwrap_err();
            assert!(refusal.message.contains("since the new version"), "{refusal:?}");
            assert!(!refusal.is_configuration);
        }
    }

    #[test]
    fn setting_is_to_be_corrected_when_an_alarm_does_not_exist() {
        let refusal = preflight(None, &[], (&names(), &[]), &versions(|_| {}), true, None).unwrap_err();
        assert!(refusal.is_configuration && refusal.message.contains("guard alarm guard does not exist"));
    }

    #[test]
    fn version_is_refused_when_it_is_absent_inactive_or_different() {
        assert_eq!(
            told(&versions(|found| found.state = "Pending".to_owned())),
            "version 7 is Pending and not Active"
        );
        assert!(told(&versions(|found| found.role = "role/b".to_owned())).contains("different roles"));
        let dead_letters = told(&versions(|found| found.dead_letters = Some("arn:q".to_owned())));
        assert!(dead_letters.contains("different dead-letter targets (none and arn:q)"), "{dead_letters}");
        let mut absent = versions(|_| {});
        absent[1].found = None;
        assert_eq!(told(&absent), "version 7 does not exist");
    }

    #[test]
    fn problems_are_told_all_at_once() {
        let running = Deployment {
            id: "d-1".to_owned(),
            status: Status::Running,
            description: String::new(),
            creator: "user".to_owned(),
            rolled_back_by: None,
            problem: None,
            ended_at: None,
        };
        let bad = versions(|found| found.state = "Failed".to_owned());
        let differs = Some("the alias was changed by hand".to_owned());
        let told = preflight(differs, &[running], (&names(), &[]), &bad, false, None).unwrap_err().message;
        for part in ["deployment d-1", "changed by hand", "guard", "version 7"] {
            assert!(told.contains(part), "{told}");
        }
    }
}
