//! From a configuration to an engine with its adapters.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use verbatim_anchor::{HttpAuthority, HttpWitness};
use verbatim_carrier::twilio::{self, Twilio, TwilioConfig};
use verbatim_domain::retention::{Member, Period, Rule, Starts};
use verbatim_domain::{Duration, UserId};
use verbatim_engine::ports::{Carrier, Entropy, Publication};
use verbatim_engine::{
    Anchoring, Authority, DisclosureMode, Engine, Intake, IntakeParts, Keys, Parts, Settings,
};
use verbatim_matrix::{MatrixConfig, MatrixPlatform};
use verbatim_publish::{Bucket, Place};
use verbatim_record::signing::FileSigner;
use verbatim_record::{EdgeKeys, Signer, StateRoot, Vault};
use verbatim_store::OpenStore;
use zeroize::Zeroizing;

use crate::config::{
    CarrierConfig, CarrierKind, Config, Disclosure, RetentionConfig, RetentionStarts,
};
use crate::key_file::KeyFile;
use crate::system::{SystemClock, SystemEntropy};
use crate::token::KeyToken;
use crate::token_signer::{self, SignerFile};

/// Ending of the file of the signing key from before.
pub(crate) const OLD_SIGNER: &str = ".old";

/// An engine with the adapters that must be driven as well.
pub(crate) struct Wired {
    pub(crate) engine: Arc<Engine>,
    pub(crate) platform: Arc<MatrixPlatform>,
    pub(crate) store: OpenStore,
}

/// Opens the store, checks the key file against it, and puts everything together. Starts nothing.
pub(crate) async fn wire(config: &Config) -> Result<Wired> {
    let store = verbatim_store::open(&config.store_url())
        .await
        .context("store")?;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let safe = Arc::new(KeyFile::of(config)?);
    let keys = Keys::open(&*store.store, safe, &*entropy)
        .await
        .with_context(|| format!("key file {}", config.keys.file.display()))?;
    let platform = MatrixPlatform::new(
        matrix_config(config)?,
        store.crypto.clone(),
        keys.vault(),
        entropy.clone(),
    )
    .context("[homeserver]")?;
    let carriers = carriers(config)?;
    let of = config.clone();
    let read = move || anyhow::Ok((read_signer(&of)?, read_signer_before(&of)?));
    let (signer, signer_before) = tokio::task::spawn_blocking(read).await??;
    let engine = Engine::open(Parts {
        store: store.store.clone(),
        platform: platform.clone(),
        carriers,
        clock: Arc::new(SystemClock),
        entropy,
        keys,
        signer,
        signer_before,
        anchoring: anchoring(config)?,
        settings: settings(config),
    })
    .await?;
    Ok(Wired {
        engine,
        platform,
        store,
    })
}

/// What an edge is: no key-encryption key, no signing key, no homeserver. Starts nothing.
pub(crate) async fn wire_edge(config: &Config) -> Result<Arc<Intake>> {
    let store = verbatim_store::join(&config.store_url())
        .await
        .context("store")?;
    let parts = IntakeParts {
        store,
        carriers: carriers(config)?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        settings: settings(config),
    };
    let (path, keys) = read_edge_keys(config)?;
    Intake::edge(parts, keys)
        .await
        .with_context(|| format!("edge keys {}", path.display()))
}

/// Reads what an edge seals with.
pub(crate) fn read_edge_keys(config: &Config) -> Result<(PathBuf, EdgeKeys)> {
    let path = config.path(&config.node.edge_keys);
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!(
            "cannot read {}: have `verbatim key edge` write it on a full node",
            path.display()
        )
    })?;
    let keys = EdgeKeys::parse(&Zeroizing::new(text))
        .with_context(|| format!("edge keys {}", path.display()))?;
    Ok((path, keys))
}

fn carriers(config: &Config) -> Result<Vec<Arc<dyn Carrier>>> {
    config.carrier.iter().map(|c| carrier(config, c)).collect()
}

/// The Matrix side without the store, for checks beside a running service: it keeps no keys.
pub(crate) fn platform_alone(config: &Config) -> Result<Arc<MatrixPlatform>> {
    // Nothing is ever sealed with it: there are no rows.
    let nothing = StateRoot::new([0; 32].into());
    MatrixPlatform::new(
        matrix_config(config)?,
        Arc::new(crate::no_rows::NoRows),
        Arc::new(Vault::new(&nothing)),
        Arc::new(SystemEntropy),
    )
    .context("[homeserver]")
}

