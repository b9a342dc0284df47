//! The worker lease as the crypto store sees it: whoever takes or renews the lease puts it here.

use std::sync::{Mutex, PoisonError};

use verbatim_engine::ports::Fence;

/// The fence that every write carries, shared between the lease keeper and the crypto stores of all
/// devices. Empty until the lease is held for the first time.
#[derive(Debug, Default)]
pub struct FenceCell(Mutex<Option<Fence>>);

impl FenceCell {
    /// A cell that starts with `fence`.
    pub fn new(fence: Option<Fence>) -> Self {
        Self(Mutex::new(fence))
    }

    /// The fence in force.
    pub fn get(&self) -> Option<Fence> {
        // A plain copy is stored: a panic elsewhere cannot have left it half written.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts another fence in force.
    pub fn set(&self, fence: Option<Fence>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fence;
    }
}
