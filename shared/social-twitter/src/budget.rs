//! What X's calls cost, and a monthly budget that is kept (contract B9).
//!
//! What was spent is added up in the bridge's state, once per pass that read something. At nine
//! tenths of the budget keyword searches pause, and what is left is for mentions of the replying
//! handles and for replies; a search that pauses keeps its place, and goes on from there.

use std::sync::{Mutex, PoisonError};

use jiff::{Timestamp, tz::TimeZone};
use social_core::{
    budget::{Budgets, Spending},
    credential::TwitterCredential,
    verdict::Failure,
};

/// Part of the budget, in percent, at which the administrators are warned.
const WARNING: u64 = 80;
/// Part of the budget, in percent, from which on only mentions and replies are paid for.
const RESERVED: u64 = 90;

/// Prices in millionths of a dollar; X changes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Prices {
    pub read: u64,
    /// A tweet of the account's own timelines, where the account owns the app.
    pub owned_read: u64,
    pub user: u64,
    /// A reply to somebody who mentioned or quoted us.
    pub reply: u64,
    pub reply_with_link: u64,
    pub private_read: u64,
    pub private_send: u64,
}

impl Default for Prices {
    fn default() -> Self {
        Self {
            read: 5_000,
            owned_read: 1_000,
            user: 10_000,
            reply: 10_000,
            reply_with_link: 200_000,
            private_read: 10_000,
            private_send: 15_000,
        }
    }
}

impl Prices {
    /// What a pass costs.
    pub(crate) fn of_reading(&self, reads: u64, owned: u64, users: u64) -> Spending {
        let amount = reads * self.read + owned * self.owned_read + users * self.user;
        Spending { reads: reads + owned, users, posts: 0, amount }
    }

    /// What reading private messages costs.
    pub(crate) fn of_private(&self, reads: u64, users: u64) -> Spending {
        let amount = reads * self.private_read + users * self.user;
        Spending { reads, users, posts: 0, amount }
    }

    /// What a reply costs: a link makes it dear.
    pub(crate) fn of_reply(&self, text: &str) -> Spending {
        let chars: Vec<char> = text.chars().collect();
        let plain = crate::links::find(&chars).is_empty();
        let amount = if plain { self.reply } else { self.reply_with_link };
        Spending { posts: 1, amount, ..Spending::default() }
    }
}

/// What may still be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Open,
    /// Mentions of the replying handles only.
    Reserve,
    Exhausted,
}

/// A credential's budget, and what is known of its use.
#[derive(Debug)]
pub(crate) struct Purse<B> {
    budgets: Option<B>,
    name: String,
    /// Millionths of a dollar a month.
    limit: Option<u64>,
    pub(crate) prices: Prices,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    month: String,
    sum: Option<Spending>,
    /// Used, but not written down yet.
    owed: Spending,
}

impl<B> Purse<B> {
    /// Without budgets nothing is counted.
    pub(crate) fn new(
        budgets: Option<B>,
        name: &str,
        credential: &TwitterCredential,
        prices: Prices,
    ) -> Self {
        let limit = limit_of(credential);
        Self { budgets, name: name.to_owned(), limit, prices, known: Mutex::default() }
    }

    /// The credential's.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Takes over a budget that was changed.
    pub(crate) fn set_limit(&mut self, credential: &TwitterCredential) {
        self.limit = limit_of(credential);
    }
}

/// Millionths of a dollar.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a budget of more dollars than fit is none; it is not negative"
)]
fn limit_of(credential: &TwitterCredential) -> Option<u64> {
    let dollars = credential.monthly_budget_usd.filter(|dollars| *dollars >= 0.0)?;
    Some((dollars * 1_000_000.0) as u64)
}

impl<B: Budgets> Purse<B> {
    /// What may be read now. Asks the bridge's state once a month and process.
    pub(crate) async fn level(&self, now: Timestamp) -> Result<Level, Failure> {
        let (Some(budgets), Some(limit)) = (&self.budgets, self.limit) else {
            return Ok(Level::Open);
        };
        let month = month(now);
        let known = self.with(|known| (known.month == month).then_some(known.sum).flatten());
        let sum = if let Some(sum) = known {
            sum
        } else {
            let sum = budgets.spent(&self.name, &month).await?;
            self.with(|known| {
                known.month.clone_from(&month);
                known.sum = Some(sum);
            });
            sum
        };
        let owed = self.with(|known| known.owed);
        Ok(level(sum.plus(&owed).amount, limit))
    }

