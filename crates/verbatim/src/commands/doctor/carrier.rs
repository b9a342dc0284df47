//! The carriers: credentials, where they send texts, and whether that reaches us.

use std::time::Duration;

use anyhow::Result;
use url::Url;
use verbatim_engine::ports::{Carrier, CarrierError, Route};

use super::{Examination, Verdict};
use crate::config::Config;
use crate::local::Api;
use crate::{http, wiring};

const LIMIT: Duration = Duration::from_secs(15);

pub(super) async fn carriers(
    exam: &mut Examination,
    config: &Config,
    api: Option<&Api>,
) -> Result<()> {
    if config.carrier.is_empty() {
        exam.add(
            "carrier",
            Verdict::Warn("none configured".into(), "add a [[carrier]] block".into()),
        );
    }
    for block in &config.carrier {
        let area = format!("carrier {}", block.name);
        let carrier = match wiring::carrier(config, block) {
            Ok(carrier) => carrier,
            Err(error) => {
                let mend = "correct the [[carrier]] block".into();
                exam.add(&area, Verdict::Fail(format!("{error:#}"), mend));
                continue;
            }
        };
        match carrier.check().await {
            Err(error) => exam.add(
                &area,
                Verdict::Fail(error.to_string(), mend(&error, &block.api_base)),
            ),
            Ok(found) => {
                exam.add(&area, Verdict::Ok(found));
                let ours = numbers(api, &block.name).await;
                exam.add(&format!("{area} numbers"), routes(&*carrier, ours).await);
            }
        }
        let address = carrier.inbound_address();
        exam.add(&format!("{area} webhooks"), webhook(&address).await?);
    }
    Ok(())
}

/// Of an edge: only whether webhooks reach it. It asks nothing of a carrier.
pub(super) async fn of_edge(exam: &mut Examination, config: &Config) -> Result<()> {
    for block in &config.carrier {
        let area = format!("carrier {} webhooks", block.name);
        let verdict = match wiring::carrier(config, block) {
            Ok(carrier) => webhook(&carrier.inbound_address()).await?,
            Err(error) => {
                let mend = "correct the [[carrier]] block".into();
                Verdict::Fail(format!("{error:#}"), mend)
            }
        };
        exam.add(&area, verdict);
        if block.auth_token.is_some() {
            let found = "has the auth_token, which reads what the carrier keeps".into();
            let mend = "share a key with the carrier ([[carrier]] shared_keys) and leave auth_token out here";
            exam.add(
                &format!("carrier {} secrets", block.name),
                Verdict::Warn(found, mend.into()),
            );
        }
    }
    if config.carrier.is_empty() {
        exam.add(
            "carrier",
            Verdict::Warn("none configured".into(), "add a [[carrier]] block".into()),
        );
    }
    Ok(())
}

fn mend(error: &CarrierError, api_base: &str) -> String {
    match error {
        CarrierError::Refused(_) => "check account_sid and auth_token".to_owned(),
        CarrierError::Unavailable(_) => {
            format!(
                "check that {api_base} is reachable from here: network, DNS, proxy, and the carrier's status page"
            )
        }
    }
}

/// The numbers of an account that the running service has; none if it cannot be asked.
async fn numbers(api: Option<&Api>, account: &str) -> Option<Vec<String>> {
    let all = api?.list("numbers").await.ok()?;
    let of_account = all.iter().filter(|n| n["account"] == account);
    Some(
        of_account
            .filter_map(|n| n["number"].as_str().map(str::to_owned))
            .collect(),
    )
}

/// Whether the carrier sends what comes for our numbers to us.
async fn routes(carrier: &dyn Carrier, ours: Option<Vec<String>>) -> Verdict {
    match carrier.routes().await {
        Err(error) => Verdict::Warn(
            format!("the numbers cannot be listed: {error}"),
            format!(
                "see at the carrier that they have {}",
                carrier.inbound_address()
            ),
        ),
        Ok(routes) => judged(&routes, ours.as_deref(), &carrier.inbound_address()),
    }
}

