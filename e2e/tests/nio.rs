//! An employee whose client shares no code with Verbatim, nor with the SDK of the other tests:
//! matrix-nio, with libolm for its encryption. The program is the one behind `verbatim demo --check`.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use carrier_sim::Event;
use e2e::harness::{Options, PASSWORD, PATIENCE, Stack, switched_on, until};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

const PROGRAM: &str = "../crates/verbatim/src/demo/check/client.py";
const PHONE: &str = "+14155550123";

/// The client as a process that talks JSON lines.
struct Nio {
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Nio {
    fn start(stack: &Stack, user: &str) -> Result<Self> {
        let python = std::env::var_os("VERBATIM_NIO_PYTHON")
            .context("VERBATIM_NIO_PYTHON must name a Python that has matrix-nio[e2e]")?;
        let store = stack.root().join("nio");
        std::fs::create_dir_all(&store)?;
        let mut child = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(PROGRAM))
            .args([&stack.synapse.url(), user])
            .arg(store)
            .env("VERBATIM_CHECK_PASSWORD", PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take().context("input")?;
        let output = BufReader::new(child.stdout.take().context("output")?).lines();
        Ok(Self {
            _child: child,
            input,
            output,
        })
    }

    /// The next event that satisfies `wanted`.
    async fn wait_for(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let reading = async {
            loop {
                let line = self.output.next_line().await?.context("the client ended")?;
                let event: Value = serde_json::from_str(&line).context(line)?;
                if event["event"] == "failed" {
                    bail!("{event}");
                }
                if wanted(&event) {
                    return Ok(event);
                }
            }
        };
        timeout(PATIENCE, reading)
            .await
            .with_context(|| format!("no {what}"))?
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn matrix_nio_reads_answers_and_sees_the_delivery() -> Result<()> {
    if !switched_on("matrix_nio_reads_answers_and_sees_the_delivery") {
        return Ok(());
    }
    let stack = Stack::start(&Options::default()).await?;
    let line = &stack.lines[0];
    let mut nio = Nio::start(&stack, line.employee.user())?;
    nio.wait_for("login", |event| event["event"] == "ready")
        .await?;

    stack
        .carrier()
        .text(PHONE, &line.number, "Is ten o'clock all right? 🕙")?;
    let text = nio
        .wait_for("text", |event| event["event"] == "text")
        .await?;
    assert_eq!(text["body"], "Is ten o'clock all right? 🕙");
    assert_eq!(
        (&text["decrypted"], &text["room_encrypted"]),
        (&json!(true), &json!(true)),
        "{text}"
    );
    let members = text["members"].as_array().map_or(0, Vec::len);
    assert_eq!(members, 3, "employee, stand-in, bot: {text}");

    let reply = json!({"cmd": "reply", "room": text["room"], "body": "Yes, see you at ten."});
    nio.input.write_all(format!("{reply}\n").as_bytes()).await?;
    let sent = nio
        .wait_for("answer", |event| event["event"] == "sent")
        .await?;
    until("the phone shows the answer", PATIENCE, async || {
        let shows =
            |event: &Event| matches!(event, Event::Delivered(text) if text.body == reply["body"]);
        Ok(stack
            .carrier()
            .ledger(0)
            .iter()
            .any(|entry| shows(&entry.event))
            .then_some(()))
    })
    .await?;
    // Delivered: the stand-in has read it.
    nio.wait_for("receipt of the stand-in", |event| {
        event["event"] == "receipt" && event["id"] == sent["id"] && event["user"] == text["sender"]
    })
    .await?;
    Ok(())
}
