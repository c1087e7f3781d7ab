//! The short run that every change has to pass. `cargo soak` runs the same for longer.

use std::io;

use soak::{
    catalogue::{Check, Size, everything, kills, messages, outages, replies},
    report::{Row, promises, run},
};

/// Each check, small. Its seed stands in the catalogue: the same run every time.
#[expect(clippy::print_stdout, reason = "what was done, and the seed to do it again")]
fn hold(checks: Vec<Check>) -> io::Result<()> {
    let mut rows: Vec<Row> = Vec::new();
    for check in checks {
        let row = run(&check, |_| true)?;
        println!("{}: {:.1} s, {:?}", row.name, row.took.as_secs_f32(), row.events);
        rows.push(row);
    }
    println!("{}", promises(&rows));
    let broken = rows.iter().filter(|row| !row.is_as_promised());
    let broken: Vec<_> = broken.map(|row| (&row.promise, &row.failures)).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    Ok(())
}

#[test]
fn messages_come_once_and_in_order_however_they_come() -> io::Result<()> {
    hold(messages::checks(Size::Short))
}

#[test]
fn nobodys_death_loses_or_doubles_anything() -> io::Result<()> {
    hold(kills::checks(Size::Short))
}

#[test]
fn no_reply_is_lost_or_doubled_whatever_the_network_does() -> io::Result<()> {
    hold(replies::checks(Size::Short))
}

#[test]
fn after_an_outage_everything_is_there() -> io::Result<()> {
    hold(outages::checks(Size::Short))
}

/// What is read by a process that dies of it is the one way to lose a reply.
#[test]
fn without_it_every_reply_is_public_or_back() {
    let mut scenario = everything(80);
    (scenario.rates.kills, scenario.rates.cic_lost_answers) = (0, 0);
    let outcome = scenario.run().unwrap();
    assert!(outcome.holds(), "{:?}", outcome.verdict);
    let verdict = outcome.verdict;
    assert_eq!(verdict.published + verdict.returned, verdict.replies);
}

#[test]
fn a_seed_is_the_same_run_again() {
    let [one, two] = [(); 2].map(|()| everything(90).run().unwrap());
    assert_eq!(one.verdict, two.verdict);
    assert_eq!(one.events, two.events);
    assert_eq!(one.took, two.took);
}
