//! The keys of an installation.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::SigningAlgorithm;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// What keys there are, and when the key-encryption key was changed.
    #[command(after_help = "Example:\n  verbatim key show --json")]
    Show,
    /// Lay a key ready beside the key file, with the ending .new, for the next rotation.
    #[command(
        after_help = "Example:\n  verbatim key prepare\nCopy the .new file to the safe and to every other node, then `verbatim key rotate`."
    )]
    Prepare,
    /// Change the key-encryption key. Only the keys under it are wrapped again; the service goes on.
    #[command(
        after_help = "Example:\n  verbatim key prepare && verbatim key rotate\nKeep the old key as long as backups from before must be readable."
    )]
    Rotate,
    /// Write the keys of an edge: a node that takes webhooks and can read nothing.
    Edge(EdgeArgs),
    /// Make the token's key, where missing, and wrap the key file by it.
    HsmInit(HsmInitArgs),
    /// Put another signing key in the place of the log's, from the next start of the service on.
    ChangeSigner(ChangeSignerArgs),
    /// Take the signing key from before away: from the next start on the new one signs alone.
    #[command(
        after_help = "Example:\n  verbatim key retire-signer\nDo it once witnesses and examiners know the new key. Its public half stays in the log's policy."
    )]
    RetireSigner,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  verbatim key edge > edge.keys
The file seals into the record of this installation and opens nothing. It is the same each time; that it was
written is recorded. Bring it to the edge as [node] edge_keys, readable by its service only.")]
pub(crate) struct EdgeArgs {
    /// Write it here, for its owner only, instead of to the standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim key change-signer
  verbatim key change-signer --token-key log-2027 --signing-algorithm ecdsa-p256
Copy the key files to every node and start each again. The first that signs records the change in the log; the old
key, which is kept with the ending .old, signs beside the new one until `verbatim key retire-signer`.")]
pub(crate) struct ChangeSignerArgs {
    /// What the new key signs with.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) signing_algorithm: SigningAlgorithm,
    /// Take the token's key pair of this label, and make it where missing, instead of a key in a file.
    #[arg(long, value_name = "LABEL")]
    pub(crate) token_key: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  verbatim key hsm-init
Set [keys.pkcs11] first. The file is replaced only once the wrapped key was seen to open.")]
pub(crate) struct HsmInitArgs {
    /// Make a key pair of this label too; a log that has no signing key yet is signed by it.
    #[arg(long, value_name = "LABEL")]
    pub(crate) signer: Option<String>,
    /// What that key pair signs with.
    #[arg(long, value_enum, default_value_t, requires = "signer")]
    pub(crate) signing_algorithm: SigningAlgorithm,
}
