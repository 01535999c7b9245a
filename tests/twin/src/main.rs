//! `twin`: starts the local AWS and tells how to reach it. No rules here.

use std::{collections::BTreeMap, io::IsTerminal as _, path::PathBuf};

use clap::Parser;
use twin::{
    Options, PipelineOptions, StandIn, Twin,
    seed::{self, SeededRelease},
};

/// A local AWS for rehearsals: Lambda, CodeDeploy, CodePipeline, CloudWatch, EventBridge, SNS and DynamoDB on one port.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 5555)]
    port: u16,
    /// Virtual seconds per real second, at most 100000; 60 plays a minute per second.
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// Seed of the dice that route by alias weight.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Program of the backend; with --event, a deployment of it waits at its hook.
    #[arg(long, requires = "event")]
    backend: Option<PathBuf>,
    /// Sample hook event whose ids the waiting deployment gets.
    #[arg(long, requires = "backend")]
    event: Option<PathBuf>,
    /// Provider of CodePipeline actions that succeed at once, for instance S3; may be given several times.
    #[arg(long = "stand-in", value_name = "PROVIDER")]
    stand_ins: Vec<String>,
    /// CreatePipeline starts no execution.
    #[arg(long)]
    no_first_execution: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let colours = std::io::stdout().is_terminal();
    tracing_subscriber::fmt().with_target(false).with_level(false).without_time().with_ansi(colours).init();
    let arguments = Arguments::parse();
    let stop = twin::stop_signals()?;
    let options = Options {
        port: arguments.port,
        rate: arguments.rate,
        seed: arguments.seed,
        // Only with a waiting deployment is the hook somebody else's to run.
        external_functions: arguments.event.iter().map(|_| seed::HOOK.to_owned()).collect(),
        pipelines: PipelineOptions {
            run_when_created: !arguments.no_first_execution,
            ..PipelineOptions::default()
        },
        ..Options::default()
    };
    let twin = Twin::start(options)
        .await
        .map_err(|e| format!("port {} cannot be taken ({e}); choose another with --port", arguments.port))?;
    for provider in &arguments.stand_ins {
        twin.stand_in(provider, StandIn::that_succeeds());
    }
    if let (Some(backend), Some(event)) = (arguments.backend, arguments.event) {
        let id = twin.seed(SeededRelease {
            program: backend,
            second_version: BTreeMap::from([("BUILD_ID".to_owned(), "second-build".to_owned())]),
            hook: None,
            ids: Some(seed::read_hook_ids(&event)?),
        })?;
        tracing::info!("{id} waits at BeforeAllowTraffic for the answer to {}", event.display());
    }
    tracing::info!("ready (Ctrl-C stops it); for clients:");
    tracing::info!(
        "export AWS_ENDPOINT_URL={} AWS_DEFAULT_REGION=eu-west-1 AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any",
        twin.endpoint()
    );
    stop.await;
    // With it go the sandboxes and the folders with their code.
    drop(twin);
    Ok(())
}
