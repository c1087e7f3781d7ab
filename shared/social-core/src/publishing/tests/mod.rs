use std::time::Duration;

use network::{FakeNetwork, Fault};

use crate::{
    conversation::Conversation,
    fakes::{FakeClock, FakeQueues, FakeState, World, own, post, tweet},
    message::{Answerable, Message, Owner},
    verdict::{Classify, Verdict},
};

use super::*;

mod approval;
mod commands;
mod dead_token;
mod doubts;
mod network;
mod never;
mod placing;
mod shared;
mod telling;

type FakePublishing = Publishing<(
    crate::fakes::FakeChannels,
    FakeNetwork,
    FakeNetwork,
    FakeState,
    crate::fakes::FakeCic,
    FakeQueues,
    FakeQueues,
    FakeClock,
)>;

/// A conversation with one visitor's message, picked up by Jo, and a publisher.
struct Scene {
    world: World,
    network: FakeNetwork,
    publishing: FakePublishing,
}

impl Scene {
    async fn of(channel: &str, message: Message) -> Self {
        let scene = Self::not_picked_up(channel, message).await;
        scene.world.cic.pick_up(0, "Jo");
        scene
    }

    async fn not_picked_up(channel: &str, message: Message) -> Self {
        let (world, network) = (World::new(), FakeNetwork::default());
        world.deliver(channel, message).await.unwrap();
        let publishing = Publishing {
            channels: world.channels.clone(),
            facebook: network.clone(),
            twitter: network.clone(),
            desk: world.desk(),
            limits: Limits { max_age: Duration::from_secs(3600), lease: Duration::from_secs(33) },
        };
        Self { world, network, publishing }
    }

    fn conversation(&self) -> Conversation {
        self.world.state.conversations()[0].clone()
    }

    /// Jo writes, and the text is collected.
    async fn jo_writes(&self, text: &str) -> Reply {
        self.writes("Jo", text).await;
        self.last_queued()
    }

    async fn writes(&self, agent: &str, text: &str) {
        let mut conversation = self.conversation();
        let chat = conversation.interaction().unwrap().chat.clone();
        self.world.cic.agent_writes(chat.chat_id.parse().unwrap(), agent, text);
        let told = crate::ContactCenter::poll(&self.world.cic, &chat).await.unwrap();
        self.world.desk().take_in(&mut conversation, &told, |_| {}).await.unwrap();
    }

    fn last_queued(&self) -> Reply {
        self.world.queues.outbound.borrow().last().unwrap().clone()
    }

    /// Jo writes, and everything that is queued for it is delivered.
    async fn jo_says(&self, text: &str) {
        self.says("Jo", text).await;
    }

    async fn says(&self, agent: &str, text: &str) {
        let mut delivered = self.world.queues.outbound.borrow().len();
        self.writes(agent, text).await;
        loop {
            let next = self.world.queues.outbound.borrow().get(delivered).cloned();
            let Some(reply) = next else { return };
            self.deliver(&reply).await;
            delivered += 1;
        }
    }

    /// Jo disconnects, and the collector hears of it.
    async fn jo_disconnects(&self) {
        let mut conversation = self.conversation();
        let chat = conversation.interaction().unwrap().chat.clone();
        self.world.cic.disconnect(chat.chat_id.parse().unwrap());
        self.world.desk().hear_out(&mut conversation, &chat).await.unwrap();
    }

    /// The router works off what the bridge itself has to tell.
    async fn router_tells(&self) {
        let batches = std::mem::take(&mut *self.world.queues.inbound.borrow_mut());
        for (_, batch) in batches {
            self.world.router().route(batch, Timestamp::MAX).await.unwrap();
        }
    }

    fn moderated(&self) -> Vec<String> {
        self.network.moderated.borrow().clone()
    }

    /// Delivers the reply again until it is settled, as the queue would.
    async fn deliver(&self, reply: &Reply) -> u32 {
        for deliveries in 1..20 {
            match self.publishing.publish(reply).await {
                Ok(()) => return deliveries,
                Err(error) => self.world.clock.advance(match error.verdict() {
                    Verdict::Wait { after: Some(after) } => after,
                    Verdict::Reject => panic!("a reply is never parked: {error}"),
                    _ => Duration::from_secs(5),
                }),
            }
        }
        panic!("the reply never settled")
    }

    fn published(&self) -> Vec<(String, String)> {
        self.network.published.borrow().clone()
    }

    /// The last line of the newest chat.
    fn last_notice(&self) -> String {
        self.world.cic.said().last().unwrap().last().unwrap().clone()
    }
}

#[tokio::test]
async fn a_reply_is_published_under_the_visitors_message() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    let reply = scene.jo_writes("Have you tried to switch it off?").await;
    assert_eq!(scene.deliver(&reply).await, 1);
    assert_eq!(scene.deliver(&reply).await, 1, "delivered again: nothing happens");
    let expected = ("1".to_owned(), "Have you tried to switch it off?".to_owned());
    assert_eq!(scene.published(), [expected]);
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_never_posted_twice() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().push_back(Fault::AnswerLost);
    let reply = scene.jo_writes("Thanks!").await;
    scene.deliver(&reply).await;
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn two_equal_replies_are_two_although_one_answer_is_lost() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    let first = scene.jo_writes("Thanks!").await;
    scene.deliver(&first).await;
    scene.network.faults.borrow_mut().push_back(Fault::Duplicate);
    let second = scene.jo_writes("Thanks!").await;
    scene.deliver(&second).await;
    assert_eq!(scene.published().len(), 2);
}

