use rstest::rstest;

use super::*;

#[rstest]
#[case::plain("  thank you ", Written::Plain("thank you"))]
#[case::bare("/help", Written::Command(Command::Help, ""))]
#[case::shouted(" /HIDE >3", Written::Command(Command::Hide, ">3"))]
#[case::with_text("/private >3 one\ntwo", Written::Command(Command::Private, ">3 one\ntwo"))]
#[case::on_its_own_line("/private\none", Written::Command(Command::Private, "one"))]
#[case::unknown("/shrug", Written::Unreadable)]
#[case::half_a_word("/hidden", Written::Unreadable)]
#[case::a_later_line("thank you\n  /hide", Written::Unreadable)]
#[case::a_later_line_of_a_command("/private hello\n/hide", Written::Unreadable)]
#[case::a_path("/var/log is full", Written::Unreadable)]
#[case::alone("/", Written::Unreadable)]
fn a_message_that_begins_with_a_slash_is_a_command_or_refused(
    #[case] text: &str,
    #[case] expected: Written<'_>,
) {
    assert_eq!(Written::read(text), expected);
}

#[test]
fn each_command_is_found_by_its_name_and_explains_itself() {
    for command in Command::ALL {
        assert_eq!(Command::named(command.name()), Some(command));
        assert!(command.help().starts_with(&format!("/{}", command.name())), "{command:?}");
    }
}
