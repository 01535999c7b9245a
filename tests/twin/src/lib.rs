//! `twin`: a local AWS for rehearsals. Lambda, CodeDeploy, CodePipeline, CloudWatch, EventBridge, SNS, DynamoDB and a
//! stand-in for Bedrock on one port of this computer, with the behaviour that matters when a release is judged, and a clock that runs as fast as asked.
//!
//! What it takes for granted about AWS, and how sure that is, stands in `README.md` beside this crate.

#![cfg_attr(test, allow(clippy::float_cmp, reason = "exact values are what these tests are about"))]

mod bedrock;
pub mod clock;
pub mod cloudwatch;
mod codedeploy;
mod codepipeline;
mod connection;
mod dynamodb;
mod error;
mod events;
mod faults;
pub mod journal;
mod lambda;
mod options;
pub mod programs;
mod schedule;
pub mod seed;
mod server;
mod signals;
mod sns;
mod tasks;
mod wire;

use std::{net::SocketAddr, sync::Arc};

use chrono::TimeDelta;
use clock::VirtualClock;
use cloudwatch::{CloudWatch, Transition};
use codedeploy::CodeDeploy;
pub use codepipeline::{ActionRun, PipelineOptions, Revision, StandIn, StandInResult};
use codepipeline::{CodePipeline, Outlets};
use connection::{Line, Lines};
use dynamodb::DynamoDb;
pub use error::ApiError;
use events::Bus;
pub use faults::{Call, Crash, Faults, Strike, StrikeKind};
use journal::{Event, Journal};
pub use lambda::{Host, HostedInvocation, LogLine};
use lambda::{Lambda, Surroundings};
pub use options::Options;
pub use schedule::{Schedule, Scheduled};
use seed::SeededRelease;
use serde_json::Value;
pub use signals::stop_signals;
pub use sns::Delivered;
use sns::Sns;
use tasks::Tasks;
use tokio::{net::TcpListener, sync::oneshot};

/// Alarms are evaluated this long after each full virtual minute.
const ALARM_DELAY: TimeDelta = TimeDelta::seconds(1);

/// The services behind the port.
#[derive(Debug)]
struct Services {
    clock: VirtualClock,
    cloudwatch: Arc<CloudWatch>,
    journal: Arc<Journal>,
    lambda: Arc<Lambda>,
    sns: Arc<Sns>,
    bus: Arc<Bus>,
    codedeploy: Arc<CodeDeploy>,
    codepipeline: Arc<CodePipeline>,
    dynamodb: DynamoDb,
    faults: Arc<Faults>,
}

/// A running twin; dropping it stops the server, everything that runs in the background and every sandbox.
#[derive(Debug)]
pub struct Twin {
    address: SocketAddr,
    services: Arc<Services>,
    /// The server closes its connections and ends when this is dropped.
    _serving: oneshot::Sender<()>,
}

