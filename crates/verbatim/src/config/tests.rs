use std::path::Path;

use super::{Config, ConfigError, Role};

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
    assert!(config.keys.pkcs11.is_none());
    assert!(config.client_assets().ends_with("share/verbatim/client"));
    assert_eq!(config.client_homeserver(), "http://127.0.0.1:8008");
    let other = format!(
        "{GOOD}\n[client]\nassets_dir = \"dist\"\nhomeserver_url = \"https://m.acme.test\""
    );
    let other = parse(&other).unwrap();
    assert_eq!(other.client_assets(), Path::new("dir/dist"));
    assert_eq!(other.client_homeserver(), "https://m.acme.test");
    assert!(config.client.enabled);
    let off = parse(&format!("{GOOD}\n[client]\nenabled = false")).unwrap();
    assert!(!off.client.enabled);
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
    check(
        ("http://127.0.0.1:8008", "m.x"),
        "`homeserver.url` is `m.x`",
    );
    check(("http://127.0.0.1:8008", "m.x:8008"), "`homeserver.url`");
}

/// `verbatim init` was named for files that were there.
#[test]
fn each_fault_has_its_own_mend() {
    let check = |error: ConfigError, part: &str| {
        assert!(error.mend().contains(part), "{}", error.mend());
    };
    let read = |kind: std::io::ErrorKind| ConfigError::Read {
        path: "x.toml".into(),
        why: kind.into(),
    };
    check(read(std::io::ErrorKind::NotFound), "`verbatim init`");
    check(read(std::io::ErrorKind::PermissionDenied), "account");
    check(
        parse("[firm]\nnmae = \"x\"").unwrap_err(),
        "correct dir/verbatim.toml",
    );
    check(parse("").unwrap_err(), "set `firm.name`");
}

#[test]
fn an_example_secret_is_refused() {
    let config =
        parse(&GOOD.replace("auth_token = \"t\"", "auth_token = \"change-me-now\"")).unwrap();
    let error = config
        .secret("auth_token", config.carrier[0].auth_token.as_ref().unwrap())
        .unwrap_err()
        .to_string();
    assert_eq!(error, "secret auth_token: still has its example value");
}

