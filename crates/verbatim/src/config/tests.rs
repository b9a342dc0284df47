use std::path::Path;

use super::{Config, ConfigError};

const GOOD: &str = r#"
[firm]
name = "Acme"
[homeserver]
url = "http://127.0.0.1:8008"
server_name = "acme.test"
as_token = "as"
hs_token = { env = "PATH" }
[[carrier]]
name = "main"
kind = "twilio"
account_sid = "AC1"
auth_token = "t"
public_url = "https://sms.acme.test"
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("dir/verbatim.toml"))
}

#[test]
fn a_file_lies_over_the_defaults() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.limits.max_chars, 1600);
    assert_eq!(config.carrier[0].timeout_ms, 15_000);
    assert_eq!(
        config
            .secret("as_token", &config.homeserver.as_token)
            .unwrap(),
        "as"
    );
    assert_eq!(config.store_url(), "sqlite:dir/verbatim.db");
    assert!(
        !format!("{config:?}").contains("\"as\""),
        "secrets are not printed"
    );
}

#[test]
fn what_is_wrong_is_named() {
    let check = |replace: (&str, &str), expect: &str| {
        let error = parse(&GOOD.replace(replace.0, replace.1))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expect), "{error}");
    };
    check(
        ("name = \"Acme\"", "name = \"CHANGE-ME\""),
        "`firm.name` still has its example value",
    );
    check(("[firm]", "[firm]\nnmae = \"x\""), "nmae");
    check(("[firm]", "[frim]"), "frim");
    check(
        ("kind = \"twilio\"", "kind = \"carrier-pigeon\""),
        "carrier-pigeon",
    );
    check(
        ("account_sid = \"AC1\"", "account_sid = \"CHANGE-ME\""),
        "`carrier.account_sid` still has its example value",
    );
    check(("[[carrier]]", "[[carrier]"), "dir/verbatim.toml");
}

#[test]
fn an_example_secret_is_refused() {
    let config =
        parse(&GOOD.replace("auth_token = \"t\"", "auth_token = \"change-me-now\"")).unwrap();
    let error = config
        .secret("auth_token", &config.carrier[0].auth_token)
        .unwrap_err()
        .to_string();
    assert_eq!(error, "secret auth_token: still has its example value");
}
