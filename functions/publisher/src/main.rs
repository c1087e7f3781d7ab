//! `publisher`: outbound queue → a comment on the page, a reply on Twitter, or back to the agent.

use publisher::PublisherFunction;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), social_lambda::Error> {
    let aws = social_lambda::start().await?;
    let function = PublisherFunction::new(social_lambda::from_environment()?, &aws).await?;
    let publish = async |reply, _| function.publishing.publish(&reply).await;
    social_lambda::run_queue(&function.queue, function.lease, publish).await
}
