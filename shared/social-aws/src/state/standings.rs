//! Since when channels are switched on: one item per network.

use social_core::{
    Clock, Failure, Network,
    channel::{Standing, Standings},
};

use super::{
    Outcome, StateTable,
    items::{Key, decode, encode, number},
    put_if,
};

const UNWRITTEN: &str = "attribute_not_exists(pk)";
const UNCHANGED: &str = "version = :version";

const WHAT: &str = "standing of the channels";

impl<C: Clock> Standings for StateTable<C> {
    async fn standing(&self, network: Network) -> Result<Standing, Failure> {
        let item = self.get(Key::standing(network), true).await?;
        Ok(item.map(|item| decode(WHAT, item)).transpose()?.unwrap_or_default())
    }

    async fn save_standing(&self, network: Network, standing: &Standing) -> Result<bool, Failure> {
        let put = self.put(Key::standing(network), encode(WHAT, &standing.as_written())?);
        let put = match standing.version {
            0 => put.condition_expression(UNWRITTEN),
            version => put
                .condition_expression(UNCHANGED)
                .expression_attribute_values(":version", number(version)),
        };
        Ok(matches!(put_if(put).await?, Outcome::Written(_)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use social_core::{
        ChannelId,
        channel::{self, ChannelSet},
    };

    use super::*;
    use crate::testing::state_table;

    #[tokio::test]
    async fn the_first_poller_to_see_a_channel_says_since_when_it_is_on() {
        let (table, _) = state_table().await;
        let set = ChannelSet::from_entries([json!({
            "channel_id": "acme-page", "network": "facebook", "workgroup": "Social",
            "page_id": "1029384756", "credential": "/acme",
        })]);
        let acme = ChannelId("acme-page".to_owned());
        let seen = async |minute: i64| {
            let now = jiff::Timestamp::from_second(1_800_000_000 + minute * 60).unwrap();
            let of = |network| channel::standing(&table, &set, network, now);
            assert_eq!(of(Network::Twitter).await.unwrap().since(&acme), None);
            of(Network::Facebook).await.unwrap().since(&acme).unwrap().as_second()
        };
        assert_eq!(futures::join!(seen(0), seen(0)), (1_800_000_000, 1_800_000_000));
        assert_eq!(seen(7).await, 1_800_000_000);

        assert!(!table.save_standing(Network::Facebook, &Standing::default()).await.unwrap());
    }
}
