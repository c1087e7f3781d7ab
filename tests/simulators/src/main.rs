//! `cargo simulators`: the three simulators alone, told of in one line of JSON.

use std::{
    io::{self, Write},
    time::Duration,
};

use clap::{Parser, ValueEnum};
use simulators::{
    cic::{self, Age},
    world::{Options, World},
};
use tokio::signal::unix::{SignalKind, signal};

/// Serves Facebook, X and the CIC pair on 127.0.0.1 until it is told to end.
#[derive(Parser)]
struct Arguments {
    /// Facebook's port; 0 takes any.
    #[arg(long, default_value_t = 0)]
    facebook: u16,
    /// X's port.
    #[arg(long, default_value_t = 0)]
    twitter: u16,
    /// The first CIC server's port.
    #[arg(long, default_value_t = 0)]
    cic: u16,
    /// The second CIC server's port.
    #[arg(long, default_value_t = 0)]
    cic_backup: u16,
    /// Seconds until X finds a new tweet.
    #[arg(long, default_value_t = 30.0, value_parser = seconds)]
    index_lag: f64,
    /// What the two CIC servers call themselves in `alternateHostList`, as in "ic1,ic2"; real ones
    /// give names without a port, and clients keep to theirs. Without it, address and port.
    #[arg(long, value_parser = host_names)]
    cic_hosts: Option<[String; 2]>,
    /// Whether CIC throttles new chats.
    #[arg(long, value_enum, default_value_t = Toggle::On)]
    cic_limits: Toggle,
    /// 2020r1 (web-chat with history), 2018r4 (with webhook), 2016r3 and 2016r1 (plain), or
    /// websvcs, also called old (none).
    #[arg(long, default_value_t = Age::default())]
    cic_age: Age,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Toggle {
    On,
    Off,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().map_err(|_| "not a number".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(_) => Ok(seconds),
        Err(error) => Err(error.to_string()),
    }
}

fn host_names(text: &str) -> Result<[String; 2], String> {
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    names.try_into().map_err(|_| "not two names with a comma between".to_owned())
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    // Listened for before anyone is told that this runs.
    let (mut terminated, mut interrupted) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let world = World::start(Options {
        facebook: arguments.facebook,
        twitter: arguments.twitter,
        cic: arguments.cic,
        cic_backup: arguments.cic_backup,
        cic_hosts: arguments.cic_hosts,
        index_lag: Duration::from_secs_f64(arguments.index_lag),
        cic_settings: cic::Settings {
            age: arguments.cic_age,
            limits: arguments.cic_limits == Toggle::On,
            ..cic::Settings::default()
        },
    })
    .await?;
    let mut out = io::stdout();
    writeln!(out, "{}", world.described())?;
    out.flush()?;
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    Ok(())
}
