//! What goes wrong on the way to the desk: endings, refusals, waiting, time.

use super::*;

#[tokio::test]
async fn a_chat_that_ends_with_the_very_answer_was_not_told() {
    let world = World::new();
    let router = world.router();
    world.owners.answer.set(Some(Owner::Visitor));
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.cic.pick_up(0, "Jo");
    world.cic.agent_writes(0, "Jo", "refund is on its way");
    world.cic.disconnect(0);
    route(&router, "acme-page", comment("c1", "1", None, "Zoë", "Anybody?")).await.unwrap();
    assert_eq!(world.queues.outbound.borrow().len(), 1, "the last words are published");
    let said = world.cic.said();
    assert!(said[1].last().unwrap().contains("Anybody?"), "and the visitor's reach a new agent");
}

#[tokio::test]
async fn a_change_that_cic_refuses_is_parked_alone() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-page", own(post("9", "Acme", "News"))).await.unwrap();
    world.cic.next_say(Fault::Refused);
    let comments =
        [comment("c1", "9", None, "Zoë", "bad"), comment("c2", "9", None, "Zoë", "good")];
    router.route(batch("acme-page", comments), Timestamp::MAX).await.unwrap();
    assert_eq!(world.cic.said()[0].len(), 1);
    assert!(world.cic.said()[0][0].contains("good"));
    let parked = world.queues.parked.borrow();
    assert_eq!(parked.len(), 1);
    assert!(parked[0].1.contains("bad") && !parked[0].1.contains("good"));
}

#[tokio::test]
async fn a_conversation_that_waits_holds_nobody_else_back_and_keeps_its_order() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-page", own(post("9", "Acme", "News"))).await.unwrap();
    route(&router, "acme-page", comment("b1", "9", None, "Bob", "first")).await.unwrap();
    world.cic.throttle(true);
    let comments = [
        comment("z1", "9", None, "Zoë", "one"),
        comment("b2", "9", None, "Bob", "second"),
        comment("z2", "9", None, "Zoë", "two"),
    ];
    router.route(batch("acme-page", comments), Timestamp::MAX).await.unwrap();
    assert_eq!(world.cic.said()[0].len(), 2, "Bob's conversation went on");

    world.cic.throttle(false);
    route(&router, "acme-page", comment("z3", "9", None, "Zoë", "three")).await.unwrap();
    assert_eq!(world.cic.said().len(), 1, "what comes later follows the earlier ones");
    let aside = std::mem::take(&mut *world.queues.inbound.borrow_mut());
    assert_eq!(aside.len(), 2);
    for (group, batch) in aside {
        assert!(group.ends_with("#conversation#post:9:id-Zoë"), "{group}");
        router.route(batch, Timestamp::MAX).await.unwrap();
    }
    let texts: Vec<String> = world.cic.said()[1]
        .iter()
        .map(|line| line.lines().nth(1).unwrap().trim().to_owned())
        .collect();
    assert_eq!(texts, ["one", "two", "three"]);
    route(&router, "acme-page", comment("z4", "9", None, "Zoë", "four")).await.unwrap();
    assert_eq!(world.cic.said()[1].len(), 4, "and is back in its post's group");
}

#[tokio::test]
async fn nothing_is_begun_that_may_not_end_in_time() {
    let world = World::new();
    let message = [post("1", "Zoë", "Help!")];
    let deadline = world.clock.now() + Duration::from_secs(5);
    let error = world.router().route(batch("acme-page", message), deadline).await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::Retry { after: Some(Duration::ZERO) });
    assert!(world.cic.said().is_empty());
}

#[tokio::test]
async fn a_deletion_without_author_finds_its_message() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-page", own(post("9", "Acme", "News"))).await.unwrap();
    route(&router, "acme-page", comment("c1", "9", None, "Zoë", "oops")).await.unwrap();
    let mut deletion = comment("c1", "9", None, "Zoë", "");
    (deletion.verb, deletion.author) = (Verb::Delete, None);
    route(&router, "acme-page", deletion).await.unwrap();
    assert!(world.cic.said()[0][1].contains("line 1 was deleted"), "{:?}", world.cic.said());
}

#[tokio::test]
async fn a_thread_whose_first_message_was_shown_is_its_visitors_without_asking() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-brand", tweet("7", "7", "Zoë", Answerable::Yes)).await.unwrap();
    route(&router, "acme-brand", tweet("8", "7", "Zoë", Answerable::Yes)).await.unwrap();
    assert_eq!(world.cic.said().len(), 1);
    assert_eq!(world.owners.asked.get(), 0);
}

