//! Commands that read: CSV files, secrets, a shell's wish.

use std::fs;

use anyhow::Result;
use e2e::harness::{Options, Stack, switched_on};
use serde_json::{Value, json};

#[tokio::test]
async fn a_firm_is_imported_row_by_row() -> Result<()> {
    if !switched_on("a_firm_is_imported_row_by_row") {
        return Ok(());
    }
    let mut stack = Stack::prepare(&Options::default()).await?;
    let employees =
        "\u{feff}User,Name\n@ann:verbatim.test,\"Ng, Ann\"\nben,Ben\n@cy:verbatim.test, Cy \n";
    let numbers = "number,account,holder\n+12025550100,sim,@ann:verbatim.test\n\
                   +12025550101,sim,\n+12025550102,none,\n+12025550103,sim,@nobody:verbatim.test\n";
    let contacts = "name,number\nJane Doe,+1 415 555 2671\n";
    // Once with nothing running, once through the server: the same, and again does no harm.
    for running in [false, true] {
        if running {
            stack.verbatim.start().await?;
        }
        for (what, text, good, bad) in [
            ("employee", employees, 2, json!([3])),
            ("number", numbers, 2, json!([4, 5])),
            ("contact", contacts, 1, json!([])),
        ] {
            let path = stack.root().join(format!("{what}.csv"));
            fs::write(&path, text)?;
            let file = path.to_string_lossy().into_owned();
            let done = stack
                .verbatim
                .run(&["--json", what, "import", &file])
                .await?;
            let said: Value = serde_json::from_str(&done.out)?;
            assert_eq!(said["imported"], good, "{done:?}");
            let lines: Vec<&Value> = said["failed"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|row| &row["line"])
                .collect();
            assert_eq!(json!(lines), bad, "{done:?}");
            assert_eq!(done.code, Some(i32::from(!lines.is_empty())), "{done:?}");
        }
        let listed = stack.verbatim.json(&["employee", "list"]).await?;
        let names: Vec<&Value> = listed
            .as_array()
            .into_iter()
            .flatten()
            .map(|e| &e["name"])
            .collect();
        assert_eq!(json!(names), json!(["Ng, Ann", "Cy"]));
        let listed = stack.verbatim.json(&["number", "list"]).await?;
        assert_eq!(listed[0]["holder"], "@ann:verbatim.test");
        let hook = format!("http://{}/hooks/sim/sms", stack.ports.public());
        assert_eq!(listed[0]["webhook"], hook);
    }
    let done = stack
        .verbatim
        .run_reading(&["contact", "import", "-"], b"number\n+14155552671\n")
        .await?;
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("`name` is missing"), "{done:?}");
    Ok(())
}

#[tokio::test]
async fn the_carriers_token_comes_from_the_environment_or_standard_input() -> Result<()> {
    if !switched_on("the_carriers_token_comes_from_the_environment_or_standard_input") {
        return Ok(());
    }
    let mut stack = Stack::prepare(&Options::default()).await?;
    let init = |dir: &str| {
        let mut all: Vec<String> = ["init", "--twilio-sid", "AC1", "--firm", "Acme"]
            .map(str::to_owned)
            .to_vec();
        for (option, value) in [
            ("--dir", dir),
            ("--homeserver", "http://127.0.0.1:1"),
            ("--server-name", "acme.test"),
            ("--public-url", "https://sms.acme.test"),
        ] {
            all.extend([option.to_owned(), value.to_owned()]);
        }
        all
    };
    let root = stack.root().to_owned();
    let path = |name: &str| root.join(name);
    let token = |name: &str| fs::read_to_string(path(name).join("keys/twilio_auth_token"));
    let dir = |name: &str| path(name).to_string_lossy().into_owned();

    let done = stack
        .verbatim
        .run_reading(&init(&dir("piped")), b"s3cret\n")
        .await?;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(token("piped")?, "s3cret");
    // What to enter at the carrier is said, and the secret is not.
    assert!(
        done.out
            .contains("https://sms.acme.test/hooks/twilio-main/sms"),
        "{done:?}"
    );
    assert!(!done.out.contains("s3cret"), "{done:?}");

    let done = stack
        .verbatim
        .run_reading(&init(&dir("empty")), b"\n")
        .await?;
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(
        done.err.contains("the Twilio auth token is empty"),
        "{done:?}"
    );

    // Again with other options: nothing changes, and that is said.
    let done = stack
        .verbatim
        .run_reading(&init(&dir("piped")), b"other")
        .await?;
    assert_eq!(token("piped")?, "s3cret");
    assert!(
        done.out.contains("--twilio-sid changes nothing"),
        "{done:?}"
    );

    stack.verbatim.env = vec![("TWILIO_AUTH_TOKEN".into(), "from-env".into())];
    let done = stack
        .verbatim
        .run_reading(&init(&dir("environment")), b"ignored")
        .await?;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(token("environment")?, "from-env");
    Ok(())
}

#[tokio::test]
async fn shells_get_their_completion_without_a_configuration() -> Result<()> {
    if !switched_on("shells_get_their_completion_without_a_configuration") {
        return Ok(());
    }
    let stack = Stack::prepare(&Options::default()).await?;
    fs::remove_file(stack.data.join("verbatim.toml"))?;
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let done = stack.verbatim.run(&["completion", shell]).await?;
        assert_eq!(done.code, Some(0), "{done:?}");
        for word in ["verbatim", "doctor", "conversation"] {
            assert!(done.out.contains(word), "{shell}: no {word}");
        }
    }
    let done = stack.verbatim.run(&["completion", "tcsh"]).await?;
    assert_eq!(done.code, Some(2), "{done:?}");
    Ok(())
}
