//! `verbatim demo --check`: the whole way without a person.
//!
//! A phone that nobody knows texts alice; a client that shares no code with Verbatim decrypts
//! and answers; the phone gets the answer; its delivery shows in the room; both messages are
//! read back from the record, which verifies.

mod client;
mod report;
mod room;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use tokio::time::timeout;

pub(crate) use client::{Employee, install};
pub(crate) use report::{Report, failure_json};

use self::client::{Event, Text};
use super::phone::Phones;
use super::progress::Progress;
use super::stack::{Expected, Holder, ReadBack, RunningStack};

/// Each wait of the check ends after this, one way or the other. It is far above what a busy
/// machine needs, since a check that fails by haste teaches nothing.
const LIMIT: Duration = Duration::from_secs(60);

/// What the check works with.
pub(crate) struct Scene<'a> {
    pub(crate) stack: &'a dyn RunningStack,
    pub(crate) phones: &'a Phones,
    pub(crate) employee: &'a mut Employee,
    pub(crate) holder: &'a Holder,
    /// A client's number that no earlier check used.
    pub(crate) phone: String,
    /// Where bundles are handed out to.
    pub(crate) bundles: PathBuf,
    /// Makes the bodies of this check differ from those of all others.
    pub(crate) tag: String,
    pub(crate) progress: &'a Progress,
}

/// Runs every step; the error says which one failed.
pub(crate) async fn run(mut scene: Scene<'_>) -> anyhow::Result<Report> {
    let question = format!("Is the appointment at ten still on? [{}]", scene.tag);
    let answer = format!("Yes, see you at ten. [{}]", scene.tag);
    let (text, inbound) = inbound(&mut scene, &question).await?;
    let (sent, outbound) = outbound(&mut scene, &text, &answer).await?;
    receipt(&mut scene, &text, &sent).await?;
    let read = record(&mut scene, &question, &answer).await?;
    bundle(&scene, &question).await?;
    Ok(Report {
        inbound,
        outbound,
        read,
    })
}

async fn inbound(scene: &mut Scene<'_>, body: &str) -> anyhow::Result<(Text, Duration)> {
    let what = format!(
        "{} texts {}; the employee's client decrypts it",
        scene.phone, scene.holder.name
    );
    let step = scene.progress.step(&what);
    let began = now();
    let text = within(&what, async {
        scene
            .phones
            .send(&scene.phone, &scene.holder.number, body)
            .await?;
        scene
            .employee
            .wait_for(|event| match event {
                Event::Text(text) if text.body == body => Some(text.clone()),
                _ => None,
            })
            .await
    })
    .await?;
    let took = began.elapsed();
    room::check(&text, &scene.holder.user_id, &scene.phone).context(what)?;
    step.done(format!("from {} in an encrypted room", text.sender));
    Ok((text, took))
}

async fn outbound(
    scene: &mut Scene<'_>,
    text: &Text,
    body: &str,
) -> anyhow::Result<(String, Duration)> {
    let what = format!("{} replies; the phone receives it", scene.holder.name);
    let step = scene.progress.step(&what);
    let began = now();
    let sent = within(&what, async {
        scene.employee.reply(&text.room, body).await?;
        let sent = scene.employee.wait_for(|event| match event {
            Event::Sent { id } => Some(id.clone()),
            _ => None,
        });
        let arrived = scene
            .phones
            .wait_for(&scene.phone, &scene.holder.number, body);
        let (sent, ()) = tokio::try_join!(sent, arrived)?;
        Ok(sent)
    })
    .await?;
    let took = began.elapsed();
    step.done("");
    Ok((sent, took))
}

/// The room shows the delivery: the stand-in has read the message, or a status event says so.
async fn receipt(scene: &mut Scene<'_>, text: &Text, sent: &str) -> anyhow::Result<()> {
    let what = "the delivery shows in the room";
    let step = scene.progress.step(what);
    let how = within(
        what,
        scene
            .employee
            .wait_for(|event| room::delivery(event, text, sent)),
    )
    .await?;
    step.done(how);
    Ok(())
}

async fn record(scene: &mut Scene<'_>, question: &str, answer: &str) -> anyhow::Result<ReadBack> {
    let what = "both messages are read back from the record, and the log verifies";
    let step = scene.progress.step(what);
    let expect = |inbound, body| Expected {
        inbound,
        phone: &scene.phone,
        number: &scene.holder.number,
        body,
    };
    let messages = [expect(true, question), expect(false, answer)];
    let read = within(what, scene.stack.read_back(&messages)).await?;
    ensure!(
        read.records >= 2,
        "{what}: the conversation has {} records",
        read.records
    );
    step.done(format!("{} leaves, root {}", read.log_size, read.root));
    Ok(read)
}

/// What an examiner gets, and finds.
async fn bundle(scene: &Scene<'_>, question: &str) -> anyhow::Result<()> {
    let what = "the conversation is handed out as a bundle, which proves itself to an examiner";
    let step = scene.progress.step(what);
    let message = Expected {
        inbound: true,
        phone: &scene.phone,
        number: &scene.holder.number,
        body: question,
    };
    let folder = scene.bundles.join(scene.tag.replace(' ', "-"));
    let found = within(what, scene.stack.hand_out(&message, &folder)).await?;
    step.done(format!("{found}; {}", folder.display()));
    Ok(())
}

async fn within<T>(what: &str, step: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    match timeout(LIMIT, step).await {
        Ok(result) => result.with_context(|| format!("step failed: {what}")),
        Err(_) => Err(anyhow!(
            "step failed: {what}: not within {} s",
            LIMIT.as_secs()
        )),
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the check reports how long the way took"
)]
fn now() -> Instant {
    Instant::now()
}
