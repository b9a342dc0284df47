//! The service around it: compared once, then signed and published for as long as the process leads.

use std::sync::Arc;

use verbatim_domain::{Duration, Timestamp};

use super::PublishError;
use crate::core::Engine;
use crate::log::{LogError, NOT_SIGNED};
use crate::ports::{Change, Publication};

/// How often there may be something new to publish.
const EVERY: Duration = Duration::from_millis(500);
/// The wait after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// For how long it may fail before an alarm says so.
const PATIENCE_MS: i64 = 60_000;

const NOT_PUBLISHED: &str = "log-not-published";
const ROLLED_BACK: &str = "log-rolled-back";

impl Engine {
    /// Signs and publishes, until cancelled. Signs nothing before it has been compared with what was
    /// published, and before the witnesses that answer have seen where it stands.
    pub async fn run_log(self: &Arc<Self>, publication: Option<Arc<dyn Publication>>) {
        self.greet_witnesses().await;
        match publication {
            None => self.run_signing().await,
            Some(place) => {
                self.compare_until_done(&*place).await;
                tokio::join!(self.run_signing(), self.run_publication(&*place));
            }
        }
    }

    async fn compare_until_done(&self, place: &dyn Publication) {
        while let Err(error) = self.compare(place).await {
            tracing::error!(%error, "nothing is signed before this is settled");
            let at = place.place();
            let text = match &error {
                PublishError::RolledBack(_) | PublishError::Foreign(_) => format!(
                    "{error}. Nothing is signed: restore the store from its newest copy, or name another place of \
                     publication (now {at}) after an investigation"
                ),
                _ => format!("{error}. Nothing is signed before the log is compared with {at}"),
            };
            let told = match &error {
                PublishError::RolledBack(_) | PublishError::Foreign(_) => {
                    self.raise(ROLLED_BACK, text).await
                }
                PublishError::Log(LogError::OtherKey(_)) => self.raise(NOT_SIGNED, text).await,
                _ => self.raise(NOT_PUBLISHED, text).await,
            };
            if let Err(error) = told {
                tracing::error!(%error, "alarm");
            }
            self.clock.sleep(AFTER_FAILURE).await;
        }
        let clear = [ROLLED_BACK, NOT_PUBLISHED].map(|key| Change::Clear(key.into()));
        if let Err(error) = self.at_once(clear.into()).await {
            tracing::error!(%error, "alarm");
        }
    }

    async fn run_publication(&self, place: &dyn Publication) {
        let mut failing_since: Option<Timestamp> = None;
        loop {
            let wait = match self.publish(place).await {
                Ok(_) => {
                    if failing_since.is_some() {
                        let clear = vec![Change::Clear(NOT_PUBLISHED.into())];
                        // Not cleared: it is tried again the next time.
                        if self.at_once(clear).await.is_ok() {
                            failing_since = None;
                        }
                    }
                    EVERY
                }
                Err(error) => {
                    tracing::warn!(%error, "the log was not published");
                    let since = *failing_since.get_or_insert(self.now());
                    // That there are two histories has an alarm of its own.
                    let is_told = matches!(error, PublishError::Forked(_));
                    if !is_told && self.now().as_millis() - since.as_millis() >= PATIENCE_MS {
                        let text = format!(
                            "{error}. Records are kept and signed; publication goes on by itself"
                        );
                        let _ = self.raise(NOT_PUBLISHED, text).await;
                    }
                    AFTER_FAILURE
                }
            };
            self.clock.sleep(wait).await;
        }
    }
}
