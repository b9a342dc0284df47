use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use verbatim_record::note::Algorithm;
use verbatim_record::{Note, Signer};
use verbatim_testkit::fakes::Site;
use verbatim_testkit::softhsm::{PIN, SoftHsm, with_tokens};

use super::*;
use crate::cli::ChangeSignerArgs;
use crate::exit;
use crate::token_signer::SignerFile;
use crate::wiring::{OLD_SIGNER, read_signer, read_signer_before, signer_beside};

/// As `verbatim init` leaves it, without a signing key, with a token.
fn configured(hsm: &SoftHsm, dir: &Path) -> Config {
    crate::commands::init::make_key_quietly(dir).unwrap();
    let text = format!(
        "[firm]\nname = \"Acme\"\n[homeserver]\nurl = \"http://127.0.0.1:8008\"\n\
         server_name = \"acme.test\"\nas_token = \"as\"\nhs_token = \"hs\"\n\
         [keys.pkcs11]\nmodule = \"{}\"\ntoken = \"verbatim\"\npin = \"{PIN}\"\nwrap_key = \"kek\"\n",
        hsm.module().display()
    );
    Config::parse(&text, &dir.join("verbatim.toml")).unwrap()
}

#[test]
fn hsm_init_wraps_the_key_file_and_makes_the_signer() {
    with_tokens(
        "commands::key::tests::hsm_init_wraps_the_key_file_and_makes_the_signer",
        |hsm| {
            hsm.token("verbatim");
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir(dir.path().join("keys")).unwrap();
            let config = configured(hsm, dir.path());
            it_signs_as_in_fips_mode(&config);
            let before = KeyFile::of(&config).unwrap().read().unwrap();
            let args = HsmInitArgs {
                signer: Some("log".to_owned()),
                signing_algorithm: SigningAlgorithm::Ed25519,
            };
            for json in [true, false] {
                hsm_init(&config, &Out { json }, &args).unwrap();
            }
            let file = KeyFile::of(&config).unwrap();
            assert!(!file.is_clear().unwrap());
            assert_eq!(file.read().unwrap().check(), before.check());
            it_signs(&config);
        },
    );
}

fn it_signs_as_in_fips_mode(config: &Config) {
    let args = HsmInitArgs {
        signer: Some("fips".to_owned()),
        signing_algorithm: SigningAlgorithm::EcdsaP256,
    };
    hsm_init(config, &Out { json: true }, &args).unwrap();
    let signer = read_signer(config).unwrap();
    assert_eq!(signer.verifier().algorithm(), Algorithm::EcdsaP256);
    let note = Note::sign("a checkpoint\n".to_owned(), &*signer).unwrap();
    note.check(&[signer.verifier().clone()]).unwrap();
    // Another log begins.
    std::fs::remove_file(config.path(&config.record.signing_key)).unwrap();
}

fn it_signs(config: &Config) {
    let signer = read_signer(config).unwrap();
    assert!(signer.verifier().name().starts_with("acme.test/verbatim/"));
    let note = Note::sign("a checkpoint\n".to_owned(), &*signer).unwrap();
    note.check(&[signer.verifier().clone()]).unwrap();
    // From an async thread too.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let again = runtime.block_on(async { signer.sign(b"a checkpoint\n") });
    assert_eq!(again.unwrap(), signer.sign(b"a checkpoint\n").unwrap());

    // The file names a key that the token does not have: another token.
    let path = config.path(&config.record.signing_key);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(SignerFile::parse(&text).unwrap().is_some());
    let hsm = KeyFile::of(config).unwrap();
    let token = hsm.token().unwrap().token().unwrap();
    token
        .make_signing_key("other", SigningKind::Ed25519)
        .unwrap();
    std::fs::write(&path, text.replace("key: log", "key: other")).unwrap();
    let error = format!("{:#}", read_signer(config).err().unwrap());
    assert!(error.contains("not the one that signs this log"), "{error}");
    std::fs::write(&path, text.replace("key: log", "key: none")).unwrap();
    let error = read_signer(config).err().unwrap();
    assert_eq!(crate::code_of(&error), exit::KEY, "{error:#}");
}

