//! `poll-facebook`: pages → inbound queue, several passes a run.

use poll_facebook::PollFacebook;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), social_lambda::Error> {
    let aws = social_lambda::start().await?;
    let function = PollFacebook::new(social_lambda::from_environment()?, &aws).await?;
    social_lambda::run_schedule(async |deadline| function.run(deadline).await).await
}