impl Twin {
    /// Starts the twin on 127.0.0.1.
    ///
    /// # Errors
    /// When the port cannot be taken, or DynamoDB's database in memory cannot be opened.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
        let address = listener.local_addr()?;
        let clock = VirtualClock::start(options.rate);
        let cloudwatch = Arc::new(CloudWatch::new(&options.region, &options.account));
        let journal = Arc::new(Journal::default());
        journal.print_from_now_on();
        cloudwatch.on_transition({
            let journal = journal.clone();
            move |change| journal.record(change.at, alarm_changed(change))
        });
        let (tasks, faults) = (Arc::new(Tasks::default()), Arc::new(Faults::default()));
        let lambda = Arc::new(Lambda::new(Surroundings {
            clock,
            cloudwatch: cloudwatch.clone(),
            journal: journal.clone(),
            options,
            endpoint: format!("http://{address}"),
            tasks: tasks.clone(),
            faults: faults.clone(),
        }));
        let sns = Arc::new(Sns::new(lambda.clone()));
        let bus = Arc::new(Bus::new(lambda.clone(), sns.clone()));
        cloudwatch.on_transition({
            // CloudWatch must not keep alive what keeps CloudWatch alive.
            let bus = Arc::downgrade(&bus);
            move |change| bus.upgrade().iter().for_each(|bus| bus.alarm_changed(change))
        });
        let codedeploy = Arc::new(CodeDeploy::new(lambda.clone(), bus.clone()));
        let codepipeline = Arc::new(CodePipeline::new(lambda.clone(), outlets(&bus, &sns, clock)));
        let services = Arc::new(Services {
            clock,
            cloudwatch,
            journal,
            lambda,
            sns,
            bus,
            codedeploy,
            codepipeline,
            dynamodb: DynamoDb::new().map_err(std::io::Error::other)?,
            faults,
        });
        let (serving, twin_dropped) = oneshot::channel::<()>();
        tokio::spawn(serve(listener, services.clone(), twin_dropped));
        tasks.spawn(watch_alarms(services.clone()));
        Ok(Self { address, services, _serving: serving })
    }

    /// Where AWS clients find the twin, for `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The virtual clock.
    #[must_use]
    pub fn clock(&self) -> VirtualClock {
        self.services.clock
    }

    /// What happened so far.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.services.journal
    }

    /// Metrics and alarms.
    #[must_use]
    pub fn cloudwatch(&self) -> &CloudWatch {
        &self.services.cloudwatch
    }

    /// Injected faults and recorded calls.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.services.faults
    }

    /// Every event on the bus so far, oldest first, with its envelope; not those of schedules.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.services.bus.events()
    }

    /// The e-mails that the subscribers of an SNS topic got, by its name or ARN, oldest first.
    #[must_use]
    pub fn inbox(&self, topic: &str) -> Vec<Delivered> {
        self.services.sns.inbox(topic)
    }

    /// Everything a function printed so far.
    #[must_use]
    pub fn log_lines(&self, function: &str) -> Vec<LogLine> {
        self.services.lambda.log_lines(function)
    }

    /// Waits for the end of a deployment; answers its status (Succeeded, Failed or Stopped).
    ///
    /// # Errors
    /// `DeploymentDoesNotExistException`.
    pub async fn deployment_finished(&self, id: &str) -> Result<String, ApiError> {
        self.services.codedeploy.finished(id).await
    }

    /// Makes a function with two versions and starts the deployment of the second; answers the deployment's id.
    ///
    /// # Errors
    /// When a program cannot be used.
    pub fn seed(&self, release: SeededRelease) -> Result<String, ApiError> {
        seed::release(&self.services, release)
    }

    /// Invocations of a function go to `host` from now on, whoever makes them. Everything around them is as for a program:
    /// versions, aliases, event invoke configuration, metrics, concurrency, time-out, and the repetition of asynchronous
    /// invocations that fail. A function that does not exist is made, with a time-out of 60 s and no version; CreateFunction
    /// for it answers `ResourceConflictException` then, so create a function first that shall have settings of its own.
    ///
    /// # Errors
    /// When the name is no function's name.
    pub fn host(&self, function: &str, host: Host) -> Result<(), ApiError> {
        self.services.lambda.host(function, host)
    }

    /// Plays the actions of a CodePipeline provider from now on; without one they fail and name the missing stand-in.
    pub fn stand_in(&self, provider: &str, stand_in: StandIn) {
        self.services.codepipeline.stand_in(provider, stand_in);
    }

    /// Carries out one CodePipeline operation as the operator, without a client; it meets no injected fault and is not
    /// recorded.
    ///
    /// # Errors
    /// What CodePipeline would answer.
    pub fn call_codepipeline(&self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        self.services.codepipeline.handle(operation, input, faults::OPERATOR)
    }

    /// Invokes a function at every full virtual minute (or at a slower rate), as an EventBridge rule does, until the twin
    /// is dropped. A function that does not exist is warned of and tried again the next time.
    #[expect(clippy::must_use_candidate, reason = "a schedule runs without its handle")]
    pub fn schedule(&self, schedule: Schedule) -> Scheduled {
        schedule::start(&self.services.lambda, schedule)
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        self.services.lambda.stop();
    }
}

/// Answers requests until the twin is dropped.
async fn serve(listener: TcpListener, services: Arc<Services>, twin_dropped: oneshot::Receiver<()>) {
    let router = server::router(services).into_make_service_with_connect_info::<Line>();
    let until = async { drop(twin_dropped.await) };
    if let Err(error) = axum::serve(Lines(listener), router).with_graceful_shutdown(until).await {
        tracing::error!(%error, "the twin's server ended");
    }
}

/// Evaluates the alarms once per virtual minute.
async fn watch_alarms(services: Arc<Services>) {
    loop {
        services.clock.sleep_until(services.clock.next_minute() + ALARM_DELAY).await;
        // The journal hears of changes as it does of those made by SetAlarmState.
        services.cloudwatch.evaluate_alarms(services.clock.now());
    }
}

/// CodePipeline's events go to the bus, its notices to their topics.
fn outlets(bus: &Arc<Bus>, sns: &Arc<Sns>, clock: VirtualClock) -> Outlets {
    let (bus, sns) = (bus.clone(), sns.clone());
    Outlets {
        events: Arc::new(move |event| bus.emit(event)),
        notify: Arc::new(move |topic, subject, message| {
            // The approval can be answered all the same (C).
            if let Err(error) = sns.notify(topic, Some(subject), message, clock.now()) {
                tracing::warn!(target: "twin", "the approval's notice was not published: {error}");
            }
        }),
    }
}

fn alarm_changed(change: &Transition) -> Event {
    Event::AlarmChanged {
        alarm: change.alarm_name.clone(),
        from: change.from.as_str().to_owned(),
        to: change.to.as_str().to_owned(),
        reason: change.reason.clone(),
    }
}
