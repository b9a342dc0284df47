//! The token of the configuration (`[keys.pkcs11]`): opens and wraps the key-encryption key.
//!
//! Everything here blocks.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use verbatim_hsm::{HsmError, Token, TokenConfig};
use verbatim_record::{Kek, WrappedKek};

use crate::config::Config;

/// The token, opened when it is first needed.
#[derive(Clone)]
pub(crate) struct KeyToken {
    config: TokenConfig,
    wrap_key: String,
    open: Arc<Mutex<Option<Arc<Token>>>>,
}

impl KeyToken {
    /// None where the configuration names none.
    pub(crate) fn of(config: &Config) -> Result<Option<Self>> {
        let Some(pkcs11) = &config.keys.pkcs11 else {
            return Ok(None);
        };
        Ok(Some(Self {
            config: TokenConfig {
                module: config.path(&pkcs11.module),
                label: pkcs11.token.clone(),
                pin: config.secret("keys.pkcs11.pin", &pkcs11.pin)?.into(),
            },
            wrap_key: pkcs11.wrap_key.clone(),
            open: Arc::default(),
        }))
    }

    /// The token, logged in.
    pub(crate) fn token(&self) -> Result<Arc<Token>, HsmError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = &*open {
            return Ok(token.clone());
        }
        let token = Arc::new(Token::open(self.config.clone())?);
        *open = Some(token.clone());
        Ok(token)
    }

    /// The same token, not opened yet.
    pub(crate) fn anew(&self) -> Self {
        Self {
            open: Arc::default(),
            ..self.clone()
        }
    }

    /// Label of the key that wraps.
    pub(crate) fn wrap_key(&self) -> &str {
        &self.wrap_key
    }

    pub(crate) fn wrap(&self, kek: &Kek) -> Result<WrappedKek> {
        let context = WrappedKek::context(&kek.id());
        let token = self.token()?;
        let wrapped = token.wrap(&self.wrap_key, &context, kek.bytes().as_ref())?;
        Ok(WrappedKek::new(kek, &self.wrap_key, wrapped)?)
    }

    /// By the key that the file names, which need not be the one that wraps now.
    pub(crate) fn unwrap(&self, file: &WrappedKek) -> Result<Kek> {
        let context = WrappedKek::context(file.id());
        let token = self.token()?;
        let bytes = token.unwrap(file.token_key(), &context, file.wrapped())?;
        Ok(file.opened(&bytes)?)
    }
}
