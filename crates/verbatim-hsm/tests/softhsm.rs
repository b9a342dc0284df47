//! A real PKCS#11 module in software does what a token is to do, and each failure is named with its mend.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::{Signature, VerifyingKey};
use verbatim_hsm::{HsmError, PublicKey, SigningKind, Token, TokenConfig, TokenSigner};
use verbatim_record::note::{VerifierKey, ecdsa_der};
use verbatim_record::{KekFile, WrappedKek};
use verbatim_testkit::softhsm::{PIN, SoftHsm, with_tokens};

const KEY: &str = "verbatim-kek";

fn config(hsm: &SoftHsm, label: &str) -> TokenConfig {
    TokenConfig {
        module: hsm.module().to_owned(),
        label: label.to_owned(),
        pin: PIN.to_owned().into(),
    }
}

#[test]
fn a_token_wraps_signs_and_says_what_is_wrong() {
    with_tokens("a_token_wraps_signs_and_says_what_is_wrong", |hsm| {
        // All of them first: the module looks for tokens when it is loaded.
        for label in ["verbatim", "second", "golden"] {
            hsm.token(label);
        }
        // Then, since a login holds for the whole process.
        what_is_wrong_is_named(hsm);
        let token = Arc::new(Token::open(config(hsm, "verbatim")).unwrap());
        what_is_missing_is_named(&token);
        it_wraps(hsm, &token);
        it_signs(&token);
        it_signs_as_in_fips_mode(&token);
        two_of_one_process_do_not_disturb_each_other(hsm, &token);
        the_golden_file_opens(hsm);
    });
}

fn what_is_wrong_is_named(hsm: &SoftHsm) {
    let check = |change: &dyn Fn(&mut TokenConfig), words: &str| {
        let mut config = config(hsm, "verbatim");
        change(&mut config);
        let error = Token::open(config).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert!(!error.contains("0000"), "the PIN is shown: {error}");
    };
    check(
        &|c| c.module = "/no/such/module.so".into(),
        "/no/such/module.so cannot be loaded",
    );
    check(&|c| c.label = "other".into(), "no token `other` (found: ");
    check(&|c| c.pin = "0000".to_owned().into(), "refuses the PIN");
}

fn what_is_missing_is_named(token: &Arc<Token>) {
    let missing = [
        token.wrap(KEY, b"", b"").map(drop),
        token.unwrap(KEY, b"", &[0; 60]).map(drop),
        TokenSigner::open(token.clone(), "signer").map(drop),
    ];
    for result in missing {
        let error = result.unwrap_err();
        assert!(matches!(error, HsmError::NoKey { .. }), "{error:?}");
        assert!(error.to_string().contains("hsm-init"), "{error}");
    }
}

fn it_wraps(hsm: &SoftHsm, token: &Token) {
    assert!(token.make_wrap_key(KEY).unwrap());
    assert!(!token.make_wrap_key(KEY).unwrap(), "made once");
    let secret = [5; 32];
    let wrapped = token.wrap(KEY, b"context", &secret).unwrap();
    assert_eq!(wrapped.len(), 12 + 32 + 16);
    assert_ne!(wrapped, token.wrap(KEY, b"context", &secret).unwrap());
    let opened = token.unwrap(KEY, b"context", &wrapped).unwrap();
    assert_eq!(*opened, secret);

    let refused = |context: &[u8], wrapped: &[u8], what: &str| {
        let error = token.unwrap(KEY, context, wrapped).unwrap_err();
        assert!(
            matches!(error, HsmError::NotOpened { .. }),
            "{what}: {error:?}"
        );
    };
    refused(b"another", &wrapped, "another context");
    refused(b"context", &wrapped[..11], "cut in the nonce");
    refused(b"context", &wrapped[..59], "cut in the tag");
    for at in 0..wrapped.len() {
        let mut altered = wrapped.clone();
        altered[at] ^= 1;
        refused(b"context", &altered, &format!("byte {at}"));
    }
    // Another token's key of the same name is another key.
    let second = Token::open(config(hsm, "second")).unwrap();
    second.make_wrap_key(KEY).unwrap();
    let error = second.unwrap(KEY, b"context", &wrapped).unwrap_err();
    assert!(matches!(error, HsmError::NotOpened { .. }), "{error:?}");
    // After all that was refused it still works.
    assert_eq!(*token.unwrap(KEY, b"context", &wrapped).unwrap(), secret);
}

