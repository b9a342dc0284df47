//! Where Twilio sends what comes for the numbers of the account.

use serde::Deserialize;
use url::Url;
use verbatim_engine::ports::{CarrierError, Route};

use super::api::Api;
use super::listing::same_listing;

const PAGE_SIZE: &str = "1000";
/// A number takes about 2 kB.
const MAX_PAGE: usize = 8 * 1024 * 1024;
const MAX_PAGES: usize = 100;

#[derive(Deserialize)]
struct Page {
    incoming_phone_numbers: Vec<Item>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

/// A number as listed.
#[derive(Deserialize)]
struct Item {
    phone_number: String,
    #[serde(default)]
    sms_url: Option<String>,
    #[serde(default)]
    sms_method: Option<String>,
    #[serde(default)]
    sms_application_sid: Option<String>,
}

/// All numbers of the account, and whether what comes for them is sent to `wanted`.
pub(super) async fn routes(api: &Api, wanted: &str) -> Result<Vec<Route>, CarrierError> {
    let first = api.url("/IncomingPhoneNumbers.json");
    let mut url = first.clone();
    url.query_pairs_mut().append_pair("PageSize", PAGE_SIZE);
    let mut routes = Vec::new();
    for _ in 0..MAX_PAGES {
        let body = api.get(url, MAX_PAGE).await?;
        let page: Page = serde_json::from_slice(&body)
            .map_err(|_| CarrierError::Unavailable("list of numbers not understood".into()))?;
        routes.extend(page.incoming_phone_numbers.into_iter().map(|item| Route {
            fault: fault(&item, wanted),
            number: item.phone_number,
        }));
        match page.next_page_uri.filter(|next| !next.is_empty()) {
            Some(next) => url = same_listing(&first, &next)?,
            None => return Ok(routes),
        }
    }
    Err(CarrierError::Unavailable("list of numbers too long".into()))
}

fn fault(item: &Item, wanted: &str) -> Option<String> {
    let given = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
    if let Some(application) = given(&item.sms_application_sid) {
        return Some(format!(
            "application {application} overrides its SmsUrl: take the number out of it"
        ));
    }
    match given(&item.sms_url) {
        None => return Some("it has no SmsUrl".to_owned()),
        Some(url) if !is_same(&url, wanted) => return Some(format!("its SmsUrl is {url}")),
        Some(_) => {}
    }
    match given(&item.sms_method) {
        Some(method) if !method.eq_ignore_ascii_case("POST") => {
            Some(format!("its SmsMethod is {method}, and must be POST"))
        }
        _ => None,
    }
}

/// The fragment holds wishes for the connection and is not part of the address.
fn is_same(url: &str, wanted: &str) -> bool {
    let parsed = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_fragment(None);
        Some(url)
    };
    parsed(url).is_some_and(|url| Some(url) == parsed(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_lead_to_us_is_named() {
        let check = |fields: &str, expected: Option<&str>| {
            let text = format!("{{\"phone_number\": \"+14155550100\"{fields}}}");
            let item: Item = serde_json::from_str(&text).unwrap();
            let found = fault(&item, "https://sms.firm.example/hooks/main/sms");
            match (found.as_deref(), expected) {
                (None, None) => {}
                (Some(found), Some(part)) if found.contains(part) => {}
                (found, _) => panic!("{fields}: {found:?}"),
            }
        };
        let ours = r#", "sms_url": "https://SMS.firm.example:443/hooks/main/sms"#;
        check(&format!("{ours}\""), None);
        check(
            &format!("{ours}#rc=5&rp=all\", \"sms_method\": \"POST\""),
            None,
        );
        check(
            &format!("{ours}\", \"sms_method\": \"GET\""),
            Some("is GET"),
        );
        check(
            &format!("{ours}\", \"sms_application_sid\": \"AP1\""),
            Some("AP1 overrides"),
        );
        check(&format!("{ours}/\""), Some("its SmsUrl is"));
        check(
            r#", "sms_url": "https://demo.twilio.com/welcome""#,
            Some("demo.twilio.com"),
        );
        check(
            r#", "sms_url": "", "sms_application_sid": null"#,
            Some("no SmsUrl"),
        );
        check("", Some("no SmsUrl"));
    }
}
