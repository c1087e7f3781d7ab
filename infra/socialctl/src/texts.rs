use std::{io::Write, process::ExitCode, time::Duration};

use social_cic::{Cic, CicSettings};
use social_core::checkup;
use social_http::{Client, Settings};
use social_lambda::SystemClock;

use crate::{Failed, Texts};

/// Prints what CIC says by itself, as the parameter `AutomaticTexts` wants it.
pub(crate) async fn check(texts: &Texts, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let settings = CicSettings::of_deployment(&texts.cic, &texts.interface, None)?;
    let cic = Cic::new(settings, Client::new(&Settings::default())?)?;
    let listen_for = Duration::from_secs(texts.listen);
    let learnt = checkup::automatic_texts(&cic, &SystemClock, &texts.workgroup, listen_for);
    writeln!(out, "{}", serde_json::to_string_pretty(&learnt.await?)?)?;
    Ok(ExitCode::SUCCESS)
}