fn it_signs(token: &Arc<Token>) {
    let make = || token.make_signing_key("signer", SigningKind::Ed25519);
    assert!(make().unwrap());
    assert!(!make().unwrap(), "made once");
    let signer = TokenSigner::open(token.clone(), "signer").unwrap();
    let PublicKey::Ed25519(public) = signer.public_key() else {
        panic!("an Ed25519 key");
    };
    let public = VerifyingKey::from_bytes(&public).unwrap();
    for message in [&b""[..], b"a checkpoint\n", &[7; 5000]] {
        let signature = signer.sign(message).unwrap();
        let given = Signature::from_bytes(&signature);
        public.verify_strict(message, &given).unwrap();
        assert_eq!(
            signer.sign(message).unwrap(),
            signature,
            "RFC 8032: no chance"
        );
        assert!(public.verify_strict(b"another", &given).is_err());
    }
    let again = TokenSigner::open(token.clone(), "signer").unwrap();
    assert_eq!(again.public_key(), signer.public_key());
}

fn it_signs_as_in_fips_mode(token: &Arc<Token>) {
    let make = |label: &str| token.make_signing_key(label, SigningKind::EcdsaP256);
    assert!(make("fips").unwrap());
    assert!(!make("fips").unwrap(), "made once");
    // A label names one key, of whichever kind.
    assert!(!make("signer").unwrap());
    let signer = TokenSigner::open(token.clone(), "fips").unwrap();
    let PublicKey::EcdsaP256(point) = signer.public_key() else {
        panic!("an ECDSA key");
    };
    let public = VerifierKey::ecdsa_p256("log", &point).unwrap();
    for message in [&b""[..], b"a checkpoint\n", &[7; 5000]] {
        let signature = ecdsa_der(&signer.sign(message).unwrap()).unwrap();
        assert!(public.fits(message, &signature));
        assert!(!public.fits(b"another", &signature));
    }
    let again = TokenSigner::open(token.clone(), "fips").unwrap();
    assert_eq!(again.public_key(), signer.public_key());
}

fn two_of_one_process_do_not_disturb_each_other(hsm: &SoftHsm, token: &Arc<Token>) {
    let other = Token::open(config(hsm, "verbatim")).unwrap();
    let wrapped = other.wrap(KEY, b"", b"secret").unwrap();
    drop(other);
    assert_eq!(&**token.unwrap(KEY, b"", &wrapped).unwrap(), b"secret");
    std::thread::scope(|scope| {
        for n in 0..4u8 {
            scope.spawn(move || {
                for _ in 0..10 {
                    let wrapped = token.wrap(KEY, &[n], &[n; 32]).unwrap();
                    assert_eq!(*token.unwrap(KEY, &[n], &wrapped).unwrap(), [n; 32]);
                }
            });
        }
    });
}

/// `docs/formats/record.md`: what another program wrote, this one reads.
fn the_golden_file_opens(hsm: &SoftHsm) {
    let key = std::array::from_fn(|i| 0x50 + i as u8);
    hsm.import_aes("golden", KEY, &key);
    let token = Token::open(config(hsm, "golden")).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verbatim-record/testdata");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let KekFile::Wrapped(file) = KekFile::parse(&read("kek-2.txt")).unwrap() else {
        panic!("form 2");
    };
    let context = WrappedKek::context(file.id());
    let opened = token.unwrap(file.token_key(), &context, file.wrapped());
    let kek = file.opened(&opened.unwrap()).unwrap();
    let KekFile::Clear(expected) = KekFile::parse(&read("kek-1.txt")).unwrap() else {
        panic!("form 1");
    };
    assert_eq!(kek.check(), expected.check());
}
