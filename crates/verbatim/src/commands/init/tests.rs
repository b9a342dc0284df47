use std::os::unix::fs::PermissionsExt;

use super::*;

fn args() -> InitArgs {
    InitArgs {
        dir: PathBuf::from("."),
        firm: Some("Acme \"Wealth\"".to_owned()),
        homeserver: Some("https://matrix.acme.test".to_owned()),
        server_name: Some("acme.test".to_owned()),
        appservice_url: None,
        twilio_sid: Some("AC1".to_owned()),
        public_url: Some("https://sms.acme.test".to_owned()),
        store: Some("postgres://u@h/d".to_owned()),
        signing_algorithm: SigningAlgorithm::Ed25519,
    }
}

#[test]
fn what_init_writes_is_a_good_configuration() {
    let config = Config::parse(&configuration(&args()), Path::new("x/verbatim.toml")).unwrap();
    assert_eq!(config.firm.name, "Acme \"Wealth\"");
    assert_eq!(config.homeserver.url, "https://matrix.acme.test");
    assert_eq!(config.store_url(), "postgres://u@h/d");
    assert_eq!(config.carrier[0].account_sid, "AC1");
}

#[test]
fn what_is_not_given_must_be_filled_in() {
    let error = Config::parse(
        &configuration(&InitArgs {
            firm: None,
            ..args()
        }),
        Path::new("x.toml"),
    )
    .unwrap_err();
    assert!(error.to_string().contains("`firm.name`"), "{error}");
    let error = Config::parse(
        &configuration(&InitArgs {
            public_url: None,
            ..args()
        }),
        Path::new("x.toml"),
    )
    .unwrap_err();
    assert!(
        error.to_string().contains("`carrier.public_url`"),
        "{error}"
    );
}

/// Arguments for a folder, without a carrier: its token would be asked for.
fn args_in(dir: &Path) -> InitArgs {
    InitArgs {
        dir: dir.to_owned(),
        twilio_sid: None,
        public_url: None,
        store: None,
        ..args()
    }
}

#[tokio::test]
async fn what_exists_is_kept_and_belongs_to_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    run(&args_in(dir.path())).await.unwrap();
    let files = [
        "verbatim.toml",
        "registration.yaml",
        "keys/verbatim.key",
        "keys/as_token",
        "keys/hs_token",
    ];
    let read = || files.map(|name| fs::read_to_string(dir.path().join(name)).unwrap());
    let first = read();
    for name in files {
        let mode = fs::metadata(dir.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let registration = dir.path().join("registration.yaml");
    fs::write(&registration, "the homeserver's own").unwrap();
    run(&InitArgs {
        firm: Some("Another".to_owned()),
        ..args_in(dir.path())
    })
    .await
    .unwrap();
    assert_eq!(
        fs::read_to_string(&registration).unwrap(),
        "the homeserver's own"
    );
    fs::remove_file(&registration).unwrap();
    run(&args_in(dir.path())).await.unwrap();
    assert_eq!(read(), first);
}

#[test]
fn options_that_come_too_late_are_named() {
    assert_eq!(
        given(&args()),
        [
            "--firm",
            "--homeserver",
            "--server-name",
            "--twilio-sid",
            "--public-url",
            "--store"
        ]
    );
    assert_eq!(
        given(&InitArgs {
            dir: PathBuf::new(),
            firm: None,
            homeserver: None,
            server_name: None,
            appservice_url: None,
            twilio_sid: None,
            public_url: None,
            store: None,
            signing_algorithm: SigningAlgorithm::Ed25519,
        }),
        [""; 0]
    );
}

/// What exists is kept, so a mistake that was written could not be mended by a second try.
#[tokio::test]
async fn what_cannot_work_is_not_written() {
    async fn check(change: impl FnOnce(&mut InitArgs), part: &str) {
        let dir = tempfile::tempdir().unwrap();
        let mut args = args_in(dir.path());
        change(&mut args);
        let path = dir.path().join("verbatim.toml");
        let error = before::look(&args, &path, Some("t")).await.unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.contains(part) && error.contains("nothing was written"),
            "{error}"
        );
        if args.twilio_sid.is_none() {
            run(&args).await.unwrap_err();
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        }
    }
    let sid = |sid: &'static str| {
        move |args: &mut InitArgs| {
            args.twilio_sid = Some(sid.to_owned());
            args.public_url = Some("https://sms.acme.test".to_owned());
        }
    };
    check(sid("AC…"), "account_sid").await;
    check(
        |args| {
            (args.twilio_sid, args.public_url) = (Some("AC1".into()), Some("sms.acme.test".into()))
        },
        "public_url",
    )
    .await;
    check(|args| args.homeserver = Some("m.x".into()), "https://").await;
    check(
        |args| args.appservice_url = Some("m.x:9481".into()),
        "`homeserver.appservice_url`",
    )
    .await;
    check(
        |args| args.server_name = Some("https://m.x".into()),
        "server_name",
    )
    .await;
    check(
        |args| args.store = Some("verbatim.db".into()),
        "`store.url`",
    )
    .await;
    // What is not given yet is no mistake.
    let dir = tempfile::tempdir().unwrap();
    let nothing = InitArgs {
        firm: None,
        homeserver: None,
        server_name: None,
        ..args_in(dir.path())
    };
    run(&nothing).await.unwrap();
}

