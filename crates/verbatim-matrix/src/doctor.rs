//! What an operator asks when something does not work: each check says what it saw, or why it failed.

use verbatim_engine::ports::PlatformError;

use crate::platform::MatrixPlatform;

/// What to do about a homeserver that does not take our token.
const INSTALL_REGISTRATION: &str = "give the homeserver a copy of registration.yaml, name it in \
     `app_service_config_files` and restart the homeserver (docs/operating.md, \"Setting up the homeserver\")";

impl MatrixPlatform {
    /// Whether the homeserver answers at all; the newest version of the specification that it names.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn check_homeserver(&self) -> Result<String, PlatformError> {
        let versions = self.http.versions().await?;
        Ok(versions.last().cloned().unwrap_or_default())
    }

    /// Whether the homeserver knows our token and lets us speak as the bot: the registration is loaded.
    ///
    /// # Errors
    /// When it does not.
    pub async fn check_token(&self) -> Result<String, PlatformError> {
        self.http.register(&self.bot).await?;
        let user = self.http.whoami(&self.bot).await?;
        if user == self.bot.as_str() {
            return Ok(user);
        }
        Err(PlatformError::Refused(format!(
            "the token acts as {user} instead of {}",
            self.bot
        )))
    }

    /// Has the homeserver call our listener, which also ends its back-off; milliseconds it took. To be
    /// called after every start, once the listener stands.
    ///
    /// # Errors
    /// When the homeserver cannot reach the listener, or the listener refuses its token.
    pub async fn ping(&self) -> Result<u64, PlatformError> {
        Ok(self.http.ping(&self.bot, &self.config.as_id).await?)
    }

    /// Whether the bot's device is there, with our keys, cross-signed. Needs [`Self::start`].
    ///
    /// # Errors
    /// When it is not.
    pub async fn check_bot(&self) -> Result<String, PlatformError> {
        let shard = self.shard()?;
        if !self.http.has_device(&self.bot).await? {
            return Err(PlatformError::Refused(format!(
                "{} has no device on the homeserver",
                self.bot
            )));
        }
        shard.bot.confirm(&self.http).await?;
        Ok(format!("{} is cross-signed", self.bot))
    }
}

/// A check's finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What was checked.
    pub area: &'static str,
    /// What was seen.
    pub found: String,
    /// What to do about it; none if all is well.
    pub fault: Option<String>,
}

impl MatrixPlatform {
    /// All checks in order; later ones that need an earlier one are left out when that failed. `listening`:
    /// whether the service runs, so that the homeserver can be asked to call it.
    pub async fn examine(&self, listening: bool) -> Vec<Examined> {
        let mut found = vec![Examined::of(
            "homeserver",
            self.check_homeserver()
                .await
                .map(|version| format!("answers, {version}")),
            &format!(
                "check [homeserver] url ({}), and that it runs",
                self.config.homeserver
            ),
        )];
        if found[0].fault.is_some() {
            return found;
        }
        let token = self
            .check_token()
            .await
            .map(|user| format!("loaded, {user}"));
        found.push(Examined::of("registration", token, INSTALL_REGISTRATION));
        if found[1].fault.is_some() {
            return found;
        }
        if listening {
            let ping = self
                .ping()
                .await
                .map(|ms| format!("called back in {ms} ms"));
            let mend =
                "check [homeserver] appservice_url, and that registration.yaml is the one in use";
            found.push(Examined::of("ping", ping, mend));
        }
        let bot = self.check_bot_shown().await;
        found.push(Examined::of(
            "bot device",
            bot,
            "start the service once; if it refuses, it says why",
        ));
        found
    }

    /// Whether the homeserver shows the bot's device cross-signed, asked without our own machine.
    async fn check_bot_shown(&self) -> Result<String, PlatformError> {
        if self.shard().is_ok() {
            return self.check_bot().await;
        }
        if self.http.shows_cross_signed(&self.bot).await? {
            return Ok(format!("{} is cross-signed", self.bot));
        }
        Err(PlatformError::Refused(format!(
            "{} has no cross-signed device",
            self.bot
        )))
    }

    /// How far this machine's clock (`now_ms`) is ahead of the homeserver's; none if it does not say.
    pub async fn clock_skew_ms(&self, now_ms: i64) -> Option<i64> {
        Some(now_ms - self.http.date_ms().await?)
    }
}

impl Examined {
    fn of(area: &'static str, result: Result<String, PlatformError>, mend: &str) -> Self {
        match result {
            Ok(found) => Self {
                area,
                found,
                fault: None,
            },
            Err(error) => Self {
                area,
                found: error.to_string(),
                fault: Some(mend.to_owned()),
            },
        }
    }
}
