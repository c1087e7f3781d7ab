//! `collect-replies`: open chats → outbound queue, until the successor takes over.

use collect_replies::CollectReplies;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), social_lambda::Error> {
    let aws = social_lambda::start().await?;
    let function = CollectReplies::new(social_lambda::from_environment()?, &aws).await?;
    social_lambda::run_schedule(async |deadline| function.run(deadline).await).await
}
