//! The text file of the key-encryption key, in its two forms: in clear, or wrapped by a key that never
//! leaves a token (PKCS#11), so that the file alone opens nothing.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::cipher::sha256;
use crate::error::KeyError;
use crate::keys::Kek;

/// The longest label that a token's key may have here, in bytes.
const MOST_LABEL: usize = 64;

/// What a key file holds.
#[derive(Debug, Clone)]
pub enum KekFile {
    /// Form 1: the key itself.
    Clear(Kek),
    /// Form 2: the key, wrapped by a key of a token.
    Wrapped(WrappedKek),
}

/// A key-encryption key that only a token can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKek {
    id: String,
    token_key: String,
    wrapped: Vec<u8>,
}

impl KekFile {
    /// Reads a key file of either form. Comments, empty lines and line endings may differ.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut lines = significant_lines(text);
        let version = match lines.next().and_then(|(_, line)| line.split_once(':')) {
            Some(("verbatim-kek", version)) => version.trim(),
            _ => return Err(KeyError::NotAKeyFile),
        };
        match version {
            "1" => clear(&fields(lines, ["id", "key", "sum"])?).map(Self::Clear),
            "2" => {
                let fields = fields(lines, ["id", "token-key", "wrapped", "sum"])?;
                wrapped(&fields).map(Self::Wrapped)
            }
            other => Err(KeyError::UnknownVersion(other.to_owned())),
        }
    }
}

impl Kek {
    /// The content of its file, form 1.
    pub fn to_text(&self) -> Zeroizing<String> {
        let id = self.id();
        let key = Zeroizing::new(STANDARD.encode(self.bytes().as_ref()));
        let sum = checksum("verbatim-kek/1", &[&id, &key]);
        // Room for all of it, so that no grown-out-of buffer leaves the key behind.
        let mut text = Zeroizing::new(String::with_capacity(512));
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "# Key-encryption key of a Verbatim installation.\n\
             # Whoever holds this file can read every record; without it nobody can read any.\n\
             # Keep it readable by the service only, and keep a copy offline.\n\
             verbatim-kek: 1\n\
             id: {id}\n\
             key: {}\n\
             sum: {sum}\n",
            *key
        );
        text
    }

    /// Reads what [`Self::to_text`] wrote.
    ///
    /// # Errors
    /// [`KeyError::NeedsToken`] for form 2.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        match KekFile::parse(text)? {
            KekFile::Clear(kek) => Ok(kek),
            KekFile::Wrapped(wrapped) => Err(KeyError::NeedsToken(wrapped.token_key)),
        }
    }
}

impl WrappedKek {
    /// The key as the token's key `token_key` wrapped it, with [`Self::context`] as associated data.
    ///
    /// # Errors
    /// [`KeyError::Label`] for a label that a line of a file cannot hold.
    pub fn new(kek: &Kek, token_key: &str, wrapped: Vec<u8>) -> Result<Self, KeyError> {
        let fits = |c: char| !c.is_control();
        let is_good = !token_key.is_empty()
            && token_key.len() <= MOST_LABEL
            && token_key.trim() == token_key
            && token_key.chars().all(fits);
        if !is_good {
            return Err(KeyError::Label(token_key.to_owned()));
        }
        Ok(Self {
            id: kek.id(),
            token_key: token_key.to_owned(),
            wrapped,
        })
    }

    /// What is authenticated with the wrapped key: which key it is.
    pub fn context(id: &str) -> Vec<u8> {
        format!("verbatim-kek/2\n{id}\n").into_bytes()
    }

    /// Id of the key inside.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Label of the token's key that opens it.
    pub fn token_key(&self) -> &str {
        &self.token_key
    }

    /// What the token opens: nonce (12 bytes), ciphertext, tag (16 bytes) of AES-256-GCM.
    pub fn wrapped(&self) -> &[u8] {
        &self.wrapped
    }

