//! Rules and extensions about somebody: they bind when it comes to a disposal, also what is older than them.

use std::collections::BTreeSet;

use verbatim_domain::retention::{Member, Period, Rule, Starts};
use verbatim_engine::OpenError;
use verbatim_engine::ports::Store;
use verbatim_store::Fault;

use crate::crash::cut;
use crate::years::*;

fn rule(class: u8, months: u32, of: &[Member]) -> Rule {
    Rule {
        class,
        name: format!("rule {class}"),
        period: Period {
            months,
            starts: Starts::Creation,
        },
        of: of.iter().cloned().collect::<BTreeSet<_>>(),
    }
}

fn number(number: &str) -> Member {
    Member::Number(number.to_owned())
}

/// What can still be read after a disposal of everything that is due under these rules.
async fn left_after(rules: Vec<Rule>) -> (House, Vec<String>) {
    let mut house = House::of_old().await;
    house.engine = restarted(&house, 70, Some(rules)).await.unwrap();
    house.approve_all().await;
    house.pass(3600).await;
    house.verified().await;
    let texts = house.texts().await;
    (house, texts)
}

#[tokio::test]
async fn a_rule_about_somebody_keeps_theirs_and_nothing_else() {
    let check = async |of: Member, months: u32, expected: &[&str]| {
        let rules = vec![rule(1, 84, &[]), rule(2, months, std::slice::from_ref(&of))];
        let (house, texts) = left_after(rules).await;
        let expected: Vec<_> = expected.iter().map(|client| said(client)).collect();
        assert_eq!(texts, expected, "{of} {months}");
        let view = house.engine.retention().await.unwrap();
        let longer = view.buckets.iter().find(|b| b.class == 2);
        // Where all of a bucket is kept there is nothing to dispose of, and nothing moves.
        assert_eq!(longer.is_some(), expected.len() == 1, "{of} {months}");
        if let Some(longer) = longer {
            assert_eq!(longer.expires.as_deref(), Some("2036-11"));
        }
    };
    check(number(CLIENT), 120, &[CLIENT]).await;
    check(number(OURS), 120, &[CLIENT, OTHER]).await;
    check(Member::Employee(ALICE.into()), 120, &[CLIENT, OTHER]).await;
    // A rule that is over as well, and one about others.
    check(number(CLIENT), 60, &[]).await;
}

/// What was moved away expires with the longer rule, and is disposed of then.
#[tokio::test]
async fn what_a_rule_has_kept_goes_when_it_ends() {
    let rules = vec![rule(1, 84, &[]), rule(2, 120, &[number(CLIENT)])];
    let (mut house, texts) = left_after(rules.clone()).await;
    assert_eq!(texts, [said(CLIENT)]);
    let due = house.engine.propose_disposals(&ann()).await.unwrap();
    assert!(due.is_empty(), "{due:?}");
    house.month_is_over();
    house.engine = restarted(&house, 71, Some(rules)).await.unwrap();
    house.approve_all().await;
    house.pass(3600).await;
    assert_eq!(house.texts().await, Vec::<String>::new());
    house.verified().await;
}

#[tokio::test]
async fn a_rule_about_somebody_may_be_extended_and_not_taken_back() {
    let house = House::of_old().await;
    let somebody = [number(CLIENT), Member::Employee(ALICE.into())];
    let first = vec![rule(1, 84, &[]), rule(2, 120, &somebody)];
    let engine = restarted(&house, 72, Some(first)).await.unwrap();
    engine.keep_rules(&ann()).await.unwrap();
    let check = async |rules: Vec<Rule>, opens: bool| {
        let opened = restarted(&house, 73, Some(rules.clone())).await;
        match opened {
            Ok(_) => assert!(opens, "{rules:?}"),
            Err(OpenError::Shortened { class: 2, before }) => {
                assert!(!opens, "{rules:?}");
                assert!(!before.contains(CLIENT), "a whole number: {before}");
            }
            Err(error) => panic!("{error}"),
        }
    };
    let all = |rules: &[Rule]| [&[rule(1, 84, &[])], rules].concat();
    check(all(&[rule(2, 120, &somebody)]), true).await;
    check(all(&[rule(2, 121, &somebody)]), true).await;
    let split = [rule(3, 120, &somebody[..1]), rule(4, 130, &somebody[1..])];
    check(all(&split), true).await;
    check(all(&[rule(2, 119, &somebody)]), false).await;
    check(all(&[rule(2, 120, &somebody[..1])]), false).await;
    check(all(&[]), false).await;
    check(vec![rule(1, 200, &[])], false).await;
    // The record of it names them, and the store's own remark is sealed.
    let remark = house.store.cursor("retention-rules-sealed").await.unwrap();
    assert!(!remark.unwrap().contains("4155552671"));
    let records = house.records("retention.rules").await;
    assert!(records[0].details["after"].contains(CLIENT), "{records:?}");
}

