//! What each package may know.
//!
//! domain ← record ← engine ← { store, matrix, carrier, console } ← binary;
//! the adapters do not know each other; the simulated carrier knows nothing of ours.

/// One package's rule.
pub(super) struct Rule {
    /// The package.
    pub(super) package: &'static str,
    /// Packages of this workspace that it may reach, directly or not.
    pub(super) may_know: &'static [&'static str],
    /// Packages from outside that it must not reach.
    pub(super) must_not_reach: &'static [&'static str],
    /// Whether its tests are bound too.
    pub(super) dev_too: bool,
    /// Why, for whoever breaks it.
    pub(super) why: &'static str,
}

const DOMAIN: &str = "verbatim-domain";
const RECORD: &str = "verbatim-record";
const ENGINE: &str = "verbatim-engine";
const VERIFY: &str = "verbatim-verify";
const STORE: &str = "verbatim-store";
const MATRIX: &str = "verbatim-matrix";
const CARRIER: &str = "verbatim-carrier";
const PUBLISH: &str = "verbatim-publish";
const CONSOLE: &str = "verbatim-console";
const ANCHOR: &str = "verbatim-anchor";
const WITNESS: &str = "verbatim-witness";
const HSM: &str = "verbatim-hsm";
const BINARY: &str = "verbatim";
const SIM: &str = "carrier-sim";
const TESTKIT: &str = "verbatim-testkit";

/// Every package of the workspace has one.
pub(super) const RULES: &[Rule] = &[
    Rule {
        package: DOMAIN,
        may_know: &[],
        must_not_reach: &[
            "tokio",
            "async-trait",
            "reqwest",
            "hyper",
            "axum",
            "rusqlite",
            "tokio-postgres",
            "ruma",
            "matrix-sdk-crypto",
            "rand",
            "chrono",
            "time",
        ],
        dev_too: true,
        why: "the domain is pure: no async, clock, chance, SQL, HTTP or Matrix",
    },
    Rule {
        package: RECORD,
        may_know: &[DOMAIN],
        must_not_reach: &[
            "tokio",
            "reqwest",
            "hyper",
            "axum",
            "rusqlite",
            "tokio-postgres",
            "ruma",
            "matrix-sdk-crypto",
        ],
        dev_too: true,
        why: "an examiner needs it without the engine, a store, Matrix or a network",
    },
    Rule {
        package: VERIFY,
        may_know: &[DOMAIN, RECORD],
        must_not_reach: &[
            "tokio",
            "hyper",
            "axum",
            "rusqlite",
            "tokio-postgres",
            "ruma",
            "matrix-sdk-crypto",
            "openssl-sys",
            "native-tls",
            "aws-lc-sys",
        ],
        dev_too: true,
        why: "an examiner's tool is small, and shares nothing with the service but the record format",
    },
    Rule {
        package: ENGINE,
        may_know: &[DOMAIN, RECORD],
        must_not_reach: &[
            "reqwest",
            "hyper",
            "axum",
            "rusqlite",
            "tokio-postgres",
            "deadpool-postgres",
            "ruma",
            "matrix-sdk-crypto",
        ],
        dev_too: false,
        why: "the engine knows ports, no vendor and no database",
    },
    Rule {
        package: STORE,
        may_know: &[DOMAIN, RECORD, ENGINE],
        must_not_reach: &["reqwest", "axum", "ruma", "matrix-sdk-crypto"],
        dev_too: false,
        why: "adapters do not know each other",
    },
    Rule {
        package: MATRIX,
        may_know: &[DOMAIN, RECORD, ENGINE],
        must_not_reach: &["rusqlite", "tokio-postgres", "deadpool-postgres"],
        dev_too: false,
        why: "adapters do not know each other; its state goes through the store's port",
    },
    Rule {
        package: CARRIER,
        may_know: &[DOMAIN, RECORD, ENGINE],
        must_not_reach: &["rusqlite", "tokio-postgres", "ruma", "matrix-sdk-crypto"],
        dev_too: false,
        why: "adapters do not know each other",
    },
    Rule {
        package: PUBLISH,
        may_know: &[DOMAIN, RECORD, ENGINE],
        must_not_reach: &["rusqlite", "tokio-postgres", "axum", "ruma", "aws-lc-sys"],
        dev_too: false,
        why: "adapters do not know each other",
    },
    Rule {
        package: CONSOLE,
        may_know: &[DOMAIN, RECORD, ENGINE],
        must_not_reach: &[
            "rusqlite",
            "tokio-postgres",
            "deadpool-postgres",
            "ruma",
            "matrix-sdk-crypto",
        ],
        dev_too: false,
        why: "the edge speaks HTTP, no SQL",
    },
    Rule {
        package: ANCHOR,
        may_know: &[DOMAIN, RECORD, ENGINE],
        must_not_reach: &["rusqlite", "tokio-postgres", "ruma", "matrix-sdk-crypto"],
        dev_too: false,
        why: "adapters do not know each other",
    },
    Rule {
        package: WITNESS,
        may_know: &[DOMAIN, RECORD],
        must_not_reach: &[
            "rusqlite",
            "tokio-postgres",
            "ruma",
            "matrix-sdk-crypto",
            "reqwest",
        ],
        dev_too: true,
        why: "a firm runs it elsewhere, apart from what it watches",
    },
    Rule {
        package: HSM,
        may_know: &[],
        must_not_reach: &["tokio", "openssl-sys"],
        dev_too: false,
        why: "a token is asked by whoever wires it in; it knows no adapter and nothing of ours",
    },
    Rule {
        package: SIM,
        may_know: &[],
        must_not_reach: &[],
        dev_too: true,
        why: "it stands for somebody else's system, so it shares no code with ours",
    },
    Rule {
        package: BINARY,
        may_know: &[
            DOMAIN, RECORD, ENGINE, STORE, MATRIX, CARRIER, PUBLISH, ANCHOR, CONSOLE, WITNESS, HSM,
            SIM,
        ],
        must_not_reach: &["openssl-sys", "native-tls", "aws-lc-sys"],
        dev_too: false,
        why: "what is shipped holds no test code and one TLS stack",
    },
    Rule {
        package: TESTKIT,
        may_know: &[DOMAIN, RECORD, ENGINE, STORE],
        must_not_reach: &[],
        dev_too: false,
        why: "the simulation runs the engine on ports, without vendors",
    },
    Rule {
        package: "verbatim-bench",
        may_know: &[DOMAIN, RECORD, ENGINE, STORE, CARRIER, CONSOLE, TESTKIT],
        must_not_reach: &["ruma", "matrix-sdk-crypto"],
        dev_too: false,
        why: "it measures the serving path with the homeserver in memory",
    },
    Rule {
        package: "e2e",
        may_know: &[
            DOMAIN, RECORD, ENGINE, STORE, MATRIX, CARRIER, CONSOLE, SIM, TESTKIT,
        ],
        must_not_reach: &[],
        dev_too: false,
        why: "it drives the binary from outside",
    },
    Rule {
        package: "xtask",
        may_know: &[],
        must_not_reach: &[],
        dev_too: true,
        why: "the list of checks must run even when the product does not compile",
    },
];
