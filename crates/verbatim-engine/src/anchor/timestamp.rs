//! Having checkpoints stamped by time authorities (RFC 3161).

use std::sync::Arc;

use futures_util::future::join_all;
use verbatim_domain::Duration;
use verbatim_record::Note;
use verbatim_record::checkpoint::CheckpointError;
use verbatim_record::timestamp::{self, TimestampError};

use super::{AnchorError, Authority, Standing};
use crate::core::Engine;
use crate::log::LogError;
use crate::ports::{Change, LogTimestamp};

/// How far an authority's clock may be from ours. One of the two is wrong beyond that.
const CLOCKS_DIFFER: Duration = Duration::from_secs(600);

impl Engine {
    /// Has checkpoints stamped by every authority as often as configured, until cancelled.
    pub async fn run_timestamps(self: &Arc<Self>) {
        let each = self.anchoring.authorities.iter();
        join_all(each.map(|authority| self.stamp_regularly(authority))).await;
        std::future::pending().await
    }

    async fn stamp_regularly(&self, authority: &Authority) {
        let mut standing = Standing::default();
        let alarm = format!("timestamp:{}", authority.port.name());
        loop {
            let answer = self.stamp(authority).await;
            let wait = self.weigh_anchor(&alarm, &mut standing, answer).await;
            self.clock.sleep(wait).await;
        }
    }

    /// Has the newest checkpoint stamped, if it is time. Whether the authority was asked.
    ///
    /// What could not be stamped in time is stamped as soon as the authority is back; a log that has not grown
    /// is not stamped again.
    ///
    /// # Errors
    /// When it was not stamped.
    pub async fn stamp(&self, authority: &Authority) -> Result<bool, AnchorError> {
        let Some(checkpoint) = self.store.latest_checkpoint().await? else {
            return Ok(false);
        };
        let name = authority.port.name();
        if let Some(last) = self.store.latest_timestamp(name).await? {
            // In either direction: a clock that was set back must not keep us waiting.
            let past = self.now().as_millis().abs_diff(last.at.as_millis());
            if last.size >= checkpoint.size || past < authority.every.as_millis() {
                return Ok(false);
            }
        }
        let note =
            Note::parse(&checkpoint.note).map_err(|e| LogError::from(CheckpointError::from(e)))?;
        let mut nonce = [0; 8];
        self.entropy.fill(&mut nonce);
        let nonce = u64::from_be_bytes(nonce);
        let request = timestamp::request(note.text.as_bytes(), nonce).map_err(wrong)?;
        let response = authority.port.stamp(&request).await?;
        let stamped = timestamp::check(
            &response,
            note.text.as_bytes(),
            Some(nonce),
            &authority.ca_pem,
        )
        .map_err(wrong)?;
        let apart = self.now().as_millis().abs_diff(stamped.at.as_millis());
        if apart > CLOCKS_DIFFER.as_millis() {
            return Err(AnchorError::Lying(format!(
                "its clock and ours are {} seconds apart",
                apart / 1000
            )));
        }
        // Died here: stamped and not kept. It is asked again.
        let kept = Change::AddTimestamp(LogTimestamp {
            size: checkpoint.size,
            authority: name.to_owned(),
            request,
            response,
            at: stamped.at,
        });
        self.commit(vec![kept]).await?;
        Ok(true)
    }
}

/// The authority's word for no is a refusal; everything else that is wrong is a wrong answer.
fn wrong(error: TimestampError) -> AnchorError {
    match error {
        TimestampError::Refused { .. } => AnchorError::Refused(error.to_string()),
        _ => AnchorError::Lying(error.to_string()),
    }
}
