//! CodeDeploy for Lambda aliases: applications, groups, configurations, and deployments that really shift traffic.

mod announce;
mod applications;
mod appspec;
mod checks;
mod configurations;
mod deployments;
mod engine;
mod errors;
mod groups;
mod hooks;
mod model;
mod operations;
mod reading;
mod requests;
mod stop;
mod targets;

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;

pub(crate) use deployments::FixedIds;
use model::{Application, Configuration, Deployment};

use crate::{error::ApiError, events::Bus, lambda::Lambda};

/// Everything CodeDeploy keeps.
#[derive(Debug, Default)]
struct State {
    applications: BTreeMap<String, Application>,
    configurations: BTreeMap<String, Configuration>,
    deployments: BTreeMap<String, Deployment>,
}

/// The CodeDeploy service.
#[derive(Debug)]
pub(crate) struct CodeDeploy {
    lambda: Arc<Lambda>,
    bus: Arc<Bus>,
    state: Mutex<State>,
}

impl CodeDeploy {
    pub(crate) fn new(lambda: Arc<Lambda>, bus: Arc<Bus>) -> Self {
        let state = State { configurations: configurations::predefined(), ..State::default() };
        Self { lambda, bus, state: Mutex::new(state) }
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.lambda.around.clock.now()
    }

    /// Runs `work` on one deployment under the lock.
    fn with_deployment<T>(&self, id: &str, work: impl FnOnce(&mut Deployment) -> T) -> Result<T, ApiError> {
        let mut state = self.state.lock();
        state.deployments.get_mut(id).map(work).ok_or_else(|| errors::no_deployment(id))
    }
}