#[tokio::test]
async fn what_never_arrived_is_posted_again() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().push_back(Fault::NeverArrived);
    let reply = scene.jo_writes("Thanks!").await;
    scene.deliver(&reply).await;
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn an_outcome_that_stays_unknown_goes_to_a_person() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().extend([Fault::Duplicate, Fault::Duplicate]);
    let reply = scene.jo_writes("Thanks!").await;
    scene.deliver(&reply).await;
    assert!(scene.published().is_empty());
    assert!(scene.last_notice().contains("look at the network before"), "{}", scene.last_notice());
}

#[tokio::test]
async fn a_refused_reply_comes_back_whole_with_the_reason() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().push_back(Fault::Refused);
    let reply = scene.jo_writes("two\nlines").await;
    scene.deliver(&reply).await;
    insta::assert_snapshot!(scene.last_notice(), @r"
    ℹ Social Bridge: your reply was not published: the network refused it: the comment was deleted. /retry sends it again.
        two
        lines
    ");
}

#[tokio::test]
async fn a_refused_reply_of_a_closed_chat_opens_a_new_interaction() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().push_back(Fault::Refused);
    let reply = scene.jo_writes("Bye!").await;
    let mut conversation = scene.conversation();
    let chat = conversation.interaction().unwrap().chat.clone();
    scene.world.cic.disconnect(0);
    scene.world.desk().hear_out(&mut conversation, &chat).await.unwrap();
    scene.deliver(&reply).await;
    let (_, batch) = scene.world.queues.inbound.borrow().last().unwrap().clone();
    scene.world.router().route(batch, Timestamp::MAX).await.unwrap();
    let said = scene.world.cic.said();
    assert!(said[1].last().unwrap().contains("Bye!"), "{said:?}");
    assert_eq!(scene.world.cic.openings()[1].workgroup, "Social Support");
}

#[tokio::test]
async fn nothing_is_ever_published_from_a_channel_that_only_watches() {
    let scene = Scene::of("rival-watch", tweet("7", "7", "Zoë", Answerable::ReadOnly)).await;
    let reply = scene.jo_writes("Come to us!").await;
    scene.deliver(&reply).await;
    assert!(scene.published().is_empty());
    assert!(scene.last_notice().contains("not published: this channel only watches"));
}

#[tokio::test]
async fn a_tweet_that_does_not_mention_us_cannot_be_answered_and_the_agent_reads_why() {
    let scene = Scene::of("acme-brand", tweet("7", "7", "Zoë", Answerable::NotMentioned)).await;
    let reply = scene.jo_writes("Hello!").await;
    scene.deliver(&reply).await;
    assert!(scene.published().is_empty());
    assert!(scene.last_notice().contains("does not mention the company's account"));
}

#[tokio::test]
async fn a_reply_that_waited_too_long_is_given_back() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    let reply = scene.jo_writes("Good morning!").await;
    scene.world.clock.advance(Duration::from_secs(3601));
    scene.deliver(&reply).await;
    assert!(scene.published().is_empty());
    assert!(scene.last_notice().contains("waited longer than 60 minutes"));
}

#[tokio::test]
async fn an_echo_before_the_answer_settles_the_reply() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.world.owners.answer.set(Some(Owner::Visitor));
    scene.network.faults.borrow_mut().push_back(Fault::AnswerLost);
    let reply = scene.jo_writes("Thanks!").await;
    scene.publishing.publish(&reply).await.unwrap_err();
    let echo = own(crate::fakes::comment("r1", "1", None, "Acme", "Thanks!"));
    scene.world.deliver("acme-page", echo).await.unwrap();
    assert_eq!(scene.deliver(&reply).await, 1, "settled without waiting");
    assert_eq!(scene.published().len(), 1);
    let said = scene.world.cic.said()[0].concat();
    assert!(!said.contains("wrote on the network") && !said.contains("2 · "), "{said}");
}

#[tokio::test]
async fn greetings_supervisors_and_early_texts_are_never_published() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.world.cic.system_writes(0, "Welcome to Acme!");
    scene.world.cic.pick_up(0, "Supervisor");
    scene.world.cic.agent_writes(0, "Supervisor", "Be kind");
    let reply = scene.jo_writes("Hello Zoë").await;
    assert_eq!(scene.world.queues.outbound.borrow().len(), 1);
    assert_eq!(reply.text, "Hello Zoë");
    assert_eq!(scene.world.state.replies().len(), 0, "nothing begun before its delivery");
}

#[tokio::test]
async fn automatic_texts_in_an_agents_name_are_never_published() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.world.cic.agent_writes(0, "Jo", "Thank you  for waiting.");
    let reply = scene.jo_writes("Hello Zoë").await;
    assert_eq!(scene.world.queues.outbound.borrow().len(), 1);
    assert_eq!(reply.text, "Hello Zoë");
}

#[tokio::test]
async fn what_may_be_public_is_never_said_to_be_safe_to_send_again() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.network.faults.borrow_mut().extend([Fault::Duplicate, Fault::Duplicate]);
    let reply = scene.jo_writes("Thanks!").await;
    scene.deliver(&reply).await;
    scene.world.clock.advance(Duration::from_secs(7_200));
    scene.deliver(&reply).await;
    let last = scene.last_notice();
    assert!(last.contains("look at the network before") && !last.contains("too long"), "{last}");
}

#[tokio::test]
async fn a_rate_limit_before_a_lost_answer_changes_nothing() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    let faults = [Fault::NeverArrived, Fault::NeverArrived, Fault::AnswerLost];
    scene.network.faults.borrow_mut().extend(faults);
    let reply = scene.jo_writes("Thanks!").await;
    scene.deliver(&reply).await;
    assert_eq!(scene.published().len(), 1);
    let said = scene.world.cic.said()[0].concat();
    assert!(!said.contains("not published"), "the agent is told nothing untrue: {said}");
}
