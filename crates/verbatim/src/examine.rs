//! A bundle under the eyes of examiners (the demo): our check, our program beside this one, and somebody
//! else's program.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use verbatim_record::bundle::{DirFolder, Given, check};
use verbatim_record::policy::Policy;
use verbatim_record::report::State;

/// Names a program that checks bundles and shares no code with us.
const THIRD_PARTY: &str = "VERBATIM_THIRD_PARTY";

/// Has a bundle checked by all who are here; in words, by whom it was found right.
pub(crate) async fn examine(policy: String, folder: &Path) -> Result<String> {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || by_all(&policy, &folder)).await?
}

fn by_all(policy: &str, folder: &Path) -> Result<String> {
    let trusted: Policy = policy.parse()?;
    let given = Given {
        policy: Some(&trusted),
        since: None,
        tsa_ca: None,
    };
    let found = check(&DirFolder::new(folder), given, &mut |_, _| ());
    if found.verdict() != State::Proved {
        bail!("the bundle is not proved: {found:?}");
    }
    let mut by = vec!["the verifier's check"];
    if let Some(program) = beside("verbatim-verify") {
        let mut path = folder.as_os_str().to_owned();
        path.push(".policy");
        std::fs::write(&path, policy)?;
        let mut verify = Command::new(program);
        verify.arg("bundle").arg(folder).arg("--policy").arg(&path);
        right(verify)?;
        by.push("verbatim-verify");
    }
    if let (Some(program), Some(log)) = (std::env::var_os(THIRD_PARTY), trusted.logs().next()) {
        let mut third_party = Command::new(program);
        third_party.arg(folder).arg(log.to_string());
        right(third_party)?;
        by.push("a third party's program");
    }
    Ok(format!("right by {}", by.join(", ")))
}

/// A program of ours that was built with this one.
fn beside(name: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?.with_file_name(name);
    program.is_file().then_some(program)
}

fn right(mut program: Command) -> Result<()> {
    let answer = program.output().with_context(|| format!("{program:?}"))?;
    let words = String::from_utf8_lossy(&answer.stdout);
    let complaint = String::from_utf8_lossy(&answer.stderr);
    ensure!(answer.status.success(), "{program:?}: {words}{complaint}");
    Ok(())
}