    /// Writes down what was used: one write, and none where it was nothing. What cannot be written
    /// is owed, and written with the next.
    pub(crate) async fn pay(&self, more: Spending, now: Timestamp) {
        let (Some(budgets), Some(limit)) = (&self.budgets, self.limit) else { return };
        let owed = self.with(|known| std::mem::take(&mut known.owed)).plus(&more);
        if owed.is_nothing() {
            return;
        }
        let month = month(now);
        match budgets.spend(&self.name, &month, &owed).await {
            Ok(sum) => {
                self.tell(sum.amount.saturating_sub(owed.amount), sum.amount, limit);
                self.with(|known| {
                    known.month = month;
                    known.sum = Some(sum);
                });
            }
            Err(failure) => {
                tracing::warn!(
                    credential = self.name,
                    error_type = failure.error_type(),
                    metric = "BudgetNotCounted",
                    "what was spent could not be written down"
                );
                self.with(|known| known.owed = owed.plus(&known.owed));
            }
        }
    }

    /// Who takes the sum over a threshold tells of it, and nobody else does.
    fn tell(&self, before: u64, after: u64, limit: u64) {
        let crosses = |percent: u64| {
            let threshold = part(limit, percent);
            before < threshold && after >= threshold
        };
        if crosses(100) {
            tracing::error!(
                credential = self.name,
                metric = "BudgetExhausted",
                "the month's budget is spent; nothing is read until it is raised or the month ends"
            );
        } else if crosses(RESERVED) {
            tracing::error!(
                credential = self.name,
                metric = "BudgetReserved",
                "keyword searches pause; the rest of the budget is for mentions and replies"
            );
        } else if crosses(WARNING) {
            tracing::warn!(
                credential = self.name,
                metric = "BudgetWarning",
                "four fifths of the month's budget are spent"
            );
        }
    }

    fn with<T>(&self, what: impl FnOnce(&mut Known) -> T) -> T {
        // A panic elsewhere leaves the sums whole.
        what(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn part(limit: u64, percent: u64) -> u64 {
    limit / 100 * percent + limit % 100 * percent / 100
}

fn level(spent: u64, limit: u64) -> Level {
    if spent >= limit {
        Level::Exhausted
    } else if spent >= part(limit, RESERVED) {
        Level::Reserve
    } else {
        Level::Open
    }
}

/// X's months are UTC's.
fn month(now: Timestamp) -> String {
    now.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string()
}

/// Where nothing is counted.
#[derive(Debug, Clone, Copy)]
pub struct Uncounted;

impl Budgets for Uncounted {
    async fn spent(&self, _: &str, _: &str) -> Result<Spending, Failure> {
        Ok(Spending::default())
    }

    async fn spend(&self, _: &str, _: &str, more: &Spending) -> Result<Spending, Failure> {
        Ok(*more)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing(0, Level::Open)]
    #[case::warned(8_500, Level::Open)]
    #[case::reserve(9_000, Level::Reserve)]
    #[case::nearly(9_999, Level::Reserve)]
    #[case::spent(10_000, Level::Exhausted)]
    fn the_last_tenth_is_a_reserve(#[case] spent: u64, #[case] expected: Level) {
        assert_eq!(level(spent, 10_000), expected);
    }

    #[test]
    fn a_link_makes_a_reply_dear() {
        let prices = Prices::default();
        assert_eq!(prices.of_reply("thank you").amount, 10_000);
        assert_eq!(prices.of_reply("see acme.com for it").amount, 200_000);
        assert_eq!(prices.of_reading(100, 0, 2).amount, 520_000);
        assert_eq!(prices.of_reading(100, 100, 2).amount, 620_000);
    }

    #[test]
    fn a_budget_begins_anew_each_month() {
        assert_eq!(month("2026-11-30T23:59:59Z".parse().unwrap()), "2026-11");
        assert_eq!(month("2026-12-01T00:00:00Z".parse().unwrap()), "2026-12");
    }
}
