//! What may never be published, line by line, where no other test tells the story.

use rstest::rstest;

use super::*;

#[tokio::test]
async fn pushed_pages_and_files_are_not_published_and_the_agent_is_told() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.world.cic.agent_pushes(0, "Jo", "https://intranet.example/how-to");
    scene.world.cic.agent_sends_file(0, "Jo", "prices.pdf");
    scene.jo_says("Hello Zoë").await;
    assert_eq!(scene.published(), [("1".to_owned(), "Hello Zoë".to_owned())]);
    scene.router_tells().await;
    let said = scene.world.cic.said()[0].concat();
    assert!(said.contains("the pushed page was not published"), "{said}");
    assert!(said.contains("the file was not published"), "{said}");
}

#[rstest]
#[case::a_quotation_alone("> My card number is 4111", "only a quotation")]
#[case::words_of_the_visitors(
    "You wrote: My card number is 4111 1111 1111 1111",
    "repeats what the visitor wrote"
)]
#[case::a_line_of_the_desk("1 · Zoë · 11:59 · post\nYes!", "repeats what the visitor wrote")]
#[tokio::test]
async fn what_the_visitor_wrote_is_never_published_as_ours(
    #[case] text: &str,
    #[case] reason: &str,
) {
    let asked = post("1", "Zoë", "My card number is 4111 1111 1111 1111");
    let scene = Scene::of("acme-page", asked).await;
    scene.jo_says(text).await;
    assert!(scene.published().is_empty());
    assert!(scene.last_notice().contains(reason), "{}", scene.last_notice());
}

#[tokio::test]
async fn a_second_persons_words_stay_between_the_two() {
    let scene = Scene::of("acme-page", post("1", "Zoë", "Help!")).await;
    scene.world.cic.pick_up(0, "Max");
    scene.says("Max", "between us: she is angry").await;
    scene.jo_says("We are on it").await;
    assert_eq!(scene.published(), [("1".to_owned(), "We are on it".to_owned())]);
}
