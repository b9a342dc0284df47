//! Asking Twilio what became of texts: those of unknown outcome, and those whose receipts never came.
//!
//! A listing names neither our id nor the callback address, so a text of unknown outcome is known by
//! its parties, its words and its time. Two equal texts to one number within a minute cannot be told
//! apart here: all candidates are named, oldest first, and the engine leaves out what other messages
//! have claimed. Status callbacks carry our id and usually come first.

use verbatim_domain::{Duration, Timestamp};
use verbatim_engine::ports::{CarrierError, Receipt, Sightings, Submission};

use super::api::Api;
use super::listing::{Filter, Item, could_be_number, list};

/// How far the carrier's clock may be behind ours.
const CLOCK_SLACK: Duration = Duration::from_secs(60);
/// What a trial account puts before each text.
const TRIAL_LINE: &str = "Sent from your Twilio trial account - ";

/// Everything listed that could be the submission, oldest first.
pub(super) async fn find(
    api: &Api,
    submission: &Submission,
    tried_at: Timestamp,
) -> Result<Sightings, CarrierError> {
    let since = Timestamp(
        tried_at
            .as_millis()
            .saturating_sub(CLOCK_SLACK.as_millis() as i64),
    );
    let mut filter = Filter {
        from: Some(&submission.from),
        to: Some(&submission.to),
        since,
    };
    let items = list(api, &filter).await?;
    let is_it = |item: &Item| item.is_since(since) && is_same(item, submission);
    let same = receipts(items, is_it);
    if !same.is_empty() {
        return Ok(Sightings {
            same,
            doubtful: Vec::new(),
        });
    }
    // A filter may not know a number that is hidden by message redaction.
    filter.to = None;
    let items = list(api, &filter).await?;
    let might_be = |item: &Item| item.is_since(since) && could_be(item, submission);
    Ok(Sightings {
        same: receipts(items.clone(), is_it),
        doubtful: receipts(items, |item| might_be(item) && !is_it(item)),
    })
}

/// The state of everything that `number` sent since `since`, oldest first.
pub(super) async fn receipts_since(
    api: &Api,
    number: &str,
    since: Timestamp,
) -> Result<Vec<Receipt>, CarrierError> {
    let filter = Filter {
        from: Some(number),
        to: None,
        since,
    };
    let items = list(api, &filter).await?;
    let ours = |item: &Item| {
        item.is_outbound() && item.is_since(since) && item.from.as_deref() == Some(number)
    };
    Ok(receipts(items, ours))
}

fn receipts(mut items: Vec<Item>, fits: impl Fn(&Item) -> bool) -> Vec<Receipt> {
    items.retain(fits);
    // Newest first as listed; dates have whole seconds, so turn around before the stable sort.
    items.reverse();
    items.sort_by_key(Item::created);
    items.iter().map(Item::receipt).collect()
}

fn is_same(item: &Item, submission: &Submission) -> bool {
    is_ours(item, submission)
        && item.to.as_deref() == Some(submission.to.as_str())
        && item
            .body
            .as_deref()
            .is_some_and(|body| same_text(body, &submission.text))
}

/// Whether it could be the submission, as far as message redaction lets us see: it empties bodies and
/// hides the end of the client's number.
fn could_be(item: &Item, submission: &Submission) -> bool {
    let to = item.to.as_deref().unwrap_or_default();
    let body = item.body.as_deref().unwrap_or_default();
    is_ours(item, submission)
        && (to.is_empty() || could_be_number(to, &submission.to))
        && (body.trim().is_empty() || same_text(body, &submission.text))
}

fn is_ours(item: &Item, submission: &Submission) -> bool {
    // A Messaging Service may name the sender late.
    let from = item.from.as_deref();
    item.is_outbound() && from.is_none_or(|from| from == submission.from)
}

/// A text that we fail to recognise would be sent twice, so differences count as none where a
/// gateway may have made them: white space at the ends, line ends, the trial line.
fn same_text(listed: &str, sent: &str) -> bool {
    let plain = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    let sent = plain(sent);
    plain(listed) == sent
        || listed
            .strip_prefix(TRIAL_LINE)
            .is_some_and(|rest| plain(rest) == sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_as_a_gateway_may_return_them() {
        for (listed, sent, same) in [
            ("hi", "hi", true),
            ("hi ", "hi", true),
            ("a\nb", "a\r\nb", true),
            ("&=+%😀", "&=+%😀", true),
            ("Sent from your Twilio trial account - hi", "hi", true),
            ("hi", "Hi", false),
            ("hi!", "hi", false),
            ("a  b", "a b", false),
            ("", "hi", false),
        ] {
            assert_eq!(same_text(listed, sent), same, "{listed:?} {sent:?}");
        }
    }
}
