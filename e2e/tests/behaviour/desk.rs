//! What the employee's own client asks Verbatim for, signed in through the real homeserver.

use anyhow::{Context, Result, ensure};
use e2e::harness::{Options, PASSWORD, PATIENCE, Stack, http_client, switched_on};
use serde_json::{Value, json};

const PHONE: &str = "+14155550171";

/// A browser: signed in at the homeserver, and perhaps with us.
struct Browser<'a> {
    stack: &'a Stack,
    http: reqwest::Client,
    session: String,
}

impl Browser<'_> {
    async fn ask(&self, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        let url = format!("http://{}{path}", self.stack.ports.client());
        let request = match body {
            Some(body) => self.http.post(url).json(body),
            None => self.http.get(url),
        };
        let answer = request.bearer_auth(&self.session).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// An OpenID token, as the client gets one.
    async fn openid(&self, user: &str) -> Result<Value> {
        let url = self.stack.synapse.url();
        let login = json!({
            "type": "m.login.password", "password": PASSWORD,
            "identifier": {"type": "m.id.user", "user": user},
        });
        let request = self.http.post(format!("{url}/_matrix/client/v3/login"));
        let answer = request.json(&login).send().await?.error_for_status()?;
        let login: Value = answer.json().await?;
        let token = login["access_token"].as_str().context("no token")?;
        let path = format!("{url}/_matrix/client/v3/user/{user}/openid/request_token");
        let answer = self.http.post(path).bearer_auth(token).json(&json!({}));
        Ok(answer.send().await?.error_for_status()?.json().await?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_signs_in_and_begins_a_conversation() -> Result<()> {
    if !switched_on("an_employee_signs_in_and_begins_a_conversation") {
        return Ok(());
    }
    let stack = Stack::start(&Options::default()).await?;
    let line = &stack.lines[0];
    let user = line.employee.user().to_owned();
    let mut browser = Browser {
        stack: &stack,
        http: http_client(PATIENCE)?,
        session: String::new(),
    };
    let (_, config) = browser.ask("/config.json", None).await?;
    ensure!(config["homeserver"] == stack.synapse.url(), "{config}");

    let openid = browser.openid(&user).await?;
    let mut stolen = openid.clone();
    stolen["access_token"] = json!("made-up");
    let (status, refused) = browser.ask("/client/v1/session", Some(&stolen)).await?;
    ensure!(status == 401, "{status} {refused}");
    let (status, session) = browser.ask("/client/v1/session", Some(&openid)).await?;
    ensure!(status == 200, "{status} {session}");
    browser.session = session["token"].as_str().context("no session")?.to_owned();

    let (_, me) = browser.ask("/client/v1/me", None).await?;
    ensure!(
        me["user_id"] == user && me["numbers"][0]["number"] == line.number,
        "{me}"
    );

    // Its room is there with the answer, and is the same when asked again.
    let wish = json!({"number": PHONE, "name": "Jane Doe"});
    let (status, begun) = browser.ask("/client/v1/conversations", Some(&wish)).await?;
    ensure!(
        status == 200 && begun["room_id"].is_string(),
        "{status} {begun}"
    );
    let (_, again) = browser.ask("/client/v1/conversations", Some(&wish)).await?;
    ensure!(again == begun, "{again} {begun}");
    let conversation = stack.conversation(PHONE, &line.number).await?;
    ensure!(
        conversation["id"] == begun["conversation"],
        "{conversation}"
    );
    let (_, list) = browser.ask("/client/v1/conversations", None).await?;
    ensure!(list["items"][0]["masked_number"] == "•••• 0171", "{list}");
    ensure!(list["items"][0]["room_id"] == begun["room_id"], "{list}");

    stack.verbatim.json(&["employee", "end", &user]).await?;
    let (status, refused) = browser.ask("/client/v1/me", None).await?;
    ensure!(status == 403, "{status} {refused}");
    Ok(())
}
