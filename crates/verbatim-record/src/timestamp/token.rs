//! A response taken apart: `TimeStampResp` (RFC 3161), in it `SignedData` with one signer (RFC 5652), in it
//! `TSTInfo`. Nothing is believed here.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{DateTime, Encode, Tag};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use verbatim_domain::Timestamp;

use super::TimestampError;
use super::der_parts::{Parts, context};

type Result<T> = std::result::Result<T, TimestampError>;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// Hashes that authorities use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digest {
    /// Only to name a certificate (RFC 3161's own attribute), where the signature has been checked with it.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    fn by(oid: ObjectIdentifier) -> Result<Self> {
        match oid.to_string().as_str() {
            "2.16.840.1.101.3.4.2.1" => Ok(Self::Sha256),
            "2.16.840.1.101.3.4.2.2" => Ok(Self::Sha384),
            "2.16.840.1.101.3.4.2.3" => Ok(Self::Sha512),
            other => Err(TimestampError::Algorithm(other.to_owned())),
        }
    }

    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => sha1::Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// What the authority states.
pub(super) struct Info<'a> {
    pub(super) policy: ObjectIdentifier,
    pub(super) imprint_algorithm: ObjectIdentifier,
    pub(super) imprint: &'a [u8],
    pub(super) serial: &'a [u8],
    pub(super) at: Timestamp,
    /// None also for one that is not ours in any case: negative or longer than 8 bytes.
    pub(super) nonce: Option<u64>,
}

/// What the signature covers beside the statement.
pub(super) struct Attributes<'a> {
    /// As they are signed.
    pub(super) signed: Vec<u8>,
    pub(super) digest_algorithm: Digest,
    pub(super) digest: &'a [u8],
    /// Names the signer's certificate by its hash.
    pub(super) certificate: (Digest, &'a [u8]),
}

/// A response that grants.
pub(super) struct Token<'a> {
    pub(super) info: Info<'a>,
    /// The statement as it is signed.
    pub(super) content: &'a [u8],
    pub(super) attributes: Attributes<'a>,
    /// Issuer's name and serial number, or a key's name, as the (unsigned) text says.
    pub(super) signer: AnyRef<'a>,
    pub(super) signature_algorithm: ObjectIdentifier,
    pub(super) signature: &'a [u8],
    /// Certificates sent along, in DER.
    pub(super) certificates: Vec<Vec<u8>>,
}

impl<'a> Token<'a> {
    pub(super) fn parse(response: &'a [u8]) -> Result<Self> {
        let mut response = Parts::only(response, Tag::Sequence)?;
        granted(response.inside(Tag::Sequence)?)?;
        let mut token = response.inside(Tag::Sequence)?;
        response.end()?;
        if token.oid()? != SIGNED_DATA {
            return Err(TimestampError::Malformed("its token is not signed data"));
        }
        let mut explicit = token.inside(context(0))?;
        token.end()?;
        let data = explicit.inside(Tag::Sequence)?;
        explicit.end()?;
        Self::signed_data(data)
    }

    fn signed_data(mut data: Parts<'a>) -> Result<Self> {
        let bad = TimestampError::Malformed;
        if data.small()? != 3 {
            return Err(bad("its signed data is of another version"));
        }
        let mut digests = data.inside(Tag::Set)?;
        let mut content = data.inside(Tag::Sequence)?;
        if content.oid()? != TST_INFO {
            return Err(bad("it signs something else than a timestamp"));
        }
        let mut octets = content.inside(context(0))?;
        content.end()?;
        let content = octets.next(Tag::OctetString)?.value();
        octets.end()?;
        let certificates = match data.maybe(context(0)) {
            None => Vec::new(),
            Some(set) => certificates(set)?,
        };
        // Lists of what was revoked: see the module's page.
        data.maybe(context(1));
        let mut signers = data.inside(Tag::Set)?;
        data.end()?;
        let mut signer = signers.inside(Tag::Sequence)?;
        signers.end()?;

        let version = signer.small()?;
        let by_key = signer.maybe(context(0)).or_else(|| {
            // A key's name is a plain value, not a constructed one.
            signer.maybe(Tag::ContextSpecific {
                constructed: false,
                number: der::TagNumber::new(0),
            })
        });
        let named = match (version, by_key) {
            (3, Some(key)) => key,
            (1, None) => signer.next(Tag::Sequence)?,
            _ => return Err(bad("its signer is of another version")),
        };
        let digest = signer.algorithm()?;
        if digests.algorithm()? != digest {
            return Err(bad("it does not say which digest it uses"));
        }
        digests.end()?;
        let attributes = Attributes::parse(signer.next(context(0))?, Digest::by(digest)?)?;
        let signature_algorithm = signer.algorithm()?;
        let signature = signer.next(Tag::OctetString)?.value();
        // What is not signed may be added by anybody.
        signer.maybe(context(1));
        signer.end()?;
        Ok(Self {
            info: Info::parse(content)?,
            content,
            attributes,
            signer: named,
            signature_algorithm,
            signature,
            certificates,
        })
    }
}

/// `PKIStatusInfo`: 0 granted, 1 granted with modifications (which the checks then find acceptable or not).
fn granted(mut status: Parts<'_>) -> Result<()> {
    let code = status.small()?;
    let mut said = Vec::new();
    if let Some(text) = status.maybe(Tag::Sequence) {
        for part in Parts::of(text.value())?.all() {
            said.push(String::from_utf8_lossy(part.value()).into_owned());
        }
    }
    status.maybe(Tag::BitString);
    status.end()?;
    if code <= 1 {
        return Ok(());
    }
    Err(TimestampError::Refused {
        status: code,
        said: said.join(" "),
    })
}

