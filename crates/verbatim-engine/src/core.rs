//! The engine's parts, and what all pipelines share.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use verbatim_domain::retry::TokenBucket;
use verbatim_domain::{AccountId, NumberId, PhoneNumber, Timestamp};
use verbatim_record::tile::TileBuilder;
use verbatim_record::{Body, Kind, SealedRecord, Signer, Vault};

use crate::anchor::Anchoring;
use crate::carriers::Line;
use crate::keys::Keys;
use crate::ports::{
    Alarm, BlindIndex, Carrier, Change, Clock, Commit, Entropy, Fence, Installation, KeySafeError,
    Platform, Sealed, Store, StoreError,
};
use crate::recorder::Recorder;
use crate::settings::Settings;
use crate::views::WorkerState;

/// Alarms that are remembered as written to the log.
const MOST_SAID: usize = 1_000;

/// What an engine is made of.
pub struct Parts {
    /// Everything durable.
    pub store: Arc<dyn Store>,
    /// The encrypted chat.
    pub platform: Arc<dyn Platform>,
    /// The carrier accounts.
    pub carriers: Vec<Arc<dyn Carrier>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// The installation's keys.
    pub keys: Keys,
    /// Signs the log's checkpoints. Its key's name is the log's origin.
    pub signer: Arc<dyn Signer>,
    /// Who cosigns and stamps the log.
    pub anchoring: Anchoring,
    /// The firm's settings.
    pub settings: Settings,
}

/// The keys could not be opened, and so nothing can.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key file is not the one that this store was sealed with.
    #[error(
        "wrong key file: this store was sealed with key {expected}, the key file holds {found}; restore the key file \
         that belongs to this store"
    )]
    WrongKey {
        /// Fingerprint stored with the installation, shortened.
        expected: String,
        /// Fingerprint of the key given, shortened.
        found: String,
    },
    /// The rules keep records shorter than rules that were in force.
    #[error(
        "the retention rules would keep some records shorter than they were promised to be kept: class {class} was \
         in force with {before}. Periods may be extended, never shortened (17 CFR 240.17a-4, FINRA 4511): set \
         [record] retention_months or [[retention]] so that one rule keeps records at least that long"
    )]
    Shortened {
        /// The class that was in force.
        class: u8,
        /// Its period in words.
        before: String,
    },
    /// A wrapped key does not open: the key file is right, but the store was altered.
    #[error("a wrapped key in the store cannot be opened: {0}")]
    Bucket(String),
    /// The key-encryption key cannot be had.
    #[error(transparent)]
    Safe(#[from] KeySafeError),
}

/// Everything that turns texts into room messages and back.
pub struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) platform: Arc<dyn Platform>,
    pub(crate) carriers: HashMap<AccountId, Arc<dyn Carrier>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) recorder: Recorder,
    pub(crate) settings: Settings,
    /// As it was read at the start. Of it, only the log's id never changes.
    pub(crate) installation: Installation,
    /// Held while the key-encryption key is rotated.
    pub(crate) rotating: tokio::sync::Mutex<()>,
    pub(crate) fence: Mutex<Option<Fence>>,
    pub(crate) buckets: Mutex<HashMap<NumberId, TokenBucket>>,
    pub(crate) lines: Mutex<HashMap<AccountId, Line>>,
    pub(crate) counters: crate::views::Counters,
    /// What is known of the homeserver's numbering of its transactions.
    pub(crate) numbering: Mutex<crate::look::Numbering>,
    /// Held while the rooms are looked at.
    pub(crate) looking: tokio::sync::Mutex<()>,
    /// Told when the homeserver answers again.
    pub(crate) homeserver_is_back: tokio::sync::Notify,
    /// Whether this process has looked at the rooms.
    pub(crate) has_looked: AtomicBool,
    pub(crate) worker: Mutex<WorkerState>,
    /// Alarms that this process has written to its log, until they are cleared.
    pub(crate) said: Mutex<HashMap<String, String>>,
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) anchoring: Anchoring,
    /// The tree as it was signed last; none until the first look at it, and after a failure.
    pub(crate) tree: tokio::sync::Mutex<Option<TileBuilder>>,
}

