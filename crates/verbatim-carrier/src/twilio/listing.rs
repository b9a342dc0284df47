//! Listing messages: bounded, and never led away from the account's own address.

use serde::{Deserialize, Deserializer};
use url::Url;
use verbatim_domain::{Duration, ProviderId, Timestamp};
use verbatim_engine::ports::{CarrierError, Receipt};

use super::api::Api;
use super::config::is_sid;
use super::status::receipt_status;
use super::time::{day_before, parse_rfc2822};

const PAGE_SIZE: &str = "200";
/// A text of 1600 characters takes up to 20 kB when every character is an escaped pair.
const MAX_PAGE: usize = 8 * 1024 * 1024;
const MAX_PAGES: usize = 100;

/// Which messages.
pub(super) struct Filter<'a> {
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    pub(super) since: Timestamp,
}

/// A message as listed. Everything may be missing but its id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Item {
    pub(super) sid: String,
    #[serde(default, deserialize_with = "scalar")]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) from: Option<String>,
    #[serde(default)]
    pub(super) to: Option<String>,
    #[serde(default)]
    pub(super) direction: Option<String>,
    #[serde(default)]
    date_created: Option<String>,
    #[serde(default)]
    date_sent: Option<String>,
    #[serde(default)]
    date_updated: Option<String>,
    #[serde(default, deserialize_with = "scalar")]
    pub(super) error_code: Option<String>,
    #[serde(default, deserialize_with = "scalar")]
    pub(super) num_media: Option<String>,
    #[serde(default, deserialize_with = "scalar")]
    pub(super) num_segments: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    messages: Vec<Item>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

/// All messages of the filter, in the carrier's order (newest first).
///
/// The filter goes by the day of sending, and a queued message has none yet, so it may be missing: an
/// empty answer proves nothing before the validity period is over.
pub(super) async fn list(api: &Api, filter: &Filter<'_>) -> Result<Vec<Item>, CarrierError> {
    let first = api.url("/Messages.json");
    let mut url = first.clone();
    {
        let mut query = url.query_pairs_mut();
        if let Some(to) = filter.to {
            query.append_pair("To", to);
        }
        if let Some(from) = filter.from {
            query.append_pair("From", from);
        }
        // A day earlier: the filter has no hours, and its zone need not be ours.
        query.append_pair("DateSent>", &day_before(filter.since, 1));
        query.append_pair("PageSize", PAGE_SIZE);
    }
    let mut items = Vec::new();
    for _ in 0..MAX_PAGES {
        let body = api.get(url, MAX_PAGE).await?;
        let page: Page = serde_json::from_slice(&body)
            .map_err(|_| CarrierError::Unavailable("listing not understood".into()))?;
        items.extend(page.messages.into_iter().filter(|item| is_sid(&item.sid)));
        match page.next_page_uri.filter(|next| !next.is_empty()) {
            Some(next) => url = same_listing(&first, &next)?,
            None => return Ok(items),
        }
    }
    Err(CarrierError::Unavailable("listing too long".into()))
}

/// The credentials go along, so the next page must be at the very address of the first.
pub(super) fn same_listing(first: &Url, next: &str) -> Result<Url, CarrierError> {
    first
        .join(next)
        .ok()
        .filter(|url| url.origin() == first.origin() && url.path() == first.path())
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .ok_or_else(|| CarrierError::Refused("listing continues at another address".into()))
}

impl Item {
    pub(super) fn is_outbound(&self) -> bool {
        self.direction
            .as_deref()
            .is_some_and(|direction| direction.starts_with("outbound"))
    }

    pub(super) fn created(&self) -> Option<Timestamp> {
        self.date_created.as_deref().and_then(parse_rfc2822)
    }

    pub(super) fn sent(&self) -> Option<Timestamp> {
        self.date_sent.as_deref().and_then(parse_rfc2822)
    }

    /// Whether it is from `since` or later, as far as a date of whole seconds tells; if its date cannot be
    /// read, it might be.
    pub(super) fn is_since(&self, since: Timestamp) -> bool {
        self.created()
            .is_none_or(|created| created.after(Duration(999)) >= since)
    }

    /// Its state as a receipt. A listing does not tell the callback address, so our id is unknown.
    pub(super) fn receipt(&self) -> Receipt {
        let word = self.status.as_deref().unwrap_or_default();
        let updated = self.date_updated.as_deref().and_then(parse_rfc2822);
        Receipt {
            provider_id: ProviderId(self.sid.clone()),
            message: None,
            status: receipt_status(word, self.error_code.as_deref()),
            provider_status: word.to_owned(),
            code: self.error_code.clone(),
            provider_at: updated.or_else(|| self.sent()),
        }
    }
}

/// Whether a number is shown in part only, as message redaction does (`+1415555XXXX`).
pub(super) fn is_obscured(number: &str) -> bool {
    number.starts_with('+') && number.contains(OBSCURED)
}

/// Whether a listed number could be this one: it is, or what is left of it agrees.
pub(super) fn could_be_number(listed: &str, number: &str) -> bool {
    let shown = listed.split(OBSCURED).next().unwrap_or_default();
    listed == number || (is_obscured(listed) && number.starts_with(shown))
}

/// What stands for hidden digits.
const OBSCURED: [char; 3] = ['X', 'x', '*'];

/// Twilio writes numbers now as numbers, now as text.
fn scalar<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    Ok(match serde_json::Value::deserialize(source)? {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_at_the_same_address() {
        let first =
            Url::parse("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json").unwrap();
        for (next, good) in [
            ("/2010-04-01/Accounts/AC1/Messages.json?Page=1", true),
            (
                "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json?Page=1",
                true,
            ),
            (
                "https://api.twilio.com:443/2010-04-01/Accounts/AC1/Messages.json?Page=1",
                true,
            ),
            ("?Page=1", true),
            (
                "https://evil.example/2010-04-01/Accounts/AC1/Messages.json",
                false,
            ),
            (
                "//evil.example/2010-04-01/Accounts/AC1/Messages.json",
                false,
            ),
            (
                "\\\\evil.example/2010-04-01/Accounts/AC1/Messages.json",
                false,
            ),
            (
                "http://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json",
                false,
            ),
            (
                "https://api.twilio.com:8443/2010-04-01/Accounts/AC1/Messages.json",
                false,
            ),
            (
                "https://a:b@api.twilio.com/2010-04-01/Accounts/AC1/Messages.json",
                false,
            ),
            (
                "https://api.twilio.com@evil.example/2010-04-01/Accounts/AC1/Messages.json",
                false,
            ),
            ("/2010-04-01/Accounts/AC2/Messages.json", false),
            ("/2010-04-01/Accounts/AC1/Messages.json/../../x", false),
            ("file:///etc/passwd", false),
            ("https://[", false),
        ] {
            assert_eq!(same_listing(&first, next).is_ok(), good, "{next}");
        }
    }
}
