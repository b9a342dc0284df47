//! Measures how many client texts a store records: `inbound_load <url> [callers] [texts] [clients]`.

use std::sync::Arc;
use std::time::Instant;

use verbatim_domain::{
    ContactId, ConversationId, EmployeeId, MessageId, NumberId, ProviderId, RecordId, Timestamp,
};
use verbatim_engine::ports::{
    BlindIndex, Change, Commit, Employee, FreshIds, InboundSms, Installation, Number, Sealed, Store,
};
use verbatim_record::{BucketId, Kind, RetentionClass, SealedRecord};

type Failure = Box<dyn std::error::Error>;

fn id(kind: u8, n: u64) -> [u8; 16] {
    let mut bytes = [kind; 16];
    // Spread, as random ids are.
    bytes[..8].copy_from_slice(&n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    bytes
}

fn hash(kind: u8, n: u64) -> [u8; 32] {
    let mut bytes = [kind; 32];
    bytes[..16].copy_from_slice(&id(kind, n));
    bytes
}

fn sms(n: u64, clients: u64) -> InboundSms {
    let at = Timestamp(1_700_000_000_000 + i64::try_from(n).unwrap_or(0));
    InboundSms {
        account: "load".into(),
        provider_id: ProviderId(format!("SM{n:030x}")),
        to: BlindIndex(hash(1, 1)),
        from: BlindIndex(hash(2, n % clients)),
        from_sealed: Sealed(vec![5; 60]),
        at,
        record: SealedRecord {
            id: RecordId::from_random(id(3, n)),
            kind: Kind::MessageIn,
            captured_at: at,
            bucket: BucketId {
                class: RetentionClass(1),
                expiry_month: 24_400,
            },
            wrapped_by: BucketId {
                class: RetentionClass(1),
                expiry_month: 24_400,
            },
            commitment: hash(4, n),
            ciphertext_hash: hash(5, n),
            key_commitment: hash(6, n),
            ciphertext: vec![7; 900],
            wrapped_key: vec![8; 72],
        },
        consent: None,
        say: Sealed(vec![9; 200]),
        fresh: FreshIds {
            contact: ContactId::from_random(id(10, n)),
            stand_in: format!("sms_{n}"),
            conversation: ConversationId::from_random(id(11, n)),
            message: MessageId::from_random(id(12, n)),
        },
        catch_all: None,
        again: None,
    }
}

async fn prepare(store: &dyn Store) -> Result<(), Failure> {
    store
        .installation(Installation {
            log: [1; 16],
            key_check: [2; 32],
            state_root: vec![7],
            archive_key: vec![6],
        })
        .await?;
    let (employee, number) = (
        EmployeeId::from_random(id(20, 1)),
        NumberId::from_random(id(21, 1)),
    );
    let created = Timestamp(0);
    let changes = vec![
        Change::PutEmployee(Employee {
            id: employee,
            user: "@load:example.org".into(),
            name: Sealed(vec![]),
            created,
            ended: None,
        }),
        Change::PutNumber(Number {
            id: number,
            index: BlindIndex(hash(1, 1)),
            number: Sealed(vec![]),
            account: "load".into(),
            created,
            holder: None,
        }),
        Change::Assign(number, employee, created),
    ];
    Ok(store
        .commit(Commit {
            fence: None,
            changes,
        })
        .await?)
}

#[tokio::main]
#[allow(clippy::disallowed_methods, reason = "measures")]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let url = args
        .next()
        .ok_or("which store? sqlite:<path> or postgres://…")?;
    let mut number = |default: u64| args.next().map_or(Ok(default), |text| text.parse::<u64>());
    let (callers, texts, clients) = (number(512)?, number(60_000)?, number(5_000)?);
    let store = verbatim_store::open(&url).await?.store;
    prepare(&*store).await?;
    let begun = Instant::now();
    let tasks = (0..callers).map(|caller| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut took = Vec::new();
            for n in (caller..texts).step_by(usize::try_from(callers).unwrap_or(1)) {
                let asked = Instant::now();
                store.record_inbound(sms(n, clients)).await?;
                took.push(asked.elapsed());
            }
            Ok::<_, verbatim_engine::ports::StoreError>(took)
        })
    });
    let mut took = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        took.extend(task.await??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    took.sort();
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0;
    println!(
        "{} texts, {callers} callers, {clients} clients: {:.0}/s, p50 {:.1} ms, p99 {:.1} ms",
        took.len(),
        took.len() as f64 / seconds,
        at(0.5),
        at(0.99),
    );
    Ok(())
}
