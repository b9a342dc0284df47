//! The harness by itself, without the product: what it says about Verbatim is only worth something if
//! homeserver and clients do what they are taken to do.

use anyhow::Result;
use e2e::harness::{Employee, Ports, Shield, Synapse, Trust, switched_on};

const REGISTRATION: &str = "\
id: none
url: null
as_token: none-as
hs_token: none-hs
sender_localpart: _none
namespaces: { users: [], aliases: [], rooms: [] }
";

/// Two clients talk, encrypted, across a homeserver that is killed in between.
#[tokio::test(flavor = "multi_thread")]
async fn clients_talk_through_a_homeserver_that_is_killed() -> Result<()> {
    if !switched_on("clients_talk_through_a_homeserver_that_is_killed") {
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let registration = dir.path().join("registration.yaml");
    std::fs::write(&registration, REGISTRATION)?;
    let ports = Ports::free()?;
    let mut synapse = Synapse::new(
        dir.path().join("synapse"),
        ports.homeserver(),
        &registration,
    )?;
    synapse.start().await?;
    for name in ["ann", "ben"] {
        synapse.register(name, "pw").await?;
    }
    let ann = Employee::login(&synapse.url(), "ann", "pw", Trust::Strict).await?;
    let ben = Employee::login(&synapse.url(), "ben", "pw", Trust::Lax).await?;
    let room = ann.open_chat(ben.user()).await?;
    let first = ben.say(&room, "first").await?;
    let heard = ann.wait_for_text("first").await?;
    assert_eq!(heard.event, first.to_string());
    assert!(heard.encrypted && heard.undecryptable.is_none());
    assert_eq!(heard.shield, Shield::None);

    synapse.kill().await?;
    let (said, started) = tokio::join!(ann.say(&room, "second"), synapse.start());
    started?;
    said?;
    ben.wait_for_text("second").await?;

    let history = ben.history(&room).await?;
    let texts: Vec<&str> = history
        .iter()
        .filter(|s| s.is_text())
        .map(|s| s.body.as_str())
        .collect();
    assert_eq!(texts, ["first", "second"]);
    Ok(())
}