fn certificates(set: AnyRef<'_>) -> Result<Vec<Vec<u8>>> {
    Parts::of(set.value())?
        .all()
        .map(|certificate| encoded(&certificate))
        .collect()
}

/// The bytes that it was read from: DER has one way to write each value.
pub(super) fn encoded(part: &AnyRef<'_>) -> Result<Vec<u8>> {
    part.to_der()
        .map_err(|_| TimestampError::Malformed("it is not DER"))
}

impl<'a> Attributes<'a> {
    fn parse(set: AnyRef<'a>, digest_algorithm: Digest) -> Result<Self> {
        let missing = TimestampError::Malformed("a signed attribute is missing");
        let (mut kind, mut digest, mut certificate) = (None, None, None);
        for attribute in Parts::of(set.value())?.all() {
            let mut attribute = Parts::of(attribute.value())?;
            let name = attribute.oid()?;
            let mut values = attribute.inside(Tag::Set)?;
            attribute.end()?;
            match name {
                CONTENT_TYPE => kind = Some(values.oid()?),
                MESSAGE_DIGEST => digest = Some(values.next(Tag::OctetString)?.value()),
                SIGNING_CERTIFICATE => {
                    certificate.get_or_insert(named_certificate(values, false)?);
                    continue;
                }
                SIGNING_CERTIFICATE_V2 => {
                    certificate = Some(named_certificate(values, true)?);
                    continue;
                }
                _ => continue,
            }
            values.end()?;
        }
        if kind != Some(TST_INFO) {
            return Err(TimestampError::Signature(
                "it is about another kind of text",
            ));
        }
        // Signed as a set, sent as `[0]` (RFC 5652 section 5.4).
        let signed = AnyRef::new(Tag::Set, set.value())
            .map_err(|_| TimestampError::Malformed("it is not DER"))?;
        Ok(Self {
            signed: encoded(&signed)?,
            digest_algorithm,
            digest: digest.ok_or_else(|| missing.clone())?,
            certificate: certificate.ok_or(missing)?,
        })
    }
}

/// `SigningCertificate` (RFC 2634) and `SigningCertificateV2` (RFC 5035): the first is the signer's.
fn named_certificate(mut values: Parts<'_>, second: bool) -> Result<(Digest, &[u8])> {
    let mut list = values.inside(Tag::Sequence)?;
    values.end()?;
    let mut ids = list.inside(Tag::Sequence)?;
    let mut id = ids
        .next(Tag::Sequence)
        .and_then(|id| Parts::of(id.value()))?;
    let digest = match (second, id.maybe(Tag::Sequence)) {
        (false, None) => Digest::Sha1,
        (true, None) => Digest::Sha256,
        (true, Some(algorithm)) => Digest::by(Parts::of(algorithm.value())?.oid()?)?,
        (false, Some(_)) => return Err(TimestampError::Malformed("it names no certificate")),
    };
    Ok((digest, id.next(Tag::OctetString)?.value()))
}

impl<'a> Info<'a> {
    fn parse(content: &'a [u8]) -> Result<Self> {
        let mut info = Parts::only(content, Tag::Sequence)?;
        if info.small()? != 1 {
            return Err(TimestampError::Malformed("it is of another version"));
        }
        let policy = info.oid()?;
        let mut imprint = info.inside(Tag::Sequence)?;
        let imprint_algorithm = imprint.algorithm()?;
        let hash = imprint.next(Tag::OctetString)?.value();
        imprint.end()?;
        let serial = info.next(Tag::Integer)?.value();
        let at = time(info.next(Tag::GeneralizedTime)?.value())?;
        // Accuracy, and whether its timestamps are in order.
        info.maybe(Tag::Sequence);
        info.maybe(Tag::Boolean);
        let nonce = info.maybe(Tag::Integer).and_then(|n| unsigned(n.value()));
        info.maybe(context(0));
        info.maybe(context(1));
        info.end()?;
        Ok(Self {
            policy,
            imprint_algorithm,
            imprint: hash,
            serial,
            at,
            nonce,
        })
    }
}

fn unsigned(bytes: &[u8]) -> Option<u64> {
    let digits = match bytes {
        [0, rest @ ..] => rest,
        [first, ..] if *first < 0x80 => bytes,
        _ => return None,
    };
    (digits.len() <= 8).then(|| digits.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
}

/// `YYYYMMDDhhmmss[.s…]Z` (RFC 3161 section 2.4.2), to the millisecond.
fn time(text: &[u8]) -> Result<Timestamp> {
    let bad = TimestampError::Malformed("its time is not one");
    let parse = || {
        let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.len() != 14 || !digits(whole) || !digits(fraction) {
            return None;
        }
        let part = |from: usize, to: usize| whole[from..to].parse::<u8>().ok();
        let year = whole[..4].parse().ok()?;
        let (month, day) = (part(4, 6)?, part(6, 8)?);
        let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
        let at = DateTime::new(year, month, day, hour, minute, second).ok()?;
        let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
        let whole = i64::try_from(at.unix_duration().as_millis()).ok()?;
        Some(Timestamp(whole + millis))
    };
    parse().ok_or(bad)
}
