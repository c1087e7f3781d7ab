//! Background processes: each leads a session and a process group of its own, so that what it
//! starts (ministack starts the functions) is found and ended with it.
//!
//! An ended process stays in the process table until its parent asks how it ended. Whoever starts a
//! stack becomes the parent of all that outlive theirs ([`adopt_orphans`]) and asks, so that nothing
//! stays even where process 1 never does, as in many containers.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use super::{Pids, StackError, files, paths};

/// How long ending a group may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A program to run in the background.
pub(super) struct Background<'a> {
    /// What it is called in `stack.json`; its log is `<name>.log`.
    pub(super) name: &'static str,
    pub(super) program: &'a Path,
    pub(super) arguments: Vec<String>,
    /// Its whole environment, but for `PATH` and `HOME`.
    pub(super) environment: Vec<(&'static str, String)>,
    /// Holds its log and its temporary files.
    pub(super) directory: &'a Path,
}

/// A background process that was started.
#[derive(Clone, Debug)]
pub(super) struct Started {
    pub(super) name: &'static str,
    pub(super) pid: u32,
    /// What it prints, on either stream.
    pub(super) log: PathBuf,
}

impl Background<'_> {
    /// Starts it, holding none of this process's standard streams.
    pub(super) fn start(self, python: &Path) -> Result<Started, StackError> {
        let log = self.directory.join(self.name).with_extension("log");
        let output = files::create(&log)?;
        let errors = output.try_clone();
        let errors = errors.map_err(|source| StackError::File { path: log.clone(), source })?;
        let temporary = self.directory.join("tmp");
        files::create_directory(&temporary)?;
        let child = Command::new(python)
            .arg(paths::helper("detach.py"))
            .arg(self.program)
            .args(self.arguments)
            .env_clear()
            .envs(
                ["PATH", "HOME"]
                    .into_iter()
                    .filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            .env("TMPDIR", temporary)
            .envs(self.environment)
            .current_dir(self.directory)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|source| StackError::Start { program: self.name.to_owned(), source })?;
        Ok(Started { name: self.name, pid: child.id(), log })
    }
}

impl Started {
    /// Whether it runs.
    pub(super) fn lives(&self) -> bool {
        running(self.pid).iter().any(|process| process.pid == self.pid)
    }
}

/// A line of the process table.
#[derive(Clone, Debug, PartialEq)]
struct Process {
    pid: u32,
    parent: u32,
    group: u32,
    /// Ended, and only remembered until its parent asks.
    zombie: bool,
    command: String,
}

impl Process {
    /// Whether it is of the group, or its leader-to-be, which makes the group a moment after it
    /// has been started.
    fn of(&self, group: u32) -> bool {
        self.group == group || self.pid == group
    }
}

/// Makes this process the parent of what its children leave behind when they end.
pub(super) fn adopt_orphans() {
    // Elsewhere, and when it is refused, the orphans go to process 1.
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).ok();
}

/// Whether this process is the parent of `pid`.
pub(super) fn is_own(pid: u32) -> bool {
    table().iter().any(|process| process.pid == pid && process.parent == std::process::id())
}

/// The processes of the group that `leader` led, if it is still the one called `name`: after a
/// restart of the machine the number may be anyone's.
pub(super) fn members(name: &str, leader: u32) -> Vec<u32> {
    let group = running(leader);
    let ours = |process: &Process| {
        process.command.contains(name) || process.command.ends_with("/bootstrap")
    };
    let ours = group.iter().any(ours);
    group.into_iter().filter(|_| ours).map(|process| process.pid).collect()
}

/// Ends the groups of `leaders`, and returns when nothing is left of them.
///
/// Nothing in them is worth a farewell: what they hold is thrown away with the stack.
pub(super) fn end(leaders: &Pids) -> Result<(), StackError> {
    let members =
        || leaders.iter().flat_map(|(name, leader)| members(name, *leader)).collect::<Vec<_>>();
    end_all(members)?;
    for leader in leaders.values() {
        forget(*leader);
    }
    Ok(())
}

/// Ends the group of `leader`, which is this process's child, and returns when nothing is left.
pub(super) fn end_group(leader: u32) -> Result<(), StackError> {
    end_all(|| running(leader).into_iter().map(|process| process.pid).collect())?;
    forget(leader);
    Ok(())
}

