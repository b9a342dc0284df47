//! The command line of `verbatim demo`.

use std::path::PathBuf;

/// Try Verbatim on this machine: a local homeserver, a simulated carrier with a phone page,
/// the employee's client, two employees, two numbers.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  verbatim demo                      set up, start, print the links; Ctrl-C stops everything
  verbatim demo --check              the same without a person: proves the whole way and exits
  verbatim demo --reset              start from nothing
  verbatim demo --data /tmp/d --port-base 9000")]
pub(crate) struct DemoArgs {
    /// Where everything is kept: homeserver, store, keys, logs.
    #[arg(long, value_name = "DIR", default_value = "./verbatim-data/demo")]
    pub(crate) data: PathBuf,

    /// First of seven ports on 127.0.0.1.
    #[arg(long, value_name = "PORT", default_value_t = 8470,
          value_parser = clap::value_parser!(u16).range(1024..=65_528))]
    pub(crate) port_base: u16,

    /// Text in, reply, receipt, record: check it all with an independent client, then exit.
    #[arg(long)]
    pub(crate) check: bool,

    /// Delete the data directory first (only one that a demo made).
    #[arg(long)]
    pub(crate) reset: bool,

    /// No progress lines; one JSON line when ready (or, with --check, at the end).
    #[arg(long)]
    pub(crate) json: bool,
}
