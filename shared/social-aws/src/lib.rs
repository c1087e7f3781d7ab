//! Adapters for AWS: the bridge's own table, the channels, credentials and queues.
//! Clients are built once, by [`dynamodb`], [`sqs`] and [`ssm`], and shared by what is made of them.

mod channels;
mod clients;
mod correction;
mod error;
mod parameters;
mod queues;
mod state;
#[cfg(test)]
mod testing;

pub use aws_config::SdkConfig;
pub use aws_sdk_dynamodb::Client as DynamoDb;
pub use aws_sdk_sqs::Client as Sqs;
pub use aws_sdk_ssm::Client as Ssm;
pub use channels::ChannelTable;
pub use clients::{dynamodb, sqs, ssm};
pub use correction::clock_correction;
pub use error::{AwsError, Problem};
pub use parameters::{ParameterError, ParameterStore};
pub use queues::{SqsDeadLetters, SqsInbound, SqsNudges, SqsOutbound, SqsParked, SqsVisibility};
pub use state::{Retention, StateTable};
