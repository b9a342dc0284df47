//! The log, the queue, the alarms.

use verbatim_engine::ports::JobKind;

use super::Audit;
use crate::sim::operation::KeyFate;

impl Audit {
    pub(super) fn upkeep(&mut self) {
        self.log();
        self.queue();
        self.alarms();
        for blunder in self.blunders.clone() {
            self.fail("blunder", blunder);
        }
    }

    fn log(&mut self) {
        if !self.verified.ok || self.verified.log_size != self.records.len() as u64 {
            let what = format!("{} records: {:?}", self.records.len(), self.verified);
            self.fail("record", what);
        }
    }

    /// What may wait: events whose key never comes. Texts without a holder are counted with the texts.
    fn queue(&mut self) {
        let never = self
            .written
            .iter()
            .filter(|w| w.key == KeyFate::NeverComes)
            .count() as u64;
        let held = self
            .holders
            .iter()
            .filter(|history| history.last().is_some_and(|(_, user)| user.is_some()));
        let all_held = held.count() == self.holders.len();
        for stat in self.queue.clone() {
            let most = match stat.kind {
                JobKind::RoomEvent => never,
                JobKind::Route if !all_held && self.catch_all.is_none() => u64::MAX,
                _ => 0,
            };
            if stat.depth > most {
                self.fail("left over", format!("{stat:?}"));
            }
        }
    }

    /// What operators must hear of. Some alarms are raised where the cause is found.
    fn alarms(&mut self) {
        let causes = [
            ("room.holder_gone", "employee-left:"),
            ("poll.carrier", "webhooks-missing:"),
        ];
        for (rule, alarm) in causes {
            let happened = self
                .records
                .iter()
                .any(|(_, _, view)| view.rule.starts_with(rule));
            if happened && !self.alarmed(alarm) {
                self.fail("alarm", format!("{rule} without {alarm}"));
            }
        }
        for alarm in [
            "employee-has-no-device:",
            "employee-absent:",
            "invitation-unanswered:",
        ] {
            // In the end all have come and are logged in, but for who left without a number.
            let gone = self.rooms.keys().any(|room| self.left_without_number(room));
            if self.alarmed(alarm) && !gone {
                self.fail("alarm", format!("{alarm} stands for nothing"));
            }
        }
        let strange = self
            .records
            .iter()
            .any(|(_, _, view)| view.reason == "pondering");
        if strange && !self.alarmed("carrier-status:") {
            self.fail("alarm", "a status that nobody knows, and nobody is told");
        }
        if self.mangled && !self.alarmed("malformed-webhook:") {
            self.fail("alarm", "a webhook without sense, and nobody is told");
        }
    }
}
