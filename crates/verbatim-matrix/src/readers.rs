//! Whether the person to whom something is said holds its key (decision 0010).
//!
//! The crypto library calls sharing a key with nobody a success. An employee who never logged in, or
//! logged out everywhere, has no device; what is encrypted then can never be read. So each room key is
//! looked up once: who was it given to, and are those devices still there.

use std::collections::HashMap;

use matrix_sdk_crypto::olm::{PickledOutboundGroupSession, ShareInfo};
use ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use verbatim_engine::ports::{PlatformError, Unread};

use crate::crypto_store::{crypto_store_error, kinds};
use crate::machine::Device;

/// More rooms than one device speaks in; what is dropped is only looked up again.
const MAX_ROOMS: usize = 20_000;

/// Somebody in a room, in or invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) user: OwnedUserId,
    /// Whether they have accepted the invitation.
    pub(crate) joined: bool,
}

/// The reader among the members of a room.
pub(crate) fn reader<'a>(
    members: &'a [Member],
    user: &UserId,
) -> Result<&'a Member, PlatformError> {
    let found = members.iter().find(|member| member.user == user);
    found.ok_or(PlatformError::Unread(Unread::Absent))
}

/// What was found out about a room's reader.
#[derive(PartialEq, Eq)]
struct Reached {
    reader: OwnedUserId,
    /// The count of their device list.
    epoch: u64,
    /// The room key that a device of theirs holds.
    session: String,
}

/// Readers that are known to hold the present key, by room.
#[derive(Default)]
pub(crate) struct Readers(HashMap<OwnedRoomId, Reached>);

impl Readers {
    /// Whether the reader's devices are as they were when a key of this room reached one of them.
    pub(crate) fn knows(&self, room: &RoomId, reader: &UserId, epoch: u64) -> bool {
        let known = self.0.get(room);
        known.is_some_and(|known| known.reader == reader && known.epoch == epoch)
    }

    fn holds(&self, room: &RoomId, reader: &UserId, epoch: u64, session: &str) -> bool {
        let known = self.0.get(room);
        self.knows(room, reader, epoch) && known.is_some_and(|known| known.session == session)
    }

    fn keep(&mut self, room: &RoomId, reader: &UserId, epoch: u64, session: &str) {
        if self.0.len() >= MAX_ROOMS {
            self.0.clear();
        }
        let reached = Reached {
            reader: reader.to_owned(),
            epoch,
            session: session.to_owned(),
        };
        self.0.insert(room.to_owned(), reached);
    }
}

impl Device {
    /// Refuses unless some device of the reader holds the key that was just encrypted with.
    pub(crate) async fn require_reader(
        &self,
        readers: &mut Readers,
        room: &RoomId,
        (reader, epoch): (&UserId, u64),
        session: &str,
    ) -> Result<(), PlatformError> {
        if readers.holds(room, reader, epoch, session) {
            return Ok(());
        }
        if !self.reaches(room, reader).await? {
            return Err(PlatformError::Unread(Unread::NoDevice));
        }
        readers.keep(room, reader, epoch, session);
        Ok(())
    }

    /// Whether the room's present key was given to a device of this user that is still there.
    async fn reaches(&self, room: &RoomId, user: &UserId) -> Result<bool, PlatformError> {
        let key: Option<PickledOutboundGroupSession> =
            self.rows.get(kinds::OUTBOUND, room.as_str(), "").await?;
        let Some(shared) = key.and_then(|mut key| key.shared_with_set.remove(user)) else {
            return Ok(false);
        };
        let devices = self.machine.get_user_devices(user, None).await;
        let devices = devices.map_err(crypto_store_error)?;
        let reached = devices
            .keys()
            .any(|device| matches!(shared.get(device), Some(ShareInfo::Shared(_))));
        Ok(reached)
    }

    /// Whether we know of any device of this user.
    pub(crate) async fn knows_devices_of(&self, user: &UserId) -> Result<bool, PlatformError> {
        let devices = self.machine.get_user_devices(user, None).await;
        Ok(devices.map_err(crypto_store_error)?.keys().next().is_some())
    }
}
