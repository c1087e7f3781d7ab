//! `cargo soak`: the bridge under faults for as long as wanted, and one table of what came of it.
#![expect(clippy::print_stdout, reason = "a command for people")]

use std::{
    io,
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use clap::Parser;
use soak::{
    catalogue::{Check, Size, checks, everything},
    report::{self, Row},
};
use social_core::Clock;
use social_lambda::SystemClock;

/// Runs the bridge's use cases under faults, on a virtual clock.
#[derive(Debug, Parser)]
struct Arguments {
    /// How long to go on, with one seed after the other.
    #[arg(long, default_value_t = 1)]
    minutes: u64,
    /// The first seed; a run that failed is the same again with its seed and `--minutes 0`.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs each check of the catalogue in full instead, and prints the table of docs/reliability.md.
    #[arg(long)]
    report: bool,
}

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    let rows = if arguments.report { full()? } else { vec![soak(&arguments)?] };
    println!("\n{}", report::table(&rows));
    if arguments.report {
        println!("{}", report::points(&rows));
        println!("{} at commit {}", SystemClock.now().strftime("%Y-%m-%d"), commit());
    }
    for row in rows.iter().filter(|row| !row.is_as_promised()) {
        println!("{}: {:#?}", row.name, row.failures);
    }
    let all = rows.iter().all(Row::is_as_promised);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn full() -> io::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for check in checks(Size::Full) {
        let row = report::run(&check)?;
        println!(
            "{}: {} s, calls to CIC {}, of all calls while away {}, {:?}",
            row.name,
            row.took.as_secs(),
            row.cic_calls,
            row.calls_while_away,
            row.events
        );
        println!("{}", report::table(std::slice::from_ref(&row)));
        rows.push(row);
    }
    Ok(rows)
}

fn soak(arguments: &Arguments) -> io::Result<Row> {
    let until = Instant::now() + Duration::from_secs(60 * arguments.minutes);
    let mut seed = arguments.seed;
    let mut row = Row::new(&Check::new("everything at once", everything(seed)));
    loop {
        println!("seed {seed}");
        row.add(seed, &everything(seed).run()?, true);
        if Instant::now() >= until {
            return Ok(row);
        }
        seed += 1;
    }
}

fn commit() -> String {
    let told = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    told.map(|told| String::from_utf8_lossy(&told.stdout).trim().to_owned()).unwrap_or_default()
}
