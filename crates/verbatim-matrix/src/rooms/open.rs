//! Opening a room. Every step may be repeated, and whatever step the process or the homeserver died in, the
//! next opening goes on from what is there.

use ruma::{OwnedRoomId, RoomId, UserId};
use serde_json::Value;
use verbatim_domain::RoomId as Room;
use verbatim_engine::ports::{PlatformError, RoomSpec};

use super::spec::{Ours, create_body, levels, says, wanted};
use super::{is_present, membership};
use crate::http::rooms::StateEvent;
use crate::http::{HttpError, HttpResult};
use crate::platform::{MatrixPlatform, user_id};

const POWER_LEVELS: &str = "m.room.power_levels";

/// The state of a room as it is.
struct Present(Vec<StateEvent>);

impl Present {
    fn get(&self, kind: &str, key: &str) -> Option<&Value> {
        let found = self
            .0
            .iter()
            .find(|event| event.kind == kind && event.state_key == key);
        found.map(|event| &event.content)
    }
}

impl MatrixPlatform {
    pub(crate) async fn make_room(&self, spec: &RoomSpec) -> Result<Room, PlatformError> {
        let (stand_in, employee) = (user_id(&spec.stand_in)?, user_id(&spec.employee)?);
        let shard = self.shard()?;
        let avatar = self.avatar(&shard).await?;
        // Devices first: what is encrypted by a device that is published later cannot be read.
        let device = shard.stand_in(&stand_in).await?;
        device.device()?.confirm(&self.http).await?;
        self.dress(&stand_in, &spec.stand_in_name, &avatar).await?;
        let ours = Ours {
            as_id: &self.config.as_id,
            bot: self.bot.as_str(),
            avatar: &avatar,
        };
        let room = self.find_or_create(&ours, spec).await?;
        let present = Present(self.http.state(&self.bot, &room).await?);
        self.converge(&room, &ours, spec, &present).await?;
        self.gather(&room, &present, &stand_in, &employee).await?;
        self.members.forget([room.as_str()]);
        // Else what the employee says first would look as if it came from an unsigned device.
        self.know(&shard, &[employee]).await?;
        Ok(Room(room.to_string()))
    }

    /// The alias decides: of two creations, one fails and finds the other's room.
    async fn find_or_create(&self, ours: &Ours<'_>, spec: &RoomSpec) -> HttpResult<OwnedRoomId> {
        let localpart = self.config.alias_localpart(&spec.conversation.to_string());
        let alias = format!("#{localpart}:{}", self.config.server_name);
        if let Some(room) = self.http.resolve(&self.bot, &alias).await? {
            if self.is_usable(&room).await? {
                return Ok(room);
            }
            // The homeserver died between giving the alias away and making the room: nobody was ever in it.
            self.http.delete_alias(&self.bot, &alias).await?;
        }
        match self
            .http
            .create_room(&self.bot, &create_body(ours, spec, &localpart))
            .await
        {
            Err(error) if error.is("M_ROOM_IN_USE") => {
                let room = self.http.resolve(&self.bot, &alias).await?;
                room.ok_or_else(|| {
                    HttpError::Unavailable("createRoom: alias in use, but nowhere".to_owned())
                })
            }
            other => other,
        }
    }

    /// Whether the bot is in the room, or can be. Who has left still sees the state of that moment, so only
    /// the bot's own membership tells.
    async fn is_usable(&self, room: &RoomId) -> HttpResult<bool> {
        let bot = self.bot.as_str();
        let member = self
            .http
            .state_of(&self.bot, room, "m.room.member", bot)
            .await;
        match member {
            Ok(member) if membership(member.as_ref()) == Some("join") => return Ok(true),
            Ok(_) | Err(HttpError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
        match self.http.join_room(&self.bot, room).await {
            Ok(()) => Ok(true),
            Err(HttpError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn converge(
        &self,
        room: &RoomId,
        ours: &Ours<'_>,
        spec: &RoomSpec,
        present: &Present,
    ) -> HttpResult<()> {
        for state in wanted(ours, spec) {
            let there = present.get(state.kind, &state.key);
            // Encryption, once on, is left as it is: a change could only weaken it.
            let keep = state.kind == super::ENCRYPTION && there.is_some();
            if !keep && !says(there, &state.content) {
                self.http
                    .put_state(&self.bot, room, state.kind, &state.key, &state.content)
                    .await?;
            }
        }
        let there = present.get(POWER_LEVELS, "");
        let levels = levels(there);
        if there != Some(&levels) {
            self.http
                .put_state(&self.bot, room, POWER_LEVELS, "", &levels)
                .await?;
        }
        Ok(())
    }

    /// The stand-in in, the employee in or invited.
    async fn gather(
        &self,
        room: &RoomId,
        present: &Present,
        stand_in: &UserId,
        employee: &UserId,
    ) -> HttpResult<()> {
        let member = |user: &UserId| present.get("m.room.member", user.as_str());
        if membership(member(stand_in)) != Some("join") {
            if !is_present(member(stand_in)) {
                self.http.invite(&self.bot, room, stand_in).await?;
            }
            self.http.join_room(stand_in, room).await?;
        }
        if !is_present(member(employee)) {
            self.http.invite(&self.bot, room, employee).await?;
        }
        Ok(())
    }
}
