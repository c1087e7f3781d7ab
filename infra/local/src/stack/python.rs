//! The virtual environment that ministack and the deployment script run in.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use super::{Progress, StackError, command, files, paths};

/// Fails where `venv` could not make a working environment.
const CHECK: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

/// Python in a virtual environment that holds exactly what the requirements file pins.
pub(super) async fn environment(progress: Progress<'_>) -> Result<PathBuf, StackError> {
    let directory = paths::local().join("venv");
    let python = directory.join("bin/python");
    let wanted = files::read(&paths::helper("requirements.txt"))?;
    // Written last, so that an install that broke off is done again.
    let installed = directory.join("installed.txt");
    if files::read(&installed)? == wanted && runs(&python, "pass").await {
        return Ok(python);
    }
    progress("installing ministack into target/local/venv");
    if !runs(Path::new("python3"), CHECK).await {
        return Err(StackError::NoPython);
    }
    files::remove(&directory)?;
    let mut create = Command::new("python3");
    create.args(["-m", "venv"]).arg(&directory).stderr(Stdio::piped());
    command::output(create).await?;
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["--require-hashes", "--requirement"])
        .arg(paths::helper("requirements.txt"))
        .stderr(Stdio::piped());
    command::output(install).await?;
    let failed = |source| StackError::File { path: installed.clone(), source };
    std::fs::write(&installed, wanted.unwrap_or_default()).map_err(failed)?;
    Ok(python)
}

async fn runs(python: &Path, code: &str) -> bool {
    let mut check = Command::new(python);
    check.args(["-c", code]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    check.status().await.is_ok_and(|status| status.success())
}