/// Reads the key that signs checkpoints, or finds it in the token. Blocks.
pub(crate) fn read_signer(config: &Config) -> Result<Arc<dyn Signer>> {
    read_signer_at(config, &config.path(&config.record.signing_key))
}

/// Reads the signing key from before, which lies beside the present one for as long as both sign. Blocks.
pub(crate) fn read_signer_before(config: &Config) -> Result<Option<Arc<dyn Signer>>> {
    let path = signer_beside(config, OLD_SIGNER);
    if path.try_exists()? {
        read_signer_at(config, &path).map(Some)
    } else {
        Ok(None)
    }
}

/// The file beside the signing key's, of this ending.
pub(crate) fn signer_beside(config: &Config, ending: &str) -> PathBuf {
    let mut path = config.path(&config.record.signing_key).into_os_string();
    path.push(ending);
    PathBuf::from(path)
}

fn read_signer_at(config: &Config, path: &Path) -> Result<Arc<dyn Signer>> {
    let text = std::fs::read_to_string(path).with_context(|| {
        let dir = config.dir.display();
        format!(
            "cannot read the signing key {}: restore it from its copy; for a new installation, `verbatim init --dir \
             {dir}` makes one",
            path.display()
        )
    })?;
    let text = Zeroizing::new(text);
    let of_token = SignerFile::parse(&text).transpose();
    if let Some(file) = of_token {
        let token = KeyToken::of(config)?
            .map(|token| token.token())
            .transpose()?;
        let opened = file.and_then(|file| token_signer::open(file, token));
        return opened.with_context(|| format!("signing key {}", path.display()));
    }
    let signer =
        FileSigner::parse(&text).with_context(|| format!("signing key {}", path.display()))?;
    Ok(Arc::new(signer))
}

/// Where the log is published, if anywhere.
pub(crate) fn publication(config: &Config) -> Result<Option<Arc<dyn Publication>>> {
    let record = &config.record;
    let place = match (record.publish.strip_prefix("s3://"), &record.bucket) {
        (Some(address), Some(bucket)) => {
            let (name, prefix) = address.split_once('/').unwrap_or((address, ""));
            Place::bucket(&Bucket {
                name: name.to_owned(),
                prefix: prefix.to_owned(),
                endpoint: bucket.endpoint.clone(),
                region: bucket.region.clone(),
                access_key: config.secret("record.bucket.access_key", &bucket.access_key)?,
                secret_key: config.secret("record.bucket.secret_key", &bucket.secret_key)?,
            })
        }
        _ if record.publish.is_empty() => return Ok(None),
        _ => Place::folder(&config.path(Path::new(&record.publish))),
    };
    let place = place.context("[record] publish")?;
    Ok(Some(Arc::new(place)))
}

/// Who cosigns and stamps the log.
pub(crate) fn anchoring(config: &Config) -> Result<Anchoring> {
    let mut anchoring = Anchoring::default();
    for witness in &config.record.witness {
        let place = || format!("[[record.witness]] {}", witness.name);
        let key = witness.key.parse().with_context(place)?;
        let url = witness.url.parse().with_context(place)?;
        let witness = HttpWitness::new(&witness.name, key, url).with_context(place)?;
        anchoring.witnesses.push(Arc::new(witness));
    }
    for authority in &config.record.timestamp {
        let place = || format!("[[record.timestamp]] {}", authority.name);
        let url = authority.url.parse().with_context(place)?;
        let ca_file = config.path(&authority.ca_file);
        let ca_pem = std::fs::read_to_string(&ca_file)
            .with_context(|| format!("{}: cannot read {}", place(), ca_file.display()))?;
        let port = HttpAuthority::new(&authority.name, url).with_context(place)?;
        anchoring.authorities.push(Authority {
            port: Arc::new(port),
            every: Duration::from_secs(authority.every_minutes * 60),
            ca_pem,
        });
    }
    Ok(anchoring)
}

/// The Matrix side of the configuration.
pub(crate) fn matrix_config(config: &Config) -> Result<MatrixConfig> {
    let homeserver = &config.homeserver;
    Ok(MatrixConfig {
        homeserver: homeserver.url.parse().context("[homeserver] url")?,
        server_name: homeserver.server_name.clone(),
        as_id: homeserver.as_id.clone(),
        as_token: verbatim_matrix::Secret(
            config.secret("homeserver.as_token", &homeserver.as_token)?,
        ),
        bot_localpart: homeserver.bot.clone(),
        bot_name: homeserver.bot_name.clone(),
        stand_in_prefix: homeserver.stand_in_prefix.clone(),
        avatar: None,
    })
}

