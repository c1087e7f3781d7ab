//! How many agents the pair tells of, whichever interface its chats use, and after a switchover.

use rstest::rstest;
use simulators::cic::Age;
use social_cic::Choice;
use social_core::chat::ContactCenter;

use crate::town::Town;

#[rstest]
#[case::web_chat(Age::R2020R1)]
#[case::of_2016(Age::R2016R3)]
#[case::websvcs(Age::WebsvcsOnly)]
#[tokio::test]
async fn a_pair_tells_whether_an_agent_is_available(#[case] age: Age) {
    let town = Town::of(age, Choice::Auto).await;
    let asked = async || town.cic.agents_available("Social Support").await.unwrap();
    town.agents_are_available(0).await;
    assert_eq!(asked().await, Some(0));
    town.agents_are_available(2).await;
    assert_eq!(asked().await, Some(2));
    assert_eq!(town.cic.agents_available("Nowhere").await.unwrap(), None);

    town.primary_goes_down().await;
    town.serves(1).await;
    assert_eq!(asked().await, Some(2));
}