impl Engine {
    /// Puts the parts together, if the rules of retention may stand. What else can fail was opened before:
    /// the store, and from it the [`Keys`].
    ///
    /// # Errors
    /// [`OpenError::Shortened`] for retention rules that must not be; [`OpenError::Store`].
    pub async fn open(parts: Parts) -> Result<Arc<Self>, OpenError> {
        let (installation, vault) = (parts.keys.installation().clone(), parts.keys.vault());
        crate::retention::check_rules(&*parts.store, &vault, &parts.settings.retention).await?;
        let recorder = Recorder::new(parts.keys, &parts.settings);
        Ok(Arc::new(Self {
            store: parts.store,
            platform: parts.platform,
            carriers: parts
                .carriers
                .into_iter()
                .map(|c| (c.account().clone(), c))
                .collect(),
            clock: parts.clock,
            entropy: parts.entropy,
            vault,
            recorder,
            settings: parts.settings,
            installation,
            rotating: tokio::sync::Mutex::default(),
            fence: Mutex::new(None),
            buckets: Mutex::default(),
            lines: Mutex::default(),
            counters: crate::views::Counters::default(),
            numbering: Mutex::default(),
            looking: tokio::sync::Mutex::default(),
            homeserver_is_back: tokio::sync::Notify::new(),
            has_looked: AtomicBool::new(false),
            worker: Mutex::default(),
            said: Mutex::default(),
            signer: parts.signer,
            anchoring: parts.anchoring,
            tree: tokio::sync::Mutex::default(),
        }))
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Seals a body as a record, captured now.
    pub(crate) async fn seal(&self, kind: Kind, body: Body) -> Result<SealedRecord, StoreError> {
        self.recorder
            .seal(&*self.store, &*self.entropy, kind, body, self.now())
            .await
    }

    /// Seals a body as a record that is kept as long as the log.
    pub(crate) async fn seal_permanently(
        &self,
        kind: Kind,
        body: Body,
    ) -> Result<SealedRecord, StoreError> {
        self.recorder
            .seal_permanently(&*self.store, &*self.entropy, kind, body, self.now())
            .await
    }

    /// Seals state that is not a record (queues, names).
    pub(crate) fn hide(&self, purpose: &str, plain: &[u8]) -> Sealed {
        let mut nonce = [0; 24];
        self.entropy.fill(&mut nonce);
        Sealed(self.vault.seal(purpose, b"", plain, nonce))
    }

    /// Opens what [`Self::hide`] sealed. Empty stays empty.
    pub(crate) fn reveal(&self, purpose: &str, sealed: &Sealed) -> Result<Vec<u8>, StoreError> {
        if sealed.0.is_empty() {
            return Ok(Vec::new());
        }
        self.vault
            .open(purpose, b"", &sealed.0)
            .map_err(|e| StoreError::Damaged(format!("sealed {purpose} does not open: {e}")))
    }

    /// Like [`Self::reveal`], as text.
    pub(crate) fn reveal_text(&self, purpose: &str, sealed: &Sealed) -> Result<String, StoreError> {
        String::from_utf8(self.reveal(purpose, sealed)?)
            .map_err(|_| StoreError::Damaged(format!("sealed {purpose} is not text")))
    }

    /// The keyed hash by which a phone number is looked up.
    pub(crate) fn index(&self, number: &str) -> BlindIndex {
        BlindIndex(self.vault.index("phone", number))
    }

    /// A phone number as it is indexed: E.164 if it is one, else as written (short codes, names).
    pub(crate) fn canonical(&self, raw: &str) -> String {
        PhoneNumber::parse(raw, self.settings.region.as_deref())
            .map_or_else(|_| raw.trim().to_uppercase(), |n| n.as_str().to_owned())
    }

    /// A commit in the name of the lease that this process holds.
    pub(crate) async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.forget_said(&changes);
        let fence = *locked(&self.fence);
        self.store.commit(Commit { fence, changes }).await
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

    fn forget_said(&self, changes: &[Change]) {
        let mut said = locked(&self.said);
        for change in changes {
            if let Change::Clear(key) = change {
                said.remove(key);
            }
        }
    }

    /// A random number for spreading retries.
    pub(crate) fn chance(&self) -> u32 {
        let mut bytes = [0; 4];
        self.entropy.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    /// The vault, for adapters that seal state of their own.
    pub fn vault(&self) -> Arc<Vault> {
        self.vault.clone()
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The store, for read-only tools (`record verify`).
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }
}

/// What these locks guard is whole even after a panic: it is replaced, not changed in steps.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
