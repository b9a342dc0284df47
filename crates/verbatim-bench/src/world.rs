//! The serving path, put together as the binary does; only the homeserver is in memory.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use url::Url;
use verbatim_carrier::twilio::{Secret, Twilio, TwilioConfig};
use verbatim_domain::AccountId;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{Clock, Entropy, Store, Webhook};
use verbatim_engine::worker::LEASE;
use verbatim_engine::{Anchoring, Engine, Keys, Parts, Settings, WebhookAnswer};
use verbatim_record::Kek;
use verbatim_testkit::fakes::{FakeKeySafe, FakePlatform, test_signer};

use crate::hooks::{self, Hook};
use crate::system::{SystemClock, SystemEntropy};

/// An engine and its store.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<dyn Store>,
}

impl World {
    /// Opens the store that a URL names.
    pub(crate) async fn open(url: &str, kek: Kek) -> Result<Self> {
        let store = verbatim_store::open(url).await.context("store")?.store;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let safe = Arc::new(FakeKeySafe::of(kek));
        let keys = Keys::open(&*store, safe, &*entropy).await.context("keys")?;
        let parts = Parts {
            keys,
            store: store.clone(),
            platform: Arc::new(FakePlatform::new(clock.clone())),
            carriers: vec![twilio()?],
            clock,
            entropy,
            signer: test_signer(),
            signer_before: None,
            anchoring: Anchoring::default(),
            settings: Settings::default(),
        };
        let engine = Engine::open(parts).await.context("engine")?;
        Ok(Self { engine, store })
    }

    /// An employee with the firm's number.
    pub(crate) async fn employ(&self) -> Result<()> {
        let (actor, user) = (Actor::operator("bench"), "@alice:example.org");
        self.engine.add_employee(&actor, user, "Alice").await?;
        self.engine
            .add_number(&actor, hooks::NUMBER, hooks::ACCOUNT)
            .await?;
        self.engine
            .assign_number(&actor, hooks::NUMBER, user)
            .await?;
        Ok(())
    }

    /// Hands a webhook to the engine, without HTTP.
    pub(crate) async fn take(&self, hook: &Hook) -> Result<()> {
        let webhook = Webhook {
            path_and_query: hooks::path(),
            headers: vec![
                (
                    "content-type".into(),
                    "application/x-www-form-urlencoded; charset=UTF-8".into(),
                ),
                ("x-twilio-signature".into(), hook.signature.clone()),
            ],
            body: hook.form.clone().into_bytes(),
        };
        let answer = self
            .engine
            .webhook(&AccountId::from(hooks::ACCOUNT), &webhook)
            .await;
        ensure!(answer == WebhookAnswer::Accepted, "{answer:?}");
        Ok(())
    }

    /// Becomes the worker.
    pub(crate) async fn lead(&self) -> Result<()> {
        let lease = self.engine.settings().lease;
        let fence = self.store.take_lease(LEASE, "bench", lease).await?;
        self.engine
            .set_fence(Some(fence.context("another process works")?));
        Ok(())
    }

    /// Texts in the log.
    pub(crate) async fn recorded(&self) -> Result<u64> {
        Ok(self.store.log_root().await?.size)
    }
}

fn twilio() -> Result<Arc<Twilio>> {
    let account = AccountId::from(hooks::ACCOUNT);
    let public = Url::parse(hooks::PUBLIC)?;
    let token = Secret::new(hooks::AUTH_TOKEN);
    Ok(Twilio::new(TwilioConfig::new(
        account,
        hooks::ACCOUNT_SID,
        token,
        public,
    ))?)
}
