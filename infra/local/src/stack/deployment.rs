//! Brings the template and the functions into ministack.

use std::{
    collections::BTreeMap,
    env::consts::ARCH,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Serialize;
use serde_json::{Map, Value};
use tokio::process::Command;

use super::{
    FUNCTIONS, Options, REGION, StackError, command, paths, seed,
    services::{INDEX_LAG_SECONDS, Simulated},
};

/// The stack's name in AWS.
const NAME: &str = "social-bridge";
/// The HTTP API's id, chosen here so that its URL is known before it is made.
const API_ID: &str = "social";

/// What `deploy.py` is told.
#[derive(Serialize)]
pub(super) struct Order<'a> {
    endpoint: &'a str,
    region: &'a str,
    stack: &'a str,
    api_id: &'a str,
    template: PathBuf,
    /// Whether the stack is there already.
    update: bool,
    parameters: BTreeMap<String, String>,
    binaries: &'a BTreeMap<String, PathBuf>,
    secrets: Map<String, Value>,
    channels: Vec<Value>,
    /// The outputs that name the functions to start once.
    invoke: Vec<String>,
}

/// The template's outputs.
pub(super) struct Outputs(BTreeMap<String, String>);

impl Outputs {
    /// The output's value.
    pub(super) fn get(&self, name: &str) -> Result<String, StackError> {
        self.0.get(name).cloned().ok_or_else(|| StackError::Failed {
            program: "deploy.py".to_owned(),
            output: format!("infra/template.yaml has no output {name}"),
        })
    }

    /// Each function's name in AWS.
    pub(super) fn functions(&self) -> Result<BTreeMap<String, String>, StackError> {
        let name = |function: &&str| Ok(((*function).to_owned(), self.get(&output_of(function))?));
        FUNCTIONS.iter().map(name).collect()
    }
}

/// Where the HTTP API takes callbacks.
pub(super) fn webhook_url(endpoint: &str) -> String {
    format!("{endpoint}/_aws/execute-api/{API_ID}/$default")
}

impl<'a> Order<'a> {
    /// A first deployment: the sample channels with it, and each scheduled function started once.
    pub(super) fn first(
        endpoint: &'a str,
        parameters: BTreeMap<String, String>,
        binaries: &'a BTreeMap<String, PathBuf>,
    ) -> Self {
        let scheduled = ["poll-facebook", "poll-twitter", "collect-replies"];
        Self {
            secrets: seed::parameters(),
            channels: seed::channels().into(),
            invoke: scheduled.map(output_of).into(),
            update: false,
            ..Self::again(endpoint, parameters, binaries)
        }
    }

    /// A later one: what administrators have changed since stays as it is.
    pub(super) fn again(
        endpoint: &'a str,
        parameters: BTreeMap<String, String>,
        binaries: &'a BTreeMap<String, PathBuf>,
    ) -> Self {
        Self {
            endpoint,
            region: REGION,
            stack: NAME,
            api_id: API_ID,
            template: paths::template(),
            update: true,
            parameters,
            binaries,
            secrets: Map::new(),
            channels: Vec::new(),
            invoke: Vec::new(),
        }
    }

    /// Carries it out.
    pub(super) async fn deploy(&self, python: &Path) -> Result<Outputs, StackError> {
        let mut deploy = Command::new(python);
        deploy.arg("-B").arg(paths::helper("deploy.py")).stderr(Stdio::piped());
        let malformed = |source| StackError::Malformed { path: paths::helper("deploy.py"), source };
        let order = serde_json::to_string(self).map_err(malformed)?;
        let answer = command::answer(deploy, &order).await?;
        serde_json::from_str(&answer).map(Outputs).map_err(malformed)
    }
}

/// The template's parameters where they differ from an installation in AWS.
pub(super) fn parameters(
    endpoint: &str,
    simulated: &Simulated,
    options: &Options,
) -> BTreeMap<String, String> {
    let lag = INDEX_LAG_SECONDS.to_string();
    let parameters = [
        ("Architecture", if ARCH == "aarch64" { "arm64" } else { "x86_64" }.to_owned()),
        ("CicUrls", simulated.cic_urls.join(",")),
        ("CicEventsUrl", format!("{}/cic/events", webhook_url(endpoint))),
        ("FacebookUrl", simulated.facebook_url.clone()),
        ("FacebookSettleSeconds", lag.clone()),
        ("TwitterUrl", simulated.twitter_url.clone()),
        ("TwitterIndexLagSeconds", INDEX_LAG_SECONDS.to_string()),
        ("TwitterSettleSeconds", lag),
        ("PassSeconds", "3".to_owned()),
        ("SlowPassSeconds", "10".to_owned()),
    ];
    // The bridge's caps stay below those of CIC, as they are set.
    let caps = [("CicMaxChats", "5000"), ("CicStartsPerSecond", "100")];
    let caps = caps.into_iter().filter(|_| !options.cic_limits);
    let parameters = parameters.into_iter().chain(caps.map(|(name, cap)| (name, cap.to_owned())));
    let own = options.parameters.iter().map(|(name, value)| (name.clone(), value.clone()));
    parameters.map(|(name, value)| (name.to_owned(), value)).chain(own).collect()
}

/// `poll-facebook`'s output: `PollFacebookFunctionName`.
fn output_of(function: &str) -> String {
    let words = function.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
    });
    words.flatten().chain("FunctionName".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulated() -> Simulated {
        Simulated {
            facebook_url: "http://127.0.0.1:1".to_owned(),
            twitter_url: "http://127.0.0.1:2".to_owned(),
            cic_urls: ["http://127.0.0.1:3".to_owned(), "http://127.0.0.1:4".to_owned()],
        }
    }

    #[test]
    fn a_functions_output_is_named_after_it() {
        assert_eq!(output_of("collect-replies"), "CollectRepliesFunctionName");
        assert_eq!(output_of("router"), "RouterFunctionName");
    }

    #[test]
    fn a_test_may_set_any_parameter() {
        let own = BTreeMap::from([("PassSeconds".to_owned(), "1".to_owned())]);
        let options = Options { parameters: own, ..Options::default() };
        assert_eq!(parameters("http://a", &simulated(), &options)["PassSeconds"], "1");
    }
}
