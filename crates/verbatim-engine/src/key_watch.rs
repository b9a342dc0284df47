//! A node whose key file is not the one that the store is under says so, before it needs the key: else each
//! job that makes a new bucket would fail there, one after the other. Nor is a node silent that was started
//! with older rules of retention than another.

use verbatim_domain::Duration;

use crate::admin::keys::not_in_its_place;
use crate::core::Engine;
use crate::intake::Intake;
use crate::keys::FollowError;
use crate::ports::{Alarm, Change, StoreError};
use crate::retention::{as_new, check_periods};

const EVERY: Duration = Duration::from_secs(60);
/// An alarm that nobody has raised for so long, who would raise it every minute, is over.
const OVER: Duration = Duration::from_secs(180);
const NOT_COMPARED: &str = "the rules of retention were not compared";
/// Followed by the id of the key that the node holds.
const ALARM: &str = "key-not-here:";
const OLDER_RULES: &str = "older-retention-rules";
/// The alarm that the key in use lies where the next one belongs.
pub(crate) const NOT_IN_ITS_PLACE: &str = "key-not-in-its-place";

impl Engine {
    /// Looks after the key and the rules of retention, until cancelled.
    pub async fn run_key_watch(&self) {
        let mut told = true;
        loop {
            if let Err(error) = self.watch_rules().await {
                tracing::warn!(%error, "{NOT_COMPARED}");
            }
            match self.watch_key(told).await {
                Ok(good) => told = !good,
                Err(error) => tracing::warn!(%error, "the key-encryption key was not looked after"),
            }
            self.clock.sleep(EVERY).await;
        }
    }

    /// Whether this process keeps everything as long as every other does: else what it seals expires too
    /// early, and it disposes of nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn watch_rules(&self) -> Result<bool, StoreError> {
        let good = self.tell_older(self.has_newest_rules().await).await?;
        if good {
            self.clear_older().await?;
        }
        Ok(good)
    }

    /// A node that is behind raises the alarm each time that it looks: what none has raised for a while is over.
    async fn clear_older(&self) -> Result<(), StoreError> {
        let alarms = self.store.alarms().await?;
        let is_over = |alarm: &Alarm| alarm.key == OLDER_RULES && self.now().since(alarm.at) > OVER;
        match alarms.iter().any(is_over) {
            true => {
                self.at_once(vec![Change::Clear(OLDER_RULES.to_owned())])
                    .await
            }
            false => Ok(()),
        }
    }

    /// Whether this process holds the key that the store is under, or can take it from its safe, and has it in its
    /// place there. `told` if an alarm may stand that it does not.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn watch_key(&self, told: bool) -> Result<bool, StoreError> {
        let keys = self.recorder.keys();
        let held = keys.keyring().kek().id();
        match keys.follow(&*self.store).await {
            Ok(_) => match keys.tidy().await {
                Ok(moved) => {
                    if told || moved {
                        self.clear_key_alarms().await?;
                    }
                    Ok(true)
                }
                Err(error) => {
                    let alarm = self.alarm(NOT_IN_ITS_PLACE, not_in_its_place(&error));
                    self.at_once(vec![alarm]).await?;
                    Ok(false)
                }
            },
            Err(FollowError::Store(error)) => Err(error),
            Err(FollowError::Safe(error)) => {
                let text = format!(
                    "{error}. Until then this node seals nothing into a new month, and cannot be started again"
                );
                self.at_once(vec![self.alarm(format!("{ALARM}{held}"), text)])
                    .await?;
                Ok(false)
            }
        }
    }

    /// A node that is still behind raises its own again.
    async fn clear_key_alarms(&self) -> Result<(), StoreError> {
        let alarms = self.store.alarms().await?.into_iter();
        let mine = alarms.filter(|alarm| is_ours(&alarm.key));
        let changes: Vec<_> = mine.map(|alarm| Change::Clear(alarm.key)).collect();
        match changes.is_empty() {
            true => Ok(()),
            false => self.at_once(changes).await,
        }
    }
}

impl Intake {
    /// Looks after the rules of retention of an edge, until cancelled.
    pub async fn run_rules_watch(&self) {
        loop {
            if let Err(error) = self.watch_periods().await {
                tracing::warn!(%error, "{NOT_COMPARED}");
            }
            self.clock.sleep(EVERY).await;
        }
    }

    /// The same as [`Engine::watch_rules`], as much of it as an edge can: whom a rule is about it cannot read, and
    /// it clears no alarms.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn watch_periods(&self) -> Result<bool, StoreError> {
        let checked = check_periods(&*self.store, &self.settings.retention).await;
        self.tell_older(as_new(checked)).await
    }

    async fn tell_older(&self, newest: Result<(), StoreError>) -> Result<bool, StoreError> {
        match newest {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict(why)) => {
                self.raise(OLDER_RULES, why).await?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

fn is_ours(alarm: &str) -> bool {
    alarm.starts_with(ALARM) || alarm == NOT_IN_ITS_PLACE
}
