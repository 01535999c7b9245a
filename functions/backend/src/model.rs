//! A Bedrock model that words the answer; what it is told and what counts as an answer is decided in [`crate::query`].

use crate::failure::CallFailure;
use crate::manuals::Passage;
use crate::query::{LONGEST_MODEL_TIME, instructions, time_for_model, worded};
use aws::Aws;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::operation::converse::ConverseOutput;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, InferenceConfiguration, Message, StopReason, SystemContentBlock,
};
use std::time::Duration;

/// Id of a model or an inference profile; unset, empty or `none`: the manual's own words are the answer.
pub const MODEL_ID: &str = "MODEL_ID";

/// Three sentences, generously.
const MOST_TOKENS: i32 = 400;

/// The model.
#[derive(Clone, Debug)]
pub struct Model {
    client: Client,
    id: String,
}

impl Model {
    /// The model of this id.
    #[must_use]
    pub fn new(aws: &Aws, id: String) -> Self {
        Self { client: aws.bedrock(LONGEST_MODEL_TIME), id }
    }

    /// Answers a question from a passage, while the invocation has this much time left.
    ///
    /// # Errors
    /// When the model refuses, is not done in time, or gives no whole answer.
    pub async fn answer(
        &self,
        question: &str,
        passage: &Passage,
        left: Duration,
    ) -> Result<String, CallFailure> {
        // No time at all is a time-out at once, before the request leaves.
        let time = time_for_model(left);
        let late = |_| CallFailure::new("TimeoutError", &format!("no answer within {time:?}"));
        let output = tokio::time::timeout(time, self.converse(question, passage)).await.map_err(late)??;
        let ended = *output.stop_reason() == StopReason::EndTurn;
        let no_answer = || {
            let reason = format!("the model stopped with {}", output.stop_reason());
            CallFailure::new("NoAnswer", &reason)
        };
        worded(ended, &text(&output)).ok_or_else(no_answer)
    }

    async fn converse(&self, question: &str, passage: &Passage) -> Result<ConverseOutput, CallFailure> {
        let built = |error| CallFailure::new("ConstructionFailure", &aws::chain(&error));
        let message = Message::builder()
            .role(ConversationRole::User)
            .content(ContentBlock::Text(question.to_owned()))
            .build();
        let limits = InferenceConfiguration::builder().max_tokens(MOST_TOKENS).build();
        let call = self.client.converse().model_id(&self.id).inference_config(limits);
        let call = call.system(SystemContentBlock::Text(instructions(passage)));
        let call = call.messages(message.map_err(built)?);
        call.send().await.map_err(|error| CallFailure::of(&error))
    }
}

/// All texts of the answer; a model may send it in parts.
fn text(output: &ConverseOutput) -> String {
    let message = output.output().and_then(|output| output.as_message().ok());
    let parts = message.map(Message::content).unwrap_or_default();
    parts.iter().filter_map(|part| part.as_text().ok()).map(String::as_str).collect()
}
