//! A proxy in the environment sees nothing that is meant for this machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use e2e::harness::{Options, Stack, switched_on};
use tokio::net::TcpListener;

use crate::doctor::verdict;

/// Counts who comes, and hangs up.
async fn proxy() -> Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    Ok((address, came))
}

#[tokio::test]
async fn a_proxy_sees_no_secret_on_its_way_to_this_machine() -> Result<()> {
    if !switched_on("a_proxy_sees_no_secret_on_its_way_to_this_machine") {
        return Ok(());
    }
    let (address, came) = proxy().await?;
    let mut stack = Stack::prepare(&Options::default()).await?;
    let names = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"];
    stack.verbatim.env = names
        .map(|name| (name.to_owned(), address.clone()))
        .to_vec();

    // Nothing runs, and the proxy must not be taken for it.
    let checks = stack.verbatim.run(&["--json", "doctor"]).await?;
    assert_eq!(
        verdict(&checks, "service")?,
        ("warning", "not running".into())
    );
    stack.verbatim.start().await?;
    let listed = stack.verbatim.json(&["employee", "list"]).await?;
    assert_eq!(listed, serde_json::json!([]));
    let checks = stack.verbatim.run(&["--json", "doctor"]).await?;
    assert_eq!(
        verdict(&checks, "service")?,
        ("ok", "running and ready".into())
    );
    let carrier = verdict(&checks, "carrier sim")?;
    assert_eq!(carrier.0, "ok", "{carrier:?}");
    assert_eq!(
        came.load(Ordering::SeqCst),
        0,
        "somebody went through the proxy"
    );
    Ok(())
}
