//! `GET Messages.json`: messages of both directions, newest first, filtered and in pages.

use super::error::ApiError;
use super::{Pairs, pairs, value, view};
use crate::clock::parse_interval;
use crate::sim::Sim;
use crate::world::{Message, World};
use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::{Value, json};
use std::sync::Arc;

/// The size of a page unless told, and the most.
const PAGE_SIZE: usize = 50;
const MAX_PAGE_SIZE: usize = 1000;
/// What filters the list; kept in the addresses of pages.
const FILTERS: [&str; 5] = ["To", "From", "DateSent", "DateSent>", "DateSent<"];

/// Answers with one page.
pub(super) async fn handle(
    State(sim): State<Arc<Sim>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let query = pairs(query.unwrap_or_default().as_bytes());
    let filter = Filter::read(&query)?;
    let place = Place::read(&query)?;
    let world = sim.world();
    let mut found = place
        .rest(&world)
        .iter()
        .rev()
        .filter(|message| filter.takes(message));
    let page: Vec<&Message> = found.by_ref().take(place.size).collect();
    let more = found.next().is_some();
    let account = &sim.account.sid;
    let address = |number: usize, token: Option<&str>| uri(account, &query, &place, number, token);
    let token = page
        .last()
        .filter(|_| more)
        .map(|last| format!("PA{}", last.text.sid));
    let start = place.number * place.size;
    Ok(Json(json!({
        "messages": page.iter().map(|m| view::message(account, m)).collect::<Vec<_>>(),
        "page": place.number,
        "page_size": place.size,
        "start": start,
        "end": (start + page.len()).saturating_sub(1),
        "uri": address(place.number, place.token.as_deref()),
        "first_page_uri": address(0, None),
        // Going back is not offered, as the position is where the page before ended.
        "previous_page_uri": null,
        "next_page_uri": token.map(|token| address(place.number + 1, Some(&token))),
    })))
}

struct Filter {
    to: Option<String>,
    from: Option<String>,
    /// Half-open, in milliseconds.
    sent: Option<(u64, u64)>,
}

impl Filter {
    fn read(query: &Pairs) -> Result<Self, ApiError> {
        let date = |name| match value(query, name) {
            Some(text) => match parse_interval(text) {
                Some(interval) => Ok(Some(interval)),
                None => Err(ApiError::bad(
                    20001,
                    format!("{name} is not a date: {text}"),
                )),
            },
            None => Ok(None),
        };
        let (on, from, until) = (date("DateSent")?, date("DateSent>")?, date("DateSent<")?);
        let any = on.or(from).or(until).is_some();
        let starts = [on, from].into_iter().flatten().map(|(start, _)| start);
        let ends = [on, until].into_iter().flatten().map(|(_, end)| end);
        let interval = (starts.max().unwrap_or(0), ends.min().unwrap_or(u64::MAX));
        Ok(Self {
            to: value(query, "To").map(str::to_owned),
            from: value(query, "From").map(str::to_owned),
            sent: any.then_some(interval),
        })
    }

    /// The date is the sent date: a message that was not sent yet has none, so a dated list leaves
    /// it out.
    fn takes(&self, message: &Message) -> bool {
        let same =
            |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|w| w == value);
        let dated = match self.sent {
            Some((start, end)) => message.sent_ms.is_some_and(|ms| (start..end).contains(&ms)),
            None => true,
        };
        same(&self.to, &message.text.to) && same(&self.from, &message.text.from) && dated
    }
}

struct Place {
    number: usize,
    size: usize,
    token: Option<String>,
}

impl Place {
    fn read(query: &Pairs) -> Result<Self, ApiError> {
        let number = |name: &str, default: usize| match value(query, name) {
            Some(text) => text
                .parse()
                .map_err(|_| ApiError::bad(20001, format!("{name} is not a number"))),
            None => Ok(default),
        };
        let size = number("PageSize", PAGE_SIZE)?.clamp(1, MAX_PAGE_SIZE);
        let token = value(query, "PageToken").map(str::to_owned);
        Ok(Self {
            number: number("Page", 0)?,
            size,
            token,
        })
    }

    /// The messages older than the one that ended the page before. New messages come in front, so
    /// they shift nothing.
    fn rest<'a>(&self, world: &'a World) -> &'a [Message] {
        let last = self
            .token
            .as_deref()
            .and_then(|token| token.strip_prefix("PA"));
        match last {
            Some(sid) => &world.messages[..world.position(sid).unwrap_or(0)],
            None => &world.messages,
        }
    }
}

fn uri(account: &str, query: &Pairs, place: &Place, number: usize, token: Option<&str>) -> String {
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    encoded.extend_pairs(
        query
            .iter()
            .filter(|(name, _)| FILTERS.contains(&name.as_str())),
    );
    encoded.append_pair("PageSize", &place.size.to_string());
    encoded.append_pair("Page", &number.to_string());
    if let Some(token) = token {
        encoded.append_pair("PageToken", token);
    }
    format!(
        "/2010-04-01/Accounts/{account}/Messages.json?{}",
        encoded.finish()
    )
}
