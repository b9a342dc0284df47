//! The employee leaves, or never comes: nothing from the client is lost.

use anyhow::{Result, ensure};
use e2e::harness::{ACCOUNT, Options, PASSWORD, PATIENCE, SERVER_NAME, Stack, switched_on, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::talk::{Talk, wait_for_alarm, word};

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_who_leaves_is_asked_back() -> Result<()> {
    if !switched_on("an_employee_who_leaves_is_asked_back") {
        return Ok(());
    }
    let stack = Stack::start(&Options::default()).await?;
    let talk = Talk::begin(&stack, 0, "+14155550140").await?;
    talk.fence("before").await?;
    let room = talk.employee().joined(&talk.room).await?;
    room.leave().await?;
    wait_for_alarm(&stack, &format!("employee-left:{}", talk.conversation)).await?;
    // The harness accepts every invitation.
    stack
        .carrier()
        .text(&talk.phone, &talk.line.number, "are you there?")?;
    let said = talk.employee().wait_for_text("are you there?").await?;
    assert_eq!(said.room, talk.room);
    ensure!(said.encrypted, "{said:?}");
    talk.fence("yes, again").await?;

    declined(&stack).await
}

/// Carol declines; no client of hers accepts anything by itself.
async fn declined(stack: &Stack) -> Result<()> {
    let (number, user) = ("+12025550177", format!("@carol:{SERVER_NAME}"));
    stack.synapse.register("carol", PASSWORD).await?;
    let mut carol = Raw::login(stack, "carol").await?;
    let hook = format!("http://{}/hooks/{ACCOUNT}/sms", stack.ports.public());
    stack.carrier().set_number(number, &hook)?;
    let verbatim = &stack.verbatim;
    verbatim
        .json(&["employee", "add", &user, "Carol Example"])
        .await?;
    verbatim
        .json(&[
            "number",
            "add",
            number,
            "--account",
            ACCOUNT,
            "--holder",
            &user,
        ])
        .await?;
    stack
        .carrier()
        .text("+14155550141", number, "hello carol")?;
    let room = carol.invitation().await?;
    carol
        .ask(Method::POST, &format!("rooms/{room}/leave"), &json!({}))
        .await?;
    let conversation = stack.conversation("+14155550141", number).await?;
    let key = format!("employee-left:{}", word(&conversation["id"]));
    wait_for_alarm(stack, &key).await?;
    assert_eq!(carol.invitation().await?, room, "another room");
    Ok(())
}

/// An account without a client.
struct Raw {
    http: reqwest::Client,
    url: String,
    token: String,
    /// Where the last sync ended.
    since: String,
}

impl Raw {
    async fn login(stack: &Stack, user: &str) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let mut raw = Self {
            http,
            url: stack.synapse.url(),
            token: String::new(),
            since: String::new(),
        };
        let body = json!({ "type": "m.login.password", "password": PASSWORD,
            "identifier": { "type": "m.id.user", "user": user } });
        raw.token = word(&raw.ask(Method::POST, "login", &body).await?["access_token"]);
        Ok(raw)
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let url = format!(
            "{}/_matrix/client/v3/{}",
            self.url,
            path.replace('!', "%21")
        );
        let mut asked = self.http.request(method.clone(), url);
        if !self.token.is_empty() {
            asked = asked.bearer_auth(&self.token);
        }
        if method != Method::GET {
            asked = asked.body(body.to_string());
        }
        let answer = asked.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }

    /// The room that the account is invited to next.
    async fn invitation(&mut self) -> Result<String> {
        until("an invitation", PATIENCE, async || {
            // Each sync goes on where the last one ended: the homeserver keeps its answer to a first one.
            let path = match self.since.as_str() {
                "" => "sync".to_owned(),
                since => format!("sync?since={since}"),
            };
            let sync = self.ask(Method::GET, &path, &json!({})).await?;
            self.since = word(&sync["next_batch"]);
            let invited = sync["rooms"]["invite"].as_object();
            Ok(invited.and_then(|rooms| rooms.keys().next().cloned()))
        })
        .await
    }
}
