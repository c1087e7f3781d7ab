use std::{io::Write, process::ExitCode, time::Duration};

use serde_json::Value;
use social_aws::SqsParked;
use social_core::{
    parked::{self, Parked, Which},
    text,
};
use social_lambda::SystemClock;

use crate::{Failed, ParkedCommand, Redrive};

/// Shows what is parked, or puts it back.
pub(crate) async fn run(command: ParkedCommand, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let sqs = social_aws::sqs(&social_lambda::sdk_config().await);
    match command {
        ParkedCommand::List { queue, reason } => {
            let queue = SqsParked::of(&sqs, &queue).await?;
            let parked = parked::list(&queue, &Which { reason, id: None }).await?;
            for parked in &parked {
                line(parked, out)?;
            }
            writeln!(out, "{} parked", parked.len())?;
            Ok(ExitCode::SUCCESS)
        }
        ParkedCommand::Show { queue, id } => {
            let queue = SqsParked::of(&sqs, &queue).await?;
            let parked = parked::list(&queue, &Which { id: Some(id), reason: None }).await?;
            let Some(parked) = parked.first() else {
                return Err(
                    "no message of this id is parked, or others of its group hide it".into()
                );
            };
            line(parked, out)?;
            match serde_json::from_str::<Value>(&parked.body) {
                Ok(body) => writeln!(out, "{body:#}")?,
                Err(_) => writeln!(out, "{}", text::clean(&parked.body))?,
            }
            Ok(ExitCode::SUCCESS)
        }
        ParkedCommand::Redrive(order) => redrive(&sqs, order, out).await,
    }
}

async fn redrive(
    sqs: &social_aws::Sqs,
    order: Redrive,
    out: &mut impl Write,
) -> Result<ExitCode, Failed> {
    let Redrive { queue, reason, id, execute, per_second } = order;
    let (queue, which) = (SqsParked::of(sqs, &queue).await?, Which { id, reason });
    let parked = parked::list(&queue, &which).await?;
    let (going, staying): (Vec<_>, Vec<_>) =
        parked.iter().partition(|parked| parked.body_to_put_back().is_some());
    for parked in &parked {
        line(parked, out)?;
    }
    writeln!(out, "{} to put back, {} to stay", going.len(), staying.len())?;
    if !execute {
        writeln!(out, "nothing was changed; with --execute they go back")?;
        return Ok(ExitCode::SUCCESS);
    }
    let (mut count, pause) = (0, Duration::from_secs(1) / per_second);
    let mut written = Ok(());
    let stayed = parked::redrive((&queue, &SystemClock), &which, pause, |parked| {
        count += 1;
        if written.is_ok() {
            written = writeln!(out, "{count}: {} is back in its queue", parked.id);
        }
    });
    let stayed = stayed.await;
    written?;
    let stayed = match stayed {
        Ok(stayed) => stayed,
        Err(failure) => {
            writeln!(out, "{count} put back; then it failed, and the others stay parked")?;
            return Err(failure.into());
        }
    };
    writeln!(out, "{count} put back, {} stayed", stayed.len())?;
    let all = count >= going.len();
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn line(parked: &Parked, out: &mut impl Write) -> Result<(), Failed> {
    let reason = parked.reason.as_deref().unwrap_or("delivered too often");
    let (id, since, content) = (&parked.id, parked.since, parked.content());
    writeln!(out, "{id} {} since {since:.0}", text::clean_inline(reason))?;
    writeln!(out, "    {}", text::clean_inline(&content.to_string()))?;
    Ok(())
}
