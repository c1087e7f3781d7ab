use std::{io::Write, process::ExitCode};

use social_aws::{SqsOutbound, StateTable};
use social_core::{approval, command::Command, text};
use social_lambda::SystemClock;

use crate::{Approvals, Decision, Failed};

/// Lists what waits, or passes a person's word on.
pub(crate) async fn run(approvals: Approvals, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let aws = social_lambda::sdk_config().await;
    let table = |name: String| StateTable::new(&social_aws::dynamodb(&aws), name, SystemClock);
    let (word, Decision { state_table, outbound_queue, reply, by }) = match approvals {
        Approvals::List { state_table } => {
            for reply in approval::awaiting(&table(state_table)).await? {
                let (agent, id) = (text::clean_inline(&reply.agent), &reply.id);
                writeln!(out, "{id} by {agent} in {}", reply.channel_id)?;
                writeln!(out, "    {}", text::clean(&reply.text).replace('\n', "\n    "))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        Approvals::Approve(decision) => (Command::Approve, decision),
        Approvals::Discard(decision) => (Command::Discard, decision),
    };
    let outbound = SqsOutbound::new(&social_aws::sqs(&aws), outbound_queue);
    let ports = (&table(state_table), &outbound, &SystemClock);
    approval::decide(ports, &reply, word, &by).await?;
    writeln!(out, "passed on; the answer stands in the chat")?;
    Ok(ExitCode::SUCCESS)
}
