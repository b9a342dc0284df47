//! Those who keep the log honest: whether witnesses and time authorities answer, and are who they should be.
//! Nothing is submitted to a witness; an authority stamps a line that says nothing.

use time::OffsetDateTime;
use verbatim_engine::Authority;
use verbatim_engine::ports::{Entropy, Witness};
use verbatim_record::checkpoint::cosigned_at;
use verbatim_record::timestamp;
use verbatim_record::{Note, Signer, VerifierKey};

use super::log::{key_before, opened};
use super::{Examination, Verdict};
use crate::config::Config;
use crate::system::SystemEntropy;
use crate::wiring;

/// What authorities are asked to stamp.
const LINE: &[u8] = b"verbatim doctor\n";
/// Seconds that two clocks may be apart; the service refuses more.
const CLOCKS_DIFFER: u64 = 600;

pub(super) async fn anchors(exam: &mut Examination, config: &Config, signer: &dyn Signer) {
    let anchoring = match wiring::anchoring(config) {
        Ok(anchoring) => anchoring,
        Err(error) => {
            let mend = "correct [[record.witness]] or [[record.timestamp]]".to_owned();
            return exam.add("anchors", Verdict::Fail(format!("{error:#}"), mend));
        }
    };
    let log = verbatim_store::look_at_log(&config.store_url()).await;
    // A store that cannot be looked at has its own check.
    let size = log.ok().flatten().map(|log| log.size);
    let before = key_before(config);
    let ours = Ours {
        key: signer.verifier(),
        before: before.as_ref().map(|key| key.verifier()),
        size,
    };
    for of in &anchoring.witnesses {
        exam.add("witness", witness(&**of, &ours).await);
    }
    for of in &anchoring.authorities {
        exam.add("time authority", authority(of).await);
    }
}

/// What a witness is held against.
struct Ours<'a> {
    key: &'a VerifierKey,
    /// While the log changes its key.
    before: Option<&'a VerifierKey>,
    size: Option<u64>,
}

async fn witness(witness: &dyn Witness, ours: &Ours<'_>) -> Verdict {
    let name = witness.name();
    match witness.latest(ours.key.name()).await {
        Err(error) => Verdict::Fail(
            format!("{name}: {error}"),
            "check its `url`, or ask whoever runs it; checkpoints are cosigned when it is back"
                .into(),
        ),
        Ok(None) => Verdict::Warn(
            format!("{name} answers, and has cosigned nothing of this log"),
            format!("its operator must enter `log {}`", ours.key),
        ),
        Ok(Some(note)) => shown(name, &note, witness.key(), ours),
    }
}

/// What a witness shows, weighed.
fn shown(name: &str, note: &Note, witness: &VerifierKey, ours: &Ours<'_>) -> Verdict {
    if !matches!(cosigned_at(note, witness), Ok(Some(_))) {
        return Verdict::Fail(
            format!("{name} shows a checkpoint that the key of the configuration has not cosigned"),
            "enter the key that `verbatim witness init` printed there, after an investigation"
                .into(),
        );
    }
    let said = match opened(note, ours.key, ours.before) {
        Ok(said) => said,
        Err(error) => {
            return Verdict::Fail(
                format!("{name} holds a checkpoint that this log's key has not signed: {error}"),
                "restore the log's signing key, or find out who else signs in its name".into(),
            );
        }
    };
    match ours.size {
        Some(size) if size < said.size => Verdict::Fail(
            format!(
                "{name} has cosigned {} records, and the store has {size}",
                said.size
            ),
            "the store is an older copy: restore the newest one (docs/operating.md, Witnesses)"
                .into(),
        ),
        Some(size) => Verdict::Ok(format!(
            "{name} has cosigned {} of {size} records",
            said.size
        )),
        None => Verdict::Ok(format!("{name} has cosigned {} records", said.size)),
    }
}

