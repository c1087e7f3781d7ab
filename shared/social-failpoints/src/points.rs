/// Environment variable that names the directory of the orders to die.
///
/// An order is a file, called as [`Point::order`] says. Whichever process removes it carries it out,
/// so that each is carried out once and its end can be seen.
pub const ORDERS: &str = "SOCIAL_FAILPOINTS";

/// A call at which a process may die, named as its port names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// A change is claimed in the ledger.
    Claim,
    /// It is marked as done.
    Complete,
    /// A conversation is written.
    Save,
    /// A chat begins in CIC.
    Open,
    /// A line is said in it.
    Say,
    /// A batch goes into `inbound.fifo`.
    SendInbound,
    /// A reply goes into `outbound.fifo`.
    SendOutbound,
    /// A poller's checkpoint moves.
    SaveCheckpoint,
    /// A reply's record begins.
    Begin,
    /// A reply is posted.
    Publish,
    /// Its record moves on.
    Advance,
}

impl Call {
    /// Its name in orders and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Complete => "complete",
            Self::Save => "save",
            Self::Open => "open",
            Self::Say => "say",
            Self::SendInbound => "send_inbound",
            Self::SendOutbound => "send_outbound",
            Self::SaveCheckpoint => "save_checkpoint",
            Self::Begin => "begin",
            Self::Publish => "publish",
            Self::Advance => "advance",
        }
    }
}

/// When a process dies of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// Before it takes effect.
    Before,
    /// While it is under way: nobody knows whether it takes effect.
    During,
    /// After it took effect, and before anybody was told.
    After,
}

impl When {
    /// Its name in orders and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::During => "during",
            Self::After => "after",
        }
    }
}

/// A place where a function's process can die.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The function.
    pub function: &'static str,
    /// What it was about.
    pub call: Call,
    /// And how far it came.
    pub when: When,
}

impl Point {
    const fn new(function: &'static str, call: Call, when: When) -> Self {
        Self { function, call, when }
    }

    /// Name of the file that orders a process of the function, called `deployed` in AWS, to die here.
    pub fn order(self, deployed: &str) -> String {
        format!("{deployed}.{}.{}", self.call.name(), self.when.name())
    }
}

/// Every place at which processes are killed, one after each step that must not be lost or repeated.
pub const POINTS: [Point; 30] = {
    use Call::{
        Advance, Begin, Claim, Complete, Open, Publish, Save, SaveCheckpoint, Say, SendInbound,
        SendOutbound,
    };
    use When::{After, Before, During};
    [
        // The callback is proven and read; nothing of it is queued.
        Point::new("webhook", SendInbound, Before),
        // All of it is queued, and the network has no answer.
        Point::new("webhook", SendInbound, After),
        Point::new("poll-facebook", SendInbound, Before),
        Point::new("poll-facebook", SendInbound, After),
        Point::new("poll-facebook", SaveCheckpoint, Before),
        Point::new("poll-facebook", SaveCheckpoint, After),
        Point::new("poll-twitter", SendInbound, Before),
        Point::new("poll-twitter", SendInbound, After),
        Point::new("poll-twitter", SaveCheckpoint, Before),
        Point::new("poll-twitter", SaveCheckpoint, After),
        Point::new("router", Claim, Before),
        Point::new("router", Claim, After),
        // The record that a chat is being opened, that it is open, and what was said in it.
        Point::new("router", Save, Before),
        Point::new("router", Save, After),
        Point::new("router", Open, Before),
        // There is a chat in CIC that nobody knows.
        Point::new("router", Open, After),
        Point::new("router", Say, Before),
        // The agent has the line, and the bridge does not know.
        Point::new("router", Say, After),
        Point::new("router", Complete, Before),
        // All is done, and the queue still has the message.
        Point::new("router", Complete, After),
        // An agent's words were heard, and are nowhere.
        Point::new("collect-replies", SendOutbound, Before),
        // They are queued, and the conversation does not say so.
        Point::new("collect-replies", SendOutbound, After),
        Point::new("collect-replies", Save, After),
        Point::new("publisher", Begin, Before),
        Point::new("publisher", Begin, After),
        Point::new("publisher", Publish, Before),
        Point::new("publisher", Publish, During),
        // The reply is public, and the bridge does not know.
        Point::new("publisher", Publish, After),
        Point::new("publisher", Advance, Before),
        // It knows, and has told nobody.
        Point::new("publisher", Advance, After),
    ]
};
