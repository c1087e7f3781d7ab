use std::{io::Write, process::ExitCode, time::Duration};

use social_aws::{ChannelTable, SdkConfig, StateTable};
use social_core::{
    ChannelId, Channels, Clock, Network,
    forgetting::{Author, Found, Requests, Settled, forget as forget_author},
};
use social_lambda::SystemClock;

use crate::{Failed, Forget};

/// Reads a network's name.
pub(crate) fn network(name: &str) -> Result<Network, String> {
    let all = [Network::Facebook, Network::Twitter];
    let named = all.into_iter().find(|network| network.as_str() == name);
    named.ok_or_else(|| "neither facebook nor twitter".to_owned())
}

/// Erases what is stored of an author, or counts it.
pub(crate) async fn forget(whom: Forget, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let aws = social_lambda::sdk_config().await;
    let state = state(&aws, &whom.state_table);
    if let Some(code) = &whom.request
        && state.request(code).await?.is_none()
    {
        writeln!(out, "no request has the code {code}; nothing was done")?;
        return Ok(ExitCode::FAILURE);
    }
    let dynamodb = social_aws::dynamodb(&aws);
    let channels = ChannelTable::new(&dynamodb, whom.channels_table, SystemClock, Duration::ZERO);
    let channels = channels.all().await?;
    // Of a channel that is gone or switched off nobody knows the network: there the id decides.
    let is_of_network =
        |id: &ChannelId| channels.find(id).is_none_or(|channel| channel.network() == whom.network);
    let author = Author { network: whom.network, id: whom.author_id };
    let found = forget_author((&state, &SystemClock), &author, is_of_network, whom.dry_run).await?;
    print(&found, whom.dry_run, out)?;
    if let Some(code) = whom.request.filter(|_| !whom.dry_run) {
        let settled = Settled { at: SystemClock.now(), conversations: found.conversations };
        state.settle(&code, &settled).await?;
        writeln!(out, "the request {code} is settled")?;
    }
    Ok(if found.unreadable == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the requests that wait.
pub(crate) async fn list(table: String, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let waiting = state(&social_lambda::sdk_config().await, &table).unsettled().await?;
    for request in &waiting {
        let id = request.user_id.as_deref().unwrap_or_default();
        writeln!(out, "{} of {}, user id within the app {id}", request.code, request.asked_at)?;
    }
    writeln!(out, "{} wait", waiting.len())?;
    Ok(ExitCode::SUCCESS)
}

fn state(aws: &SdkConfig, table: &str) -> StateTable<SystemClock> {
    StateTable::new(&social_aws::dynamodb(aws), table, SystemClock)
}

fn print(found: &Found, dry_run: bool, out: &mut impl Write) -> Result<(), Failed> {
    let Found { conversations, removed, lines, profiles, replies, unreadable } = found;
    let done = if dry_run { "would be erased" } else { "erased" };
    writeln!(out, "{done} in {conversations} conversations, {removed} of which are removed:")?;
    writeln!(out, "    {lines} lines, {profiles} profiles, {replies} replies that waited")?;
    if *unreadable > 0 {
        writeln!(out, "{unreadable} conversations cannot be read: look at them by hand")?;
    }
    Ok(())
}
