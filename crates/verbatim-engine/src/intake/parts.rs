//! What takes webhooks: all that an edge is, and of a full node the part that could stand alone.
//!
//! Nothing in here opens what is sealed, and there is nothing here to open it with (decision 0015): what
//! reads is [`Engine`](crate::Engine), which has one of these.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use verbatim_domain::{AccountId, PhoneNumber, Timestamp};
use verbatim_record::{ArchivePublic, Body, EdgeKeys, Kind, SealedRecord, Vault};

use super::sealer::{Beside, Means, Sealer};
use crate::core::{OpenError, locked};
use crate::ports::{
    Alarm, BlindIndex, Carrier, Change, Clock, Commit, Entropy, Sealed, Store, StoreError,
};
use crate::recorder::Recorder;
use crate::retention::check_periods;
use crate::settings::Settings;
use crate::views::{Counters, Readiness};

/// Alarms that are remembered as written to the log.
const MOST_SAID: usize = 1_000;

/// What an intake is made of, besides keys.
pub struct IntakeParts {
    /// Everything durable.
    pub store: Arc<dyn Store>,
    /// The carrier accounts; an edge uses of them only how webhooks are checked and read.
    pub carriers: Vec<Arc<dyn Carrier>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// The firm's settings.
    pub settings: Settings,
}

/// Records what reaches us, and can read none of it.
pub struct Intake {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) carriers: HashMap<AccountId, Arc<dyn Carrier>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
    pub(crate) counters: Counters,
    sealer: Sealer,
    /// Alarms that this process has written to its log, until they are cleared.
    said: Mutex<HashMap<String, String>>,
}

impl Intake {
    /// An edge, if its keys are those of the store's installation and the rules of retention may stand.
    ///
    /// # Errors
    /// [`OpenError::NotStarted`], [`OpenError::ForeignEdge`], [`OpenError::Shortened`], [`OpenError::Store`].
    pub async fn edge(parts: IntakeParts, keys: EdgeKeys) -> Result<Arc<Self>, OpenError> {
        belongs(&*parts.store, &keys).await?;
        let rules = parts.settings.retention.clone();
        check_periods(&*parts.store, &rules).await?;
        let sealer = Sealer::Edge { keys, rules };
        Ok(Arc::new(Self::new(parts, sealer)))
    }

    /// The part of a full node that takes webhooks.
    pub(crate) fn full(
        parts: IntakeParts,
        recorder: Arc<Recorder>,
        vault: Arc<Vault>,
    ) -> Arc<Self> {
        Arc::new(Self::new(parts, Sealer::Full { recorder, vault }))
    }

    fn new(parts: IntakeParts, sealer: Sealer) -> Self {
        let named = |carrier: Arc<dyn Carrier>| (carrier.account().clone(), carrier);
        Self {
            store: parts.store,
            carriers: parts.carriers.into_iter().map(named).collect(),
            clock: parts.clock,
            entropy: parts.entropy,
            settings: parts.settings,
            counters: Counters::default(),
            sealer,
            said: Mutex::default(),
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Seals a body as a record, captured now.
    pub(crate) async fn seal(&self, kind: Kind, body: Body) -> Result<SealedRecord, StoreError> {
        let sealed = self.seal_with(kind, body, &[]).await?;
        Ok(sealed.0)
    }

    /// The same, and the state that belongs with it.
    pub(super) async fn seal_with(
        &self,
        kind: Kind,
        body: Body,
        beside: &[Beside<'_>],
    ) -> Result<(SealedRecord, Vec<Sealed>), StoreError> {
        let means = Means {
            store: &*self.store,
            entropy: &*self.entropy,
            now: self.now(),
        };
        self.sealer.seal(means, kind, body, beside).await
    }

    /// The keyed hash by which a phone number is looked up.
    pub(crate) fn index(&self, number: &str) -> BlindIndex {
        self.sealer.index(number)
    }

    /// A phone number as it is indexed: E.164 if it is one, else as written (short codes, names).
    pub(crate) fn canonical(&self, raw: &str) -> String {
        PhoneNumber::parse(raw, self.settings.region.as_deref())
            .map_or_else(|_| raw.trim().to_uppercase(), |n| n.as_str().to_owned())
    }

    /// A commit that needs no lease: what intake brings, and what any process may note.
    pub(crate) async fn at_once(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.forget_said(&changes);
        let fence = None;
        self.store.commit(Commit { fence, changes }).await
    }

    /// Raises an alarm on its own; it is not part of a decision.
    pub(crate) async fn raise(
        &self,
        key: impl Into<String>,
        text: impl Into<String>,
    ) -> Result<(), StoreError> {
        self.at_once(vec![self.alarm(key, text)]).await
    }

    /// An alarm as part of a commit.
    pub(crate) fn alarm(&self, key: impl Into<String>, text: impl Into<String>) -> Change {
        let (key, text) = (key.into(), text.into());
        // An alarm is raised again with each attempt of what it is about: the log needs it once.
        let news = {
            let mut said = locked(&self.said);
            if said.len() >= MOST_SAID {
                said.clear();
            }
            said.insert(key.clone(), text.clone()).as_ref() != Some(&text)
        };
        if news {
            tracing::warn!(alarm = %key, "{text}");
        }
        Change::Raise(Alarm {
            key,
            text,
            at: self.now(),
        })
    }

    pub(crate) fn forget_said(&self, changes: &[Change]) {
        let mut said = locked(&self.said);
        for change in changes {
            if let Change::Clear(key) = change {
                said.remove(key);
            }
        }
    }

    /// What this process has counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether what comes can be recorded now.
    pub async fn can_record(&self) -> Vec<Readiness> {
        let part = |part, result: Result<(), String>| Readiness {
            part,
            ok: result.is_ok(),
            note: result.err().unwrap_or_default(),
        };
        let store = self.store.probe().await;
        let log = self.store.log_root().await;
        let periods = check_periods(&*self.store, &self.settings.retention).await;
        let mut parts = vec![
            part("store", store.map_err(|e| e.to_string())),
            part("record", log.map(drop).map_err(|e| e.to_string())),
            part("retention", periods.map_err(|e| e.to_string())),
        ];
        if let Sealer::Edge { keys, .. } = &self.sealer {
            let fits = belongs(&*self.store, keys).await;
            parts.push(part("edge keys", fits.map_err(|e| e.to_string())));
        }
        parts
    }
}

/// Whether an edge's keys are those of the store's installation. What were sealed to another archive key
/// could never be read.
async fn belongs(store: &dyn Store, keys: &EdgeKeys) -> Result<(), OpenError> {
    let standing = store.standing_installation().await?;
    let standing = standing.filter(|standing| !standing.archive_key.is_empty());
    let standing = standing.ok_or(OpenError::NotStarted)?;
    let archive = ArchivePublic::of_wrapped(&standing.archive_key)
        .map_err(|e| OpenError::Bucket(e.to_string()))?;
    if standing.log == keys.log && archive == keys.archive {
        Ok(())
    } else {
        Err(OpenError::ForeignEdge)
    }
}
