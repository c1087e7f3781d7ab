use std::fs;

use simulators::{
    cic::{Pair, Settings},
    server::Bound,
};

use super::*;

async fn runs(arguments: &[&str]) -> (String, Result<ExitCode, Failed>) {
    let cli = Cli::parse_from([&["socialctl"], arguments].concat());
    let mut out = Vec::new();
    let ended = cli.run(&mut out).await;
    (String::from_utf8(out).unwrap(), ended)
}

#[tokio::test]
async fn each_bad_entry_is_named_with_its_field() {
    let path = std::env::temp_dir().join(format!("socialctl-{}.json", std::process::id()));
    fs::write(
        &path,
        r#"[
            { "channel_id": "page", "network": "facebook", "workgroup": "Support", "page_id": "1",
              "credential": "/social/facebook/acme" },
            { "channel_id": "typo", "network": "facebook", "workgroup": "Support", "page_id": "1",
              "credential": "/social/facebook/acme", "idle_close_hours": -1 }
        ]"#,
    )
    .unwrap();
    let (printed, ended) = runs(&["check", "channels", "--file", path.to_str().unwrap()]).await;
    fs::remove_file(&path).unwrap();
    assert_eq!(
        printed,
        "channel typo: idle_close_hours must be more than 0 and at most 720\n\
         1 valid and enabled, 1 invalid\n"
    );
    assert_eq!(ended.unwrap(), ExitCode::FAILURE);
}

#[tokio::test]
async fn what_cic_says_by_itself_is_printed_as_the_parameter_wants_it() {
    let pair = Pair::new(Settings::default());
    let (primary, backup) = (Bound::to(0).await.unwrap(), Bound::to(0).await.unwrap());
    let urls = format!("{},{}", primary.url(), backup.url());
    let [first, second] = pair.routers();
    let _servers = [tokio::spawn(primary.serve(first)), tokio::spawn(backup.serve(second))];
    let texts =
        ["check", "texts", "--cic", &urls, "--workgroup", "Social Support", "--listen", "1"];
    let (printed, ended) = runs(&texts).await;
    assert_eq!(ended.unwrap(), ExitCode::SUCCESS);
    let learnt: Vec<String> = serde_json::from_str(&printed).unwrap();
    assert_eq!(learnt, ["Welcome. An agent will be with you shortly."]);

    let (_, ended) = runs(&["check", "texts", "--cic", &urls, "--workgroup", "Nobody"]).await;
    let error = ended.unwrap_err();
    assert!(error.source().unwrap().to_string().contains("no workgroup of that name"), "{error}");
}