/// What may be a key's last copy is taken away on the record, by somebody.
#[tokio::test]
async fn a_signing_key_is_retired_on_the_record() {
    let (_dir, config) = with_signing_key();
    let out = Out { json: true };
    let first = read_signer(&config).unwrap();
    let store = verbatim_store::SqlStore::in_memory().unwrap();
    let grown = async |signer: &Arc<dyn Signer>, before: Option<&Arc<dyn Signer>>| {
        let site = Site::signed_by(store.clone(), signer.clone(), before.cloned());
        let site = site.await.unwrap();
        site.lead().await.unwrap();
        let ann = Actor::operator("ann");
        site.engine.create_token(&ann, "t", &[]).await.unwrap();
        site.engine.sign_log().await.unwrap();
        site
    };
    drop(grown(&first, None).await);
    let args = ChangeSignerArgs {
        signing_algorithm: SigningAlgorithm::Ed25519,
        token_key: None,
    };
    change_signer(&config, &out, &args).unwrap();
    let second = read_signer(&config).unwrap();
    let site = grown(&second, Some(&first)).await;
    let api = Api::here(verbatim_console::local_api_router(
        site.engine.clone(),
        "ann",
    ));
    for _ in 0..2 {
        let done = run(&config, &api, &out, KeyCommand::RetireSigner).await;
        assert_eq!(done.unwrap(), ExitCode::SUCCESS);
        assert!(read_signer_before(&config).unwrap().is_none());
    }
    let records = site.engine.log_records(0, 1000).await.unwrap();
    let retired = records.iter().filter(|r| r.reason == "key.retire_signer");
    let retired: Vec<_> = retired.collect();
    assert_eq!(retired.len(), 1, "the second time nothing was there");
    assert_eq!(retired[0].actor, "operator:command-line/ann");
    assert_eq!(retired[0].details["key"], second.verifier().to_string());
    assert_eq!(retired[0].details["retired"], first.verifier().to_string());
}

/// A configuration, with a signing key in its place.
fn with_signing_key() -> (tempfile::TempDir, Config) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("keys")).unwrap();
    let text = "[firm]\nname = \"Acme\"\n[homeserver]\nurl = \"http://127.0.0.1:8008\"\n\
                server_name = \"acme.test\"\nas_token = \"as\"\nhs_token = \"hs\"\n";
    let config = Config::parse(text, &dir.path().join("verbatim.toml")).unwrap();
    crate::commands::init::make_signing_key_quietly(&config).unwrap();
    (dir, config)
}

/// The files of a change: the log's name stays, and what a process leaves that dies between the two writes.
#[test]
fn a_signing_key_is_changed_in_its_files() {
    let (_dir, config) = with_signing_key();
    let out = Out { json: true };
    let change = |signing_algorithm| {
        let args = ChangeSignerArgs {
            signing_algorithm,
            token_key: None,
        };
        change_signer(&config, &out, &args)
    };
    let present = || read_signer(&config).unwrap().verifier().clone();
    let before = || {
        read_signer_before(&config)
            .unwrap()
            .map(|s| s.verifier().clone())
    };
    let first = present();
    assert_eq!(before(), None);
    // As if it had died after the first write.
    let path = config.path(&config.record.signing_key);
    std::fs::copy(&path, signer_beside(&config, OLD_SIGNER)).unwrap();
    change(SigningAlgorithm::EcdsaP256).unwrap();
    let second = present();
    assert_eq!(before(), Some(first.clone()));
    assert_eq!(second.name(), first.name());
    assert_eq!(second.algorithm(), Algorithm::EcdsaP256);
    // One change at a time.
    let error = change(SigningAlgorithm::Ed25519).unwrap_err().to_string();
    assert!(error.contains("retire-signer"), "{error}");
    assert_eq!((present(), before()), (second.clone(), Some(first.clone())));
    // Nor is the log's only key taken away, before a node has begun the change.
    let error = retire_signer(&config, &out, &first.to_string()).unwrap_err();
    assert!(error.to_string().contains("does not sign with"), "{error}");
    assert_eq!((present(), before()), (second.clone(), Some(first)));
    for _ in 0..2 {
        retire_signer(&config, &out, &second.to_string()).unwrap();
        assert_eq!((present(), before()), (second.clone(), None));
    }
    change(SigningAlgorithm::Ed25519).unwrap();
    assert_eq!(before(), Some(second));
}