#[test]
fn what_cannot_work_is_named() {
    let check = |table: &str, line: &str, expect: &str| {
        let text = match table {
            "[firm]" | "[homeserver]" => GOOD.replace(table, &format!("{table}\n{line}")),
            _ => format!("{GOOD}\n{table}\n{line}"),
        };
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.contains(expect), "{line}: {error}");
        assert!(error.contains("; "), "without a mend: {error}");
    };
    for (line, key) in [
        ("segments_per_second = 0.0", "limits.segments_per_second"),
        ("segments_per_second = nan", "limits.segments_per_second"),
        ("segments_per_second = inf", "limits.segments_per_second"),
        ("segment_burst = 0.5", "limits.segment_burst"),
        ("validity_seconds = 0", "limits.validity_seconds"),
        ("validity_seconds = 36001", "limits.validity_seconds"),
        ("max_chars = 99999", "limits.max_chars"),
        ("max_chars = 0", "limits.max_chars"),
        ("max_age_minutes = 0", "limits.max_age_minutes"),
        ("poll_seconds = 0", "limits.poll_seconds"),
        (
            "unknown_notice_seconds = 0",
            "limits.unknown_notice_seconds",
        ),
    ] {
        check("[limits]", line, key);
    }
    check(
        "[record]",
        "retention_months = 0",
        "record.retention_months",
    );
    let rule = |class: u8, months: u32| {
        format!("class = {class}\nname = \"x\"\nmonths = {months}\nstarts = \"creation\"")
    };
    check("[[retention]]", &rule(1, 60), "two rules have class 1");
    check("[[retention]]", &rule(201, 60), "class 201");
    check("[[retention]]", &rule(2, 0), "0 months");
    for (whose, key) in [
        ("employees = [\"alice\"]", "[[retention]] employees"),
        ("numbers = [\"4155550100\"]", "[[retention]] numbers"),
        ("numbers = [\"+1 415 555 0100\"]", "[[retention]] numbers"),
        ("conversations = [\"x\"]", "[[retention]] conversations"),
    ] {
        let line = format!("{}\n{whose}", rule(2, 60));
        check("[[retention]]", &line, key);
    }
    check(
        "[listen]",
        "drain_delay_seconds = 61",
        "listen.drain_delay_seconds",
    );
    check(
        "[listen]",
        "api = \"127.0.0.1:9480\"",
        "127.0.0.1:9480 twice",
    );
    check(
        "[listen]",
        "client = \"127.0.0.1:9480\"",
        "127.0.0.1:9480 twice",
    );
    check(
        "[client]",
        "homeserver_url = \"m.x\"",
        "client.homeserver_url",
    );
    let witness = "name = \"w\"\nurl = \"https://w.test\"\nkey = ";
    for (key, expect) in [
        (
            "\"nonsense\"",
            "[[record.witness]] w: this is not a verifier key",
        ),
        // A log's key (the vector of C2SP signed-note).
        (
            "\"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\"",
            "[[record.witness]] w: its key is not one for cosignatures",
        ),
    ] {
        check("[[record.witness]]", &format!("{witness}{key}"), expect);
    }
    let authority = |name: &str, url: &str, minutes: u64| {
        format!("name = \"{name}\"\nurl = \"{url}\"\nca_file = \"ca\"\nevery_minutes = {minutes}")
    };
    for (name, url, minutes, expect) in [
        ("t", "https://t.test", 0, "`every_minutes` is 0"),
        ("t", "ftp://t.test", 60, "`url` is ftp://t.test"),
        ("two words", "https://t.test", 60, "`name` is empty or has"),
    ] {
        check(
            "[[record.timestamp]]",
            &authority(name, url, minutes),
            expect,
        );
    }
    let twice = authority("t", "https://t.test", 60);
    let twice = format!("{twice}\n[[record.timestamp]]\n{twice}");
    check("[[record.timestamp]]", &twice, "`name` is used twice");
    let token = |token: &str, key: &str| {
        format!("module = \"/m.so\"\ntoken = \"{token}\"\npin = \"1\"\nwrap_key = \"{key}\"")
    };
    check("[keys.pkcs11]", &token("", "k"), "keys.pkcs11.token");
    check("[keys.pkcs11]", &token("t", " k"), "keys.pkcs11.wrap_key");
    check("[store]", "url = \"verbatim.db\"", "store.url");
    check(
        "[homeserver]",
        "appservice_url = \"m.x\"",
        "homeserver.appservice_url",
    );
    check("[firm]", "catch_all = \"nobody\"", "firm.catch_all");
    let twice = "name = \"main\"\nkind = \"twilio\"\naccount_sid = \"AC2\"\nauth_token = \"t\"\n\
                 public_url = \"https://sms.acme.test\"";
    check("[[carrier]]", twice, "named `main`");
}

/// Little stands in its file, and what a full node needs may be missing; what it needs itself may not.
#[test]
fn an_edge_is_configured_with_little() {
    const EDGE: &str = r#"
[node]
role = "edge"
[store]
url = "postgres://verbatim_edge@db/verbatim"
[[carrier]]
name = "main"
kind = "twilio"
account_sid = "AC1"
public_url = "https://sms.acme.test"
shared_keys = [ { id = "k1", secret = "s" } ]
"#;
    let config = parse(EDGE).unwrap();
    assert_eq!(config.node.role, Role::Edge);
    assert!(config.carrier[0].auth_token.is_none());
    let check = |text: &str, role: Option<Role>, expect: &str| {
        let error = Config::parse_as(text, Path::new("dir/verbatim.toml"), role).unwrap_err();
        assert!(error.to_string().contains(expect), "{error}");
    };
    check(EDGE, Some(Role::Full), "still has its example value");
    let file = EDGE.replace("postgres://verbatim_edge@db/verbatim", "sqlite:x.db");
    check(&file, None, "name a PostgreSQL database");
    let without = EDGE.replace("shared_keys", "# shared_keys");
    check(&without, None, "[[carrier]] main has no `auth_token`");
    let full = GOOD.replace("auth_token = \"t\"", "");
    check(&full, None, "[[carrier]] main has no `auth_token`");
    check(
        &GOOD.replace("[firm]", "[node]\nrole = \"judge\"\n[firm]"),
        None,
        "judge",
    );
    let placeholder = EDGE.replace("\"s\"", "\"CHANGE-ME\"");
    check(&placeholder, None, "still has its example value");
}
