//! The product as it is run: a real homeserver, the real binary as its own process, a simulated
//! carrier, clients that we did not write. Nothing here reaches into Verbatim: what a test knows of
//! it comes from its command line, its listeners, its files and its exit codes.

mod employee;
mod needle;
mod ports;
mod stack;
mod synapse;
mod verbatim;
mod wait;

pub use employee::{Employee, Said, Shield, Trust};
pub use needle::{Needle, files, needles, search};
pub use ports::Ports;
pub use stack::{ACCOUNT, ACCOUNT_SID, AUTH_TOKEN, Line, Options, PASSWORD, Stack};
pub use synapse::{SERVER_NAME, Synapse};
pub use verbatim::{Finished, Verbatim, binary, http_client};
pub use wait::{PATIENCE, until};

/// Whether the tests that need services run. They are switched on as a whole: then a missing tool is
/// a failure, so that nothing is left out by accident.
pub fn switched_on(test: &str) -> bool {
    let on = std::env::var("VERBATIM_E2E").is_ok_and(|value| value == "1");
    if !on {
        println!("{test}: not run, since VERBATIM_E2E is not 1 (`cargo xtask ci` sets it up)");
    }
    on
}
