//! The stacks that the stories play on: started on first use, taken down after the last test.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use libtest_mimic::Failed;
use local::{
    kills,
    stack::{self, AwsMode, Options, Stack},
};

use crate::{sample, story};

/// As `cargo local up` starts it, and with the channels of [`sample`].
pub(crate) static CALLBACKS: Floor = Floor::new("callbacks", true, None);
/// The same on pages whose callbacks were never on.
pub(crate) static POLLING: Floor = Floor::new("polling", false, None);

/// For a story that keeps the router from its queue.
pub(crate) static UNROUTED: Floor = Floor::new("unrouted", false, None);

/// With CIC as it was in 2016: web-chat without pushes, attributes and history, beside `websvcs`.
pub(crate) static CIC_OF_2016: Floor = Floor::new("cic-2016", true, Some("2016r3"));
/// With a CIC that has `websvcs` and no web-chat.
pub(crate) static CIC_OF_OLD: Floor = Floor::new("cic-of-old", true, Some("websvcs"));

/// The three ages once more: switchovers are many, and disturb whoever plays beside them. All scenes
/// wait for each other there, with as many chats open as CIC's limits allow: one more, left from before,
/// and none would go on.
pub(crate) static SWITCHED: [Floor; 3] = [
    Floor::new("switched", true, None).of(Kind::Unlimited),
    Floor::new("switched-2016", true, Some("2016r3")).of(Kind::Unlimited),
    Floor::new("switched-of-old", true, Some("websvcs")).of(Kind::Unlimited),
];

/// How long a healthy stack may take for anything.
pub(crate) const LIMIT: Duration = Duration::from_secs(45);

/// For the story that kills functions.
pub(crate) static KILLED: Floor = Floor::new("killed", true, None).of(Kind::Killed);

/// For stories in which AWS or something else outside fails. What a dead worker held, and what could not be put back into its
/// queue, is nobody's for less time than in AWS; and what a callback lost, no poll brings.
pub(crate) static FAULTY: Floor = Floor::new("faulty", true, None).of(Kind::Faulty);

/// Held while this process has stacks: another run in the same workspace waits for its end.
static RUN: OnceLock<Result<File, String>> = OnceLock::new();

/// What a stack differs in from one that people try out.
#[derive(Clone, Copy)]
enum Kind {
    Usual,
    /// CIC does not throttle.
    Unlimited,
    /// Its functions can be killed.
    Killed,
    /// AWS can fail.
    Faulty,
}

/// A stack of the tests' own.
pub(crate) struct Floor {
    name: &'static str,
    callbacks: bool,
    cic_age: Option<&'static str>,
    kind: Kind,
    stack: OnceLock<Result<Stack, String>>,
    /// Read by stories that play beside others, written by one that disturbs them.
    players: RwLock<()>,
}

impl Floor {
    const fn new(name: &'static str, callbacks: bool, cic_age: Option<&'static str>) -> Self {
        Self {
            name,
            callbacks,
            cic_age,
            kind: Kind::Usual,
            stack: OnceLock::new(),
            players: RwLock::new(()),
        }
    }

    const fn of(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The running stack. Where it could not be started, every story fails with the reason.
    pub(crate) fn stack(&self) -> Result<&Stack, Failed> {
        self.stack
            .get_or_init(|| self.start().map_err(|failed| reason(&failed)))
            .as_ref()
            .map_err(Failed::from)
    }

    /// Holds the floor together with others.
    pub(crate) fn shared(&self) -> RwLockReadGuard<'_, ()> {
        self.players.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds the floor alone.
    pub(crate) fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.players.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the stack's files are.
    pub(crate) fn directory(&self) -> PathBuf {
        directory().join(self.name)
    }

    fn start(&self) -> Result<Stack, Failed> {
        RUN.get_or_init(|| only_run().map_err(|error| error.to_string())).as_ref()?;
        let directory = self.directory();
        // A run that was killed could not take its stack down.
        stack::down(&directory)?;
        let options = Options {
            directory,
            callbacks: self.callbacks,
            cic_age: self.cic_age.map(str::to_owned),
            // A function that needs more than its role gives fails its stories.
            aws: AwsMode::EnforcingRoles,
            ..Options::default()
        };
        let options = match self.kind {
            Kind::Usual => options,
            Kind::Unlimited => Options { cic_limits: false, ..options },
            Kind::Killed => kills::options(options),
            Kind::Faulty => faulty(options),
        };
        story::runtime()?.block_on(async {
            let stack = Stack::up(&options, &|_| ()).await?;
            sample::prepare(&stack).await?;
            Ok(stack)
        })
    }
}

fn faulty(options: Options) -> Options {
    let parameters = [
        ("MessageLease", "10"),
        ("MessageVisibility", "30"),
        ("PassSeconds", "3600"),
        ("SlowPassSeconds", "3600"),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Options { aws: AwsMode::Failing, cic_limits: false, parameters, ..options }
}

fn reason(failed: &Failed) -> String {
    format!("no stack: {}", failed.message().unwrap_or_default())
}

/// The workspace.
pub(crate) fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

fn directory() -> PathBuf {
    workspace().join("target/it")
}

fn only_run() -> std::io::Result<File> {
    fs::create_dir_all(directory())?;
    let lock = File::create(directory().join("run.lock"))?;
    lock.lock()?;
    Ok(lock)
}

/// Ends every stack of this process; the error names whatever lives on.
pub(crate) fn take_down() -> Result<(), String> {
    if !matches!(RUN.get(), Some(Ok(_))) {
        return Ok(());
    }
    let floors = [&CALLBACKS, &POLLING, &UNROUTED, &CIC_OF_2016, &CIC_OF_OLD, &KILLED, &FAULTY];
    for floor in floors.into_iter().chain(&SWITCHED) {
        let directory = floor.directory();
        stack::down(&directory).map_err(|error| error.to_string())?;
        let left = living(&directory);
        if !left.is_empty() {
            return Err(format!("these processes live on: {left:?}"));
        }
    }
    Ok(())
}

/// The processes of the stack in `directory`: whatever has its temporary files there. It does not
/// ask the stack, which might have forgotten one. Nothing is known where there is no `/proc`.
pub(crate) fn living(directory: &Path) -> Vec<String> {
    let temporary = format!("TMPDIR={}", directory.join("tmp").display());
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    let of_stack = processes.filter(|process| {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == temporary.as_bytes())
    });
    of_stack.filter_map(|process| describe(&process)).collect()
}

/// Number, name and state; nothing of a process that has ended.
fn describe(process: &Path) -> Option<String> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let (name, rest) = stat.rsplit_once(") ")?;
    (!rest.starts_with(['Z', 'X'])).then(|| format!("{name})"))
}
