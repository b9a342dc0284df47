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
        ..args()
    }
}

#[test]
fn what_exists_is_kept_and_belongs_to_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    run(&args_in(dir.path())).unwrap();
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
    .unwrap();
    assert_eq!(
        fs::read_to_string(&registration).unwrap(),
        "the homeserver's own"
    );
    fs::remove_file(&registration).unwrap();
    run(&args_in(dir.path())).unwrap();
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
        }),
        [""; 0]
    );
}
