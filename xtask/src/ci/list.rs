//! The list of all checks, cheap ones first. There is no other.

use std::time::Duration;

use super::checks::{code, demo, packages, peers, product, suites, web};

/// One check.
pub(super) struct Check {
    /// Short, for the command line.
    pub(super) name: &'static str,
    /// What holds when it holds.
    pub(super) about: &'static str,
    /// No single command of it runs longer.
    pub(super) limit_minutes: u64,
    /// An error if it does not hold, or could not be found out.
    pub(super) run: fn(Duration) -> anyhow::Result<()>,
}

/// In order.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "fmt",
        about: "the code is formatted",
        limit_minutes: 2,
        run: code::fmt,
    },
    Check {
        name: "architecture",
        about: "packages depend only on what they may know; the code map is true",
        limit_minutes: 2,
        run: packages::architecture,
    },
    Check {
        name: "deny",
        about: "licences, banned packages and sources (deny.toml; no advisories: see there)",
        limit_minutes: 15,
        run: packages::deny,
    },
    Check {
        name: "clippy",
        about: "no lint complains, in any target",
        limit_minutes: 25,
        run: code::clippy,
    },
    Check {
        name: "fuzz-targets",
        about: "the fuzz targets compile (stable toolchain; running them needs nightly, see fuzz/)",
        limit_minutes: 15,
        run: code::fuzz,
    },
    Check {
        name: "doc",
        about: "the documentation builds, links included",
        limit_minutes: 15,
        run: code::doc,
    },
    Check {
        name: "test",
        about: "unit and package tests, and the examples in the documentation",
        limit_minutes: 30,
        run: suites::workspace,
    },
    Check {
        name: "oracles",
        about: "SMS text agrees with independent implementations (Python and npm packages)",
        limit_minutes: 10,
        run: peers::sms_oracles,
    },
    Check {
        name: "client",
        about: "the employee's client: types, unit tests, a build within its budget",
        limit_minutes: 10,
        run: web::client,
    },
    Check {
        name: "third-party",
        about: "Go's transparency-log packages find bundles right, and altered ones wrong",
        limit_minutes: 10,
        run: suites::third_party,
    },
    Check {
        name: "provider-sdk",
        about: "the simulated carrier satisfies the provider's own Python SDK",
        limit_minutes: 10,
        run: peers::provider_sdk,
    },
    Check {
        name: "object-store",
        about: "the signed log is published to a bucket of a real S3-compatible server",
        limit_minutes: 10,
        run: peers::object_store,
    },
    Check {
        name: "timestamps",
        about: "OpenSSL as a time authority and we believe each other, and refuse the same",
        limit_minutes: 20,
        run: peers::timestamps,
    },
    Check {
        name: "postgres",
        about: "the store's suites hold on PostgreSQL too",
        limit_minutes: 20,
        run: suites::postgres,
    },
    Check {
        name: "softhsm",
        about: "keys in a token: wrapping and signing through PKCS#11, with SoftHSM",
        limit_minutes: 20,
        run: suites::softhsm,
    },
    Check {
        name: "e2e",
        about: "real Synapse, real clients, fuzz corpora, canary",
        limit_minutes: 30,
        run: suites::e2e,
    },
    Check {
        name: "simulate",
        about: "2,000 seeds of the simulation: nothing lost, doubled or out of order",
        limit_minutes: 15,
        run: product::simulate,
    },
    Check {
        name: "chaos",
        about: "10 rounds of kill -9 on real processes; three ledgers agree",
        limit_minutes: 15,
        run: product::chaos,
    },
    Check {
        name: "demo",
        about: "`demo --check` on a release build, from nothing",
        limit_minutes: 25,
        run: demo::check,
    },
    Check {
        name: "browser",
        about: "client and phone page in Chromium, on the whole product; no accessibility violation",
        limit_minutes: 25,
        run: web::browser,
    },
];
