//! `cargo measure`: many open chats, a few of them active, and one `collect-replies`, the real
//! program. Prints a table; ends with an error where a promise is not kept.

mod chats;
mod cloud;
mod function;
mod table;

use std::{collections::BTreeMap, process::ExitCode, time::Duration};

use clap::Parser;
use tokio::time::{Instant, sleep};

use crate::{chats::Chats, cloud::Cloud, function::Function, table::Table};

/// A chat may be unseen for so long.
const UNSEEN_AT_MOST: Duration = Duration::from_secs(20);
/// Memory of the function, in MB.
const MEMORY: u64 = 256;

/// Opens chats in the simulated CIC, lets agents write in some of them, and watches what one
/// collector makes of it.
#[derive(Parser)]
struct Arguments {
    /// Open chats.
    #[arg(long, default_value_t = 2_000)]
    chats: usize,
    /// How many of a hundred are active.
    #[arg(long, default_value_t = 5)]
    active: usize,
    /// How long agents write. A second run takes over in the middle of it.
    #[arg(long, default_value_t = 90)]
    seconds: u64,
    /// Seconds from one message of an agent to the next, in each active chat.
    #[arg(long, default_value_t = 10)]
    every: u64,
}

type Failed = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match measure(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            table::tell(&format!("cannot be measured: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// `true`: every promise was kept.
async fn measure(arguments: &Arguments) -> Result<bool, Failed> {
    let binary = function::build().await?;
    let cloud = Cloud::start().await?;
    let chats = Chats::open(arguments.chats, &cloud).await?;
    let active = arguments.chats * arguments.active / 100;
    let length = Duration::from_secs(arguments.seconds);

    let mut first = Function::start(&binary, &cloud, &chats.urls).await?;
    let begin = Instant::now();
    let (mut round, mut second, mut written) = (0, None, BTreeMap::new());
    while begin.elapsed() < length {
        first.usage()?;
        if second.is_none() && begin.elapsed() > length / 2 {
            second = Some(Function::start(&binary, &cloud, &chats.urls).await?);
        }
        for chat in 0..active {
            let text = format!("round {round} in chat {chat}");
            written.insert(text.clone(), Instant::now());
            chats.agent_writes(chat, &text).await?;
        }
        round += 1;
        sleep(Duration::from_secs(arguments.every)).await;
    }
    // As long as a quiet chat may wait for its look.
    sleep(UNSEEN_AT_MOST).await;
    let end = Instant::now();
    let functions = [Some(first), second];

    let mut table = Table::new();
    table.row("open chats", arguments.chats);
    table.row("active chats", active);
    table.row("measured for", format!("{} s", (end - begin).as_secs()));
    let (unseen, over) = chats.longest_unseen(begin, end);
    table.promise(
        "longest time that a chat was not looked at",
        format!("{:.1} s", unseen.as_secs_f64()),
        unseen <= UNSEEN_AT_MOST,
    );
    table.row("… which was over after", format!("{:.0} s", over.as_secs_f64()));
    let looks = chats.looks(begin, end);
    let seconds = (end - begin).as_secs_f64();
    table.row("looks a second", format!("{:.0}", f64::from(looks) / seconds));
    let delays = cloud.delays(&written);
    table.promise(
        "agents' messages in the outbound queue",
        format!("{} of {}", delays.len(), written.len()),
        delays.len() == written.len(),
    );
    table.row("… after, in the middle", seconds_of(delays.get(delays.len() / 2)));
    table.row("… after, at the most", seconds_of(delays.last()));
    for (name, function) in ["first run", "its successor"].into_iter().zip(functions) {
        let Some(mut function) = function else { continue };
        let usage = function.usage()?;
        table.promise(
            &format!("{name}: greatest memory"),
            format!("{} MB", usage.peak_memory),
            usage.peak_memory < MEMORY,
        );
        table.row(&format!("{name}: processor"), format!("{:.1} s", usage.processor.as_secs_f64()));
    }
    Ok(table.print())
}

fn seconds_of(delay: Option<&Duration>) -> String {
    delay.map_or_else(|| "never".to_owned(), |delay| format!("{:.1} s", delay.as_secs_f64()))
}
