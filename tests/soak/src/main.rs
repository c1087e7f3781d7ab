//! `cargo soak`: the bridge under faults for as long as wanted, and one table of what came of it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]

use std::{
    fs, io,
    path::PathBuf,
    process::{Command, ExitCode},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use soak::{
    catalogue::{Check, Size, checks, everything},
    report::{self, Row},
};
use social_core::Clock;
use social_lambda::SystemClock;

/// Checks that run side by side.
const SIDE_BY_SIDE: usize = 2;
/// Between these the tables stand in a document.
const MARKS: (&str, &str) = ("<!-- report -->", "<!-- end of report -->");

/// Runs the bridge's use cases under faults, on a virtual clock.
#[derive(Debug, Parser)]
struct Arguments {
    /// How long to go on, with one seed after the other.
    #[arg(long, default_value_t = 1)]
    minutes: u64,
    /// The first seed; a run that failed is the same again with its seed and `--minutes 0`.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs each check of the catalogue in full instead, and prints the tables of docs/reliability.md.
    #[arg(long)]
    report: bool,
    /// Of the report, only checks of these names, divided by commas; the document names those left out.
    #[arg(long, requires = "report", value_delimiter = ',')]
    only: Vec<String>,
    /// Of the report, no run begins later than so many minutes after the start.
    #[arg(long, requires = "report")]
    within: Option<u64>,
    /// Writes the tables into this document, in place of those between its marks.
    #[arg(long, requires = "report")]
    write: Option<PathBuf>,
}

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    let commit = commit();
    let rows = if arguments.report { full(&arguments)? } else { vec![soak(&arguments)?] };
    let mut told = report::promises(&rows);
    if arguments.report {
        let date = SystemClock.now().strftime("%Y-%m-%d");
        let (left_out, kills) = (report::left_out(&rows), report::kills(&rows));
        told = format!("{date}, commit {commit}.\n\n{told}\n{left_out}{kills}");
    }
    println!("{told}");
    if let Some(document) = &arguments.write {
        write(document, &told)?;
    }
    for row in rows.iter().filter(|row| !row.is_as_promised()) {
        println!("{}: {:#?}", row.name, row.failures);
    }
    let all = rows.iter().all(Row::is_as_promised);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All checks, a few side by side, the rows in the order of the catalogue.
fn full(arguments: &Arguments) -> io::Result<Vec<Row>> {
    let until = arguments.within.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
    let is_over = || until.is_some_and(|until| Instant::now() >= until);
    let only = &arguments.only;
    let is_wanted = |check: &Check| {
        only.is_empty() || only.iter().any(|name| name.as_str() == check.scenario.name)
    };
    let checks: Vec<Check> = checks(Size::Full).into_iter().filter(is_wanted).collect();
    let waiting = Mutex::new(checks.iter().enumerate());
    let done = Mutex::new(Vec::new());
    let work = || -> io::Result<()> {
        loop {
            let next = waiting.lock().map_err(|_| poisoned())?.next();
            let Some((place, check)) = next.filter(|_| !is_over()) else { return Ok(()) };
            let row = report::run(check, |progress| {
                eprintln!("{progress}");
                !is_over()
            })?;
            eprintln!("{} took {} s: {:?}", row.name, row.took.as_secs(), row.events);
            println!("{}", report::promises([&row]));
            done.lock().map_err(|_| poisoned())?.push((place, row));
        }
    };
    let outcomes: Vec<io::Result<()>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| Err(poisoned())))
            .collect()
    });
    outcomes.into_iter().collect::<io::Result<()>>()?;
    let mut rows = done.into_inner().map_err(|_| poisoned())?;
    rows.sort_by_key(|(place, _)| *place);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

fn poisoned() -> io::Error {
    io::Error::other("a check panicked")
}

fn write(document: &PathBuf, told: &str) -> io::Result<()> {
    let text = fs::read_to_string(document)?;
    let parts = text.split_once(MARKS.0).zip(text.split_once(MARKS.1));
    let Some(((before, _), (_, after))) = parts else {
        return Err(io::Error::other(format!("the document has no {} and {}", MARKS.0, MARKS.1)));
    };
    fs::write(document, format!("{before}{}\n\n{told}\n{}{after}", MARKS.0, MARKS.1))
}

fn soak(arguments: &Arguments) -> io::Result<Row> {
    let until = Instant::now() + Duration::from_secs(60 * arguments.minutes);
    let mut seed = arguments.seed;
    let mut row = Row::new(&Check::new("everything at once", everything(seed)));
    loop {
        eprintln!("seed {seed}");
        row.add(seed, &everything(seed).run()?, true);
        if Instant::now() >= until {
            return Ok(row);
        }
        seed += 1;
    }
}

/// Which commit was run, and whether something was changed since.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let told = Command::new("git").args(arguments).output();
        told.map(|told| String::from_utf8_lossy(&told.stdout).trim().to_owned()).unwrap_or_default()
    };
    let changed = if git(&["status", "--porcelain"]).is_empty() { "" } else { "-dirty" };
    format!("{}{changed}", git(&["rev-parse", "--short", "HEAD"]))
}
