//! Who asked not to be texted is not texted, and it is known to whom it matters.

use verbatim_domain::Timestamp;
use verbatim_domain::consent::Consent;
use verbatim_domain::message::Direction;
use verbatim_engine::ports::Message;
use verbatim_engine::views::RecordView;

use super::Audit;

/// What a client's number said to one of ours.
struct Said {
    peer: String,
    ours: String,
    consent: Consent,
    /// Since when it counts.
    since: i64,
    /// When we knew.
    known: i64,
}

impl Audit {
    pub(super) fn consent(&mut self) {
        let said: Vec<Said> = self.records.iter().filter_map(|r| read(&r.2)).collect();
        self.heard();
        for (conversation, message) in self.all(Direction::Outbound) {
            let Some((_, _, view)) = self.record(message.record) else {
                continue;
            };
            let Some(ours) = view.details.get("our_number") else {
                continue;
            };
            let between: Vec<&Said> = said
                .iter()
                .filter(|said| said.peer == view.to && said.ours == *ours)
                .collect();
            if unwanted(&message, &between) {
                let what = format!("message {} was begun behind a STOP", message.id);
                self.fail("consent", what);
            }
            let stands = standing(between.iter().copied());
            let known = conversation.consent.map(|(consent, _)| consent);
            if stands != known {
                let what = format!("{} has {known:?}, the record {stands:?}", conversation.id);
                self.fail("consent", what);
            }
        }
    }

    /// What a client says is in the record of the text, and behind it in that of the conversation once the
    /// employee was told.
    fn heard(&mut self) {
        for (_, message) in self.all(Direction::Inbound) {
            let Some((_, _, view)) = self.record(message.record) else {
                continue;
            };
            let meant = Consent::said_in(&view.text).map(Consent::word);
            let told = self.records.iter().filter(|(_, _, told)| {
                told.rule.starts_with("consent.heard") && told.message == message.id.to_string()
            });
            let (told, noted) = (told.count(), view.details.get("consent"));
            let due = usize::from(meant.is_some() && message.event.is_some());
            if noted.map(String::as_str) != meant || told != due {
                let what = format!("{:?} is noted as {noted:?}, told {told} times", view.text);
                self.fail("consent", what);
            }
        }
    }
}

/// What a record says of it.
fn read(view: &RecordView) -> Option<Said> {
    let by_text = view.kind == "message_in";
    let by_carrier = view.rule.starts_with("consent.refused_by_carrier");
    let word = match (by_text, by_carrier) {
        (true, _) => view.details.get("consent")?,
        (_, true) => &view.reason,
        _ => return None,
    };
    // A whole second stands for any moment within it.
    let whole = by_text && view.provider_ms % 1000 == 0;
    let since = view.provider_ms + if whole { 999 } else { 0 };
    Some(Said {
        peer: view.from.clone(),
        ours: view.to.clone(),
        consent: Consent::from_word(word)?,
        since: since.min(view.captured_ms),
        known: view.captured_ms,
    })
}

/// What stands after all this: what was said later, not what we heard later.
fn standing<'a>(said: impl Iterator<Item = &'a Said>) -> Option<Consent> {
    let mut last: Option<&Said> = None;
    for said in said {
        if last.is_none_or(|last| said.since >= last.since) {
            last = Some(said);
        }
    }
    last.map(|said| said.consent)
}

/// Whether an attempt began when we knew that it was not wanted. What happened in the same millisecond may
/// have been before or behind it.
fn unwanted(message: &Message, said: &[&Said]) -> bool {
    let at = |moment: Timestamp, same: bool| {
        let moment = moment.as_millis();
        let known = said.iter().copied();
        standing(known.filter(|said| said.known < moment || (same && said.known == moment)))
    };
    let stopped = Some(Consent::OptedOut);
    let tries = [message.first_tried, message.last_tried];
    let mut tries = tries.into_iter().flatten();
    tries.any(|moment| at(moment, false) == stopped && at(moment, true) == stopped)
}
