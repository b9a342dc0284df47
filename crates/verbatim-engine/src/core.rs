//! The engine's parts, and what all pipelines share.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use verbatim_domain::retry::TokenBucket;
use verbatim_domain::{AccountId, NumberId};
use verbatim_record::{Body, Kind, SealedRecord, Signer, Vault};

use crate::anchor::Anchoring;
use crate::carriers::Line;
use crate::intake::{Intake, IntakeParts, hide};
use crate::keys::Keys;
use crate::log::Signing;
use crate::ports::{
    Carrier, Change, Clock, Commit, Entropy, Fence, Installation, KeySafeError, Platform, Sealed,
    Store, StoreError,
};
use crate::recorder::Recorder;
use crate::settings::Settings;
use crate::views::WorkerState;

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
    /// Signed before it, and signs beside it for a while.
    pub signer_before: Option<Arc<dyn Signer>>,
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
        /// Id of the key that the store is under, as its key file prints it.
        expected: String,
        /// Id of the key given.
        found: String,
    },
    /// No full node has made the installation yet.
    #[error("the store is nobody's yet: start a full node on it once, then the edge")]
    NotStarted,
    /// An edge's keys are not of the store's installation.
    #[error(
        "the edge's keys are not of this store's installation: have `verbatim key edge` write them again, on a full \
         node of it"
    )]
    ForeignEdge,
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

/// Everything that turns texts into room messages and back. It is an [`Intake`], too, which can read: so it
/// gives way to one where it has no word of its own.
pub struct Engine {
    intake: Arc<Intake>,
    pub(crate) platform: Arc<dyn Platform>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) recorder: Arc<Recorder>,
    /// As it was read at the start. Of it, only the log's id never changes.
    pub(crate) installation: Installation,
    /// Held while the key-encryption key is rotated.
    pub(crate) rotating: tokio::sync::Mutex<()>,
    pub(crate) fence: Mutex<Option<Fence>>,
    pub(crate) buckets: Mutex<HashMap<NumberId, TokenBucket>>,
    pub(crate) lines: Mutex<HashMap<AccountId, Line>>,
    /// What is known of the homeserver's numbering of its transactions.
    pub(crate) numbering: Mutex<crate::look::Numbering>,
    /// Held while the rooms are looked at.
    pub(crate) looking: tokio::sync::Mutex<()>,
    /// Told when the homeserver answers again.
    pub(crate) homeserver_is_back: tokio::sync::Notify,
    /// Whether this process has looked at the rooms.
    pub(crate) has_looked: AtomicBool,
    pub(crate) worker: Mutex<WorkerState>,
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) signer_before: Option<Arc<dyn Signer>>,
    /// Held while a change of the signing key is recorded.
    pub(crate) changing_signer: tokio::sync::Mutex<()>,
    pub(crate) anchoring: Anchoring,
    /// The tree as it was signed last; none until the first look at it, and after a failure.
    pub(crate) signing: tokio::sync::Mutex<Signing>,
}

impl Engine {
    /// Puts the parts together, if the rules of retention may stand. What else can fail was opened before:
    /// the store, and from it the [`Keys`].
    ///
    /// # Errors
    /// [`OpenError::Shortened`] for retention rules that must not be; [`OpenError::Store`].
    pub async fn open(parts: Parts) -> Result<Arc<Self>, OpenError> {
        let (installation, vault) = (parts.keys.installation().clone(), parts.keys.vault());
        // A process that changed the files and died leaves the same key twice.
        let key = parts.signer.verifier().clone();
        let is_another = |before: &Arc<dyn Signer>| *before.verifier() != key;
        crate::retention::check_rules(&*parts.store, &vault, &parts.settings.retention).await?;
        let recorder = Arc::new(Recorder::new(parts.keys, &parts.settings));
        let intake = IntakeParts {
            store: parts.store,
            carriers: parts.carriers,
            clock: parts.clock,
            entropy: parts.entropy,
            settings: parts.settings,
        };
        Ok(Arc::new(Self {
            intake: Intake::full(intake, recorder.clone(), vault.clone()),
            platform: parts.platform,
            vault,
            recorder,
            installation,
            rotating: tokio::sync::Mutex::default(),
            fence: Mutex::new(None),
            buckets: Mutex::default(),
            lines: Mutex::default(),
            numbering: Mutex::default(),
            looking: tokio::sync::Mutex::default(),
            homeserver_is_back: tokio::sync::Notify::new(),
            has_looked: AtomicBool::new(false),
            worker: Mutex::default(),
            signer: parts.signer,
            signer_before: parts.signer_before.filter(is_another),
            changing_signer: tokio::sync::Mutex::default(),
            anchoring: parts.anchoring,
            signing: tokio::sync::Mutex::default(),
        }))
    }

    /// The part that takes webhooks, for the listener that needs no more.
    pub fn intake(&self) -> Arc<Intake> {
        self.intake.clone()
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
        hide(&self.vault, &*self.entropy, purpose, b"", plain)
    }

    /// Opens what [`Self::hide`] or an edge sealed. Empty stays empty.
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

    /// A commit in the name of the lease that this process holds.
    pub(crate) async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.forget_said(&changes);
        let fence = *locked(&self.fence);
        self.store.commit(Commit { fence, changes }).await
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

    /// The store, for read-only tools (`record verify`).
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }
}

impl Deref for Engine {
    type Target = Intake;

    fn deref(&self) -> &Intake {
        &self.intake
    }
}

/// What these locks guard is whole even after a panic: it is replaced, not changed in steps.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
