//! What the command line does, one file per area.

pub(crate) mod api;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod key;
pub(crate) mod record;
pub(crate) mod retention;
pub(crate) mod status;
pub(crate) mod table;
pub(crate) mod witness;
