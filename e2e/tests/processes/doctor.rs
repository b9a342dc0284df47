//! `verbatim doctor`: what it says of an installation, whole and broken. The homeserver stays away, so
//! that check always fails here; the others must not care.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};
use e2e::harness::{Finished, Options, PATIENCE, Stack, switched_on, until};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::hook::NUMBER;

/// What doctor said of an area: the verdict and what was found.
pub(crate) fn verdict<'a>(done: &Finished, area: &str) -> Result<(&'a str, String)> {
    let said: Value = serde_json::from_str(&done.out).with_context(|| format!("{done:?}"))?;
    let checks = said["checks"].as_array().context("no checks")?;
    let of_area: Vec<&Value> = checks.iter().filter(|c| c["area"] == area).collect();
    assert!(of_area.len() < 2, "said twice: {of_area:?}");
    let check = of_area
        .first()
        .with_context(|| format!("no {area}: {said}"))?;
    let word = ["ok", "warning", "failure"]
        .into_iter()
        .find(|word| check["verdict"] == *word);
    let found = check["found"].as_str().unwrap_or_default().to_owned();
    Ok((word.context("no verdict")?, found))
}

async fn doctor(stack: &Stack) -> Result<Finished> {
    stack.verbatim.run(&["--json", "doctor"]).await
}

#[track_caller]
fn check(done: &Finished, area: &str, word: &str, part: &str) {
    let (said, found) = verdict(done, area).expect("what doctor said");
    assert!(
        said == word && found.contains(part),
        "{area}: {said} {found}"
    );
}

#[tokio::test]
async fn before_the_first_start_nothing_is_made() -> Result<()> {
    if !switched_on("before_the_first_start_nothing_is_made") {
        return Ok(());
    }
    let stack = Stack::prepare(&Options::default()).await?;
    let files = || -> Result<usize> { Ok(fs::read_dir(&stack.data)?.count()) };
    let before = files()?;
    let said = doctor(&stack).await?;
    assert_eq!(said.code, Some(1), "the homeserver is away");
    for (area, word, part) in [
        ("configuration", "ok", "verbatim.toml"),
        ("key file", "ok", "key "),
        ("registration file", "ok", "registration.yaml"),
        ("service", "warning", "not running"),
        ("store", "ok", "not there yet"),
        ("homeserver", "failure", ""),
        ("client", "warning", "not built"),
        ("sign-in of clients", "warning", "not asked"),
        ("carrier sim", "ok", "active"),
        ("carrier sim numbers", "ok", "1 send their texts to"),
        ("carrier sim webhooks", "warning", "not reachable"),
    ] {
        check(&said, area, word, part);
    }
    assert_eq!(files()?, before, "doctor made a file");

    // A bad key file is one failure, said once, and keeps nothing else from being looked at.
    fs::write(stack.data.join("keys/verbatim.key"), "nonsense")?;
    let said = doctor(&stack).await?;
    check(&said, "key file", "failure", "verbatim.key");
    check(&said, "store", "ok", "not there yet");
    check(&said, "homeserver", "failure", "");
    check(&said, "carrier sim", "ok", "active");
    assert_eq!(said.out.matches("verbatim.key").count(), 1, "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn a_running_service_is_looked_at_from_outside() -> Result<()> {
    if !switched_on("a_running_service_is_looked_at_from_outside") {
        return Ok(());
    }
    let options = Options {
        catch_all: "@alice:verbatim.test".into(),
        ..Options::default()
    };
    let mut stack = crate::stack(&options).await?;
    let said = doctor(&stack).await?;
    for (area, part) in [
        ("service", "running and ready"),
        ("store", "in use by the service"),
        ("catch-all", "@alice:verbatim.test is an employee"),
        ("client listener", "127.0.0.1"),
        ("carrier sim numbers", "1 send their texts to"),
        ("carrier sim webhooks", "reaches us"),
    ] {
        check(&said, area, "ok", part);
    }

    assert_eq!(
        stack.alarms().await?.len(),
        0,
        "the alarm of the first start is cleared"
    );

    // The carrier sends its texts elsewhere; the catch-all leaves.
    let elsewhere = "https://demo.twilio.com/welcome";
    stack.carrier().set_number(NUMBER, elsewhere)?;
    stack
        .verbatim
        .json(&["employee", "end", "@alice:verbatim.test"])
        .await?;
    let said = doctor(&stack).await?;
    check(&said, "carrier sim numbers", "failure", "demo.twilio.com");
    check(&said, "catch-all", "failure", "no employee");
    assert!(
        said.out.contains("/hooks/sim/sms at the carrier"),
        "{}",
        said.out
    );
    let alarms = stack.alarms().await?;
    assert!(
        alarms
            .iter()
            .any(|a| a["key"] == "catch-all-is-no-employee"),
        "{alarms:?}"
    );

    // What the store holds is nobody else's to read, and is bound to its key.
    for name in ["verbatim.db", "verbatim.db-wal", "verbatim.db.lock"] {
        let mode = fs::metadata(stack.data.join(name))?.permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} is readable by others");
    }
    stack.verbatim.stop().await?;
    check(&doctor(&stack).await?, "store", "ok", "of this key file");
    let other = stack.root().join("other");
    let other_dir = other.to_string_lossy().into_owned();
    stack.verbatim.run(&["init", "--dir", &other_dir]).await?;
    fs::copy(
        other.join("keys/verbatim.key"),
        stack.data.join("keys/verbatim.key"),
    )?;
    check(
        &doctor(&stack).await?,
        "store",
        "failure",
        "another key file",
    );
    Ok(())
}

/// Something else sits where we should be: it answers everything with 403.
#[tokio::test]
async fn another_program_is_not_taken_for_us() -> Result<()> {
    if !switched_on("another_program_is_not_taken_for_us") {
        return Ok(());
    }
    let stack = Stack::prepare(&Options::default()).await?;
    for address in [stack.ports.ops(), stack.ports.public()] {
        let listener = tokio::net::TcpListener::bind(address).await?;
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
                let answer =
                    b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer).await;
            }
        });
    }
    let said = doctor(&stack).await?;
    check(&said, "service", "failure", "another program");
    check(&said, "carrier sim webhooks", "failure", "403");
    check(&said, "store", "ok", "not there yet");
    // And the real one cannot start there, and says so.
    let refused = until("serve refuses", PATIENCE, async || {
        Ok(Some(stack.verbatim.run(&["serve"]).await?))
    })
    .await?;
    assert!(refused.err.contains("[listen] public"), "{refused:?}");
    Ok(())
}
