//! `verbatim-verify proof`.

use verbatim_record::Leaf;
use verbatim_record::bundle::utc;
use verbatim_record::report::{Findings, State};
use verbatim_record::tlog_proof::TlogProof;

use crate::args::ProofArgs;
use crate::read::{self, Unreadable};

pub(crate) fn run(args: &ProofArgs) -> Result<Findings, Unreadable> {
    let policy = read::required_policy(&args.trust)?;
    let path = args.proof.display();
    let proof: TlogProof = read::text(&args.proof)?
        .parse()
        .map_err(|e| Unreadable(format!("{path}: {e}")))?;
    let entry = match &args.leaf {
        Some(leaf) => read::bytes(leaf)?,
        None => proof.entry.clone().ok_or_else(|| {
            Unreadable(format!(
                "{path} does not carry the entry: name it with --leaf"
            ))
        })?,
    };
    let mut found = Findings::default();
    let checkpoint = match proof.check(&entry, &policy) {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            found.add("proof", State::Wrong, error.to_string());
            return Ok(found);
        }
    };
    let (origin, size) = (&checkpoint.origin, checkpoint.size);
    let words =
        format!("The log {origin} has signed that it has {size} records with a certain root.");
    found.add("signature", State::Proved, words);
    let words = format!(
        "The entry stands in that log at position {}, unaltered.",
        proof.index
    );
    found.add("inclusion", State::Proved, words);
    leaf(&entry, proof.index, &mut found);
    Ok(found)
}

/// What the entry says, if it is one of our leaves.
fn leaf(entry: &[u8], index: u64, found: &mut Findings) {
    let leaf = match Leaf::decode(entry) {
        Ok(leaf) => leaf,
        Err(error) => return found.add("leaf", State::Wrong, error.to_string()),
    };
    if leaf.global_seq != index {
        let words = format!("the leaf says that its position is {}", leaf.global_seq);
        return found.add("leaf", State::Wrong, words);
    }
    let words = format!(
        "It is a record of kind {}, position {} of the conversation {}, captured at {}. Its body is the one with the commitment {}.",
        leaf.kind.word(),
        leaf.conversation_seq,
        leaf.conversation,
        utc(leaf.captured_at.as_millis()),
        hex(&leaf.commitment),
    );
    found.add("leaf", State::Proved, words);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
