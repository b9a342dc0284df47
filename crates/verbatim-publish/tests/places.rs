//! Every place of publication does the same.
#![allow(
    clippy::unwrap_used,
    reason = "in a test, a failed unwrap is a failed test"
)]

use verbatim_engine::ports::{Lasting, Publication, PublicationError};
use verbatim_publish::{Bucket, Place};

async fn suite(place: &Place) {
    assert_eq!(place.get("checkpoint").await, Ok(None));
    for (path, bytes) in [
        ("checkpoint", "one"),
        ("checkpoint", "two"),
        ("tile/0/x001/x234/067.p/12", "hashes"),
        ("tile/entries/000", ""),
    ] {
        let put = place.put(path, bytes.into(), Lasting::Replaced).await;
        assert_eq!(put, Ok(()), "{path}");
        assert_eq!(place.get(path).await, Ok(Some(bytes.into())), "{path}");
    }
    // Replaced only as what is there allows, also where there is nothing.
    let older = |there: Option<&[u8]>| there.is_none_or(|there| there < b"5".as_slice());
    for (bytes, done) in [("3", true), ("4", true), ("6", true), ("4", false)] {
        let replaced = place.replace("replaced", bytes.into(), &older).await;
        assert_eq!(replaced, Ok(done), "{bytes}");
    }
    assert_eq!(place.get("replaced").await, Ok(Some(b"6".into())));
    // What never changes may be written again, and not otherwise.
    let put = |bytes: &'static str| place.put("tile/0/001", bytes.into(), Lasting::Immutable);
    assert_eq!((put("full").await, put("full").await), (Ok(()), Ok(())));
    let other = put("another").await;
    assert!(
        matches!(other, Err(PublicationError::Refused(_))),
        "{other:?}"
    );
    assert_eq!(place.get("tile/0/001").await, Ok(Some(b"full".into())));
}

#[tokio::test]
async fn a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let place = Place::folder(&path).unwrap();
    suite(&place).await;
    assert_eq!(std::fs::read(path.join("checkpoint")).unwrap(), b"two");
    let deep = path.join("tile/0/x001/x234/067.p/12");
    assert_eq!(std::fs::read(deep).unwrap(), b"hashes");
}

/// Many writers, each with its number: the largest stays.
#[tokio::test(flavor = "multi_thread")]
async fn late_writers_put_nothing_old_over_something_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let writers = (100..140_u32).map(|number| {
        let place = Place::folder(&path).unwrap();
        tokio::spawn(async move {
            let mine = number.to_string();
            let newer = |there: Option<&[u8]>| there.is_none_or(|there| there < mine.as_bytes());
            place
                .replace("checkpoint", mine.clone().into(), &newer)
                .await
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap().unwrap();
    }
    assert_eq!(std::fs::read(path.join("checkpoint")).unwrap(), b"139");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = Place::folder(&file.join("log")).err().unwrap();
    assert!(error.to_string().contains("file/log"), "{error}");
}

/// A real server with the S3 API, told by the environment: `cargo xtask ci` starts one.
#[tokio::test]
async fn a_bucket() {
    let Ok(endpoint) = std::env::var("VERBATIM_TEST_S3") else {
        eprintln!("left out: VERBATIM_TEST_S3 names no server");
        return;
    };
    // As the binary does; an error means that it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bucket = |name: &str, endpoint: &str| Bucket {
        name: name.into(),
        prefix: "firm/log".into(),
        endpoint: Some(endpoint.into()),
        region: "us-east-1".into(),
        access_key: "tester".into(),
        secret_key: "not-a-secret".into(),
    };
    suite(&Place::bucket(&bucket("verbatim", &endpoint)).unwrap()).await;

    let mut stranger = bucket("verbatim", &endpoint);
    stranger.secret_key = "another".into();
    let refused = Place::bucket(&stranger).unwrap().get("checkpoint").await;
    assert!(
        matches!(refused, Err(PublicationError::Refused(_))),
        "{refused:?}"
    );
    let nobody = Place::bucket(&bucket("verbatim", "http://127.0.0.1:9")).unwrap();
    let away = nobody.get("checkpoint").await;
    assert!(
        matches!(away, Err(PublicationError::Unavailable(_))),
        "{away:?}"
    );
}
