//! The actions: each observes, asks [`crate::decide`], and acts.

mod acquire;
mod promote;
mod shift;
mod watch;

use crate::WorkError;
use crate::answer::Answer;
use crate::decide;
use crate::parameters::Parameters;
use crate::run::Run;

/// Carries out one call.
///
/// # Errors
/// When AWS does not answer; nothing is known then, and the next call looks again.
pub(crate) async fn act(run: &mut Run<'_>, parameters: &Parameters) -> Result<Answer, WorkError> {
    let alias = run.live.alias().await?;
    match (parameters, decide::taken_back(&alias, run.execution)) {
        (Parameters::Acquire(_), _) => acquire::acquire(run, alias).await,
        (_, Some((_, mark))) => run.drive_back(mark).await,
        (Parameters::Shift(shift), None) => shift::shift(run, alias, shift).await,
        (Parameters::Promote(promote), None) => promote::promote(run, alias, promote).await,
        (Parameters::Watch(watch), None) => watch::watch(run, &alias, watch).await,
    }
}
