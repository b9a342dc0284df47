//! Listing received texts, for webhooks that never came.

use serde::Deserialize;
use verbatim_domain::{ProviderId, Timestamp};
use verbatim_engine::ports::{CarrierError, InboundText};

use super::api::{Api, SHORT_ANSWER};
use super::config::is_sid;
use super::listing::{Filter, Item, is_obscured, list};

/// Twilio takes ten media files per message.
const MAX_MEDIA: usize = 64;

/// The texts received on `number` since `since`, oldest first.
pub(super) async fn inbound_since(
    api: &Api,
    number: &str,
    since: Timestamp,
) -> Result<Vec<InboundText>, CarrierError> {
    let mut items = list(
        api,
        &Filter {
            from: None,
            to: Some(number),
            since,
        },
    )
    .await?;
    items.retain(|item| is_received(item, number) && item.is_since(since));
    items.reverse();
    items.sort_by_key(Item::created);
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        let media = media(api, &item).await?;
        texts.push(text(item, media));
    }
    Ok(texts)
}

/// One that is still being received has not all its parts; the next poll finds it.
fn is_received(item: &Item, number: &str) -> bool {
    item.direction.as_deref() == Some("inbound")
        && item.status.as_deref() != Some("receiving")
        && item.to.as_deref() == Some(number)
        && item.from.is_some()
}

fn text(item: Item, media: Vec<(String, String)>) -> InboundText {
    let provider_at = item.sent().or_else(|| item.created());
    let details = [
        ("SmsStatus", item.status),
        ("NumSegments", item.num_segments),
        ("NumMedia", item.num_media),
        ("ErrorCode", item.error_code),
    ];
    InboundText {
        redacted: is_redacted(&item.from, &item.body, media.is_empty()),
        provider_id: ProviderId(item.sid),
        from: item.from.unwrap_or_default(),
        to: item.to.unwrap_or_default(),
        text: item.body.unwrap_or_default(),
        provider_at,
        media,
        consent: None,
        details: details
            .into_iter()
            .filter_map(|(k, v)| Some((k.to_owned(), v?)))
            .collect(),
    }
}

/// Twilio's message redaction empties bodies and hides the end of the client's number. A text without words
/// or media that is just that is rare, and better asked about than taken for the client's words.
fn is_redacted(from: &Option<String>, body: &Option<String>, no_media: bool) -> bool {
    let nothing = body.as_deref().is_none_or(|body| body.trim().is_empty());
    from.as_deref().is_some_and(is_obscured) || (nothing && no_media)
}

/// The same addresses as in a webhook: the media's own, without `.json`.
async fn media(api: &Api, item: &Item) -> Result<Vec<(String, String)>, CarrierError> {
    #[derive(Deserialize)]
    struct Media {
        sid: String,
        #[serde(default)]
        content_type: String,
    }
    #[derive(Deserialize)]
    struct Answer {
        media_list: Vec<Media>,
    }
    if item.num_media.as_deref().is_none_or(|n| n == "0") {
        return Ok(Vec::new());
    }
    let url = api.url(&format!("/Messages/{}/Media.json", item.sid));
    let body = match api.get(url, SHORT_ANSWER).await {
        Ok(body) => body,
        // Deleted meanwhile: the text still counts, and its details tell how many there were.
        Err(CarrierError::Refused(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let answer: Answer = serde_json::from_slice(&body)
        .map_err(|_| CarrierError::Unavailable("media listing not understood".into()))?;
    let known = answer
        .media_list
        .into_iter()
        .filter(|media| is_sid(&media.sid))
        .take(MAX_MEDIA);
    let address = |sid: &str| {
        api.url(&format!("/Messages/{}/Media/{sid}", item.sid))
            .to_string()
    };
    Ok(known
        .map(|media| (address(&media.sid), media.content_type))
        .collect())
}
