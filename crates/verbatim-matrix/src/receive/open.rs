//! An event opened: parsed, and decrypted if need be. Which failures can heal: facts, matrix, section 9.

use matrix_sdk_common::deserialized_responses::{VerificationLevel, VerificationState};
use matrix_sdk_crypto::types::events::room::encrypted::EncryptedEvent;
use matrix_sdk_crypto::vodozemac::megolm::{DecryptionError, MegolmMessage};
use matrix_sdk_crypto::{EventError, MegolmError};
use ruma::OwnedUserId;
use ruma::serde::Raw;
use serde_json::value::RawValue;
use verbatim_engine::ports::{EventKind, OpenError, PlatformError, RoomEvent, Trust};

use super::parse::{Envelope, parse_clear_event};
use crate::crypto_store::crypto_store_error;
use crate::machine::decryption_settings;
use crate::platform::{MatrixPlatform, room_id};
use crate::shard::Shard;

/// Kind of the rows that say which event a room key's index was used for.
const USED_INDEX: &str = "used_index";

impl MatrixPlatform {
    pub(crate) async fn open(&self, raw: &[u8]) -> Result<RoomEvent, OpenError> {
        let envelope = Envelope::read(raw)?;
        let encrypted = envelope.kind == "m.room.encrypted" && envelope.state_key.is_none();
        if encrypted && !envelope.redacted {
            return self.decrypt(raw, envelope).await;
        }
        let event = parse_clear_event(raw)?;
        if matches!(event.kind, EventKind::Membership { .. }) {
            self.members.forget([event.room.as_str()]);
        }
        Ok(event)
    }

    async fn decrypt(&self, raw: &[u8], outer: Envelope) -> Result<RoomEvent, OpenError> {
        let room = room_id(&outer.room).map_err(|_| OpenError::Malformed("room_id".to_owned()))?;
        let sender = OwnedUserId::try_from(outer.sender.as_str())
            .map_err(|_| OpenError::Malformed("sender".to_owned()))?;
        let shard = self.shard()?;
        self.know(&shard, std::slice::from_ref(&sender)).await?;
        let json: Box<RawValue> =
            serde_json::from_slice(raw).map_err(|_| OpenError::Malformed("not JSON".to_owned()))?;
        let event: Raw<EncryptedEvent> = Raw::from_json(json);
        let opened = shard
            .bot
            .machine
            .decrypt_room_event(&event, room, &decryption_settings())
            .await;
        let opened = opened.map_err(|error| cannot_open(error, &outer))?;
        let trust = trust_word(&opened.encryption_info.verification_state);
        if trust == MISMATCHED {
            // Said in one person's name under another's key: a forgery, whoever made it.
            return Err(never("mismatched-sender", &outer));
        }
        self.use_index_once(&shard, &outer).await?;
        let clear = opened.event.json().get().as_bytes();
        let inner = Envelope::read(clear).map_err(|_| never("malformed-inside", &outer))?;
        Ok(inner
            .inside()
            .into_event(Trust::Encrypted(trust.to_owned()), clear.to_vec()))
    }

    /// The same ciphertext in a second event is a replay: it would be texted twice.
    async fn use_index_once(&self, shard: &Shard, outer: &Envelope) -> Result<(), OpenError> {
        let field = |name: &str| outer.content.get(name).and_then(|value| value.as_str());
        let (Some(session), Some(ciphertext)) = (field("session_id"), field("ciphertext")) else {
            return Err(never("malformed", outer));
        };
        let message =
            MegolmMessage::from_base64(ciphertext).map_err(|_| never("malformed", outer))?;
        let index = message.message_index().to_string();
        let rows = &shard.bot.rows;
        let used = rows
            .get::<String>(USED_INDEX, session, &index)
            .await
            .map_err(PlatformError::from)?;
        match used {
            Some(event) if event != outer.event.as_str() => Err(never("index-used-twice", outer)),
            Some(_) => Ok(()),
            None => {
                let row = rows
                    .put(USED_INDEX, session, &index, &outer.event)
                    .map_err(PlatformError::from)?;
                Ok(rows.apply(vec![row]).await.map_err(PlatformError::from)?)
            }
        }
    }
}

const MISMATCHED: &str = "mismatched-sender";

/// How the sending device is trusted, in the words of the record.
fn trust_word(state: &VerificationState) -> &'static str {
    match state {
        VerificationState::Verified => "verified",
        VerificationState::Unverified(level) => match level {
            VerificationLevel::UnverifiedIdentity => "cross-signed",
            VerificationLevel::VerificationViolation => "identity-changed",
            VerificationLevel::UnsignedDevice => "unsigned",
            VerificationLevel::None(_) => "unknown-device",
            VerificationLevel::MismatchedSender => MISMATCHED,
        },
    }
}

fn never(code: &str, outer: &Envelope) -> OpenError {
    OpenError::Never {
        code: code.to_owned(),
        room: outer.room.clone(),
        sender: outer.sender.clone(),
        sent_at: outer.sent_at,
    }
}

fn no_key(code: &str, outer: &Envelope) -> OpenError {
    OpenError::NoKey {
        code: code.to_owned(),
        room: outer.room.clone(),
        sender: outer.sender.clone(),
        sent_at: outer.sent_at,
    }
}

fn cannot_open(error: MegolmError, outer: &Envelope) -> OpenError {
    match error {
        MegolmError::MissingRoomKey(None) => no_key("missing", outer),
        MegolmError::MissingRoomKey(Some(code)) => no_key(code.as_str(), outer),
        MegolmError::Decryption(DecryptionError::UnknownMessageIndex(..)) => {
            no_key("unknown-index", outer)
        }
        MegolmError::Store(error) => OpenError::Platform(crypto_store_error(error)),
        MegolmError::MismatchedIdentityKeys(_) => never("mismatched-identity-keys", outer),
        MegolmError::EventError(EventError::UnsupportedAlgorithm) => {
            never("unsupported-algorithm", outer)
        }
        MegolmError::EventError(_) | MegolmError::JsonError(_) | MegolmError::Decode(_) => {
            never("malformed", outer)
        }
        MegolmError::SenderIdentityNotTrusted(_) => never("sender-not-trusted", outer),
        _ => never("decryption-failed", outer),
    }
}
