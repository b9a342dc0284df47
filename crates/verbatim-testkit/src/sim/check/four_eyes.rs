//! What is disposed of, two people wanted to be, and nobody has taken that back.

use std::collections::BTreeSet;

use verbatim_engine::views::RecordView;
use verbatim_record::Certificate;

use super::Audit;
use super::early::words;
use super::keeping::Found;

/// What the log says of a disposal before it is carried out.
#[derive(Default)]
struct Steps<'a> {
    proposed: BTreeSet<&'a str>,
    approved: BTreeSet<&'a str>,
    /// The first step by which it was taken back.
    ended: Option<&'a RecordView>,
    contact: Option<&'a str>,
}

impl Audit {
    /// Before the certificate, one has proposed and somebody else has approved this very disposal.
    pub(super) fn by_two(&mut self, at: u64, certificate: &Certificate, found: &Found) {
        let id = self.records.get(at as usize).map(|(id, ..)| *id);
        let disposal = found.disposals.iter().find(|d| d.certificate == id);
        let Some(disposal) = disposal else {
            return self.fail(
                "certified",
                format!("no disposal has the certificate at {at}"),
            );
        };
        let told = self.withdrawn.iter().find(|(id, _)| *id == disposal.id);
        let told = told.filter(|(_, size)| *size <= at).copied();
        let id = disposal.id.to_string();
        let steps = self.steps(&id, at, certificate);
        let (proposed, approved) = (&steps.proposed, &steps.approved);
        let mut wrong = Vec::new();
        let two = proposed
            .iter()
            .any(|one| approved.iter().any(|two| one != two));
        if !two {
            let what = format!("the disposal at {at}: {proposed:?} and {approved:?}");
            wrong.push(("four eyes", what));
        }
        if let Some(view) = steps.ended {
            let (by, step) = (&view.actor, &view.reason);
            wrong.push(("withdrawn", format!("the disposal at {at}: {step} by {by}")));
        }
        if let Some((_, size)) = told {
            let what = format!("the disposal at {at}: it was taken back at {size}");
            wrong.push(("withdrawn", what));
        }
        if steps.contact.is_some() != certificate.only_data_keys {
            let what = format!("the certificate at {at} is of {:?}", steps.contact);
            wrong.push(("erased", what));
        }
        if let Some(contact) = steps.contact {
            let is_theirs = |of| {
                let conversation = self.conversation(of);
                conversation.is_some_and(|c| c.contact.id.to_string() == contact)
            };
            let other = self
                .named(certificate)
                .find(|(_, (_, of, _))| !is_theirs(*of));
            if let Some((position, _)) = other {
                let what = format!("{position} by the certificate at {at}, of {contact}");
                wrong.push(("erased", what));
            }
        }
        for (rule, what) in wrong {
            self.fail(rule, what);
        }
    }

    fn steps(&self, disposal: &str, at: u64, certificate: &Certificate) -> Steps<'_> {
        let class = certificate.bucket.class.0.to_string();
        let month = words(certificate.bucket);
        let mut steps = Steps::default();
        for (_, _, view) in self.records.iter().take(at as usize) {
            let detail = |name| view.details.get(name).map(String::as_str);
            let mine = view.kind == "disposal"
                && detail("disposal") == Some(disposal)
                && detail("class") == Some(&class)
                && detail("expiry_month") == Some(&month);
            if !mine {
                continue;
            }
            match view.reason.as_str() {
                "proposed" => steps.proposed.insert(&view.actor),
                "approved" => steps.approved.insert(&view.actor),
                _ => steps.ended.replace(view).is_none(),
            };
            steps.contact = detail("contact");
        }
        steps
    }

    pub(super) fn releases_by_two(&mut self) {
        let alone = self.records.iter().find(|(_, _, view)| {
            view.reason == "released" && view.details.get("asked_by") == Some(&view.actor)
        });
        if let Some((_, _, view)) = alone {
            let what = format!("a hold was released: {view:?}");
            self.fail("four eyes", what);
        }
    }
}
