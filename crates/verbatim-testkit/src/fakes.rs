//! The outside world in memory: each port does its work, keeps a ledger of what reached it, and has
//! switches for its failures. Nothing here asks the system for time or chance.

pub mod authority;
pub mod carrier;
pub mod clock;
pub mod entropy;
pub mod key_safe;
pub mod openssl;
pub mod platform;
pub mod publication;
pub mod site;
pub mod witness;

pub use authority::FakeAuthority;
pub use carrier::FakeCarrier;
pub use clock::VirtualClock;
pub use entropy::SeededEntropy;
pub use key_safe::FakeKeySafe;
pub use openssl::OpensslAuthority;
pub use platform::FakePlatform;
pub use publication::FakePublication;
pub use site::Site;
pub use witness::{FakeWitness, WitnessFault};

pub(crate) fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Signs checkpoints of tests. The seed is no secret.
///
/// # Panics
/// Never: the name is one that a key can have.
pub fn test_signer() -> std::sync::Arc<dyn verbatim_record::Signer> {
    use verbatim_record::note::Algorithm;
    use verbatim_record::signing::FileSigner;
    let signer = FileSigner::from_seed("log.example.org/test", Algorithm::Ed25519, &[9; 32]);
    std::sync::Arc::new(signer.expect("a good name"))
}
