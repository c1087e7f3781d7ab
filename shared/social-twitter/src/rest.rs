//! Reading that rests, because every channel that it is for is switched off.

use std::time::Duration;

use social_core::{store::Leases, verdict::Failure};

use crate::{inbox, poll};

/// Longer than the writes take.
const LEASE: Duration = Duration::from_secs(10);

/// Something of a credential that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reading {
    Searches,
    PrivateMessages,
}

/// Lets a reading forget where it stood: a channel that is switched on again begins then, and imports
/// nothing from the time between. `false` while somebody still reads.
///
/// Where only some of a reading's channels are switched off, the pass that is made for the others
/// forgets them.
pub async fn let_rest(
    leases: &impl Leases,
    credential: &str,
    reading: Reading,
) -> Result<bool, Failure> {
    let (source, nothing) = match reading {
        Reading::Searches => (poll::source_name(credential), poll::nothing_read()?),
        Reading::PrivateMessages => (inbox::source_name(credential), inbox::nothing_read()?),
    };
    let Some(lease) = leases.take(&source, LEASE).await? else { return Ok(false) };
    let stands = lease.checkpoint.as_ref().is_some_and(|stored| *stored != nothing);
    let rests = !stands || leases.save_checkpoint(&lease, &nothing).await?;
    leases.release(&lease).await?;
    Ok(rests)
}
