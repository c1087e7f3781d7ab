//! What comes of a moment when nothing goes wrong any more: the check that nothing is lost in silence.

use super::{Action, Live, Place, Setting, Worker, World, actions::Fate};

/// Ticks within which every reply is settled. Two attempts of unknown outcome are the longest way.
const PATIENCE: u8 = 40;
/// Steps of one delivery.
const STEPS: usize = 32;

impl Setting {
    /// From here on the queue delivers, the network does what it is told, and time passes: each
    /// reply is published or given back. Of equal replies, as many. Asked while no worker is busy:
    /// what is lost, or stuck, stays so.
    pub(super) fn ends_well(&self, world: &World) -> bool {
        if !world.is_idle() {
            return true;
        }
        let Some(end) = self.drained(world) else { return false };
        let live = end.jobs.iter().flat_map(|job| &job.posts).count();
        let told = end.jobs.iter().filter(|job| job.told.is_some()).count();
        live + told >= end.jobs.len()
    }

    fn drained(&self, world: &World) -> Option<World> {
        let mut world = world.clone();
        for _ in 0..PATIENCE {
            for post in world.jobs.iter_mut().flat_map(|job| &mut job.posts) {
                let live = Live { since: world.tick, shown: world.tick + self.lag };
                post.live = post.live.or(Some(live));
            }
            let Some(job) = world.jobs.iter().position(|job| !job.acknowledged) else {
                return Some(world);
            };
            self.deliver(&mut world, 0, job)?;
            for _ in 0..STEPS {
                world = match &world.workers {
                    [Worker::Busy { at: Place::Post(_), .. }, _] => {
                        self.after(&world, Action::Post { worker: 0, fate: Fate::Published })?
                    }
                    [Worker::Busy { .. }, _] => self.after(&world, Action::Step { worker: 0 })?,
                    _ => break,
                };
            }
            if world.jobs.get(job).is_some_and(|job| !job.acknowledged) {
                world.tick += 1;
            }
        }
        None
    }
}