#[test]
fn an_empty_token_is_refused_with_the_ways_to_give_it() {
    let error = checked_token(" \n", "standard input")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("standard input") && error.contains("TWILIO_AUTH_TOKEN"),
        "{error}"
    );
    assert_eq!(checked_token("t\n", "standard input").unwrap(), "t");
}

/// A key made anew beside a store hid that the right one was lost.
#[tokio::test]
async fn no_key_is_made_beside_a_store() {
    let dir = tempfile::tempdir().unwrap();
    run(&args_in(dir.path())).await.unwrap();
    let config = Config::read(&dir.path().join("verbatim.toml")).unwrap();
    crate::wiring::wire(&config).await.unwrap();
    let key = key_path(dir.path());
    fs::remove_file(&key).unwrap();
    let error = run(&args_in(dir.path())).await.unwrap_err().to_string();
    assert!(
        error.contains("restore") && error.contains("verbatim.key"),
        "{error}"
    );
    assert!(!key.exists());
    fs::remove_file(dir.path().join("verbatim.toml")).unwrap();
    run(&args_in(dir.path())).await.unwrap_err();
    assert!(!key.exists(), "the configuration is lost as well");
    fs::remove_file(dir.path().join("verbatim.db")).unwrap();
    run(&args_in(dir.path())).await.unwrap();
    assert!(key.exists());
}

/// A new signing key beside a signed log would begin another log, and hide that the right key is lost.
#[tokio::test]
async fn no_signing_key_is_made_beside_a_signed_log() {
    let dir = tempfile::tempdir().unwrap();
    run(&args_in(dir.path())).await.unwrap();
    let config = Config::read(&dir.path().join("verbatim.toml")).unwrap();
    let key = config.path(&config.record.signing_key);
    let mut seen = Vec::new();
    for signs in [false, true] {
        let wired = crate::wiring::wire(&config).await.unwrap();
        let engine = &wired.engine;
        let operator = verbatim_engine::admin::Actor::operator("test");
        let scopes = ["read".to_owned()];
        engine.create_token(&operator, "x", &scopes).await.unwrap();
        if signs {
            let lease = verbatim_domain::Duration::from_secs(60);
            let name = verbatim_engine::worker::LEASE;
            let fence = engine.store().take_lease(name, "test", lease).await;
            engine.set_fence(fence.unwrap());
            engine.sign_log().await.unwrap().unwrap();
        }
        drop(wired);
        let name = fs::read_to_string(&key).unwrap();
        fs::remove_file(&key).unwrap();
        let made = run(&args_in(dir.path())).await;
        seen.push((made.is_ok(), key.exists()));
        if let Err(error) = made {
            let said = format!("{error:#}");
            let path = key.display().to_string();
            assert!(
                said.contains("acme.test/verbatim/") && said.contains(&path),
                "{said}"
            );
            fs::write(&key, name).unwrap();
            run(&args_in(dir.path())).await.unwrap();
        }
    }
    // Nothing was signed yet: a new key does no harm.
    assert_eq!(seen, [(true, true), (false, false)]);
}
