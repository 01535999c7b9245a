//! Lambda: functions from real programs, versions, weighted aliases, and invocation through the Runtime API.

mod alias_rules;
mod aliases;
mod code;
mod errors;
mod failure;
mod functions;
mod invoke;
mod logs;
mod model;
mod requests;
pub(crate) mod rest;
pub(crate) mod runtime_api;
mod sandbox;
mod seed;
mod versions;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use parking_lot::Mutex;
use rand::{SeedableRng as _, rngs::StdRng};

pub(crate) use aliases::AliasChange;
use invoke::Invoked;
pub use logs::LogLine;
use model::Function;
pub(crate) use rest::bare_name;
use sandbox::{Sandbox, SandboxPort};

use crate::{Options, clock::VirtualClock, cloudwatch::CloudWatch, journal::Journal};

/// What Lambda shares with the other services of the twin.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) clock: VirtualClock,
    pub(crate) cloudwatch: Arc<CloudWatch>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) options: Options,
    /// `http://127.0.0.1:port`, where sandboxes find the Runtime API and AWS.
    pub(crate) endpoint: String,
}

/// Idle sandboxes of one published configuration: function name, version, revision.
type PoolKey = (String, String, String);

/// The Lambda service.
#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) around: Surroundings,
    functions: Mutex<BTreeMap<String, Function>>,
    idle: Mutex<HashMap<PoolKey, Vec<Sandbox>>>,
    ports: Arc<Mutex<HashMap<String, Arc<SandboxPort>>>>,
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
            idle: Mutex::default(),
            ports: Arc::default(),
            running: Mutex::default(),
            logs: Mutex::default(),
            dice,
        }
    }

    fn function_arn(&self, name: &str) -> String {
        let Options { region, account, .. } = &self.around.options;
        format!("arn:aws:lambda:{region}:{account}:function:{name}")
    }

    /// The folder of idle programs is emptied; called when the twin stops, so that no process outlives it.
    pub(crate) fn stop_sandboxes(&self) {
        self.idle.lock().clear();
        self.ports.lock().clear();
    }
}
