//! The kinds of row in a device's namespace. Written to disk: a word may be added, never changed.

pub(crate) const ACCOUNT: &str = "account";
pub(crate) const IDENTITY: &str = "identity";
pub(crate) const NEXT_BATCH: &str = "next_batch";
pub(crate) const BACKUP_KEY: &str = "backup_key";
pub(crate) const BACKUP_VERSION: &str = "backup_version";
pub(crate) const DEHYDRATED: &str = "dehydrated";
/// Sender's curve key, session id.
pub(crate) const SESSION: &str = "session";
/// Room.
pub(crate) const OUTBOUND: &str = "outbound";
/// Room, session id; only for the seal, since these rows have a table of their own.
pub(crate) const INBOUND: &str = "inbound";
/// User, device.
pub(crate) const DEVICE: &str = "device";
/// User.
pub(crate) const USER_IDENTITY: &str = "user_identity";
/// User.
pub(crate) const TRACKED: &str = "tracked";
/// Sender's curve key, hash.
pub(crate) const OLM_HASH: &str = "olm_hash";
/// Request id.
pub(crate) const KEY_REQUEST: &str = "key_request";
/// Name, keyed hash of the value.
pub(crate) const SECRET: &str = "secret";
/// Room, session id.
pub(crate) const WITHHELD: &str = "withheld";
/// Room.
pub(crate) const ROOM_SETTINGS: &str = "room_settings";
/// Room.
pub(crate) const PENDING_BUNDLE: &str = "pending_bundle";
/// Room.
pub(crate) const BACKUP_DOWNLOADED: &str = "backup_downloaded";
/// Room, sender.
pub(crate) const KEY_BUNDLE: &str = "key_bundle";
/// Name: values of the crypto library and of the machine.
pub(crate) const CUSTOM: &str = "custom";
