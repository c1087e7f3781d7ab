//! Facebook: the Graph API for pages, as strict as the real one, with callbacks.
//!
//! Follows section A of the contract of the social networks. [`world`] is the ledger of what people wrote; [`call`]
//! proves who asks; [`reading`], [`publishing`] and [`messaging`] are the Graph API; [`changes`] and [`callbacks`]
//! tell the app what happened; [`people`] and [`setup`] are the control interface, through
//! which visitors act.

mod answer;
mod call;
mod callbacks;
mod changes;
mod edges;
mod envelope;
mod errors;
mod fields;
mod members;
mod messaging;
mod nodes;
mod paging;
mod people;
mod publishing;
mod reading;
mod routes;
mod settings;
mod setup;
mod threads;
mod time;
mod world;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use jiff::Timestamp;

use self::{callbacks::Callbacks, world::World};
pub use self::{
    paging::Style,
    settings::{Settings, VERSIONS},
};
use crate::{
    control::{Control, controlled, locked},
    server::Bound,
};

/// The simulated Facebook. Clones share one world.
#[derive(Clone)]
pub struct Facebook(Arc<Inner>);

struct Inner {
    control: Control,
    settings: Mutex<Settings>,
    initial: Settings,
    world: Mutex<World>,
    callbacks: Arc<Callbacks>,
}

impl Facebook {
    /// A Facebook that holds the seed's pages and demands proofs, as an app with "Require App Secret" on.
    pub fn new(control: Control) -> Self {
        Self::with_settings(control, Settings::default())
    }

    /// A Facebook whose rules differ from the strict ones.
    pub fn with_settings(control: Control, settings: Settings) -> Self {
        let callbacks = Arc::new(Callbacks::new(control.clone()));
        Self(Arc::new(Inner {
            control,
            initial: settings.clone(),
            settings: Mutex::new(settings),
            world: Mutex::new(World::seeded()),
            callbacks,
        }))
    }

    /// The Graph API behind faults and counts, and the control interface under `/_sim`.
    pub fn router(&self) -> Router {
        let contract = routes::contract().with_state(self.clone());
        let sim = people::routes().merge(setup::routes()).with_state(self.clone());
        let world = self.clone();
        controlled(contract, sim, &self.0.control, move || world.reset())
    }

    /// Serves this Facebook on `bound` until the task is dropped.
    pub async fn serve(self, bound: Bound) {
        bound.serve(self.router()).await;
    }

    /// Forgets what was written, said and changed. Where callbacks go is the app's setting, and stays.
    fn reset(&self) {
        *locked(&self.0.settings) = self.0.initial.clone();
        *self.world() = World::seeded();
        self.0.callbacks.forget_waiting();
    }

    fn world(&self) -> MutexGuard<'_, World> {
        locked(&self.0.world)
    }

    fn settings(&self) -> Settings {
        locked(&self.0.settings).clone()
    }

    fn callbacks(&self) -> &Arc<Callbacks> {
        &self.0.callbacks
    }

    fn now(&self) -> Timestamp {
        self.0.control.now()
    }
}
