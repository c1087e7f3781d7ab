//! Outages of the others: an item for each that is down.

use std::time::Duration;

use jiff::Timestamp;
use social_core::{
    Clock, Failure,
    breaker::{Breakers, Outage, Probe},
};

use super::{
    Outcome, StateTable,
    items::{Item, Key, millis, seconds, time_of},
    update_if,
};

/// An outage that nobody tries to end any more, as of a credential that was taken away.
const KEPT: Duration = Duration::from_hours(24);

const DOWN: &str = "SET down_since = if_not_exists(down_since, :now), \
    probe_at = if_not_exists(probe_at, :probe), expires_at = :expires, writer = :writer";
const PROBE: &str = "SET probe_at = :probe, expires_at = :expires, writer = :writer";
const DUE: &str = "probe_at <= :now";

impl<C: Clock> Breakers for StateTable<C> {
    async fn outage(&self, name: &str) -> Result<Option<Outage>, Failure> {
        Ok(self.get(Key::breaker(name), true).await?.as_ref().and_then(outage))
    }

    async fn note_down(&self, name: &str, probe_at: Timestamp) -> Result<Outage, Failure> {
        let now = self.clock.now();
        let update = self
            .update(Key::breaker(name))
            .update_expression(DOWN)
            .expression_attribute_values(":now", millis(now))
            .expression_attribute_values(":probe", millis(probe_at))
            .expression_attribute_values(":expires", seconds(now + KEPT));
        let (Outcome::Written(item) | Outcome::Refused(item)) = update_if(update).await?;
        Ok(outage(&item).unwrap_or(Outage { since: now, probe_at }))
    }

    async fn take_probe(&self, name: &str, next: Timestamp) -> Result<Probe, Failure> {
        let now = self.clock.now();
        let update = self
            .update(Key::breaker(name))
            .update_expression(PROBE)
            .condition_expression(DUE)
            .expression_attribute_values(":now", millis(now))
            .expression_attribute_values(":probe", millis(next))
            .expression_attribute_values(":expires", seconds(now + KEPT));
        Ok(match update_if(update).await? {
            Outcome::Written(_) => Probe::Ours,
            Outcome::Refused(item) => outage(&item).map_or(Probe::Needless, Probe::Others),
        })
    }

    async fn note_up(&self, name: &str) -> Result<(), Failure> {
        let update = self
            .update(Key::breaker(name))
            .update_expression("SET writer = :writer REMOVE down_since, probe_at");
        update_if(update).await?;
        Ok(())
    }
}

fn outage(item: &Item) -> Option<Outage> {
    let time = |name| item.get(name).and_then(time_of);
    Some(Outage { since: time("down_since")?, probe_at: time("probe_at")? })
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::testing::state_table;

    #[tokio::test]
    async fn of_24_workers_one_tries_and_its_success_frees_all() {
        let (table, clock) = state_table().await;
        let every = Duration::from_secs(10);
        assert_eq!(table.outage("cic").await.unwrap(), None);
        assert_eq!(table.take_probe("cic", clock.now() + every).await.unwrap(), Probe::Needless);
        let began = clock.now();
        let first = table.note_down("cic", began + every).await.unwrap();
        assert_eq!(first, Outage { since: began, probe_at: began + every });
        let early = table.take_probe("cic", began + every * 2).await.unwrap();
        assert_eq!(early, Probe::Others(first));

        clock.advance(every);
        let next = clock.now() + every;
        let tries = join_all((0..24).map(|_| table.take_probe("cic", next))).await;
        let ours = tries.iter().filter(|probe| matches!(probe, Ok(Probe::Ours))).count();
        assert_eq!(ours, 1);
        assert_eq!(table.note_down("cic", next).await.unwrap().since, began);
        table.note_up("cic").await.unwrap();
        assert_eq!(table.outage("cic").await.unwrap(), None);
    }
}
