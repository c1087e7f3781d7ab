use std::{fs, io::Write, path::PathBuf, process::ExitCode, time::Duration};

use serde_json::Value;
use social_aws::ChannelTable;
use social_core::{ChannelSet, Channels};
use social_lambda::SystemClock;

use crate::Failed;

/// Prints what is wrong with which field of which entry.
pub(crate) async fn check(
    table: Option<String>,
    file: Option<PathBuf>,
    out: &mut impl Write,
) -> Result<ExitCode, Failed> {
    let set = match (table, file) {
        (Some(table), _) => {
            let dynamodb = social_aws::dynamodb(&social_lambda::sdk_config().await);
            let table = ChannelTable::new(&dynamodb, table, SystemClock, Duration::ZERO);
            ChannelSet::clone(&*table.all().await?)
        }
        (None, Some(file)) => ChannelSet::from_entries(in_file(&fs::read_to_string(file)?)?),
        (None, None) => ChannelSet::default(),
    };
    for error in &set.invalid {
        writeln!(out, "{error}")?;
    }
    let (valid, invalid) = (set.channels.len(), set.invalid.len());
    writeln!(out, "{valid} valid and enabled, {invalid} invalid")?;
    Ok(if set.invalid.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn in_file(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    Ok(match serde_json::from_str(text)? {
        Value::Array(entries) => entries,
        entry => vec![entry],
    })
}
