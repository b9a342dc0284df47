//! A token, logged in.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use crate::error::HsmError;
use crate::module;

/// Which token, and how to log in.
#[derive(Clone)]
pub struct TokenConfig {
    /// The vendor's library.
    pub module: PathBuf,
    /// The token's label.
    pub label: String,
    /// The user's PIN.
    pub pin: Zeroizing<String>,
}

/// A token, used by one caller at a time. If its session ends, the next call begins another.
pub struct Token {
    config: TokenConfig,
    module: Pkcs11,
    session: Mutex<Option<Session>>,
}

impl Token {
    /// Loads the module, finds the token and logs in.
    ///
    /// # Errors
    /// An [`HsmError`] that names which of these failed, and its mend.
    pub fn open(config: TokenConfig) -> Result<Self, HsmError> {
        let module = module::load(&config.module)?;
        let session = log_in(&module, &config)?;
        Ok(Self {
            config,
            module,
            session: Mutex::new(Some(session)),
        })
    }

    /// Its label.
    pub fn label(&self) -> &str {
        &self.config.label
    }

    /// Runs something in a session.
    pub(crate) fn with<R>(
        &self,
        run: impl FnOnce(&Session) -> Result<R, HsmError>,
    ) -> Result<R, HsmError> {
        let mut slot = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let session = match slot.take() {
            Some(session) => session,
            None => log_in(&self.module, &self.config)?,
        };
        let result = run(&session);
        let is_over = result.as_ref().is_err_and(HsmError::ends_session);
        if !is_over {
            *slot = Some(session);
        }
        result
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Token").field(&self.config.label).finish()
    }
}

fn log_in(module: &Pkcs11, config: &TokenConfig) -> Result<Session, HsmError> {
    let slot = find(module, &config.label)?;
    let session = module
        .open_rw_session(slot)
        .map_err(HsmError::refused("open a session"))?;
    let pin = AuthPin::new(config.pin.as_str().into());
    let label = || config.label.clone();
    match session.login(UserType::User, Some(&pin)) {
        // The login is the process's, not the session's: another user of this token came first.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(Error::Pkcs11(
            RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange,
            _,
        )) => Err(HsmError::WrongPin { label: label() }),
        Err(Error::Pkcs11(RvError::PinLocked, _)) => Err(HsmError::Locked { label: label() }),
        Err(error) => Err(HsmError::refused("log in")(error)),
    }
}

fn find(module: &Pkcs11, label: &str) -> Result<Slot, HsmError> {
    let refused = HsmError::refused("list its slots");
    let mut found = Vec::new();
    for slot in module
        .get_slots_with_initialized_token()
        .map_err(&refused)?
    {
        let info = module.get_token_info(slot).map_err(&refused)?;
        if info.label().trim_end() == label {
            return Ok(slot);
        }
        found.push(info.label().trim_end().to_owned());
    }
    if found.is_empty() {
        found.push("none".to_owned());
    }
    Err(HsmError::NoToken {
        label: label.to_owned(),
        found: found.join(", "),
    })
}

/// The one key of a class and a label.
pub(crate) fn key(
    session: &Session,
    class: ObjectClass,
    what: &'static str,
    label: &str,
) -> Result<ObjectHandle, HsmError> {
    let wanted = [
        Attribute::Class(class),
        Attribute::Token(true),
        Attribute::Label(label.as_bytes().to_vec()),
    ];
    let found = session
        .find_objects(&wanted)
        .map_err(HsmError::refused("look for a key"))?;
    let label = label.to_owned();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(HsmError::NoKey { what, label }),
        more => Err(HsmError::Ambiguous {
            label,
            count: more.len(),
        }),
    }
}

/// Whether a key was made: not if there is one already.
pub(crate) fn made_unless_there(
    found: Result<ObjectHandle, HsmError>,
    make: impl FnOnce() -> Result<(), HsmError>,
) -> Result<bool, HsmError> {
    match found {
        Ok(_) => Ok(false),
        // Died after it: the next call finds the key.
        Err(HsmError::NoKey { .. }) => make().map(|()| true),
        Err(error) => Err(error),
    }
}
