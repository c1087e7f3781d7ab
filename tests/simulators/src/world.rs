//! The whole simulated outside world on this machine: Facebook, X and the CIC pair.

use std::{io, time::Duration};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    cic::{self, Pair},
    control::Control,
    facebook::Facebook,
    seed,
    server::Bound,
    twitter::{self, Twitter},
};

/// Where and how to serve; port 0 takes any free one.
#[derive(Clone, Debug)]
pub struct Options {
    /// Facebook's port.
    pub facebook: u16,
    /// X's port.
    pub twitter: u16,
    /// The port of the first CIC server, which is active at the start.
    pub cic: u16,
    /// The port of the second CIC server.
    pub cic_backup: u16,
    /// What the CIC servers call themselves; otherwise their addresses with ports.
    pub cic_hosts: Option<[String; 2]>,
    /// How long X takes to find a new tweet.
    pub index_lag: Duration,
    /// How the CIC pair is set up.
    pub cic_settings: cic::Settings,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            facebook: 0,
            twitter: 0,
            cic: 0,
            cic_backup: 0,
            cic_hosts: None,
            index_lag: Duration::from_secs(30),
            cic_settings: cic::Settings::default(),
        }
    }
}

/// The three simulators, served until this is dropped.
pub struct World {
    /// Facebook's base URL.
    pub facebook_url: String,
    /// X's base URL.
    pub twitter_url: String,
    /// The base URLs of the CIC servers; the first is active at the start.
    pub cic_urls: [String; 2],
    /// The CIC servers themselves.
    pub cic: Pair,
    age: cic::Age,
    _servers: JoinSet<()>,
}

impl World {
    /// Takes the ports and serves on all of them.
    pub async fn start(options: Options) -> io::Result<Self> {
        let facebook = Bound::to(options.facebook).await?;
        let twitter = Bound::to(options.twitter).await?;
        let primary = Bound::to(options.cic).await?;
        let backup = Bound::to(options.cic_backup).await?;

        let age = options.cic_settings.age;
        let cic = Pair::new(options.cic_settings);
        let cic_urls = [primary.url(), backup.url()];
        let addresses = || cic_urls.each_ref().map(|url| url.replace("http://", ""));
        cic.set_hosts(options.cic_hosts.unwrap_or_else(addresses));
        let (facebook_url, twitter_url) = (facebook.url(), twitter.url());

        let rules =
            twitter::Settings { index_lag: options.index_lag, ..twitter::Settings::default() };
        let [cic_primary, cic_backup] = cic.routers();
        let mut servers = JoinSet::new();
        servers.spawn(facebook.serve(Facebook::new(Control::default()).router()));
        servers.spawn(twitter.serve(Twitter::new(Control::default(), rules).router()));
        servers.spawn(primary.serve(cic_primary));
        servers.spawn(backup.serve(cic_backup));
        Ok(Self { facebook_url, twitter_url, cic_urls, cic, age, _servers: servers })
    }

    /// All that a client has to know: URLs, ports, and the seed's made-up ids and secrets.
    pub fn described(&self) -> Value {
        let [primary, backup] = &self.cic_urls;
        let agents = cic::User::ALL.iter().filter(|user| !user.is_supervisor);
        let agents: Vec<&str> = agents.map(|user| user.id).collect();
        json!({
            "facebook_url": self.facebook_url, "twitter_url": self.twitter_url,
            "cic_urls": self.cic_urls,
            "ports": {
                "facebook": port(&self.facebook_url), "twitter": port(&self.twitter_url),
                "cic": port(primary), "cic_backup": port(backup),
            },
            "facebook": facebook_seed(), "twitter": twitter_seed(),
            "cic": {
                "age": self.age.to_string(), "workgroups": seed::cic::WORKGROUPS,
                "user": cic::ADMIN_USER, "password": cic::ADMIN_PASSWORD,
                "agents": agents, "agents_password": cic::AGENT_PASSWORD,
            },
        })
    }
}

fn port(url: &str) -> Option<u16> {
    url.rsplit(':').next()?.parse().ok()
}

fn facebook_seed() -> Value {
    use seed::facebook::{APP_ID, APP_SECRET, PAGES, VERIFY_TOKEN};
    let page = |page: seed::facebook::Page| json!({ "id": page.id, "name": page.name, "token": page.token });
    json!({
        "app_id": APP_ID, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN,
        "pages": PAGES.map(page),
    })
}

fn twitter_seed() -> Value {
    use seed::twitter::{BEARER_TOKEN, BRAND, COMPETITOR, CONSUMER_KEY, CONSUMER_SECRET};
    json!({
        "consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET,
        "bearer_token": BEARER_TOKEN,
        "brand": {
            "id": BRAND.id, "username": BRAND.username, "name": BRAND.name,
            "access_token": BRAND.access_token, "access_token_secret": BRAND.access_token_secret,
        },
        "competitor": {
            "id": COMPETITOR.id, "username": COMPETITOR.username, "name": COMPETITOR.name,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_client_is_told_where_everything_is() {
        let world = World::start(Options::default()).await.unwrap();
        let told = world.described();
        let [primary, backup] = &world.cic_urls;
        assert_ne!(primary, backup);
        assert_eq!(told["ports"]["cic_backup"], json!(port(backup)));
        assert_eq!(told["cic"]["age"], "2020r1");
        assert!(!told.to_string().contains('\n'), "one line");
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "nothing of the bridge may be used here")]
    async fn cic_servers_can_be_named_without_ports() {
        let names = ["ic1".to_owned(), "ic2".to_owned()];
        let options = Options { cic_hosts: Some(names), ..Options::default() };
        let world = World::start(options).await.unwrap();
        let [_, backup] = &world.cic_urls;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let refused = http.get(format!("{backup}/icws/connection/version")).send().await.unwrap();
        let refused: Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
        assert_eq!(refused["alternateHostList"], json!(["ic1"]));
    }
}
