//! `webhook`: callbacks of Facebook, X and CIC over HTTP → queues.

use webhook::Webhook;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), social_lambda::Error> {
    let aws = social_lambda::start().await?;
    let function = Webhook::new(social_lambda::from_environment()?, &aws);
    lambda_http::run(webhook::app(function)).await
}
