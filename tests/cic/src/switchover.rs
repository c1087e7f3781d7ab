//! Step × loss × interface: nothing is lost, and nothing is said twice blindly.

use std::panic::AssertUnwindSafe;

use futures::{FutureExt, future::join_all};
use rstest::rstest;
use serde_json::{Value, json};
use simulators::cic::Age;
use social_cic::Choice;
use social_core::chat::{Interface, ParticipantState, Party};

use crate::{bridge::Bridge, town::Town};

/// What a chat is used through.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// CIC 2020 R1: web-chat 6, with history.
    WebChat,
    /// CIC 2016 R3: web-chat without history, by the administrator's choice.
    PlainWebChat,
    /// An old CIC.
    Websvcs,
}

/// What is done with the chat.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Open,
    Say,
    /// An agent's text is read.
    Poll,
    /// An agent's text is there when something is said: `websvcs` tells it with the answer.
    Meet,
    Hold,
    Transfer,
    Disconnect,
    History,
    Exit,
}

/// When the primary is lost.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Loss {
    Never,
    Before,
    /// With the step's first call: done, and its answer lost.
    During,
    /// And is back before the step.
    AndBack,
}

impl Way {
    fn age(self) -> (Age, Choice) {
        match self {
            Self::WebChat => (Age::R2020R1, Choice::Auto),
            Self::PlainWebChat => (Age::R2016R3, Choice::WebChat),
            Self::Websvcs => (Age::WebsvcsOnly, Choice::Auto),
        }
    }

    fn interface(self) -> Interface {
        if self == Self::Websvcs { Interface::Websvcs } else { Interface::WebChat }
    }
}

impl Step {
    const ALL: [Self; 9] = [
        Self::Open,
        Self::Say,
        Self::Poll,
        Self::Meet,
        Self::Hold,
        Self::Transfer,
        Self::Disconnect,
        Self::History,
        Self::Exit,
    ];

    /// The paths of its first call.
    fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Open => &["*/start"],
            Self::Say | Self::Meet => &["*/send-message/*", "*/sendmessage/*"],
            Self::Poll | Self::Hold | Self::Transfer | Self::Disconnect => {
                &["/icws/web-chat/messages/*", "*/chat/poll/*"]
            }
            Self::History => &["*/message-history/*"],
            Self::Exit => &["*/exit/*"],
        }
    }
}

/// A chat with what was said in it by either side.
struct Story<'a> {
    town: &'a Town,
    bridge: Bridge<'a>,
    id: String,
    said: Vec<&'static str>,
    written: Vec<&'static str>,
}

impl<'a> Story<'a> {
    async fn begin(town: &'a Town) -> Self {
        let bridge = Bridge::open(&town.cic).await;
        let interaction = town.interaction(&bridge.chat().chat_id).await;
        let id = interaction["id"].as_str().unwrap().to_owned();
        Self { town, bridge, id, said: Vec::new(), written: Vec::new() }
    }

    async fn say(&mut self, text: &'static str) {
        self.said.push(text);
        self.bridge.say(text).await;
    }

    async fn agent(&self, command: &str, body: Value) {
        self.town.agent(&self.id, command, body).await;
    }

    async fn agent_writes(&mut self, text: &'static str) {
        self.written.push(text);
        self.agent("messages", json!({ "text": text })).await;
    }

    /// Both sides speak once more, as long as the chat is open.
    async fn go_on(&mut self) {
        self.say("and then").await;
        self.agent_writes("bye").await;
        assert!(self.bridge.poll().await);
        assert_eq!(self.bridge.times_heard("bye"), 1);
    }

    async fn does(&mut self, step: Step, way: Way) {
        match step {
            Step::Open => self.agent("pickup", json!({ "agent": "Jo" })).await,
            Step::Say => self.say("more").await,
            Step::Poll => assert!(self.bridge.poll().await),
            Step::Meet => {
                self.say("more").await;
                assert!(self.bridge.poll().await);
            }
            Step::Hold => {
                self.agent("hold", json!({})).await;
                assert!(self.bridge.poll().await);
                self.agent("unhold", json!({})).await;
            }
            Step::Transfer => {
                self.agent("transfer", json!({ "workgroup": "Social Nord" })).await;
                assert!(self.bridge.poll().await);
                self.agent("pickup", json!({ "agent": "Kim" })).await;
            }
            Step::Disconnect => {
                self.agent("disconnect", json!({})).await;
                while self.bridge.poll().await {}
            }
            Step::History => {
                let history = self.bridge.history().await;
                assert_eq!(history.is_some(), way == Way::WebChat);
            }
            Step::Exit => self.bridge.exit().await,
        }
    }

