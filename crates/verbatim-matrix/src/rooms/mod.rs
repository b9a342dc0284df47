//! A conversation's room: made once, and brought to its specification whenever it is asked for.

mod open;
mod spec;

use ruma::{OwnedUserId, RoomId, UserId};
use serde_json::{Value, json};
use verbatim_engine::ports::{Attendance, PlatformError};

use crate::crypto_store::crypto_store_error;
use crate::platform::MatrixPlatform;
use crate::shard::Shard;

const ENCRYPTION: &str = "m.room.encryption";

fn encryption() -> Value {
    json!({ "algorithm": "m.megolm.v1.aes-sha2" })
}

impl MatrixPlatform {
    /// Invites the employee unless they are in or invited.
    pub(crate) async fn offer(
        &self,
        room: &RoomId,
        employee: &UserId,
    ) -> Result<Attendance, PlatformError> {
        let member = self
            .http
            .state_of(&self.bot, room, "m.room.member", employee.as_str())
            .await?;
        match membership(member.as_ref()) {
            Some("join") => return Ok(Attendance::Joined),
            Some("invite") => return Ok(Attendance::Invited),
            _ => {}
        }
        self.members.forget([room.as_str()]);
        self.http.invite(&self.bot, room, employee).await?;
        self.members.forget([room.as_str()]);
        Ok(Attendance::Asked)
    }

    /// Whether the employee is the only one in the room, or invited, besides us.
    pub(crate) async fn alone_with(
        &self,
        room: &RoomId,
        employee: &UserId,
    ) -> Result<bool, PlatformError> {
        let members = self.members_of(room).await?;
        Ok(matches!(members.as_slice(), [only] if only.user == employee))
    }

    /// The bot joins an employee's direct chat, and asks for encryption there if it may. In a room with
    /// others it changes nothing.
    pub(crate) async fn accept(
        &self,
        room: &RoomId,
        employee: &UserId,
    ) -> Result<bool, PlatformError> {
        self.http.join_room(&self.bot, room).await?;
        self.members.forget([room.as_str()]);
        if !self.alone_with(room, employee).await? {
            return Ok(false);
        }
        if self
            .http
            .state_of(&self.bot, room, ENCRYPTION, "")
            .await?
            .is_none()
            && let Err(error) = self
                .http
                .put_state(&self.bot, room, ENCRYPTION, "", &encryption())
                .await
        {
            // What we say is encrypted anyway; what is said to us in clear is refused by the engine.
            tracing::info!(%error, "a direct chat is not encrypted and the bot may not change that");
        }
        self.know(&*self.shard()?, &[employee.to_owned()]).await?;
        Ok(true)
    }

    /// The bot leaves a room.
    pub(crate) async fn part(&self, room: &RoomId) -> Result<(), PlatformError> {
        self.http.leave_room(&self.bot, room).await?;
        self.members.forget([room.as_str()]);
        Ok(())
    }

    /// Makes the bot's machine know these users' devices, so that it can tell how far they are trusted.
    pub(crate) async fn know(
        &self,
        shard: &Shard,
        users: &[OwnedUserId],
    ) -> Result<(), PlatformError> {
        // Changes of users that it knows reach the bot's machine by its own sync; only strangers are asked
        // for here, so that opening an event does not wait for whoever is speaking as the bot.
        let known = shard
            .bot
            .machine
            .tracked_users()
            .await
            .map_err(crypto_store_error)?;
        if users.iter().all(|user| known.contains(user)) {
            return Ok(());
        }
        let mut speaking = shard.bot.speak().await;
        shard
            .bot
            .refresh(&mut speaking, &self.http, &shard.epochs, users)
            .await
    }

    /// Gives the bot its name and picture.
    pub(crate) async fn dress_bot(&self, shard: &Shard) -> Result<(), PlatformError> {
        let avatar = self.avatar(shard).await?;
        self.dress(&self.bot, &self.config.bot_name, &avatar).await
    }

    /// Writes name and picture only where they differ: clients show every change (facts: pitfall 25).
    pub(crate) async fn dress(
        &self,
        user: &UserId,
        name: &str,
        avatar: &str,
    ) -> Result<(), PlatformError> {
        let profile = self.http.profile(user).await?;
        for (field, wanted, shown) in [
            ("displayname", name, &profile.displayname),
            ("avatar_url", avatar, &profile.avatar_url),
        ] {
            if shown.as_deref() != Some(wanted) {
                self.http.set_profile(user, field, wanted).await?;
            }
        }
        Ok(())
    }

    /// The picture's content address: configured, or uploaded once and remembered.
    pub(crate) async fn avatar(&self, shard: &Shard) -> Result<String, PlatformError> {
        const KIND: &str = "avatar";
        if let Some(avatar) = &self.config.avatar {
            return Ok(avatar.clone());
        }
        if let Some(known) = shard.bot.rows.get::<String>(KIND, "", "").await? {
            return Ok(known);
        }
        let uploaded = self
            .http
            .upload(&self.bot, "image/png", include_bytes!("picture.png"))
            .await?;
        let row = shard.bot.rows.put(KIND, "", "", &uploaded)?;
        shard.bot.rows.apply(vec![row]).await?;
        Ok(uploaded)
    }
}

fn is_present(member: Option<&Value>) -> bool {
    matches!(membership(member), Some("join" | "invite"))
}

fn membership(member: Option<&Value>) -> Option<&str> {
    member.and_then(|content| content["membership"].as_str())
}
