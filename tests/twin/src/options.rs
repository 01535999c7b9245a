//! How a twin is set up.

use crate::PipelineOptions;

/// How a twin is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Virtual seconds per real second; 60 plays a minute per second. At most [`crate::clock::HIGHEST_RATE`].
    pub rate: f64,
    /// Seed of the dice that route by alias weight.
    pub seed: u64,
    /// Region in ARNs.
    pub region: String,
    /// Account in ARNs.
    pub account: String,
    /// Invocations that may run at once in the whole account.
    pub account_concurrency: usize,
    /// Hook functions that run outside the twin (for instance under `cargo lambda watch`): CodeDeploy waits for
    /// their answer without invoking them. Rollback deployments do not wait: they are answered Succeeded at once.
    /// CodePipeline does not invoke them either; whoever reads a job's id in the journal may answer it.
    pub external_functions: Vec<String>,
    /// How pipelines behave where AWS does not say it.
    pub pipelines: PipelineOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            rate: 60.0,
            seed: 1,
            region: "eu-west-1".to_owned(),
            account: "123456789012".to_owned(),
            account_concurrency: 50,
            external_functions: Vec::new(),
            pipelines: PipelineOptions::default(),
        }
    }
}