    /// The key, from the bytes that the token opened.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] or [`KeyError::WrongId`] if they are not that key.
    pub fn opened(&self, bytes: &[u8]) -> Result<Kek, KeyError> {
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| KeyError::Damaged)?;
        with_id(Zeroizing::new(*bytes), &self.id)
    }

    /// The content of its file, form 2.
    pub fn to_text(&self) -> String {
        let (id, token_key) = (&self.id, &self.token_key);
        let wrapped = STANDARD.encode(&self.wrapped);
        let sum = checksum("verbatim-kek/2", &[id, token_key, &wrapped]);
        format!(
            "# Key-encryption key of a Verbatim installation, wrapped by a key of a token (PKCS#11).\n\
             # It opens nothing without the token; without both nobody can read any record.\n\
             # Keep a copy, and the token's own backup.\n\
             verbatim-kek: 2\n\
             id: {id}\n\
             token-key: {token_key}\n\
             wrapped: {wrapped}\n\
             sum: {sum}\n"
        )
    }
}

impl fmt::Display for WrappedKek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "key {}, wrapped by the token's `{}`",
            self.id, self.token_key
        )
    }
}

fn clear([id, key, sum]: &[&str; 3]) -> Result<Kek, KeyError> {
    let bytes = key_bytes(key)?;
    if checksum("verbatim-kek/1", &[id, key]) != *sum {
        return Err(KeyError::Altered);
    }
    with_id(bytes, id)
}

fn wrapped([id, token_key, wrapped, sum]: &[&str; 4]) -> Result<WrappedKek, KeyError> {
    let bytes = STANDARD.decode(wrapped).map_err(|_| KeyError::Damaged)?;
    if checksum("verbatim-kek/2", &[id, token_key, wrapped]) != *sum {
        return Err(KeyError::Altered);
    }
    Ok(WrappedKek {
        id: (*id).to_owned(),
        token_key: (*token_key).to_owned(),
        wrapped: bytes,
    })
}

fn with_id(bytes: Zeroizing<[u8; 32]>, id: &str) -> Result<Kek, KeyError> {
    let key = Kek::new(bytes);
    match key.id() {
        found if found == id => Ok(key),
        found => Err(KeyError::WrongId {
            stated: id.to_owned(),
            found,
        }),
    }
}

/// 32 bytes in base64.
pub(crate) fn key_bytes(text: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    // The base64 decoder wants room for a whole last group: 33 bytes for 44 characters.
    let mut room = Zeroizing::new([0; 33]);
    match STANDARD.decode_slice(text, room.as_mut()) {
        Ok(32) => {
            let mut bytes = Zeroizing::new([0; 32]);
            bytes.copy_from_slice(&room[..32]);
            Ok(bytes)
        }
        _ => Err(KeyError::Damaged),
    }
}

/// Finds slips of the hand and of the disk; it is not a secret and protects nothing.
pub(crate) fn checksum(label: &str, values: &[&str]) -> String {
    let mut text = Zeroizing::new(format!("{label}\n"));
    // The capacity is exact, so that no grown-out-of buffer leaves the key behind.
    text.reserve_exact(values.iter().map(|value| value.len() + 1).sum());
    for value in values {
        text.push_str(value);
        text.push('\n');
    }
    hex::encode(&sha256(&[text.as_bytes()])[..8])
}

/// The values of these fields, each of which is there once.
pub(crate) fn fields<'a, const N: usize>(
    lines: impl Iterator<Item = (usize, &'a str)>,
    names: [&'static str; N],
) -> Result<[&'a str; N], KeyError> {
    let mut found = [None; N];
    for (number, line) in lines {
        let unexpected = || KeyError::UnexpectedLine(number);
        let (name, value) = line.split_once(':').ok_or_else(unexpected)?;
        let at = names.iter().position(|known| *known == name);
        let at = at.ok_or_else(unexpected)?;
        if found[at].replace(value.trim()).is_some() {
            return Err(unexpected());
        }
    }
    let mut values = [""; N];
    for (at, name) in names.into_iter().enumerate() {
        values[at] = found[at].ok_or(KeyError::Incomplete(name))?;
    }
    Ok(values)
}

/// Lines that are neither empty nor comments, with their numbers from 1.
pub(crate) fn significant_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}
