//! The short run that every change has to pass. `cargo soak` runs the same for longer.

use soak::{
    catalogue::{Size, checks, everything},
    report::{Row, promises, run},
};

/// Each check of the catalogue, small. Its seed stands there: the same run every time.
#[expect(clippy::print_stdout, reason = "what was done, and the seed to do it again")]
#[test]
fn nothing_is_lost_nothing_twice_nothing_out_of_order() {
    let mut rows: Vec<Row> = Vec::new();
    for check in checks(Size::Short) {
        let row = run(&check, |_| {}).unwrap();
        println!("{}: {:.1} s", row.name, row.took.as_secs_f32());
        rows.push(row);
    }
    println!("{}", promises(&rows));
    let broken = rows.iter().filter(|row| !row.is_as_promised());
    let broken: Vec<_> = broken.map(|row| (&row.promise, &row.failures)).collect();
    assert!(broken.is_empty(), "{broken:#?}");
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
