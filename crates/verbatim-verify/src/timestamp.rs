//! `verbatim-verify timestamp`.

use verbatim_record::bundle::utc;
use verbatim_record::report::{Findings, State};
use verbatim_record::{Note, timestamp};

use crate::args::TimestampArgs;
use crate::read::{self, Unreadable};

pub(crate) fn run(args: &TimestampArgs) -> Result<Findings, Unreadable> {
    let policy = read::required_policy(&args.trust)?;
    let note = Note::parse(&read::text(&args.checkpoint)?)
        .map_err(|e| Unreadable(format!("{}: {e}", args.checkpoint.display())))?;
    let response = read::bytes(&args.response)?;
    let ca = read::text(&args.ca)?;
    let mut found = Findings::default();
    let checkpoint = match policy.open(&note) {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            found.add("signature", State::Wrong, error.to_string());
            return Ok(found);
        }
    };
    let (origin, size) = (&checkpoint.origin, checkpoint.size);
    let words = format!("The log {origin} has signed that it has {size} records.");
    found.add("signature", State::Proved, words);
    // The nonce has served its purpose when the firm received the answer.
    match timestamp::check(&response, note.text.as_bytes(), None, &ca) {
        Ok(stamped) => {
            let (at, authority) = (utc(stamped.at.as_millis()), stamped.authority);
            let words = format!(
                "The first {size} records of that log existed at {at}: {authority} has stamped this checkpoint."
            );
            found.add("timestamp", State::Proved, words);
        }
        Err(error) => found.add("timestamp", State::Wrong, error.to_string()),
    }
    Ok(found)
}
