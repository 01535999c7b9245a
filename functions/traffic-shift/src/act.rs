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
    if let Parameters::Acquire(_) = parameters {
        return acquire::acquire(run, alias).await;
    }
    if let Some((_, mark)) = decide::taken_back(&alias, run.execution) {
        return run.drive_back(mark).await;
    }
    match parameters {
        Parameters::Acquire(_) => acquire::acquire(run, alias).await,
        Parameters::Shift(shift) => shift::shift(run, alias, shift).await,
        Parameters::Promote(promote) => promote::promote(run, alias, promote).await,
        Parameters::Watch(watch) => watch::watch(run, &alias, watch).await,
    }
}
