//! Reads query parameters and gathers everything that is wrong with them (contract B2, B5).

use jiff::Timestamp;

use super::{
    id,
    problem::{Issue, Problem},
};

/// The query of a request, with what was found wrong so far.
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    issues: Vec<Issue>,
}

impl Params {
    /// Splits the query; a parameter that is not one of `allowed` is refused.
    pub(crate) fn read(query: Option<&str>, allowed: &[&[&str]]) -> Self {
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        let mut params = Self { pairs: Vec::new(), issues: Vec::new() };
        let known = allowed.concat();
        for (name, value) in pairs {
            if known.contains(&name.as_str()) {
                params.pairs.push((name, value));
            } else {
                let message =
                    format!("The query parameter [{name}] is not one of [{}]", known.join(","));
                params.refuse(&name, &value, message);
            }
        }
        params
    }

    /// A parameter's value; the last one where it is given twice.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.pairs.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.clone())
    }

    /// Notes that a parameter is wrong.
    pub(crate) fn refuse(&mut self, name: &str, value: &str, message: impl Into<String>) {
        let (parameter, value) = (name.to_owned(), value.to_owned());
        self.issues.push(Issue { parameter, value, message: message.into() });
    }

    /// A number within bounds.
    pub(crate) fn number(
        &mut self,
        name: &str,
        least: usize,
        most: usize,
        default: usize,
    ) -> usize {
        let Some(text) = self.text(name) else { return default };
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                let message = format!(
                    "The `{name}` query parameter value [{text}] is not between {least} and {most}"
                );
                self.refuse(name, &text, message);
                default
            }
        }
    }

    /// An id.
    pub(crate) fn id(&mut self, name: &str) -> Option<u64> {
        let text = self.text(name)?;
        let id = id::parse(&text);
        if id.is_none() {
            let message = format!(
                "The `{name}` query parameter value [{text}] does not match ^[0-9]{{1,19}}$"
            );
            self.refuse(name, &text, message);
        }
        id
    }

    /// A time of the form `YYYY-MM-DDTHH:mm:ssZ`.
    pub(crate) fn time(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.text(name)?;
        let time = text.ends_with('Z').then(|| text.parse().ok()).flatten();
        if time.is_none() {
            let message = format!(
                "The `{name}` query parameter value [{text}] is not a valid RFC3339 date time"
            );
            self.refuse(name, &text, message);
        }
        time
    }

    /// A comma-separated list of words out of a vocabulary.
    pub(crate) fn list(&mut self, name: &str, allowed: &[&str]) -> Vec<String> {
        let Some(text) = self.text(name) else { return Vec::new() };
        let words: Vec<String> = text.split(',').map(ToOwned::to_owned).collect();
        for word in words.iter().filter(|word| !allowed.contains(&word.as_str())) {
            let message = format!(
                "The `{name}` query parameter value [{word}] is not one of [{}]",
                allowed.join(",")
            );
            self.refuse(name, word, message);
        }
        words
    }

    /// A comma-separated list of one to a hundred values that are each `valid`.
    pub(crate) fn values(
        &mut self,
        name: &str,
        valid: impl Fn(&str) -> bool,
        pattern: &str,
    ) -> Vec<String> {
        let Some(text) = self.text(name).filter(|text| !text.is_empty()) else {
            let message = format!("The `{name}` query parameter can not be empty");
            self.refuse(name, "", message);
            return Vec::new();
        };
        let values: Vec<String> = text.split(',').map(ToOwned::to_owned).collect();
        if values.len() > 100 {
            let message = format!(
                "The number of values in the `{name}` query parameter list [{}] is not between 1 \
                 and 100",
                values.len()
            );
            self.refuse(name, &text, message);
        }
        for value in values.iter().filter(|value| !valid(value)) {
            let message =
                format!("The `{name}` query parameter value [{value}] does not match {pattern}");
            self.refuse(name, value, message);
        }
        values
    }

    /// Ends the reading: an answer of 400 if anything was wrong.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.issues.is_empty() { Ok(()) } else { Err(Problem::invalid(self.issues)) }
    }
}