/// Kills whatever `left` finds, until it finds nothing.
fn end_all(left: impl Fn() -> Vec<u32>) -> Result<(), StackError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = left();
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(StackError::StillThere(left));
        }
        for pid in left.into_iter().filter_map(known) {
            // It may have ended by itself; whoever has not is found by the next look.
            kill_process(pid, Signal::KILL).ok();
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Takes the ended children of `group` out of the process table. Each is asked for by its number:
/// other children of this process are not touched.
fn forget(group: u32) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let ended = ended(group);
        if ended.is_empty() || Instant::now() > deadline {
            return;
        }
        for pid in ended.into_iter().filter_map(known) {
            // None of ours yet, or asked for by someone else in this process: the next look tells.
            waitpid(Some(pid), WaitOptions::NOHANG).ok();
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// The ended processes of `group` that are this process's children, or will be: until the last
/// thread of their parent has ended, they stay with it, and it cannot be asked for either.
fn ended(group: u32) -> Vec<u32> {
    let own = std::process::id();
    let group: Vec<Process> = table().into_iter().filter(|process| process.of(group)).collect();
    let parents: Vec<u32> = group.iter().map(|process| process.pid).chain([own]).collect();
    group
        .into_iter()
        .filter(|process| process.zombie && parents.contains(&process.parent))
        .map(|process| process.pid)
        .collect()
}

fn known(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// The processes of `group` that run.
fn running(group: u32) -> Vec<Process> {
    table().into_iter().filter(|process| process.of(group) && !process.zombie).collect()
}

/// Every process.
fn table() -> Vec<Process> {
    if Path::new("/proc/self/stat").exists() { from_proc() } else { from_ps() }
}

fn from_proc() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let arguments = fs::read(entry.path().join("cmdline")).ok()?;
            parse_stat(&stat, &String::from_utf8_lossy(&arguments).replace('\0', " "))
        })
        .collect()
}

fn from_ps() -> Vec<Process> {
    let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid=,pgid=,stat=,command="]).output();
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    listed.unwrap_or_default().lines().filter_map(parse_ps).collect()
}

/// `/proc/<pid>/stat`: `12 (name, which may hold anything) S 1 12 …`.
fn parse_stat(stat: &str, command: &str) -> Option<Process> {
    let (before, after) = stat.rsplit_once(") ")?;
    let (pid, _) = before.split_once(' ')?;
    let mut fields = after.split(' ');
    let zombie = matches!(fields.next()?, "Z" | "X");
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let command = command.trim_end().to_owned();
    Some(Process { pid: pid.parse().ok()?, parent, group, zombie, command })
}

/// A line of `ps -o pid=,ppid=,pgid=,stat=,command=`.
fn parse_ps(line: &str) -> Option<Process> {
    let mut fields = line.split_whitespace();
    let pid = fields.next()?.parse().ok()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let zombie = fields.next()?.starts_with('Z');
    Some(Process { pid, parent, group, zombie, command: fields.collect::<Vec<_>>().join(" ") })
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;

    use super::*;

    fn wanted() -> Process {
        let command = "/t/a --b".to_owned();
        Process { pid: 71, parent: 1, group: 70, zombie: false, command }
    }

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let process = parse_stat("71 (a) b (c) S 1 70 69 0 -1\n", "/t/a --b ").unwrap();
        assert_eq!(process, wanted());
        assert!(parse_stat("72 (sh) Z 1 70 69", "").unwrap().zombie);
        assert_eq!(parse_stat("", ""), None);
    }

    #[test]
    fn ps_says_the_same() {
        assert_eq!(parse_ps("   71     1    70 Ss   /t/a --b").unwrap(), wanted());
        assert!(parse_ps("72 1 70 Z+ (sh)").unwrap().zombie);
        assert_eq!(parse_ps(""), None);
    }

    #[test]
    fn the_group_of_another_program_is_left_alone() {
        let me = std::process::id();
        let group = table().into_iter().find(|process| process.pid == me).unwrap().group;
        assert!(members("no such program", group).is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_ended_group_leaves_nothing_in_the_process_table() {
        adopt_orphans();
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 60 & sleep 60 & wait"]).process_group(0);
        let leader = shell.spawn().unwrap().id();
        while running(leader).len() < 3 {
            thread::sleep(Duration::from_millis(5));
        }
        end_group(leader).unwrap();
        assert!(table().iter().all(|process| process.group != leader));
    }
}
