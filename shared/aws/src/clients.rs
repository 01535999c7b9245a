//! One constructor per service; the string is the service's name in `AWS_ENDPOINT_URL_<SERVICE>`.

use crate::Aws;

impl Aws {
    /// The Bedrock client that asks models. One call lasts at most this long, with all its tries: how long a model may
    /// think is the caller's to say, because customers wait for it.
    #[cfg(feature = "bedrock")]
    #[must_use]
    pub fn bedrock(&self, time_limit: std::time::Duration) -> aws_sdk_bedrockruntime::Client {
        use aws_sdk_bedrockruntime::config::{Builder, StalledStreamProtectionConfig};
        let config = Builder::from(&self.sdk_config("BEDROCK_RUNTIME"))
            .timeout_config(crate::within(time_limit))
            // A model that thinks sends nothing meanwhile; the time limit covers a stalled one.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        aws_sdk_bedrockruntime::Client::from_conf(config)
    }

    /// The CloudWatch client.
    #[cfg(feature = "cloudwatch")]
    #[must_use]
    pub fn cloudwatch(&self) -> aws_sdk_cloudwatch::Client {
        aws_sdk_cloudwatch::Client::new(&self.sdk_config("CLOUDWATCH"))
    }

    /// The CodeDeploy client.
    #[cfg(feature = "codedeploy")]
    #[must_use]
    pub fn codedeploy(&self) -> aws_sdk_codedeploy::Client {
        aws_sdk_codedeploy::Client::new(&self.sdk_config("CODEDEPLOY"))
    }

    /// The CodePipeline client.
    #[cfg(feature = "codepipeline")]
    #[must_use]
    pub fn codepipeline(&self) -> aws_sdk_codepipeline::Client {
        aws_sdk_codepipeline::Client::new(&self.sdk_config("CODEPIPELINE"))
    }

    /// The DynamoDB client. One call lasts at most this long, with all its tries: a table is called on a customer's way to
    /// an answer, so that the caller must say what it is worth.
    #[cfg(feature = "dynamodb")]
    #[must_use]
    pub fn dynamodb(&self, time_limit: std::time::Duration) -> aws_sdk_dynamodb::Client {
        use aws_sdk_dynamodb::config::Builder;
        let config = Builder::from(&self.sdk_config("DYNAMODB")).timeout_config(crate::within(time_limit));
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// The EventBridge client.
    #[cfg(feature = "eventbridge")]
    #[must_use]
    pub fn eventbridge(&self) -> aws_sdk_eventbridge::Client {
        aws_sdk_eventbridge::Client::new(&self.sdk_config("EVENTBRIDGE"))
    }

    /// The SNS client.
    #[cfg(feature = "sns")]
    #[must_use]
    pub fn sns(&self) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::new(&self.sdk_config("SNS"))
    }

    /// The Lambda client for its control plane (aliases, versions). For Invoke take [`Aws::lambda_invoker`].
    #[cfg(feature = "lambda")]
    #[must_use]
    pub fn lambda(&self) -> aws_sdk_lambda::Client {
        aws_sdk_lambda::Client::new(&self.sdk_config("LAMBDA"))
    }

    /// The Lambda client for Invoke: the caller chooses how long an answer may take, and nothing is tried again.
    ///
    /// An invocation is not idempotent, so that only the caller can know whether a second one is harmless; and it
    /// lasts as long as the invoked function takes, which no general time-out can fit. So the general ones are
    /// disabled: a time-out that is only left out here would be merged in from the general settings.
    #[cfg(feature = "lambda")]
    #[must_use]
    pub fn lambda_invoker(&self, read_timeout: std::time::Duration) -> aws_sdk_lambda::Client {
        use aws_sdk_lambda::config::{Builder, StalledStreamProtectionConfig};
        use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(crate::CONNECT_TIMEOUT)
            .read_timeout(read_timeout)
            .disable_operation_attempt_timeout()
            .disable_operation_timeout()
            .build();
        let config = Builder::from(&self.sdk_config("LAMBDA"))
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            // A function that thinks for seconds sends nothing meanwhile; the read time-out covers a stalled one.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        aws_sdk_lambda::Client::from_conf(config)
    }
}
