//! What a scene found to hold, step by step.

use std::time::Duration;

use futures::future::LocalBoxFuture;
use tokio::{sync::mpsc::UnboundedSender, time::Instant};

use super::SceneError;
use crate::world::Mark;

/// A step that held, or the one that a scene ended with.
#[derive(Clone, Debug)]
pub struct Step {
    /// Name of the scene.
    pub scene: &'static str,
    /// What holds.
    pub step: String,
    /// Since the scene's previous step.
    pub elapsed: Duration,
    /// Why it does not hold.
    pub failure: Option<String>,
}

impl Step {
    /// Whether it held.
    pub fn ok(&self) -> bool {
        self.failure.is_none()
    }
}

/// How it all went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Scenes that were played.
    pub scenes: usize,
    /// Steps that were told, failed ones included.
    pub steps: usize,
    /// Steps that failed: each ended its scene.
    pub failed: usize,
    /// From the first scene's start to the last one's end.
    pub elapsed: Duration,
}

impl Summary {
    /// Whether every step held.
    pub fn ok(&self) -> bool {
        self.failed == 0
    }
}

/// What happens before the step with this number; the first is 1.
type Incident = Box<dyn FnMut(usize) -> LocalBoxFuture<'static, Result<(), SceneError>>>;

/// The steps of one scene, told as they come.
pub struct Steps {
    scene: &'static str,
    mark: Mark,
    listener: Option<UnboundedSender<Step>>,
    incident: Option<Incident>,
    begun: usize,
    since: Instant,
    failed: bool,
}

impl Steps {
    /// Tells nobody: the scene's result says enough to a test.
    pub fn quiet(scene: &'static str) -> Self {
        Self {
            scene,
            mark: Mark::new(),
            listener: None,
            incident: None,
            begun: 0,
            since: Instant::now(),
            failed: false,
        }
    }

    /// Tells `listener` each step at once.
    pub fn told_to(scene: &'static str, listener: UnboundedSender<Step>) -> Self {
        Self { listener: Some(listener), ..Self::quiet(scene) }
    }

    /// Before each step, awaits what `incident` does to the world; its failure is the step's.
    #[must_use]
    pub fn disturbed_by(
        mut self,
        incident: impl FnMut(usize) -> LocalBoxFuture<'static, Result<(), SceneError>> + 'static,
    ) -> Self {
        self.incident = Some(Box::new(incident));
        self
    }

    /// The word that this run's texts bear.
    pub fn mark(&self) -> &Mark {
        &self.mark
    }

    /// Waits for `proof` that `step` holds, and tells whether it does, and how long that took.
    pub async fn holds<T>(
        &mut self,
        step: impl Into<String>,
        proof: impl Future<Output = Result<T, SceneError>>,
    ) -> Result<T, SceneError> {
        self.begun += 1;
        let disturbed = match &mut self.incident {
            Some(incident) => incident(self.begun).await,
            None => Ok(()),
        };
        let proven = match disturbed {
            Ok(()) => proof.await,
            Err(error) => Err(error),
        };
        self.tell(step.into(), proven.as_ref().err());
        proven
    }

    /// Tells of a failure outside of every step, so that none is silent.
    pub(super) fn broke_off(&mut self, error: &SceneError) {
        if !self.failed {
            self.tell("the scene goes on".to_owned(), Some(error));
        }
    }

    fn tell(&mut self, step: String, failure: Option<&SceneError>) {
        let elapsed = self.since.elapsed();
        self.since = Instant::now();
        self.failed |= failure.is_some();
        let failure = failure.map(|error| causes(error));
        let step = Step { scene: self.scene, step, elapsed, failure };
        if let Some(listener) = &self.listener {
            // Nobody listens any more: the scene plays on for its own sake.
            listener.send(step).ok();
        }
    }
}

/// An error and what caused it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use tokio::{sync::mpsc, time::sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_step_is_told_at_once_with_its_own_time() {
        let (told, mut heard) = mpsc::unbounded_channel();
        let mut steps = Steps::told_to("scene", told);
        for (step, seconds) in [("first", 2), ("second", 3)] {
            let proof = async {
                sleep(Duration::from_secs(seconds)).await;
                Ok(())
            };
            steps.holds(step, proof).await.unwrap();
            let step_told = heard.try_recv().unwrap();
            assert_eq!((step_told.scene, step_told.step.as_str()), ("scene", step));
            assert!(step_told.ok());
            assert_eq!(step_told.elapsed, Duration::from_secs(seconds));
        }
    }

    #[tokio::test]
    async fn an_incident_comes_before_its_step() {
        let happened = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        let seen = happened.clone();
        let mut steps = Steps::quiet("scene").disturbed_by(move |step| {
            seen.borrow_mut().push(format!("before {step}"));
            Box::pin(async { Ok(()) })
        });
        for step in ["1", "2"] {
            let proof = async {
                happened.borrow_mut().push(step.to_owned());
                Ok(())
            };
            steps.holds(step, proof).await.unwrap();
        }
        assert_eq!(*happened.borrow(), ["before 1", "1", "before 2", "2"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_told_once_with_its_reason() {
        let (told, mut heard) = mpsc::unbounded_channel();
        let mut steps = Steps::told_to("scene", told);
        let broken = SceneError::Broken { claim: "all is well".into(), held: "nothing".into() };
        let failed = steps.holds("it works", async { Err::<(), _>(broken) }).await.unwrap_err();
        steps.broke_off(&failed);
        let step = heard.try_recv().unwrap();
        assert!(!step.ok());
        assert_eq!(
            step.failure.unwrap(),
            "it does not hold that all is well; the world held:\nnothing"
        );
        assert!(heard.try_recv().is_err());
    }
}
