//! What a node seals with. That a full node can read as well is not said here: this only seals.

use std::sync::Arc;

use verbatim_domain::retention::Rule;
use verbatim_domain::{RecordId, Timestamp};
use verbatim_record::{Body, EdgeKeys, Kind, NewSeal, SealChance, SealedRecord, Vault};
use zeroize::Zeroizing;

use crate::keys::{PHONES, damaged, nonce, secret};
use crate::ports::{BlindIndex, Entropy, Sealed, Store, StoreError};
use crate::recorder::{Recorder, bucket_by};

/// State that belongs with a record: what it is for, the context that it belongs to, and its bytes.
pub(crate) type Beside<'a> = (&'static str, &'a [u8], &'a [u8]);

/// The keys that a node seals with.
pub(crate) enum Sealer {
    /// Under the installation's own keys.
    Full {
        /// Records.
        recorder: Arc<Recorder>,
        /// State.
        vault: Arc<Vault>,
    },
    /// To the archive key, of which an edge has the public half.
    Edge {
        /// All that it has.
        keys: EdgeKeys,
        /// By which a record gets its bucket.
        rules: Vec<Rule>,
    },
}

/// What a seal draws on.
#[derive(Clone, Copy)]
pub(crate) struct Means<'a> {
    pub store: &'a dyn Store,
    pub entropy: &'a dyn Entropy,
    pub now: Timestamp,
}

impl Sealer {
    /// Seals a body as a record, captured now, and the state that belongs with it.
    pub(crate) async fn seal(
        &self,
        means: Means<'_>,
        kind: Kind,
        body: Body,
        beside: &[Beside<'_>],
    ) -> Result<(SealedRecord, Vec<Sealed>), StoreError> {
        match self {
            Self::Full { recorder, vault } => {
                let Means {
                    store,
                    entropy,
                    now,
                } = means;
                let record = recorder.seal(store, entropy, kind, body, now).await?;
                let hidden = beside
                    .iter()
                    .map(|(purpose, context, plain)| hide(vault, entropy, purpose, context, plain));
                Ok((record, hidden.collect()))
            }
            Self::Edge { keys, rules } => to_archive(keys, rules, means, kind, body, beside),
        }
    }

    /// The keyed hash by which a phone number is looked up.
    pub(crate) fn index(&self, number: &str) -> BlindIndex {
        BlindIndex(match self {
            Self::Full { vault, .. } => vault.index(PHONES, number),
            Self::Edge { keys, .. } => keys.phones.index(number),
        })
    }
}

/// Seals state under the installation's own keys.
pub(crate) fn hide(
    vault: &Vault,
    entropy: &dyn Entropy,
    purpose: &str,
    context: &[u8],
    plain: &[u8],
) -> Sealed {
    Sealed(vault.seal(purpose, context, plain, nonce(entropy)))
}

/// One encapsulation for all of it.
fn to_archive(
    keys: &EdgeKeys,
    rules: &[Rule],
    means: Means<'_>,
    kind: Kind,
    mut body: Body,
    beside: &[Beside<'_>],
) -> Result<(SealedRecord, Vec<Sealed>), StoreError> {
    let Means { entropy, now, .. } = means;
    body.captured_at = now.as_millis();
    let mut chance = Zeroizing::new([0; 112]);
    entropy.fill(chance.as_mut());
    let new = NewSeal {
        id: RecordId::at(now, entropy.id()),
        kind,
        captured_at: now,
        bucket: bucket_by(rules, now),
        body: &body,
        chance: SealChance::from_bytes(&chance),
    };
    let sealed = keys.archive.seal(&new, &secret(entropy));
    let (record, sealer) = sealed.map_err(damaged)?;
    let hidden = beside.iter().map(|(purpose, context, plain)| {
        let sealed = sealer.seal(purpose, context, plain, &nonce(entropy));
        sealed.map(Sealed).map_err(damaged)
    });
    Ok((record, hidden.collect::<Result<_, _>>()?))
}
