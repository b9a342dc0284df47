//! A second look at the rooms (decision 0009): what the bot sees in them, beside the transactions.

use verbatim_domain::RoomId;
use verbatim_engine::ports::{Gap, Look, PlatformError, RawEvent, RoomLook};

use crate::http::timeline::Joined;
use crate::platform::{MatrixPlatform, room_id};

impl MatrixPlatform {
    pub(crate) async fn look_at_rooms(&self, since: Option<&str>) -> Result<Look, PlatformError> {
        let sync = self.http.room_sync(&self.bot, since).await?;
        let rooms = sync.rooms.join.into_iter();
        Ok(Look {
            rooms: rooms
                .map(|(room, joined)| self.look_at(room, joined, since))
                .collect(),
            next: sync.next_batch,
        })
    }

    fn look_at(&self, room: String, joined: Joined, since: Option<&str>) -> RoomLook {
        let timeline = joined.timeline;
        let events = self.of_timeline(&room, timeline.events);
        let gap = since
            .zip(timeline.prev_batch)
            .filter(|_| timeline.limited)
            .map(|(from, to)| Gap {
                room: RoomId(room),
                from: from.to_owned(),
                to,
            });
        RoomLook { gap, events }
    }

    pub(crate) async fn fill_gap(
        &self,
        gap: &Gap,
    ) -> Result<(Vec<RawEvent>, Option<Gap>), PlatformError> {
        let room = room_id(&gap.room)?;
        let page = self
            .http
            .messages(&self.bot, room, &gap.from, &gap.to)
            .await?;
        // No end, or one that does not move: there is no more.
        let end = page.end.filter(|end| *end != gap.from && *end != gap.to);
        let is_last = page.chunk.is_empty();
        let events = self.of_timeline(room.as_str(), page.chunk);
        let rest = end.filter(|_| !is_last).map(|from| Gap {
            from,
            ..gap.clone()
        });
        Ok((events, rest))
    }
}
