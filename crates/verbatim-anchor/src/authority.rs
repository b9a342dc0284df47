//! A time authority over HTTP (RFC 3161 section 3.4).

use async_trait::async_trait;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use url::Url;
use verbatim_engine::ports::{AuthorityError, TimeAuthority};

use crate::client::{ConfigError, client, exchange};

const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";

/// An authority reached over HTTP.
pub struct HttpAuthority {
    name: String,
    url: Url,
    client: Client,
}

impl HttpAuthority {
    /// An authority of the configuration.
    ///
    /// # Errors
    /// When its address cannot be used.
    pub fn new(name: &str, url: Url) -> Result<Self, ConfigError> {
        Ok(Self {
            name: name.to_owned(),
            client: client(&url)?,
            url,
        })
    }
}

#[async_trait]
impl TimeAuthority for HttpAuthority {
    fn name(&self) -> &str {
        &self.name
    }

    async fn stamp(&self, request: &[u8]) -> Result<Vec<u8>, AuthorityError> {
        let post = self.client.post(self.url.clone());
        let answer = exchange(post.header(CONTENT_TYPE, QUERY).body(request.to_vec()))
            .await
            .map_err(AuthorityError)?;
        match answer.status {
            200 if answer.content_type == REPLY => Ok(answer.body),
            200 => Err(AuthorityError(
                "it answers something else than a timestamp".into(),
            )),
            _ => Err(AuthorityError(answer.said())),
        }
    }
}
