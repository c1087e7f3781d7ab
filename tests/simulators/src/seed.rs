//! What the simulated world holds at the start: pages, accounts, workgroups and their made-up secrets.

/// The simulated Facebook app that the pages' tokens belong to.
pub mod facebook {
    /// Id of the app, as in `application.id`.
    pub const APP_ID: &str = "700100200300400";
    /// Signs callbacks and `appsecret_proof`.
    pub const APP_SECRET: &str = "local-facebook-app-secret";
    /// What the verification handshake must name.
    pub const VERIFY_TOKEN: &str = "local-facebook-verify-token";

    /// A page: id, name and page access token.
    pub struct Page {
        pub id: &'static str,
        pub name: &'static str,
        pub token: &'static str,
    }

    /// The company's main page, and the page of its northern region.
    pub const PAGES: [Page; 2] = [
        Page { id: "1029384756", name: "Acme", token: "EAAlocalAcmeMain" },
        Page { id: "1029384757", name: "Acme Nord", token: "EAAlocalAcmeNord" },
    ];
}

/// The simulated X developer app and its accounts.
pub mod twitter {
    /// Also the key of webhook signatures and CRC answers.
    pub const CONSUMER_KEY: &str = "local-consumer-key";
    pub const CONSUMER_SECRET: &str = "local-consumer-secret";
    /// App-only token, for reading.
    pub const BEARER_TOKEN: &str = "AAAAlocalBearer";

    /// An account; the brand's has a user token of the app, the competitor's has none.
    pub struct Account {
        pub id: &'static str,
        pub username: &'static str,
        pub name: &'static str,
        pub access_token: &'static str,
        pub access_token_secret: &'static str,
    }

    pub const BRAND: Account = Account {
        id: "2244994945",
        username: "acme",
        name: "Acme",
        access_token: "2244994945-localAccessToken",
        access_token_secret: "local-access-token-secret",
    };
    pub const COMPETITOR: Account = Account {
        id: "3344994946",
        username: "rival",
        name: "Rival",
        access_token: "",
        access_token_secret: "",
    };
}

/// The simulated CIC pair.
pub mod cic {
    /// Workgroups that exist at the start. A chat in any other is refused.
    pub const WORKGROUPS: [&str; 4] =
        ["Social Support", "Social Nord", "Social Private", "Market Watch"];
}
