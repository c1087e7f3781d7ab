//! The page's token dies while nobody knows what became of a reply.

use super::*;
use crate::breaker::{Breaker, GuardedPublisher};

type Guarded = GuardedPublisher<FakeNetwork, FakeState, FakeClock>;
type GuardedPublishing = Publishing<(
    crate::fakes::FakeChannels,
    Guarded,
    Guarded,
    FakeState,
    crate::fakes::FakeCic,
    FakeQueues,
    FakeQueues,
    FakeClock,
)>;

fn guarded(scene: &Scene) -> GuardedPublishing {
    let breaker = Breaker::of_credentials(scene.world.state.clone(), scene.world.clock.clone());
    let network = GuardedPublisher { publisher: scene.network.clone(), breaker };
    Publishing {
        channels: scene.world.channels.clone(),
        facebook: network.clone(),
        twitter: network,
        desk: scene.world.desk(),
        limits: scene.publishing.limits,
    }
}

#[tokio::test]
async fn hardly_anybody_looks_until_a_new_one_is_there() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    let publishing = guarded(&scene);
    let reply = scene.jo_writes("Switch it off.").await;
    scene.network.faults.borrow_mut().push_back(Fault::AnswerLost);
    publishing.publish(&reply).await.unwrap_err();
    scene.world.clock.advance(Duration::from_mins(2));

    scene.network.token_is_dead.set(true);
    for _ in 0..600 {
        publishing.publish(&reply).await.unwrap_err();
        scene.world.clock.advance(Duration::from_secs(1));
    }
    let looks = scene.network.calls_in_vain.get();
    assert!(looks <= 15, "ever more seldom, once a minute at the end: {looks}");

    scene.network.token_is_dead.set(false);
    scene.world.clock.advance(Duration::from_mins(1));
    publishing.publish(&reply).await.unwrap();
    assert_eq!(scene.published(), [("1".to_owned(), "Switch it off.".to_owned())]);
}
