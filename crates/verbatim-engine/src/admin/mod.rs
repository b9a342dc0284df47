//! What operators, the API and the bot ask for: people, numbers, conversations, the record.
//!
//! Every change is recorded in the same commit (DESIGN invariant 7).

mod contacts;
mod conversations;
mod exports;
pub(crate) mod keys;
mod numbers;
mod people;

pub use exports::{Covering, ExportPage, Exported, StampedCheckpoint};
pub use keys::KeyDeed;

use thiserror::Error;
use verbatim_domain::phone::PhoneError;
use verbatim_domain::{EmployeeId, PhoneNumber};
use verbatim_record::{Body, Kind};

use crate::core::Engine;
use crate::ports::{Change, KeySafeError, NewRecord, StoreError};

/// Who asks for a change; goes into its record.
#[derive(Debug, Clone)]
pub struct Actor(pub String);

impl Actor {
    /// An operator at the command line or behind an API token.
    pub fn operator(name: &str) -> Self {
        Self(format!("operator:{name}"))
    }
    /// Whether these may be one person, as records name them: of `operator:alice` and
    /// `operator:command-line/Alice` nobody knows that they are not.
    pub(crate) fn may_be(&self, by: &str) -> bool {
        let bare = |name: &str| {
            let name = name.rsplit_once('/').map_or(name, |(_, user)| user);
            let name = name.strip_prefix("operator:").unwrap_or(name);
            name.to_lowercase()
        };
        bare(&self.0) == bare(by)
    }
    /// An employee, through the bot.
    pub fn employee(id: EmployeeId) -> Self {
        Self(format!("employee:{id}"))
    }
}

/// Why something was not done.
#[derive(Debug, Error)]
pub enum AdminError {
    /// Not a phone number.
    #[error("`{input}`: {why}")]
    Phone {
        /// What was given.
        input: String,
        /// Why not.
        why: PhoneError,
    },
    /// There is no such thing.
    #[error("there is no {what} `{which}`: {mend}")]
    NotFound {
        /// What.
        what: &'static str,
        /// Which.
        which: String,
        /// What to do about it.
        mend: &'static str,
    },
    /// Somebody else must do that: nobody decides it alone.
    #[error("{0} needs two people: somebody else must approve it")]
    SecondPerson(&'static str),
    /// It was begun in somebody else's name, who answers for it in the record.
    #[error("this {0} is somebody else's: begin your own")]
    NotYours(&'static str),
    /// The request does not make sense.
    #[error("{0}")]
    Invalid(String),
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key-encryption key cannot be had or kept.
    #[error(transparent)]
    Safe(#[from] KeySafeError),
}

/// What a record of a change says of itself.
pub(crate) struct Said<'a> {
    /// Its kind.
    pub(crate) kind: Kind,
    /// The rule.
    pub(crate) rule: &'static str,
    /// What was done.
    pub(crate) what: &'a str,
}

const EVERYTHING: u32 = 1000;

fn config_change(what: &str) -> Said<'_> {
    Said {
        kind: Kind::Config,
        rule: "config.change",
        what,
    }
}

impl Engine {
    /// Commits changes together with the record of them.
    pub(crate) async fn change(
        &self,
        actor: &Actor,
        what: &str,
        details: &[(&str, &str)],
        changes: Vec<Change>,
    ) -> Result<(), AdminError> {
        self.recorded(actor, config_change(what), details, changes)
            .await
    }

    /// Commits changes together with the record of them, whatever its kind.
    pub(crate) async fn recorded(
        &self,
        actor: &Actor,
        said: Said<'_>,
        details: &[(&str, &str)],
        mut changes: Vec<Change>,
    ) -> Result<(), AdminError> {
        changes.insert(0, self.noted_as(actor, said, details).await?);
        Ok(self.at_once(changes).await?)
    }

    /// The record of a change, as part of its commit.
    pub(crate) async fn noted(
        &self,
        actor: &Actor,
        what: &str,
        details: &[(&str, &str)],
    ) -> Result<Change, AdminError> {
        self.noted_as(actor, config_change(what), details).await
    }

    async fn noted_as(
        &self,
        actor: &Actor,
        said: Said<'_>,
        details: &[(&str, &str)],
    ) -> Result<Change, AdminError> {
        let mut body = Body {
            actor: actor.0.clone(),
            rule: said.rule.to_owned(),
            rule_version: 1,
            reason: said.what.to_owned(),
            ..Body::default()
        };
        body.details.extend(
            details
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        let sealed = self.seal(said.kind, body).await?;
        Ok(Change::Append(NewRecord {
            conversation: None,
            sealed,
            about: None,
        }))
    }

    pub(super) fn phone(&self, input: &str) -> Result<PhoneNumber, AdminError> {
        PhoneNumber::parse(input, self.settings.region.as_deref()).map_err(|why| {
            AdminError::Phone {
                input: input.to_owned(),
                why,
            }
        })
    }
}
