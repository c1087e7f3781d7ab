//! What credentials have spent, a counter per month.

use std::time::Duration;

use social_core::{
    Clock, Failure,
    budget::{Budgets, Spending},
};

use super::{
    Outcome, StateTable,
    items::{Item, Key, number, number_of, seconds},
    update_if,
};

/// Last year's months stay to be compared with.
const KEPT: Duration = Duration::from_hours(400 * 24);

const ADD: &str = "SET expires_at = :expires, writer = :writer ADD read_count :reads, user_count :users, post_count :posts, micro_dollars :amount";
/// A write that the SDK repeats after its answer was lost counts once.
const ONCE: &str = "attribute_not_exists(writer) OR writer <> :writer";

impl<C: Clock> Budgets for StateTable<C> {
    async fn spent(&self, credential: &str, month: &str) -> Result<Spending, Failure> {
        let item = self.get(Key::budget(credential, month), true).await?;
        Ok(spending(&item.unwrap_or_default()))
    }

    async fn spend(
        &self,
        credential: &str,
        month: &str,
        more: &Spending,
    ) -> Result<Spending, Failure> {
        let update = self
            .update(Key::budget(credential, month))
            .update_expression(ADD)
            .condition_expression(ONCE)
            .expression_attribute_values(":expires", seconds(self.clock.now() + KEPT))
            .expression_attribute_values(":reads", number(more.reads))
            .expression_attribute_values(":users", number(more.users))
            .expression_attribute_values(":posts", number(more.posts))
            .expression_attribute_values(":amount", number(more.amount));
        let (Outcome::Written(item) | Outcome::Refused(item)) = update_if(update).await?;
        Ok(spending(&item))
    }
}

fn spending(item: &Item) -> Spending {
    let of = |name: &str| number_of(item, name).unwrap_or_default();
    Spending {
        reads: of("read_count"),
        users: of("user_count"),
        posts: of("post_count"),
        amount: of("micro_dollars"),
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::testing::state_table;

    #[tokio::test]
    async fn what_many_spend_adds_up_by_credential_and_month() {
        let (table, _) = state_table().await;
        let more = Spending { reads: 100, users: 2, posts: 1, amount: 520_000 };
        let sums = join_all((0..5).map(|_| table.spend("/acme", "2026-11", &more))).await;
        let mut amounts: Vec<u64> = sums.into_iter().map(|sum| sum.unwrap().amount).collect();
        amounts.sort_unstable();
        // Each sees another sum: only one of them can be the one that passes a limit.
        assert_eq!(amounts, [520_000, 1_040_000, 1_560_000, 2_080_000, 2_600_000]);
        let spent = table.spent("/acme", "2026-11").await.unwrap();
        assert_eq!(spent, Spending { reads: 500, users: 10, posts: 5, amount: 2_600_000 });
        assert_eq!(table.spent("/acme", "2026-12").await.unwrap(), Spending::default());
        assert_eq!(table.spent("/other", "2026-11").await.unwrap(), Spending::default());
    }
}
