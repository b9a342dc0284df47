//! `verbatim demo` on a machine that lacks something: what is missing is named, with its mend. That the
//! whole demo runs, and that Ctrl-C ends all of it, is a check of its own (`cargo xtask ci --only demo`).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Result;
use e2e::harness::{Finished, Options, Ports, Stack, switched_on};

/// A demo whose path leads to this folder only.
async fn demo(stack: &mut Stack, path: &Path) -> Result<Finished> {
    stack.verbatim.env = vec![("PATH".into(), path.to_string_lossy().into_owned())];
    let port = Ports::free()?.public().port().to_string();
    let data = stack.root().join("demo").to_string_lossy().into_owned();
    let options = ["demo", "--data", &data, "--port-base", &port];
    stack.verbatim.run(&options).await
}

#[tokio::test]
async fn what_the_demo_lacks_is_named_with_its_mend() -> Result<()> {
    if !switched_on("what_the_demo_lacks_is_named_with_its_mend") {
        return Ok(());
    }
    let mut stack = Stack::prepare(&Options::default()).await?;
    let path = stack.root().join("path");
    fs::create_dir(&path)?;
    // A Python that says so, and has no venv.
    for (version, python) in [
        (None, "no python3 on the path"),
        (Some("3.9.1"), "found only 3.9.1"),
        (Some("3.12.1"), "apt install python3-venv"),
    ] {
        let program = path.join("python3");
        if let Some(version) = version {
            let text = format!(
                "#!/bin/sh\ncase \"$2\" in *ensurepip*) exit 1;; esac\necho {version}\necho {}\n",
                program.display()
            );
            fs::write(&program, text)?;
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        }
        let done = demo(&mut stack, &path).await?;
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(done.err.contains(python), "{python}: {done:?}");
        assert!(done.err.contains("apt install python3"), "{done:?}");
    }
    Ok(())
}