#[tokio::test]
async fn a_message_that_ended_ten_workers_is_parked() {
    let world = World::new();
    for _ in 0..10 {
        let message = post("1", "Zoë", "deadly");
        world.state.claim(&channel_id("acme-page"), &message).await.unwrap();
        world.clock.advance(Duration::from_secs(61));
    }
    world.deliver("acme-page", post("1", "Zoë", "deadly")).await.unwrap();
    assert_eq!(world.queues.parked.borrow()[0].0, "deadly_message");
}

#[tokio::test]
async fn a_notice_is_told_once_however_often_it_comes() {
    let world = World::new();
    let router = world.router();
    route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    let tell = crate::inbound::Tell {
        id: "post:1#returned#r1".to_owned(),
        conversation: crate::conversation::ConversationKey("post:1".to_owned()),
        notice: "your reply was not published".to_owned(),
        reoffer: None,
    };
    let (_, batch) = tell.into_batch(&channel_id("acme-page"));
    router.route(batch.clone(), Timestamp::MAX).await.unwrap();
    world.clock.advance(Duration::from_secs(301));
    router.route(batch, Timestamp::MAX).await.unwrap();
    assert_eq!(world.cic.said()[0].len(), 2);
}

#[tokio::test]
async fn a_notice_whose_answer_was_lost_is_looked_up_before_it_is_told_again() {
    for (keeps_history, times) in [(true, 1), (false, 2)] {
        let world = World::new();
        let router = world.router();
        route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
        if keeps_history {
            world.cic.keep_history();
        }
        let tell = crate::inbound::Tell {
            id: "post:1#returned#r1".to_owned(),
            conversation: crate::conversation::ConversationKey("post:1".to_owned()),
            notice: "your reply was not published".to_owned(),
            reoffer: None,
        };
        let (_, batch) = tell.into_batch(&channel_id("acme-page"));
        world.cic.next_say(Fault::AnswerLost);
        router.route(batch.clone(), Timestamp::MAX).await.unwrap_err();
        router.route(batch, Timestamp::MAX).await.unwrap();
        let said = world.cic.said()[0].clone();
        let told = said.iter().filter(|line| line.contains("your reply was not published"));
        assert_eq!(told.count(), times, "{said:?}");
        assert_eq!(said.last().unwrap().starts_with("perhaps shown before:"), !keeps_history);
    }
}

#[tokio::test]
async fn a_line_of_a_chat_that_has_ended_is_said_again_marked() {
    let world = World::new();
    world.cic.keep_history();
    world.owners.answer.set(Some(Owner::Visitor));
    world.deliver("acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.cic.pick_up(0, "Jo");
    world.cic.next_say(Fault::AnswerLost);
    let comment = comment("c1", "1", None, "Zoë", "Anybody?");
    world.deliver("acme-page", comment.clone()).await.unwrap_err();
    world.cic.disconnect(0);
    let mut conversation = world.state.conversations().remove(0);
    let chat = conversation.interaction().unwrap().chat.clone();
    world.desk().hear_out(&mut conversation, &chat).await.unwrap();
    world.clock.advance(Duration::from_secs(61));
    world.deliver("acme-page", comment).await.unwrap();
    let said = world.cic.said();
    assert!(said[0][1].contains("Anybody?"), "the agent may have read it: {said:?}");
    let again = said[1].last().unwrap();
    assert!(again.starts_with("perhaps shown before:") && again.contains("Anybody?"), "{again}");
}

#[tokio::test]
async fn last_words_wait_for_a_cic_that_does_not_answer() {
    let world = World::new();
    world.owners.answer.set(Some(Owner::Visitor));
    world.deliver("acme-page", post("1", "Zoë", "Help!")).await.unwrap();
    world.cic.pick_up(0, "Jo");
    world.cic.agent_writes(0, "Jo", "refund is on its way");
    world.cic.disconnect(0);
    world.cic.fail_polls(1);
    let comment = comment("c1", "1", None, "Zoë", "Anybody?");
    world.deliver("acme-page", comment.clone()).await.unwrap_err();
    world.deliver("acme-page", comment).await.unwrap();
    assert_eq!(world.queues.outbound.borrow().len(), 1, "the last words are published");
    assert!(world.cic.said()[1].last().unwrap().contains("Anybody?"));
}

/// A captured callback, sent again for a month: the ledger remembers for as long.
#[tokio::test]
async fn a_message_that_comes_ten_thousand_times_in_a_month_is_shown_once() {
    let world = World::new();
    let router = world.router();
    for _ in 0..10_000 {
        route(&router, "acme-page", post("1", "Zoë", "Help!")).await.unwrap();
        world.clock.advance(Duration::from_secs(30 * 24 * 3_600 / 10_000));
    }
    assert_eq!(world.cic.said().concat().len(), 1);
}
