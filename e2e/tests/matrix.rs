//! The Matrix adapter against a real homeserver, with the SDK of Element X as employee.

#![recursion_limit = "256"]

mod matrix_world;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use e2e::harness::{Employee, PATIENCE, Shield, Trust, switched_on, until};
use matrix_world::{World, spec};
use verbatim_domain::{RoomId, Timestamp};
use verbatim_engine::ports::{
    Attendance, Content, EventKind, Fence, Platform, PlatformError, Speaker, Trust as Trusted,
    Unread,
};
use verbatim_matrix::MatrixPlatform;

fn text(body: &str) -> Content {
    Content::Text {
        body: body.to_owned(),
    }
}

fn notice(body: &str) -> Content {
    Content::Notice {
        body: body.to_owned(),
        reply_to: None,
        replaces: None,
        mentions: None,
    }
}

/// The events that make up a state; the rest of them tells the time since.
fn ids(state: &[serde_json::Value]) -> BTreeSet<String> {
    state
        .iter()
        .map(|event| event["event_id"].to_string())
        .collect()
}

async fn both_ways(world: &World, employee: &Employee, number: u8) -> Result<()> {
    let spec = spec(world.platform(), number, employee.user());
    let stand_in = Speaker::StandIn(spec.stand_in.clone());
    let room = world.platform().open_room(&spec).await?;
    world
        .say(
            &room,
            &stand_in,
            employee.user(),
            "t1",
            &text("hello from a phone"),
        )
        .await?;
    let said = employee.wait_for_text("hello from a phone").await?;
    ensure!(
        said.encrypted && said.shield == Shield::None && said.sender == spec.stand_in.as_str(),
        "{said:?}"
    );
    world
        .say(
            &room,
            &Speaker::Bot,
            employee.user(),
            "n1",
            &notice("from the bot"),
        )
        .await?;
    let told = employee
        .wait_for("the notice", |said| said.body == "from the bot")
        .await?;
    ensure!(
        told.shield == Shield::None && told.msgtype == "m.notice",
        "{told:?}"
    );
    let event = employee.say(room.as_str(), "an answer").await?;
    let opened = world.opened(event.as_str()).await?;
    let expect = EventKind::Text {
        body: "an answer".into(),
        reply_to: None,
    };
    ensure!(
        opened.kind == expect && opened.trust == Trusted::Encrypted("cross-signed".into()),
        "{opened:?}"
    );
    world
        .platform()
        .mark_read(&room, &stand_in, &opened.event)
        .await?;
    employee
        .wait_for_receipt(event.as_str(), spec.stand_in.as_str())
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strict_and_lax_clients_read_and_are_read() -> Result<()> {
    if !switched_on("strict_and_lax_clients_read_and_are_read") {
        return Ok(());
    }
    let world = World::start().await?;
    let alice = world.employee("alice", Trust::Strict).await?;
    both_ways(&world, &alice, 1).await?;
    let bob = world.employee("bob", Trust::Lax).await?;
    both_ways(&world, &bob, 2).await?;
    for check in world.platform().examine(true).await {
        ensure!(check.fault.is_none(), "{check:?}");
    }
    ensure!(world.platform().clock_skew_ms(0).await.is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_is_made_once_and_a_message_sent_once() -> Result<()> {
    if !switched_on("a_room_is_made_once_and_a_message_sent_once") {
        return Ok(());
    }
    let world = World::start().await?;
    let alice = world.employee("alice", Trust::Strict).await?;
    let mut spec = spec(world.platform(), 1, alice.user());
    let stand_in = Speaker::StandIn(spec.stand_in.clone());
    let room = world.platform().open_room(&spec).await?;
    let prepared = world
        .platform()
        .prepare(&room, &stand_in, &spec.employee, &text("once"))
        .await?;
    let first = world
        .platform()
        .send(&room, &stand_in, "same", &prepared, None)
        .await?;
    alice.wait_for_text("once").await?;
    let before = ids(&world.state(&room).await?);
    ensure!(
        world.platform().open_room(&spec).await? == room,
        "another room"
    );
    ensure!(
        ids(&world.state(&room).await?) == before,
        "opening again wrote state"
    );
    ensure!(
        world
            .platform()
            .send(&room, &stand_in, "same", &prepared, None)
            .await?
            == first,
        "a second event"
    );
    // The homeserver forgets its memory, not its tables.
    world.restart_homeserver().await?;
    ensure!(
        world
            .platform()
            .send(&room, &stand_in, "same", &prepared, None)
            .await?
            == first,
        "after a restart"
    );
    spec.name = "Jane Roe (SMS)".to_owned();
    ensure!(
        world.platform().open_room(&spec).await? == room,
        "another room after a new name"
    );
    ensure!(
        world
            .state(&room)
            .await?
            .iter()
            .any(|e| e["content"]["name"] == "Jane Roe (SMS)"),
        "old name"
    );
    let once = alice.history(room.as_str()).await?;
    ensure!(
        once.iter().filter(|said| said.body == "once").count() == 1,
        "{once:#?}"
    );
    ensure!(
        world.platform().offer_room(&room, &spec.employee).await? == Attendance::Joined,
        "invited somebody who is in"
    );
    // What the homeserver would have forgotten after a day is found in the room.
    let long_ago = Timestamp(0);
    let find = |txn| world.platform().find_sent(&room, &stand_in, txn, long_ago);
    ensure!(find("same").await? == Some(first), "not found in the room");
    ensure!(find("other").await?.is_none(), "found what was never sent");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_made_room_is_completed() -> Result<()> {
    if !switched_on("a_half_made_room_is_completed") {
        return Ok(());
    }
    let world = World::start().await?;
    let alice = world.employee("alice", Trust::Strict).await?;
    let bare = spec(world.platform(), 1, alice.user());
    let half = world.bare_room(&bare).await?;
    ensure!(
        world.platform().open_room(&bare).await? == half,
        "another room"
    );
    let stand_in = Speaker::StandIn(bare.stand_in.clone());
    world
        .say(
            &half,
            &stand_in,
            alice.user(),
            "t",
            &text("into the mended room"),
        )
        .await?;
    ensure!(
        alice.wait_for_text("into the mended room").await?.encrypted,
        "in clear"
    );
    // An alias that leads nowhere we can get in.
    let lost = spec(world.platform(), 2, alice.user());
    let gone = world.bare_room(&lost).await?;
    world.leave(&gone).await?;
    let room = world.platform().open_room(&lost).await?;
    ensure!(room != gone, "a room without us");
    ensure!(
        world.platform().open_room(&lost).await? == room,
        "not found again"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_rotated_while_we_are_away_arrive_and_identities_stay() -> Result<()> {
    if !switched_on("keys_rotated_while_we_are_away_arrive_and_identities_stay") {
        return Ok(());
    }
    let mut world = World::start().await?;
    let alice = world.employee("alice", Trust::Strict).await?;
    both_ways(&world, &alice, 1).await?;
    let spec = spec(world.platform(), 1, alice.user());
    let room = world.platform().open_room(&spec).await?;
    world.stop();
    alice.rotate_key(room.as_str()).await?;
    let away = alice.say(room.as_str(), "while you were away").await?;
    world.resume().await?;
    let opened = world.opened(away.as_str()).await?;
    ensure!(
        matches!(&opened.kind, EventKind::Text { body, .. } if body == "while you were away"),
        "{opened:?}"
    );
    let stand_in = Speaker::StandIn(spec.stand_in.clone());
    world
        .say(&room, &stand_in, alice.user(), "t2", &text("back again"))
        .await?;
    let said = alice.wait_for_text("back again").await?;
    ensure!(
        said.shield == Shield::None,
        "the identity changed: {said:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_device_gets_keys() -> Result<()> {
    if !switched_on("a_new_device_gets_keys") {
        return Ok(());
    }
    let world = World::start().await?;
    let bob = world.employee("bob", Trust::Lax).await?;
    both_ways(&world, &bob, 1).await?;
    let spec = spec(world.platform(), 1, bob.user());
    let room = world.platform().open_room(&spec).await?;
    let stand_in = Speaker::StandIn(spec.stand_in.clone());
    let second = world.again("bob", Trust::Lax).await?;
    let mut said = 0;
    // The homeserver tells of the device by the bot's sync; what is said before that is not for it.
    until("the new device reads", PATIENCE, async || {
        said += 1;
        world
            .say(
                &room,
                &stand_in,
                bob.user(),
                &format!("d{said}"),
                &text(&format!("number {said}")),
            )
            .await?;
        Ok(second
            .said()
            .iter()
            .any(|said| said.is_text() && said.body.starts_with("number "))
            .then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_trusted_is_refused() -> Result<()> {
    if !switched_on("what_cannot_be_trusted_is_refused") {
        return Ok(());
    }
    let world = World::start().await?;
    let alice = world.employee("alice", Trust::Strict).await?;
    both_ways(&world, &alice, 1).await?;
    let spec = spec(world.platform(), 1, alice.user());
    let room = world.platform().open_room(&spec).await?;
    let event = alice.say(room.as_str(), "only once").await?;
    world.opened(event.as_str()).await?;
    // The homeserver delivers the same ciphertext as another event.
    let raw = world.raw(event.as_str()).await?;
    let replay = raw.replace(event.as_str(), "$replayed");
    let refused = world.platform().open_event(replay.as_bytes()).await;
    ensure!(
        format!("{refused:?}").contains("index-used-twice"),
        "{refused:?}"
    );
    ensure!(
        world.platform().open_event(raw.as_bytes()).await.is_ok(),
        "opened again after a crash"
    );
    // In somebody else's name.
    let forged = raw.replace(alice.user(), "@mallory:verbatim.test");
    let refused = world.platform().open_event(forged.as_bytes()).await;
    ensure!(
        format!("{refused:?}").contains("mismatched-sender"),
        "{refused:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_without_lease_or_device_stops() -> Result<()> {
    if !switched_on("an_owner_without_lease_or_device_stops") {
        return Ok(());
    }
    let world = World::start().await?;
    let alice = world.employee("alice", Trust::Strict).await?;
    let spec = spec(world.platform(), 1, alice.user());
    let room: RoomId = world.platform().open_room(&spec).await?;
    let lease = |holder: &'static str| {
        world.store().take_lease(
            verbatim_engine::worker::LEASE,
            holder,
            verbatim_domain::Duration(1),
        )
    };
    let Fence { generation } = lease("one").await?.context("lease")?;
    world
        .platform()
        .set_fence(Some(Fence { generation }))
        .await?;
    let newer = until("the lease runs out", PATIENCE, async || {
        Ok(lease("two").await?)
    })
    .await?;
    let late = world
        .platform()
        .prepare(&room, &Speaker::Bot, &spec.employee, &notice("late"))
        .await;
    ensure!(late == Err(PlatformError::Fenced), "{late:?}");
    world.platform().set_fence(Some(newer)).await?;
    world
        .platform()
        .prepare(&room, &Speaker::Bot, &spec.employee, &notice("in time"))
        .await?;
    world.delete_bot_device().await?;
    let gone = world.platform().start(Some(newer)).await;
    ensure!(
        matches!(&gone, Err(PlatformError::Refused(why)) if why.contains("gone")),
        "{gone:?}"
    );
    Ok(())
}

/// What happened in a room between two positions is found again, whole and in order, by pages too; and
/// looking takes nothing from the key loop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_look_finds_everything_in_order() -> Result<()> {
    if !switched_on("a_second_look_finds_everything_in_order") {
        return Ok(());
    }
    let world = World::start().await?;
    let alice = world.employee("alice", Trust::Strict).await?;
    let platform = world.platform();
    let spec = spec(platform, 1, alice.user());
    let room = platform.open_room(&spec).await?;
    let stand_in = Speaker::StandIn(spec.stand_in.clone());
    world
        .say(&room, &stand_in, alice.user(), "t1", &text("hello"))
        .await?;
    alice.wait_for_text("hello").await?;

    let start = platform.look(None).await?;
    ensure!(start.rooms.is_empty(), "{start:?}");
    let mut said = Vec::new();
    for i in 0..130 {
        said.push(
            alice
                .say(room.as_str(), &format!("line {i}"))
                .await?
                .to_string(),
        );
    }
    let look = platform.look(Some(&start.next)).await?;
    let (mut found, mut pages) = (Vec::new(), 0);
    for mut part in look.rooms {
        while let Some(gap) = part.gap {
            let (events, rest) = platform.fill(&gap).await?;
            found.extend(events);
            (part.gap, pages) = (rest, pages + 1);
        }
        found.extend(part.events);
    }
    let ids: Vec<_> = found.iter().map(|event| event.event.to_string()).collect();
    ensure!(
        ids == said && pages > 1,
        "{pages} pages, {} of {}",
        ids.len(),
        said.len()
    );
    ensure!(found.iter().all(|event| event.room == room));
    // They open: their keys were not lost to the look.
    world.opened(&said[129]).await?;
    let nothing = platform.look(Some(&look.next)).await?;
    ensure!(
        nothing.rooms.iter().all(|part| part.events.is_empty()),
        "{nothing:?}"
    );
    Ok(())
}

/// What nobody could read is refused, until somebody can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_to_nobody() -> Result<()> {
    if !switched_on("nothing_is_said_to_nobody") {
        return Ok(());
    }
    let world = World::start().await?;
    // An account that has never logged in.
    world.register("carol").await?;
    let spec = spec(world.platform(), 1, "@carol:verbatim.test");
    let stand_in = Speaker::StandIn(spec.stand_in.clone());
    let room = world.platform().open_room(&spec).await?;
    let prepare = async |platform: &MatrixPlatform| {
        let body = text("are you there?");
        let prepared = platform.prepare(&room, &stand_in, &spec.employee, &body);
        prepared.await.map(drop)
    };
    let unread = |why| Err(PlatformError::Unread(why));
    let refused = prepare(world.platform()).await;
    ensure!(refused == unread(Unread::NoDevice), "{refused:?}");
    let carol = world.again("carol", Trust::Lax).await?;
    until("carol can be told", PATIENCE, async || {
        Ok(prepare(world.platform()).await.is_ok().then_some(()))
    })
    .await?;
    world
        .say(&room, &stand_in, carol.user(), "t", &text("welcome"))
        .await?;
    carol.wait_for_text("welcome").await?;
    carol.joined(room.as_str()).await?.leave().await?;
    until("nobody is there", PATIENCE, async || {
        let refused = prepare(world.platform()).await;
        Ok((refused == unread(Unread::Absent)).then_some(()))
    })
    .await?;
    let offered = world.platform().offer_room(&room, &spec.employee).await?;
    ensure!(offered == Attendance::Asked, "{offered:?}");
    Ok(())
}
