//! `router`: inbound queue → one CIC interaction per conversation.

use router::RouterFunction;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), social_lambda::Error> {
    let aws = social_lambda::start().await?;
    let function = RouterFunction::new(social_lambda::from_environment()?, &aws).await?;
    let route = async |batch, deadline| function.router.route(batch, deadline).await;
    social_lambda::run_queue(&function.queue, function.lease, route).await
}
