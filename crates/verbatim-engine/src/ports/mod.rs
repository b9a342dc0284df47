//! The ports: what the engine asks of the world. One file each; every port holds operations of the
//! product, not tables (STYLE 3).

pub mod anchor;
pub mod carrier;
pub mod clock;
pub mod crypto_rows;
pub mod key_safe;
pub mod platform;
pub mod publication;
pub mod store;

pub use anchor::*;
pub use carrier::*;
pub use clock::*;
pub use crypto_rows::*;
pub use key_safe::*;
pub use platform::*;
pub use publication::*;
pub use store::*;
