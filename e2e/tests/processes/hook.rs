//! Webhooks as the carrier sends them, one byte at a time if need be.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use e2e::harness::{ACCOUNT_SID, AUTH_TOKEN, Stack};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const NUMBER: &str = "+12025550100";
pub(crate) const PHONE: &str = "+14155550123";
const PATH: &str = "/hooks/sim/sms";

/// A signed inbound text, not sent yet.
pub(crate) struct Hook {
    head: String,
    body: String,
}

impl Hook {
    /// Signed as the provider documents it: HMAC-SHA1 over the address and the sorted parameters.
    pub(crate) fn text(stack: &Stack, sid: &str, text: &str) -> Result<Self> {
        let fields = [
            ("AccountSid", ACCOUNT_SID),
            ("Body", text),
            ("From", PHONE),
            ("MessageSid", sid),
            ("NumMedia", "0"),
            ("NumSegments", "1"),
            ("SmsStatus", "received"),
            ("To", NUMBER),
        ];
        let host = stack.ports.public();
        let mut mac = Hmac::<Sha1>::new_from_slice(AUTH_TOKEN.as_bytes()).context("key")?;
        mac.update(format!("http://{host}{PATH}").as_bytes());
        for (name, value) in fields {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: {host}\r\nX-Twilio-Signature: {signature}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        Ok(Self { head, body })
    }

    /// The same, with another text than was signed.
    pub(crate) fn forged(self) -> Self {
        let body = self.body.replacen("forged", "Forged", 1);
        Self { body, ..self }
    }

    /// Everything but the last byte.
    pub(crate) async fn begin(self, stack: &Stack) -> Result<Begun> {
        self.begin_at(stack.ports.public()).await
    }

    /// All of it, to another listener; the answer's status.
    pub(crate) async fn send_to(self, address: SocketAddr) -> Result<u16> {
        self.begin_at(address).await?.finish().await
    }

    async fn begin_at(self, address: SocketAddr) -> Result<Begun> {
        let mut stream = TcpStream::connect(address).await?;
        let mut bytes = [self.head, self.body].concat().into_bytes();
        let last = bytes.pop().context("empty")?;
        stream.write_all(&bytes).await?;
        stream.flush().await?;
        Ok(Begun { stream, last })
    }

    /// All of it; the answer's status.
    pub(crate) async fn send(self, stack: &Stack) -> Result<u16> {
        self.begin(stack).await?.finish().await
    }
}

/// A webhook on its way.
pub(crate) struct Begun {
    stream: TcpStream,
    last: u8,
}

impl Begun {
    /// The last byte, and the answer's status.
    pub(crate) async fn finish(mut self) -> Result<u16> {
        self.stream.write_all(&[self.last]).await?;
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await?;
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
        status.with_context(|| format!("no answer: {answer:?}"))
    }
}
