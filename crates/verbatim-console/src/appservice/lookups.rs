//! `GET users/{userId}`, `rooms/{roomAlias}`, `thirdparty/…`: "would you make this?" No.
//!
//! Stand-ins and rooms are made before anybody can ask for them, so whoever asks means something that
//! does not exist; making it on demand would let strangers on the federation create accounts here.

use super::error::MatrixError;

/// Whether a user should be made.
pub(super) async fn user() -> MatrixError {
    MatrixError::NotFound
}

/// Whether an alias should be made.
pub(super) async fn alias() -> MatrixError {
    MatrixError::NotFound
}

/// Whether we bridge a protocol in a way that clients can browse.
pub(super) async fn third_party() -> MatrixError {
    MatrixError::NotFound
}
