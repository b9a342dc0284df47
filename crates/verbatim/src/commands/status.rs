//! `verbatim status`.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use super::api::Out;
use crate::local::Api;

pub(crate) async fn run(api: &Api, out: &Out) -> Result<ExitCode> {
    out.one(&view(api).await?);
    Ok(ExitCode::SUCCESS)
}

/// Without a server nobody is ready, and this process has counted nothing and asked no homeserver.
async fn view(api: &Api) -> Result<Value> {
    let mut view = api.call("GET", "status", None).await?;
    let running = api.is_server();
    view["running"] = json!(running);
    if !running && let Some(fields) = view.as_object_mut() {
        fields.insert("ready".to_owned(), json!(false));
        fields.remove("homeserver_up");
        fields.remove("counted");
    }
    Ok(view)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::tests::installation;

    /// It said that it was.
    #[tokio::test]
    async fn without_a_server_nobody_is_ready() {
        let (_dir, config) = installation().await;
        let view = view(&Api::connect(&config).await.unwrap()).await.unwrap();
        let expected = json!({"running": false, "ready": false, "queues": [], "alarms": 0});
        assert_eq!(view, expected);
    }
}