#[tokio::test]
async fn somebodys_records_are_kept_longer_by_an_extension() {
    let house = House::of_old().await;
    let engine = &house.engine;
    let client = number(CLIENT);
    for (who, class, months) in [
        (&number("+14155559999"), 1, 36),
        (&Member::Employee("@nobody:example.org".into()), 1, 36),
        (&client, 9, 36),
        (&client, 1, 0),
        (&client, 1, 1201),
    ] {
        let refused = engine.extend_for(&ann(), who, class, months).await;
        assert!(refused.is_err(), "{who} {class} {months}");
    }
    // The longest counts, not the sum.
    for months in [36, 12] {
        engine.extend_for(&ann(), &client, 1, months).await.unwrap();
    }
    let view = engine.retention_of(&client).await.unwrap();
    assert_eq!(view.extensions.len(), 2);
    let [bucket] = &view.buckets[..] else {
        panic!("{view:?}")
    };
    assert_eq!(bucket.expires.as_deref(), Some("2036-11"));
    assert!(bucket.records > 0);
    let other = engine.retention_of(&number(OTHER)).await.unwrap();
    assert!(other.extensions.is_empty());
    assert_eq!(other.buckets[0].expires.as_deref(), Some("2033-11"));

    house.text_from(CLIENT, "later").await;
    house.approve_all().await;
    house.work().await;
    assert_eq!(house.texts().await, [said(CLIENT), "later".to_owned()]);
    house.verified().await;
    let answer = engine.request_erasure(&ann(), CLIENT).await.unwrap();
    assert_eq!(answer.answer, "refused");
    let refused = "retention class 1 (default) until 2036-11".to_owned();
    assert!(answer.because.contains(&refused), "{answer:?}");
    assert_eq!(house.records("retention.extend").await.len(), 2);
}

/// An extension between any two commits of a disposal comes in time, or after the certificate.
#[tokio::test]
async fn an_extension_made_while_a_disposal_runs_is_in_time_or_too_late() {
    let (mut kept, mut gone) = (0, 0);
    for commits in 0.. {
        let mut house = House::of_old().await;
        house.approve_all().await;
        if !cut(&house, commits, Fault::Refuse).await {
            break;
        }
        let records = house.all_records().await;
        let certified = records.iter().any(|r| r.reason == "certificate");
        let extended = house
            .engine
            .extend_for(&ann(), &number(CLIENT), 1, 240)
            .await;
        if certified && extended.is_err() {
            // The class has nothing left that could be kept.
            gone += 1;
            continue;
        }
        extended.unwrap();
        house.engine = restarted(&house, 74, None).await.unwrap();
        house.pass(3600).await;
        let expected: &[String] = if certified { &[] } else { &[said(CLIENT)] };
        assert_eq!(house.texts().await, expected, "{commits}");
        house.verified().await;
        if certified {
            gone += 1;
        } else {
            kept += 1;
        }
    }
    assert!(kept > 0 && gone > 0, "{kept} {gone}");
}

/// Another node was started with newer rules: this one, which runs on, disposes of nothing until it has them.
#[tokio::test]
async fn a_node_with_older_rules_disposes_of_nothing() {
    let check = async |newer: Vec<Rule>, kept: &[&str]| {
        let mut house = House::of_old().await;
        let node = restarted(&house, 75, Some(newer.clone())).await.unwrap();
        node.keep_rules(&ann()).await.unwrap();
        assert_eq!(node.watch_rules().await, Ok(true));
        assert_eq!(house.engine.watch_rules().await, Ok(false));
        assert_eq!(house.alarms().await, ["older-retention-rules"]);
        house.approve_all().await;
        house.work().await;
        assert_eq!(house.texts().await.len(), 2);
        assert_eq!(node.watch_rules().await, Ok(true));
        let alarms = house.store.alarms().await.unwrap();
        let told = alarms.iter().any(|a| a.text.contains("older rules"));
        assert!(told, "{alarms:?}");
        // What binds is known at once: it is the disposals alone that wait.
        let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
        assert_eq!(answer.answer, ["proposed", "refused"][kept.len()]);
        house.engine = restarted(&house, 76, Some(newer)).await.unwrap();
        house.pass(3600).await;
        let kept: Vec<_> = kept.iter().map(|client| said(client)).collect();
        assert_eq!(house.texts().await, kept);
        house.verified().await;
    };
    let own = [number(CLIENT)];
    check(vec![rule(1, 84, &[]), rule(2, 120, &own)], &[CLIENT]).await;
    check(vec![rule(1, 96, &[])], &[]).await;
}
