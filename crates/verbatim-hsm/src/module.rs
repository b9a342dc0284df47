//! Vendors' libraries, each loaded once: what PKCS#11 calls initialised is a state of the whole process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};

use crate::error::HsmError;

/// Loaded modules. They stay until the process ends, since nothing says when their last session ended.
static LOADED: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

/// The module of this path, loaded and initialised.
pub(crate) fn load(path: &Path) -> Result<Pkcs11, HsmError> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(module) = loaded.get(path) {
        return Ok(module.clone());
    }
    let failed = |source| HsmError::Module {
        path: path.to_owned(),
        source,
    };
    let module = Pkcs11::new(path).map_err(failed)?;
    let threads = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
    module.initialize(threads).map_err(failed)?;
    loaded.insert(path.to_owned(), module.clone());
    Ok(module)
}
