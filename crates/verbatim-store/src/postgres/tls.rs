//! TLS to PostgreSQL: `sslmode=require` in the address asks for it; the default `prefer` uses it where the
//! server offers it. Certificates are checked against the system's roots (or `SSL_CERT_FILE`), always.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres_rustls::MakeRustlsConnect;
use verbatim_engine::ports::StoreError;

/// Makes TLS connections.
pub(super) fn connector() -> Result<MakeRustlsConnect, StoreError> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|cause| StoreError::Unavailable(format!("TLS cannot be set up: {cause}")))?
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
