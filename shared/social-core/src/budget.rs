//! Budgets: what a credential's calls cost in a month, on networks that bill them.

use serde::{Deserialize, Serialize};

use crate::verdict::Failure;

/// What was used in a month, and what it cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spending {
    /// Messages read.
    pub reads: u64,
    /// Accounts looked up.
    pub users: u64,
    /// Messages published.
    pub posts: u64,
    /// Millionths of a dollar.
    pub amount: u64,
}

impl Spending {
    /// Whether nothing was used.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            reads: self.reads.saturating_add(other.reads),
            users: self.users.saturating_add(other.users),
            posts: self.posts.saturating_add(other.posts),
            amount: self.amount.saturating_add(other.amount),
        }
    }
}

/// Counters of the bridge's own, shared by every function that spends.
pub trait Budgets {
    /// What the credential has spent in the month, such as `2026-11`.
    async fn spent(&self, credential: &str, month: &str) -> Result<Spending, Failure>;

    /// Adds to it; the sum afterwards. Who sees the sum pass a limit is the one to tell of it.
    async fn spend(
        &self,
        credential: &str,
        month: &str,
        more: &Spending,
    ) -> Result<Spending, Failure>;
}

impl<B: Budgets> Budgets for &B {
    async fn spent(&self, credential: &str, month: &str) -> Result<Spending, Failure> {
        B::spent(self, credential, month).await
    }

    async fn spend(
        &self,
        credential: &str,
        month: &str,
        more: &Spending,
    ) -> Result<Spending, Failure> {
        B::spend(self, credential, month, more).await
    }
}
