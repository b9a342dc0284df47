//! The Merkle log (RFC 6962 hashing): incremental root, verification.