    /// What must have come of the step, if none of its events was lost with an answer.
    fn came_of(&self, step: Step) {
        let heard = |state, party| assert!(self.bridge.heard_state(state, party), "{state:?}");
        match step {
            Step::Hold => heard(ParticipantState::Held, Party::Agent),
            Step::Transfer => heard(ParticipantState::Disconnected, Party::Agent),
            Step::Disconnect => heard(ParticipantState::Disconnected, Party::Visitor),
            _ => {}
        }
    }

    /// Each line of ours is in the transcript once, in order.
    async fn nothing_was_said_twice(&self) {
        let interaction = self.town.interaction(&self.bridge.chat().chat_id).await;
        let lines = interaction["transcript"].as_array().unwrap();
        let ours = lines.iter().filter(|line| line["type"] == "visitor");
        let ours: Vec<&str> = ours.map(|line| line["text"].as_str().unwrap()).collect();
        if !self.bridge.unsure {
            assert_eq!(ours, self.said);
        }
        for text in &self.said {
            assert!(ours.iter().filter(|line| line == &text).count() <= 1, "{text} was said twice");
        }
    }

    /// Each text of the agents was heard once, or it shows that something is missing: a gap, or an
    /// end that nobody told of.
    fn nothing_was_lost_unnoticed(&self, over: bool) {
        if over && !self.bridge.heard_state(ParticipantState::Disconnected, Party::Visitor) {
            return;
        }
        let lost = self.written.iter().filter(|text| self.bridge.times_heard(text) == 0).count();
        let gaps = self.bridge.holes().saturating_sub(self.said.len());
        assert!(lost <= gaps, "{lost} texts lost, {gaps} gaps");
    }
}

/// Every step side by side, each in a town of its own: most of the time they wait for a takeover.
#[rstest]
#[tokio::test]
async fn a_server_is_lost(
    #[values(Way::WebChat, Way::PlainWebChat, Way::Websvcs)] way: Way,
    #[values(Loss::Never, Loss::Before, Loss::During, Loss::AndBack)] loss: Loss,
) {
    let plays = Step::ALL.map(|step| async move {
        let played = AssertUnwindSafe(a_server_is_lost_at(step, loss, way)).catch_unwind().await;
        played.is_err().then_some(step)
    });
    let failed: Vec<Step> = join_all(plays).await.into_iter().flatten().collect();
    assert_eq!(failed, []);
}

async fn a_server_is_lost_at(step: Step, loss: Loss, way: Way) {
    let (age, choice) = way.age();
    let town = Town::of(age, choice).await;
    let begun = if step == Step::Open { None } else { Some(begin(&town).await) };

    match loss {
        Loss::Never => {}
        Loss::During => town.primary_dies_with(step.paths()).await,
        Loss::Before | Loss::AndBack => {
            town.primary_goes_down().await;
            town.serves(1).await;
        }
    }
    if loss == Loss::AndBack {
        if let Some(story) = &begun {
            assert!(story.bridge.poll().await);
            assert_eq!(story.bridge.chat().server, 1);
        }
        town.primary_comes_back().await;
    }
    let mut story = match begun {
        Some(story) => story,
        None => Story::begin(&town).await,
    };
    story.does(step, way).await;
    check(&town, &mut story, (step, loss, way)).await;
}

/// A chat in which both sides spoke; an agent's last text is still to be read.
async fn begin(town: &Town) -> Story<'_> {
    let mut story = Story::begin(town).await;
    story.say("help").await;
    story.agent("pickup", json!({ "agent": "Jo" })).await;
    story.agent_writes("one moment").await;
    assert!(story.bridge.poll().await);
    story.agent_writes("sure").await;
    story
}

async fn check(town: &Town, story: &mut Story<'_>, (step, loss, way): (Step, Loss, Way)) {
    assert_eq!(story.bridge.chat().interface, way.interface());
    let over = matches!(step, Step::Disconnect | Step::Exit);
    if over {
        let interaction = town.interaction(&story.bridge.chat().chat_id).await;
        assert_eq!(interaction["state"], "disconnected");
        while story.bridge.poll().await {}
    } else {
        story.go_on().await;
    }
    story.nothing_was_said_twice().await;
    story.nothing_was_lost_unnoticed(over);
    // After its end, the history is there for as long as the chat is known.
    let whole = !over && story.bridge.fill_gaps().await;
    if whole || loss != Loss::During {
        story.came_of(step);
        // What an exit's answer tells is told by the next poll; a history ends with its chat.
        for text in &story.written {
            assert_eq!(story.bridge.times_heard(text), 1, "{text}");
        }
    }
    let orphans = usize::from(step == Step::Open && loss == Loss::During);
    assert!(town.interactions().await.len() <= 1 + orphans);
}
