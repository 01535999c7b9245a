//! Lambda: functions from real programs, versions, weighted aliases, and invocation through the Runtime API.

mod alias_rules;
mod aliases;
mod code;
mod errors;
mod event_config;
mod events;
mod failure;
mod functions;
mod host;
mod invoke;
mod logs;
mod measure;
mod model;
mod names;
mod page;
mod report;
mod requests;
pub(crate) mod rest;
mod run;
mod runtime_api;
mod sandbox;
#[cfg(test)]
mod sandbox_tests;
mod seed;
mod validate;
mod versions;

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    sync::Arc,
};

use parking_lot::Mutex;
use rand::{SeedableRng as _, rngs::StdRng};

pub(crate) use aliases::AliasChange;
pub use host::{Host, HostedInvocation};
use invoke::{Attempt, Invoked};
pub use logs::LogLine;
use model::Function;
pub(crate) use names::{bare_name, qualifier_in};
use sandbox::Sandbox;

use crate::{
    Options, clock::VirtualClock, cloudwatch::CloudWatch, faults::Faults, journal::Journal, tasks::Tasks,
};

/// What Lambda shares with the other services of the twin.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) clock: VirtualClock,
    pub(crate) cloudwatch: Arc<CloudWatch>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) options: Options,
    /// `http://127.0.0.1:port`, where sandboxes find AWS.
    pub(crate) endpoint: String,
    /// What runs in the background and ends with the twin.
    pub(crate) tasks: Arc<Tasks>,
    /// Tells who dies in the middle of a call.
    pub(crate) faults: Arc<Faults>,
}

impl Surroundings {
    /// Runs `work` in the background until it is done or the twin is dropped.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }
}

/// Idle sandboxes of one published configuration: function name, version, revision.
type PoolKey = (String, String, String);

/// The Lambda service.
#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) around: Surroundings,
    functions: Mutex<BTreeMap<String, Function>>,
    hosts: Mutex<BTreeMap<String, Host>>,
    idle: Mutex<HashMap<PoolKey, Vec<Sandbox>>>,
    running: Mutex<HashMap<String, usize>>,
    logs: Mutex<BTreeMap<String, Vec<LogLine>>>,
    dice: Mutex<StdRng>,
}

impl Lambda {
    pub(crate) fn new(around: Surroundings) -> Self {
        let dice = Mutex::new(StdRng::seed_from_u64(around.options.seed));
        Self {
            around,
            functions: Mutex::default(),
            hosts: Mutex::default(),
            idle: Mutex::default(),
            running: Mutex::default(),
            logs: Mutex::default(),
            dice,
        }
    }

    fn function_arn(&self, name: &str) -> String {
        let Options { region, account, .. } = &self.around.options;
        format!("arn:aws:lambda:{region}:{account}:function:{name}")
    }

    /// Ends everything that runs, so that no process outlives the twin: work in the background takes its busy
    /// sandboxes with it, and without functions no sandbox is kept for later. Hosts may hold what holds the twin.
    pub(crate) fn stop(&self) {
        self.around.tasks.stop();
        self.functions.lock().clear();
        self.hosts.lock().clear();
        self.idle.lock().clear();
    }
}
