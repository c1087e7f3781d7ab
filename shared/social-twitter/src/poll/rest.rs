//! Searches whose channels are all switched off.

use std::time::Duration;

use social_core::{store::Leases, verdict::Failure};

use super::{checkpoint::Checkpoint, source_name};

/// Longer than the writes take.
const LEASE: Duration = Duration::from_secs(10);

/// Lets the searches of a credential forget where they stood, because none of its channels is enabled:
/// a channel that is switched on again begins then, and imports nothing from the time between. `false`
/// while somebody still reads.
///
/// Where only some channels of a credential are switched off, the pass that the others make forgets them.
pub async fn let_rest(leases: &impl Leases, credential: &str) -> Result<bool, Failure> {
    let Some(lease) = leases.take(&source_name(credential), LEASE).await? else {
        return Ok(false);
    };
    let nothing = Checkpoint::default().write()?;
    let stands = lease.checkpoint.as_ref().is_some_and(|stored| *stored != nothing);
    let rests = !stands || leases.save_checkpoint(&lease, &nothing).await?;
    leases.release(&lease).await?;
    Ok(rests)
}
