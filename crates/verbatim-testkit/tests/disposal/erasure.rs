//! Wishes for erasure (GDPR article 17).

use crate::years::*;

#[tokio::test]
async fn an_erasure_is_refused_while_something_binds_and_says_what() {
    let house = House::with_a_conversation().await;
    let hold = house.engine.set_hold(&ann(), on_client()).await.unwrap();
    let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    assert_eq!(answer.answer, "refused");
    assert_eq!(
        answer.because,
        [
            "retention class 1 (default) until 2033-11",
            "the legal hold `Doe v. Acme`"
        ]
    );
    house.month_is_over();
    let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    assert_eq!(answer.because, ["the legal hold `Doe v. Acme`"]);

    let id = hold.id.parse().unwrap();
    house
        .engine
        .ask_release(&ann(), id, "settled")
        .await
        .unwrap();
    house.engine.approve_release(&bob(), id).await.unwrap();
    let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    assert_eq!(
        (answer.answer.as_str(), answer.proposed.len()),
        ("proposed", 1)
    );
    let id = answer.proposed[0].id.parse().unwrap();
    assert!(
        house.engine.approve_disposal(&ann(), id).await.is_err(),
        "alone"
    );
    house.engine.approve_disposal(&bob(), id).await.unwrap();
    house.work().await;

    let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    assert_eq!(
        (answer.answer.as_str(), answer.records),
        ("nothing_left", 0)
    );
    assert!(
        house.engine.request_erasure(&ann(), OTHER).await.is_err(),
        "nobody"
    );
    let records = house.all_records().await;
    let answers: Vec<_> = records
        .iter()
        .filter(|r| r.kind == "erasure" && r.disposed.is_none())
        .map(|r| r.reason.as_str())
        .collect();
    // The first refusal was as old as what it was about, and went with it.
    assert_eq!(answers, ["refused", "proposed", "nothing_left"]);
    house.verified().await;
}
