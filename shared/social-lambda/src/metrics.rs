//! Metrics in the embedded format of `CloudWatch`: a log event with a `metric` field is counted.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Write},
};

use serde_json::{Value, json};
use social_core::Clock;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use crate::SystemClock;

/// Fields that may become dimensions: few values each, and never of people.
const DIMENSIONS: [&str; 5] = ["channel_id", "credential", "error_type", "field", "workgroup"];

/// Counts events that carry a `metric` field, as one line on standard output for each.
pub(crate) struct Metrics {
    namespace: String,
    function: String,
}

impl Metrics {
    pub(crate) fn new(namespace: String, function: String) -> Self {
        Self { namespace, function }
    }

    fn line(&self, counted: Counted, milliseconds: i64) -> Option<String> {
        let name = counted.metric?;
        let value = Value::from(counted.count.unwrap_or(1));
        let mut names = vec!["function"];
        names.extend(counted.dimensions.keys());
        let mut line = json!({
            "_aws": { "Timestamp": milliseconds, "CloudWatchMetrics": [{
                "Namespace": self.namespace,
                // Without dimensions for the alarms, with all of them for the administrator who looks.
                "Dimensions": [[], names],
                "Metrics": [{ "Name": name, "Unit": "Count" }],
            }]},
            "function": self.function,
        });
        let fields = line.as_object_mut()?;
        fields.insert(name, value);
        fields.extend(counted.dimensions.into_iter().map(|(k, v)| (k.to_owned(), v.into())));
        Some(line.to_string())
    }
}

impl<S: Subscriber> Layer<S> for Metrics {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut counted = Counted::default();
        event.record(&mut counted);
        if let Some(line) = self.line(counted, SystemClock.now().as_millisecond()) {
            // A metric that cannot be written is no reason to fail anybody's message.
            writeln!(io::stdout(), "{line}").ok();
        }
    }
}

#[derive(Default)]
struct Counted {
    metric: Option<String>,
    /// How many at once; one where the event does not tell.
    count: Option<u64>,
    dimensions: BTreeMap<&'static str, String>,
}

impl Visit for Counted {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "metric" => self.metric = Some(value.to_owned()),
            name if DIMENSIONS.contains(&name) => {
                self.dimensions.insert(name, value.to_owned());
            }
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "count" {
            self.count = Some(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_event_is_a_line_in_the_embedded_format() {
        let metrics = Metrics::new("SocialBridge".to_owned(), "router".to_owned());
        let dimensions = [("channel_id", "acme".to_owned()), ("field", "workgroup".to_owned())];
        let counted = Counted {
            metric: Some("ChannelInvalid".to_owned()),
            count: None,
            dimensions: dimensions.into(),
        };
        insta::assert_snapshot!(metrics.line(counted, 1_763_800_000_000).unwrap(), @r#"{"ChannelInvalid":1,"_aws":{"CloudWatchMetrics":[{"Dimensions":[[],["function","channel_id","field"]],"Metrics":[{"Name":"ChannelInvalid","Unit":"Count"}],"Namespace":"SocialBridge"}],"Timestamp":1763800000000},"channel_id":"acme","field":"workgroup","function":"router"}"#);
        assert_eq!(metrics.line(Counted::default(), 0), None);
        let many =
            Counted { metric: Some("ChatsOpen".to_owned()), count: Some(0), ..Counted::default() };
        assert!(metrics.line(many, 0).unwrap().contains(r#""ChatsOpen":0"#));
    }
}
