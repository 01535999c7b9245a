//! Sets the stage for gated releases: the stacks of both templates, and stand-ins for what is no function of this project.

use aws_sdk_cloudwatch::{
    primitives::DateTime as SdkTime,
    types::{Dimension, MetricDatum},
};
use chrono::{DurationRound as _, TimeDelta};
use serde_json::json;
use twin::programs::Programs;

use super::{
    pipeline::{self, Extent},
    stand_ins,
};
use crate::{
    error::RehearsalError,
    names::USAGE_TABLE,
    scenario::{Version, gated::GatedScenario},
    stacks::{self, Deployed},
    stage::{self, Stage},
    templates::{self, Environment},
};

/// Everything a gated release needs.
pub(crate) struct GatedStage {
    pub(crate) stage: Stage,
    pub(crate) codepipeline: aws_sdk_codepipeline::Client,
    /// The stages of the pipeline that is played.
    pub(crate) stages: Vec<String>,
    pub(super) environments: Vec<Deployed>,
}

impl GatedStage {
    /// Starts the twin with version 1 behind every alias, and a pipeline that waits to be started.
    pub(crate) async fn set(
        programs: &Programs,
        (rate, seed): (f64, u64),
        scenario: &GatedScenario,
    ) -> Result<Self, RehearsalError> {
        let stage = Stage::empty(rate, seed).await?;
        let of_the_pipeline = templates::pipeline()?;
        stacks::make_pipeline_stack(&stage, &of_the_pipeline).await?;
        let mut environments = Vec::new();
        for environment in Environment::ALL {
            let stable = match environment {
                // Last, because its faults begin some minutes from now and setting up takes some.
                Environment::Production => (scenario.stable)(),
                _ if scenario.extent == Extent::Production => continue,
                _ => Version::default(),
            };
            environments.push(Deployed::make(&stage, programs, environment, stable).await?);
        }
        stand_ins::set(&stage, scenario, &environments);
        let definition = pipeline::definition(&of_the_pipeline, scenario.times, scenario.extent)?;
        let stages = pipeline::stages(&definition);
        stage.twin.call_codepipeline("CreatePipeline", &json!({"pipeline": definition}))?;
        let codepipeline = stage::clients(stage.twin.endpoint())?.codepipeline();
        Ok(Self { stage, codepipeline, stages, environments })
    }

    /// Puts the alarms of every environment.
    pub(crate) async fn put_alarms(&self) -> Result<(), RehearsalError> {
        for environment in &self.environments {
            environment.put_alarms().await?;
        }
        Ok(())
    }

    /// From now on, for so many virtual minutes, production's table refuses requests, whichever version asks.
    pub(crate) async fn throttle_the_table(&self, minutes: i64) -> Result<(), RehearsalError> {
        let clients = &self.stage.clients;
        let now = clients.clock.now();
        let start = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        let table = Dimension::builder().name("TableName").value(USAGE_TABLE).build();
        let datum = |minute| {
            let at = SdkTime::from_secs((start + TimeDelta::minutes(minute)).timestamp());
            let datum = MetricDatum::builder().metric_name("WriteThrottleEvents").dimensions(table.clone());
            datum.timestamp(at).value(3.0).build()
        };
        let put = clients.cloudwatch.put_metric_data().namespace("AWS/DynamoDB");
        put.set_metric_data(Some((0..minutes).map(datum).collect())).send().await?;
        Ok(())
    }
}
