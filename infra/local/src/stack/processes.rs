//! Background processes: each leads a session and a process group of its own, so that what it
//! starts (ministack starts the functions) is found and ended with it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

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
        running().iter().any(|process| process.pid == self.pid)
    }
}

/// A line of the process table.
#[derive(Clone, Debug, PartialEq)]
struct Process {
    pid: u32,
    group: u32,
    /// Ended, and only remembered until its parent asks.
    zombie: bool,
    command: String,
}

/// The processes of the group that `leader` led, if it is still the one called `name`: after a
/// restart of the machine the number may be anyone's.
pub(super) fn members(name: &str, leader: u32) -> Vec<u32> {
    let group: Vec<Process> =
        running().into_iter().filter(|process| process.group == leader).collect();
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
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left: Vec<u32> =
            leaders.iter().flat_map(|(name, leader)| members(name, *leader)).collect();
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(StackError::StillThere(left));
        }
        kill(&left);
        thread::sleep(Duration::from_millis(20));
    }
}

/// Kills by the shell, which every system has: the call itself would be unsafe code.
fn kill(pids: &[u32]) {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    let script = format!("kill -s KILL {}", pids.join(" "));
    // Some may have ended by themselves; whoever has not is found by the next look.
    Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok();
}

/// Every process that runs.
fn running() -> Vec<Process> {
    let all = if Path::new("/proc/self/stat").exists() { from_proc() } else { from_ps() };
    all.into_iter().filter(|process| !process.zombie).collect()
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
    let listed = Command::new("ps").args(["-A", "-o", "pid=,pgid=,stat=,command="]).output();
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    listed.unwrap_or_default().lines().filter_map(parse_ps).collect()
}

/// `/proc/<pid>/stat`: `12 (name, which may hold anything) S 1 12 …`.
fn parse_stat(stat: &str, command: &str) -> Option<Process> {
    let (before, after) = stat.rsplit_once(") ")?;
    let (pid, _) = before.split_once(' ')?;
    let mut fields = after.split(' ');
    let zombie = matches!(fields.next()?, "Z" | "X");
    let group = fields.nth(1)?.parse().ok()?;
    Some(Process { pid: pid.parse().ok()?, group, zombie, command: command.trim_end().to_owned() })
}

/// A line of `ps -o pid=,pgid=,stat=,command=`.
fn parse_ps(line: &str) -> Option<Process> {
    let mut fields = line.split_whitespace();
    let pid = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let zombie = fields.next()?.starts_with('Z');
    Some(Process { pid, group, zombie, command: fields.collect::<Vec<_>>().join(" ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let process = parse_stat("71 (a) b (c) S 1 70 69 0 -1\n", "/t/a --b ").unwrap();
        let wanted = Process { pid: 71, group: 70, zombie: false, command: "/t/a --b".to_owned() };
        assert_eq!(process, wanted);
        assert!(parse_stat("72 (sh) Z 1 70 69", "").unwrap().zombie);
        assert_eq!(parse_stat("", ""), None);
    }

    #[test]
    fn ps_says_the_same() {
        let process = parse_ps("   71    70 Ss   /t/a --b").unwrap();
        let wanted = Process { pid: 71, group: 70, zombie: false, command: "/t/a --b".to_owned() };
        assert_eq!(process, wanted);
        assert!(parse_ps("72 70 Z+ (sh)").unwrap().zombie);
        assert_eq!(parse_ps(""), None);
    }

    #[test]
    fn the_group_of_another_program_is_left_alone() {
        let me = std::process::id();
        let group = running().into_iter().find(|process| process.pid == me).unwrap().group;
        assert!(members("no such program", group).is_empty());
    }
}
