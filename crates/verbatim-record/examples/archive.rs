//! What an edge pays for sealing to the archive key, and a full node for opening it (decision 0015):
//! `cargo run --release -p verbatim-record --example archive`. The smallest mean of five runs each.

use std::hint::black_box;
use std::time::Instant;

use verbatim_domain::{RecordId, Timestamp};
use verbatim_record::{
    ArchiveKey, Body, BucketId, Kek, Keyring, Kind, NewSeal, RetentionClass, SealChance,
    SealedRecord,
};

const RUNS: u32 = 5;
const TIMES: u32 = 2_000;
const BUCKET: BucketId = BucketId {
    class: RetentionClass(1),
    expiry_month: 24_500,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let kek = Kek::from_bytes([1; 32]);
    let archive = ArchiveKey::new(&[2; 32].into());
    let ring = Keyring::new(&kek).with_archive(archive.clone());
    ring.open_bucket(BUCKET, &kek.wrap_bucket(BUCKET, &[3; 32], &[4; 24]))?;
    let body = Body {
        actor: "carrier:main".to_owned(),
        text: "x".repeat(160),
        evidence: vec![7; 400],
        ..Body::default()
    };
    let own = ring.seal(new(&body))?;
    let (edge, beside) = archive.public().seal(&new(&body), &[5; 32].into())?;

    tell("seal a record, symmetric", || ring.seal(new(&body)).is_ok());
    tell("seal a record to the archive key", || {
        archive.public().seal(&new(&body), &[5; 32].into()).is_ok()
    });
    tell("seal state beside it", || {
        beside.seal("number", b"", b"+15550100", &[6; 24]).is_ok()
    });
    tell("open a record, symmetric", || ring.open(&own).is_ok());
    tell("open what an edge sealed", || ring.open(&edge).is_ok());
    tell("adopt it (open and wrap the data key)", || {
        adopt(&ring, &edge)
    });
    Ok(())
}

fn new(body: &Body) -> NewSeal<'_> {
    NewSeal {
        id: RecordId::from_random([9; 16]),
        kind: Kind::MessageIn,
        captured_at: Timestamp(0),
        bucket: BUCKET,
        body,
        chance: SealChance::from_bytes(&[8; 112]),
    }
}

fn adopt(ring: &Keyring, record: &SealedRecord) -> bool {
    ring.wrap_again(record, BUCKET, [6; 24]).is_ok()
}

#[allow(clippy::disallowed_methods, reason = "a measurement")]
fn tell(what: &str, work: impl Fn() -> bool) {
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let began = Instant::now();
        for _ in 0..TIMES {
            assert!(black_box(work()));
        }
        best = best.min(began.elapsed().as_secs_f64() / f64::from(TIMES));
    }
    println!("{what:<40} {:.1} µs", best * 1e6);
}
