//! An employee's desk: what their own client asks for in their name. They see what is theirs and nothing
//! else, and whatever rule holds in their rooms holds here.
//!
//! Who sits at a desk is known by a short-lived token: who (our id of the employee), until when, and a keyed
//! hash of both (HMAC-SHA256 under a key below the installation's state root). So every full node takes it,
//! and none keeps it. That the employee is still one is asked of the store each time.

mod check;
mod conversations;

use subtle::ConstantTimeEq;
use thiserror::Error;
use verbatim_domain::{Duration, EmployeeId, Timestamp, UserId};

use crate::access::Viewer;
use crate::admin::{Actor, AdminError};
use crate::core::Engine;
use crate::ports::{Employee, PlatformError, StoreError};

pub use check::{CheckView, Draft};
pub use conversations::{DeskConversationView, Place};

/// How long a token is good; afterwards the client signs in again by itself.
pub const SESSION: Duration = Duration::from_secs(15 * 60);

/// What the key of the tokens is for.
const PURPOSE: &str = "desk-session";
/// What tokens begin with, so that one that was leaked is recognised.
const PREFIX: &str = "vbd_";

/// An employee, sitting at their desk.
#[derive(Debug, Clone)]
pub struct Desk(Employee);

impl Desk {
    /// In whose name changes are recorded.
    fn actor(&self) -> Actor {
        Actor::employee(self.0.id)
    }

    /// In whose name looks are recorded. What for is plain: it is their own work.
    fn viewer(&self) -> Viewer {
        Viewer {
            actor: self.actor(),
            purpose: String::new(),
        }
    }
}

/// Why nobody sits down.
#[derive(Debug, Error)]
pub enum DeskError {
    /// The token is of another homeserver.
    #[error("signed in at another homeserver")]
    OtherServer,
    /// The homeserver does not know the token (any more), or ours is forged or over.
    #[error("not signed in")]
    NotSignedIn,
    /// Signed in, and no employee of the firm, or no longer.
    #[error("not an employee")]
    NotAnEmployee,
    /// The homeserver cannot be asked.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who somebody is, and what they may do.
#[derive(Debug, Clone)]
pub struct MeView {
    /// Platform account.
    pub user: String,
    /// Display name.
    pub name: String,
    /// The numbers that they hold: our id, and E.164.
    pub numbers: Vec<(String, String)>,
}

impl Engine {
    /// Signs an employee in who shows that they are signed in at our homeserver: an OpenID token, and of
    /// which server the client has it. The token of the session.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn sign_in(&self, openid: &str, server: &str) -> Result<String, DeskError> {
        if server != self.server_name() {
            return Err(DeskError::OtherServer);
        }
        let user = self.platform.who_has_openid(openid).await?;
        let user = user.ok_or(DeskError::NotSignedIn)?;
        let known = self.store.employee_by_user(&user).await?;
        let employee = present(known)?;
        Ok(self.session(employee.id, self.now().after(SESSION)))
    }

    /// Who sits at the desk for which a token was given.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn at_desk(&self, token: &str) -> Result<Desk, DeskError> {
        let (employee, until) = claims(token).ok_or(DeskError::NotSignedIn)?;
        let ours = self.session(employee, until);
        let is_ours: bool = ours.as_bytes().ct_eq(token.as_bytes()).into();
        if !is_ours || self.now() >= until {
            return Err(DeskError::NotSignedIn);
        }
        Ok(Desk(present(self.store.employee(employee).await?)?))
    }

    /// Who somebody is.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn desk_me(&self, desk: &Desk) -> Result<MeView, AdminError> {
        let held = self.store.numbers_of(desk.0.id).await?;
        let numbers = held.iter().map(|number| {
            let plain = self.reveal_text("number", &number.number)?;
            Ok((number.id.to_string(), plain))
        });
        Ok(MeView {
            user: desk.0.user.0.clone(),
            name: self.reveal_text("name", &desk.0.name)?,
            numbers: numbers.collect::<Result<_, StoreError>>()?,
        })
    }

    /// The homeserver's name, as user ids have it.
    pub fn server_name(&self) -> &str {
        let bot = self.platform.bot().as_str();
        bot.split_once(':').map_or("", |(_, server)| server)
    }

    /// The account of the bot, which makes and names the rooms of conversations.
    pub fn bot(&self) -> &UserId {
        self.platform.bot()
    }

    fn session(&self, employee: EmployeeId, until: Timestamp) -> String {
        let said = format!("{employee}.{:x}", until.as_millis());
        let hash = hex::encode(self.vault.index(PURPOSE, &said));
        format!("{PREFIX}{said}.{hash}")
    }
}

/// What a token says, whoever wrote it.
fn claims(token: &str) -> Option<(EmployeeId, Timestamp)> {
    let mut parts = token.strip_prefix(PREFIX)?.splitn(3, '.');
    let employee = parts.next()?.parse().ok()?;
    let until = i64::from_str_radix(parts.next()?, 16).ok()?;
    Some((employee, Timestamp(until)))
}

/// Somebody who is an employee now.
fn present(employee: Option<Employee>) -> Result<Employee, DeskError> {
    employee
        .filter(|employee| employee.ended.is_none())
        .ok_or(DeskError::NotAnEmployee)
}
