//! The real binary on a real PostgreSQL: both ways, across `kill -9`, and the record verifies.

use anyhow::Result;
use e2e::harness::{Options, Stack, switched_on};

use crate::cluster::{self, Cluster};
use crate::talk::Talk;

const PHONE: &str = "+14155550180";

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_across_a_kill_on_postgres() -> Result<()> {
    if !switched_on("both_ways_across_a_kill_on_postgres") || !cluster::is_wanted() {
        return Ok(());
    }
    let server = Cluster::start("");
    let url = server.database();
    let options = Options {
        store: Some(url.clone()),
        ..Options::default()
    };
    let mut stack = Stack::start(&options).await?;
    let number = stack.lines[0].number.clone();
    let room = {
        let talk = Talk::begin(&stack, 0, PHONE).await?;
        talk.fence("an answer before").await?;
        talk.room.clone()
    };
    stack.verbatim.kill().await?;
    // On its way while nobody is there: the carrier repeats, and another process takes the lease over.
    stack.carrier().text(PHONE, &number, "while away")?;
    stack.verbatim.start().await?;
    let line = &stack.lines[0];
    assert_eq!(line.employee.wait_for_text("while away").await?.room, room);
    let talk = Talk::begin_again(&stack, 0, PHONE, "hello again").await?;
    assert_eq!(talk.room, room, "the conversation keeps its room");
    talk.fence("an answer after").await?;
    assert_eq!(
        talk.phone_shows(),
        ["an answer before", "an answer after"],
        "nothing lost, nothing doubled"
    );
    let verified = stack.verbatim.run(&["record", "verify"]).await?;
    assert_eq!(verified.code, Some(0), "{verified:?}");
    let records = server.sql_in(&url, "SELECT COUNT(*) FROM records");
    assert!(
        records.parse::<u64>()? > 6,
        "{records} records in PostgreSQL"
    );
    stack.verbatim.stop().await?;
    Ok(())
}
