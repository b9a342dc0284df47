//! Who signed a timestamp, and whether a trusted authority vouches for that.

use std::time::Duration;

use der::asn1::ObjectIdentifier;
use der::{Decode, Encode, Tag, Tagged};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::ring as algorithms;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_cert::Certificate;
use x509_cert::ext::pkix::ExtendedKeyUsage;

use super::TimestampError;
use super::der_parts::Parts;
use super::token::{Digest, Token, encoded};

type Result<T> = std::result::Result<T, TimestampError>;
type Algorithm = &'static dyn SignatureVerificationAlgorithm;

const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// The same as it is encoded.
const TIME_STAMPING_BYTES: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// Algorithms of certificates in the chain.
static ALL: &[Algorithm] = &[
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ED25519,
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
];

/// The certificate of whoever signed.
pub(super) struct Signer {
    der: CertificateDer<'static>,
    certificate: Certificate,
}

impl Signer {
    /// The one that the signed attribute names, which must be who the text says signed.
    pub(super) fn of(token: &Token<'_>) -> Result<Self> {
        let (digest, hash) = token.attributes.certificate;
        let named = token.certificates.iter().find(|der| digest.of(der) == hash);
        let der = named.ok_or(TimestampError::Signature(
            "the certificate that it names was not sent along",
        ))?;
        let certificate = Certificate::from_der(der)
            .map_err(|_| TimestampError::Malformed("its certificate cannot be read"))?;
        let signer = Self {
            der: CertificateDer::from(der.clone()),
            certificate,
        };
        if token.signer.tag() == Tag::Sequence && !signer.is_named(token)? {
            return Err(TimestampError::Signature("it names two signers"));
        }
        Ok(signer)
    }

    /// By its issuer and its number.
    fn is_named(&self, token: &Token<'_>) -> Result<bool> {
        let mut name = Parts::of(token.signer.value())?;
        let issuer = encoded(&name.next(Tag::Sequence)?)?;
        let serial = name.next(Tag::Integer)?;
        name.end()?;
        let tbs = &self.certificate.tbs_certificate;
        let ours = tbs
            .issuer
            .to_der()
            .map_err(|_| TimestampError::Malformed("its certificate cannot be read"))?;
        Ok(issuer == ours && serial.value() == tbs.serial_number.as_bytes())
    }

    /// Who it is.
    pub(super) fn name(&self) -> String {
        self.certificate.tbs_certificate.subject.to_string()
    }

    pub(super) fn check_signature(&self, token: &Token<'_>) -> Result<()> {
        let certificate = self.end_entity()?;
        let digest = token.attributes.digest_algorithm;
        let name = token.signature_algorithm.to_string();
        let algorithms = candidates(&name, digest).ok_or(TimestampError::Algorithm(name))?;
        let (signed, signature) = (&token.attributes.signed, token.signature);
        let fits = |algorithm: &Algorithm| {
            certificate
                .verify_signature(*algorithm, signed, signature)
                .is_ok()
        };
        if algorithms.iter().any(fits) {
            return Ok(());
        }
        Err(TimestampError::Signature("it is not by the named key"))
    }

    /// RFC 3161 section 2.3: a key for timestamps and nothing else, and says so with force.
    fn check_purpose(&self) -> Result<()> {
        let purpose = self
            .certificate
            .tbs_certificate
            .get::<ExtendedKeyUsage>()
            .map_err(|_| TimestampError::Malformed("its certificate cannot be read"))?;
        match purpose {
            Some((true, ExtendedKeyUsage(uses))) if uses == [TIME_STAMPING] => Ok(()),
            _ => {
                let why = "its certificate is not one for timestamps alone";
                Err(TimestampError::Untrusted(why.to_owned()))
            }
        }
    }

    /// The chain, as it was at the time that is stated.
    pub(super) fn check_authority(&self, token: &Token<'_>, ca_pem: &str) -> Result<()> {
        self.check_purpose()?;
        let unusable = |e: &dyn std::fmt::Display| TimestampError::Certificates(e.to_string());
        let trusted: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(ca_pem.as_bytes())
                .collect::<std::result::Result<_, _>>()
                .map_err(|e| unusable(&e))?;
        let anchors: Vec<TrustAnchor<'_>> = trusted
            .iter()
            .map(anchor_from_trusted_cert)
            .collect::<std::result::Result<_, _>>()
            .map_err(|e| unusable(&e))?;
        if anchors.is_empty() {
            return Err(unusable(&"there is none"));
        }
        let between: Vec<_> = token
            .certificates
            .iter()
            .map(|der| CertificateDer::from(der.as_slice()))
            .collect();
        let millis = u64::try_from(token.info.at.as_millis()).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(Duration::from_millis(millis));
        let usage = KeyUsage::required(TIME_STAMPING_BYTES);
        self.end_entity()?
            .verify_for_usage(ALL, &anchors, &between, at, usage, None, None)
            .map(drop)
            .map_err(|e| TimestampError::Untrusted(e.to_string()))
    }

    fn end_entity(&self) -> Result<EndEntityCert<'_>> {
        EndEntityCert::try_from(&self.der).map_err(|e| TimestampError::Untrusted(e.to_string()))
    }
}

/// Which algorithms a signature may be checked with: the key decides among them.
fn candidates(name: &str, digest: Digest) -> Option<Vec<Algorithm>> {
    const RSA: &str = "1.2.840.113549.1.1.1";
    Some(match (name, digest) {
        (RSA | "1.2.840.113549.1.1.11", Digest::Sha256) => {
            vec![algorithms::RSA_PKCS1_2048_8192_SHA256]
        }
        (RSA | "1.2.840.113549.1.1.12", Digest::Sha384) => {
            vec![algorithms::RSA_PKCS1_2048_8192_SHA384]
        }
        (RSA | "1.2.840.113549.1.1.13", Digest::Sha512) => {
            vec![algorithms::RSA_PKCS1_2048_8192_SHA512]
        }
        ("1.2.840.10045.4.3.2", Digest::Sha256) => {
            vec![algorithms::ECDSA_P256_SHA256, algorithms::ECDSA_P384_SHA256]
        }
        ("1.2.840.10045.4.3.3", Digest::Sha384) => {
            vec![algorithms::ECDSA_P384_SHA384, algorithms::ECDSA_P256_SHA384]
        }
        _ => return None,
    })
}