/// A carrier account of the configuration.
pub(crate) fn carrier(config: &Config, carrier: &CarrierConfig) -> Result<Arc<dyn Carrier>> {
    let place = || format!("[[carrier]] {}", carrier.name);
    let secret = |what: &str, value| {
        config
            .secret(&format!("carrier {} {what}", carrier.name), value)
            .map(twilio::Secret::new)
    };
    match carrier.kind {
        CarrierKind::Twilio => {
            let shared_keys = carrier
                .shared_keys
                .iter()
                .map(|k| {
                    Ok(twilio::SharedKey {
                        id: k.id.clone(),
                        secret: secret("shared key", &k.secret)?,
                    })
                })
                .collect::<Result<Vec<_>>>()?;
            let twilio = Twilio::new(TwilioConfig {
                account: carrier.name.as_str().into(),
                account_sid: carrier.account_sid.clone(),
                auth_token: match &carrier.auth_token {
                    Some(token) => secret("auth_token", token)?,
                    // An edge that checks webhooks by shared keys, which the configuration has made sure of.
                    None => twilio::Secret::new(""),
                },
                auth_token_previous: carrier
                    .auth_token_previous
                    .as_ref()
                    .map(|s| secret("auth_token_previous", s))
                    .transpose()?,
                shared_keys,
                api_base: carrier.api_base.parse().with_context(place)?,
                public_url: carrier.public_url.parse().with_context(place)?,
                messaging_service_sid: carrier.messaging_service_sid.clone(),
                timeout_ms: carrier.timeout_ms,
            })
            .with_context(place)?;
            Ok(twilio)
        }
    }
}

/// The rule of `[record]` and those of `[[retention]]`.
pub(crate) fn retention_rules(config: &Config) -> Vec<Rule> {
    let default = Rule {
        class: 1,
        name: "default".to_owned(),
        period: Period {
            months: config.record.retention_months,
            starts: Starts::Creation,
        },
        of: BTreeSet::new(),
    };
    let more = config.retention.iter().map(|rule| Rule {
        class: rule.class,
        name: rule.name.clone(),
        period: Period {
            months: rule.months,
            starts: match rule.starts {
                RetentionStarts::Creation => Starts::Creation,
                RetentionStarts::FiscalYearEnd => Starts::FiscalYearEnd(rule.fiscal_year_ends),
            },
        },
        of: members(rule),
    });
    std::iter::once(default).chain(more).collect()
}

/// Whom a rule names. What cannot be read was refused with the configuration.
fn members(rule: &RetentionConfig) -> BTreeSet<Member> {
    let employees = rule.employees.iter();
    let employees = employees.map(|user| Member::Employee(user.as_str().into()));
    let numbers = rule.numbers.iter().cloned().map(Member::Number);
    let conversations = rule.conversations.iter();
    let conversations = conversations.filter_map(|id| id.parse().ok());
    let conversations = conversations.map(Member::Conversation);
    employees.chain(numbers).chain(conversations).collect()
}

fn settings(config: &Config) -> Settings {
    let base = Settings::default();
    let text = &config.firm.disclosure_text;
    Settings {
        firm: config.firm.name.clone(),
        disclosure: match config.firm.disclosure {
            Disclosure::First => DisclosureMode::First,
            Disclosure::Off => DisclosureMode::Off,
        },
        disclosure_template: if text.is_empty() {
            base.disclosure_template.clone()
        } else {
            text.clone()
        },
        region: (!config.firm.region.is_empty()).then(|| config.firm.region.clone()),
        catch_all: (!config.firm.catch_all.is_empty())
            .then(|| UserId(config.firm.catch_all.clone())),
        retention: retention_rules(config),
        max_chars: config.limits.max_chars,
        max_age: Duration::from_secs(config.limits.max_age_minutes * 60),
        validity: Duration::from_secs(config.limits.validity_seconds),
        segments_per_second: config.limits.segments_per_second,
        segment_burst: config.limits.segment_burst,
        poll_every: Duration::from_secs(config.limits.poll_seconds),
        webhook_patience: Duration::from_secs(config.limits.webhook_patience_seconds),
        unknown_notice: Duration::from_secs(config.limits.unknown_notice_seconds),
        ..base
    }
}
