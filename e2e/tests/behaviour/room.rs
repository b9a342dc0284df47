//! What a conversation's room says about itself, to a client that trusts only signed devices.

use anyhow::{Context, Result, ensure};
use e2e::harness::{Options, Shield, Stack, Trust, switched_on};
use serde_json::{Value, json};

use crate::talk::{Talk, bot, state, word};

const PHONE: &str = "+14155550177";

#[tokio::test(flavor = "multi_thread")]
async fn a_room_says_what_it_is_and_a_strict_client_reads_and_writes() -> Result<()> {
    if !switched_on("a_room_says_what_it_is_and_a_strict_client_reads_and_writes") {
        return Ok(());
    }
    let options = Options {
        trust: Trust::Strict,
        disclosure: true,
        ..Options::default()
    };
    let stack = Stack::start(&options).await?;
    let talk = Talk::begin(&stack, 0, PHONE).await?;
    let state = state(&stack, talk.employee(), &talk.room).await?;
    says_what_it_is(&talk, &state)?;
    hides_the_number(&state)?;

    talk.fence("a strict client writes").await?;
    let shows = talk.phone_shows();
    assert_eq!(shows.len(), 2, "{shows:?}");
    ensure!(
        shows[0].contains("are recorded"),
        "no disclosure: {shows:?}"
    );

    let said = talk.employee().said();
    let ours = said.iter().filter(|s| s.sender != talk.employee().user());
    for said in ours {
        ensure!(said.encrypted && said.undecryptable.is_none(), "{said:?}");
        assert_eq!(said.shield, Shield::None, "{said:?}");
    }
    Ok(())
}

/// What the room must show.
fn says_what_it_is(talk: &Talk<'_>, state: &[Value]) -> Result<()> {
    let one = |kind: &str| -> Result<&Value> {
        let found = state.iter().find(|event| event["type"] == kind);
        Ok(&found.with_context(|| format!("no {kind}"))?["content"])
    };
    assert_eq!(
        one("m.room.encryption")?["algorithm"],
        "m.megolm.v1.aes-sha2"
    );
    let name = word(&one("m.room.name")?["name"]);
    ensure!(name.ends_with("0177 (SMS)"), "{name}");
    let topic = word(&one("m.room.topic")?["topic"]);
    for part in ["•••• 0177", &talk.line.number, "Recorded"] {
        ensure!(topic.contains(part), "{topic} without {part}");
    }
    let avatar = word(&one("m.room.avatar")?["url"]);
    ensure!(avatar.starts_with("mxc://"), "{avatar}");
    for kind in ["m.bridge", "uk.half-shot.bridge"] {
        let bridge = one(kind)?;
        assert_eq!(bridge["bridgebot"], bot(), "{bridge}");
        assert_eq!(bridge["protocol"]["id"], "sms", "{bridge}");
        assert_eq!(bridge["channel"]["id"], talk.conversation, "{bridge}");
    }
    let service = &one("io.element.functional_members")?["service_members"];
    assert_eq!(*service, json!([bot()]));
    let joined = state.iter().filter(|event| {
        event["type"] == "m.room.member" && event["content"]["membership"] == "join"
    });
    let mut members: Vec<String> = joined.map(|event| word(&event["state_key"])).collect();
    members.sort();
    let mut expected = vec![
        talk.employee().user().to_owned(),
        bot(),
        talk.stand_in.clone(),
    ];
    expected.sort();
    assert_eq!(members, expected);
    Ok(())
}

/// Room state is not encrypted: whoever runs the homeserver reads it.
fn hides_the_number(state: &[Value]) -> Result<()> {
    for event in state {
        let text = event.to_string();
        for number in [&PHONE[1..], &PHONE[2..], "555-0177", "555 0177"] {
            ensure!(!text.contains(number), "{number} in {text}");
        }
    }
    Ok(())
}