fn judged(routes: &[Route], ours: Option<&[String]>, address: &str) -> Verdict {
    let is_ours = |number: &str| ours.is_none_or(|all| all.iter().any(|ours| ours == number));
    let of_us = || routes.iter().filter(|route| is_ours(&route.number));
    let mut faults: Vec<String> = of_us()
        .filter_map(|route| Some(format!("{}: {}", route.number, route.fault.as_ref()?)))
        .collect();
    let good = of_us().count() - faults.len();
    for missing in ours.unwrap_or_default() {
        if !routes.iter().any(|route| route.number == *missing) {
            faults.push(format!("{missing}: not a number of this account"));
        }
    }
    let mend = format!("enter {address} at the carrier as the number's address for messages");
    if good == 0 && faults.is_empty() {
        return Verdict::Warn(
            "no numbers yet".into(),
            format!("{mend}; then `verbatim number add`"),
        );
    }
    match (faults.is_empty(), ours) {
        (true, _) => Verdict::Ok(format!("{good} send their texts to {address}")),
        // We know which are meant; without the service the others may be for something else.
        (false, Some(_)) => Verdict::Fail(faults.join("; "), mend),
        (false, None) if good > 0 => Verdict::Warn(faults.join("; "), mend),
        (false, None) => Verdict::Fail(
            format!("none sends its texts to us: {}", faults.join("; ")),
            mend,
        ),
    }
}

/// An unsigned request must be refused by our own edge: anything else means that the address leads
/// elsewhere.
async fn webhook(address: &str) -> Result<Verdict> {
    let here = Url::parse(address).is_ok_and(|url| http::is_loopback(&url));
    let client = if here {
        http::local(LIMIT)?
    } else {
        http::outside(LIMIT)?
    };
    Ok(match client.post(address).body("").send().await {
        Ok(response) if response.status() == 403 && http::is_from(&response, "edge") => {
            Verdict::Ok(format!("{address} reaches us"))
        }
        Ok(response) => Verdict::Fail(
            format!("{address} answers {}, and not as we do", response.status()),
            "let your proxy pass /hooks/ to [listen] public, and run `verbatim serve`".into(),
        ),
        Err(_) => Verdict::Warn(
            format!("{address} is not reachable from here"),
            "run `verbatim serve`; if it runs, check DNS, proxy and firewall".into(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One mend was given for both.
    #[test]
    fn a_carrier_that_is_away_is_told_from_one_that_refuses() {
        let away = mend(
            &CarrierError::Unavailable("timed out".into()),
            "https://api.test",
        );
        assert!(
            away.contains("https://api.test") && !away.contains("auth_token"),
            "{away}"
        );
        let refused = mend(&CarrierError::Refused("401".into()), "https://api.test");
        assert!(refused.contains("auth_token"), "{refused}");
    }

    #[test]
    fn numbers_must_lead_to_us() {
        let route = |number: &str, fault: Option<&str>| Route {
            number: number.to_owned(),
            fault: fault.map(str::to_owned),
        };
        let check = |routes: &[Route], ours: Option<&[&str]>, word: &str, part: &str| {
            let ours: Option<Vec<String>> =
                ours.map(|all| all.iter().map(|n| (*n).to_owned()).collect());
            let (found, said) = match judged(routes, ours.as_deref(), "https://us/hooks/a/sms") {
                Verdict::Ok(said) => ("ok", said),
                Verdict::Warn(said, _) => ("warning", said),
                Verdict::Fail(said, mend) => {
                    assert!(mend.contains("https://us/hooks/a/sms"));
                    ("failure", said)
                }
            };
            assert_eq!(found, word, "{said}");
            assert!(said.contains(part), "{said}");
        };
        let (good, bad) = (route("+1", None), route("+2", Some("its SmsUrl is x")));
        let both = [good.clone(), bad.clone()];
        check(&both[..1], Some(&["+1"]), "ok", "1 send");
        check(&both, Some(&["+1"]), "ok", "1 send");
        check(&both, Some(&["+1", "+2"]), "failure", "+2: its SmsUrl is x");
        check(&[good], Some(&["+1", "+3"]), "failure", "+3: not a number");
        check(&both, None, "warning", "+2: its SmsUrl");
        check(&[], Some(&[]), "warning", "no numbers yet");
        check(&[bad], None, "failure", "none sends");
    }
}
