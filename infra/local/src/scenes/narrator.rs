//! Tells the steps as they come: to people as lines, to programs as JSON.

use std::{
    io::{self, Write},
    time::Duration,
};

use serde::Serialize;

use super::{Step, Summary};

/// Told of each step at once, and of the summary last.
pub trait Narrator {
    /// A step held, or failed.
    fn step(&mut self, step: &Step) -> io::Result<()>;
    /// Every scene has ended.
    fn summary(&mut self, summary: &Summary) -> io::Result<()>;
}

/// Lines for people: `✓   0.8 s  facebook conversation   the interaction is offered …`.
pub struct TextNarrator<W> {
    out: W,
}

/// A JSON object a line: one for each step, and one with the summary.
pub struct JsonNarrator<W> {
    out: W,
}

impl<W: Write> TextNarrator<W> {
    /// Tells to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> JsonNarrator<W> {
    /// Tells to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        writeln!(self.out)?;
        self.out.flush()
    }
}

impl<W: Write> Narrator for TextNarrator<W> {
    /// Scenes play side by side, so every line names its own.
    fn step(&mut self, step: &Step) -> io::Result<()> {
        let sign = if step.ok() { '✓' } else { '✗' };
        let seconds = step.elapsed.as_secs_f32();
        writeln!(self.out, "{sign} {seconds:5.1} s  {:<22} {}", step.scene, step.step)?;
        for line in step.failure.iter().flat_map(|failure| failure.lines()) {
            writeln!(self.out, "           {line}")?;
        }
        self.out.flush()
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        let Summary { scenes, steps, failed, elapsed } = summary;
        let seconds = elapsed.as_secs_f32();
        let how =
            if summary.ok() { "every step held".to_owned() } else { format!("{failed} failed") };
        writeln!(self.out, "\n{scenes} scenes, {steps} steps in {seconds:.1} s: {how}")?;
        self.out.flush()
    }
}

#[derive(Serialize)]
struct StepLine<'a> {
    scene: &'a str,
    step: &'a str,
    ok: bool,
    elapsed_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
}

#[derive(Serialize)]
struct LastLine {
    summary: SummaryLine,
}

#[derive(Serialize)]
struct SummaryLine {
    scenes: usize,
    steps: usize,
    failed: usize,
    elapsed_ms: u64,
    ok: bool,
}

impl<W: Write> Narrator for JsonNarrator<W> {
    fn step(&mut self, step: &Step) -> io::Result<()> {
        self.line(&StepLine {
            scene: step.scene,
            step: &step.step,
            ok: step.ok(),
            elapsed_ms: milliseconds(step.elapsed),
            failure: step.failure.as_deref(),
        })
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        let &Summary { scenes, steps, failed, elapsed } = summary;
        let (elapsed_ms, ok) = (milliseconds(elapsed), summary.ok());
        self.line(&LastLine { summary: SummaryLine { scenes, steps, failed, elapsed_ms, ok } })
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(narrator: impl FnOnce(&mut Vec<u8>) -> Box<dyn Narrator + '_>) -> String {
        let mut out = Vec::new();
        {
            let mut narrator = narrator(&mut out);
            let step = |step: &str, failure: Option<&str>| Step {
                scene: "twitter mention",
                step: step.to_owned(),
                elapsed: Duration::from_millis(812),
                failure: failure.map(str::to_owned),
            };
            narrator.step(&step("it is offered", None)).unwrap();
            narrator.step(&step("it is answered", Some("waited\nno tweets"))).unwrap();
            let elapsed = Duration::from_millis(1650);
            narrator.summary(&Summary { scenes: 1, steps: 2, failed: 1, elapsed }).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn people_read_lines() {
        assert_eq!(
            told(|out| Box::new(TextNarrator::new(out))),
            "✓   0.8 s  twitter mention        it is offered\n\
             ✗   0.8 s  twitter mention        it is answered\n\
             \u{20}          waited\n\
             \u{20}          no tweets\n\
             \n1 scenes, 2 steps in 1.6 s: 1 failed\n"
        );
    }

    #[test]
    fn programs_read_one_object_a_line() {
        assert_eq!(
            told(|out| Box::new(JsonNarrator::new(out))),
            concat!(
                r#"{"scene":"twitter mention","step":"it is offered","ok":true,"elapsed_ms":812}"#,
                "\n",
                r#"{"scene":"twitter mention","step":"it is answered","ok":false,"#,
                r#""elapsed_ms":812,"failure":"waited\nno tweets"}"#,
                "\n",
                r#"{"summary":{"scenes":1,"steps":2,"failed":1,"elapsed_ms":1650,"ok":false}}"#,
                "\n",
            )
        );
    }
}