async fn authority(authority: &Authority) -> Verdict {
    let name = authority.port.name();
    let mut nonce = [0; 8];
    SystemEntropy.fill(&mut nonce);
    let nonce = u64::from_be_bytes(nonce);
    let fail = |why: String, mend: &str| Verdict::Fail(format!("{name}: {why}"), mend.to_owned());
    let request = match timestamp::request(LINE, nonce) {
        Ok(request) => request,
        Err(error) => return fail(error.to_string(), "correct [[record.timestamp]]"),
    };
    let response = match authority.port.stamp(&request).await {
        Ok(response) => response,
        Err(error) => return fail(error.to_string(), "check its `url`, or ask whoever runs it"),
    };
    let stamped = match timestamp::check(&response, LINE, Some(nonce), &authority.ca_pem) {
        Ok(stamped) => stamped,
        Err(error) => {
            let mend = "check `ca_file`: its certificates must vouch for the authority";
            return fail(error.to_string(), mend);
        }
    };
    let apart = stamped.at.as_millis() / 1000 - OffsetDateTime::now_utc().unix_timestamp();
    match apart.unsigned_abs() {
        apart if apart > CLOCKS_DIFFER => fail(
            format!("its clock and this machine's are {apart} seconds apart"),
            "set this machine's clock, or ask whoever runs the authority",
        ),
        _ => Verdict::Ok(format!("{name} stamps, and `ca_file` vouches for it")),
    }
}

#[cfg(test)]
mod tests {
    use verbatim_record::Checkpoint;
    use verbatim_record::checkpoint::cosign;
    use verbatim_record::note::Algorithm;
    use verbatim_record::signing::FileSigner;

    use super::*;

    fn signer(name: &str, algorithm: Algorithm, seed: u8) -> FileSigner {
        FileSigner::from_seed(name, algorithm, &[seed; 32]).unwrap()
    }

    #[test]
    fn what_a_witness_shows_is_weighed() {
        let ours = signer("log.test/log", Algorithm::Ed25519, 1);
        let before = signer("log.test/log", Algorithm::EcdsaP256, 5);
        let stranger = signer("log.test/log", Algorithm::Ed25519, 2);
        let witness = signer("witness.test/1", Algorithm::CosignatureEd25519, 3);
        let other = signer("witness.test/1", Algorithm::CosignatureEd25519, 4);
        let check = |by: &FileSigner, cosigner: &FileSigner, size: Option<u64>, expected: &str| {
            let checkpoint = Checkpoint {
                origin: "log.test/log".to_owned(),
                size: 7,
                root: [9; 32],
            };
            let mut note = checkpoint.sign(by).unwrap();
            note.signatures
                .push(cosign(&note.text, 5, cosigner).unwrap());
            let against = Ours {
                key: ours.verifier(),
                before: Some(before.verifier()),
                size,
            };
            let verdict = shown("w", &note, witness.verifier(), &against);
            let (word, found) = match verdict {
                Verdict::Ok(found) => ("ok", found),
                Verdict::Warn(found, _) => ("warning", found),
                Verdict::Fail(found, _) => ("failure", found),
            };
            assert_eq!(format!("{word}: {found}"), expected);
        };
        check(
            &ours,
            &witness,
            Some(9),
            "ok: w has cosigned 7 of 9 records",
        );
        // The log has changed its key, and the witness knows the one before.
        check(
            &before,
            &witness,
            Some(6),
            "failure: w has cosigned 7 records, and the store has 6",
        );
        check(
            &before,
            &witness,
            Some(9),
            "ok: w has cosigned 7 of 9 records",
        );
        check(
            &ours,
            &witness,
            Some(7),
            "ok: w has cosigned 7 of 7 records",
        );
        check(&ours, &witness, None, "ok: w has cosigned 7 records");
        check(
            &ours,
            &witness,
            Some(6),
            "failure: w has cosigned 7 records, and the store has 6",
        );
        check(
            &ours,
            &other,
            Some(9),
            "failure: w shows a checkpoint that the key of the configuration has not cosigned",
        );
        let note = "failure: w holds a checkpoint that this log's key has not signed: ";
        let mut text = note.to_owned();
        text.push_str(&unsigned(&stranger, &ours));
        check(&stranger, &witness, Some(9), &text);
    }

    /// What is said of a checkpoint that somebody else signed.
    fn unsigned(by: &FileSigner, ours: &FileSigner) -> String {
        let checkpoint = Checkpoint {
            origin: "log.test/log".to_owned(),
            size: 7,
            root: [9; 32],
        };
        let note = checkpoint.sign(by).unwrap();
        Checkpoint::open(&note, ours.verifier())
            .unwrap_err()
            .to_string()
    }
}
