//! Publishing the log to a folder or to an S3-compatible bucket (`ports::Publication`).

use std::fs::File;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

// Only its features are needed: see Cargo.toml.
use reqwest as _;

use async_trait::async_trait;
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, ClientOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    RetryConfig, UpdateVersion,
};
use thiserror::Error;
use verbatim_engine::ports::{Lasting, Publication, PublicationError};

/// The longest that one request may take; the next attempt is made by whoever asked.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often a file is looked at again that somebody else replaces meanwhile.
const TRIES: usize = 3;
/// The file in a folder that is locked while another is replaced.
const LOCK: &str = ".lock";
/// Files read back, at most: a checkpoint has a few hundred bytes.
const MOST_BYTES: u64 = 1024 * 1024;

/// The place of publication cannot be used as it is configured.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The folder cannot be made or written.
    #[error("the folder {path} cannot be used: {why}")]
    Folder {
        /// Which.
        path: String,
        /// What the system says.
        why: String,
    },
    /// The bucket's address or credentials cannot be right.
    #[error("the bucket {bucket} cannot be used: {why}")]
    Bucket {
        /// Which.
        bucket: String,
        /// What is wrong.
        why: String,
    },
}

/// An S3-compatible bucket.
#[derive(Clone)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Below which the log lies; empty for the bucket itself.
    pub prefix: String,
    /// The service's address; none for Amazon's own.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: String,
    /// Who we are there.
    pub access_key: String,
    /// And the secret that proves it.
    pub secret_key: String,
}

/// A file that was read.
struct Found {
    bytes: Vec<u8>,
    version: UpdateVersion,
}

/// A place of publication.
pub struct Place {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    name: String,
    /// Folders keep no attributes.
    attributes: bool,
    /// Held while a file of a folder is replaced; buckets compare by themselves.
    lock: Option<PathBuf>,
}

impl Place {
    /// A folder, which is made if need be. What is written there is flushed to the disk.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(path: &FilePath) -> Result<Self, OpenError> {
        let failed = |why: String| OpenError::Folder {
            path: path.display().to_string(),
            why,
        };
        std::fs::create_dir_all(path).map_err(|e| failed(e.to_string()))?;
        let store = LocalFileSystem::new_with_prefix(path).map_err(|e| failed(e.to_string()))?;
        Ok(Self {
            store: Arc::new(store.with_fsync(true)),
            prefix: Path::default(),
            name: format!("file:{}", path.display()),
            attributes: false,
            lock: Some(path.join(LOCK)),
        })
    }

    /// A bucket. Nothing is asked of it yet.
    ///
    /// # Errors
    /// When its address cannot be one.
    pub fn bucket(bucket: &Bucket) -> Result<Self, OpenError> {
        let failed = |why: String| OpenError::Bucket {
            bucket: bucket.name.clone(),
            why,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_access_key_id(&bucket.access_key)
            .with_secret_access_key(&bucket.secret_key)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_client_options(ClientOptions::new().with_timeout(TIMEOUT))
            .with_retry(RetryConfig {
                max_retries: 1,
                retry_timeout: TIMEOUT,
                ..RetryConfig::default()
            });
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder
                .with_endpoint(endpoint)
                .with_allow_http(endpoint.starts_with("http:"));
        }
        let store = builder.build().map_err(|e| failed(e.to_string()))?;
        let prefix = Path::parse(&bucket.prefix).map_err(|e| failed(e.to_string()))?;
        Ok(Self {
            store: Arc::new(store),
            name: format!("s3://{}/{prefix}", bucket.name),
            prefix,
            attributes: true,
            lock: None,
        })
    }

    /// The lock of a folder, until it is dropped. It ends with the process, whatever ends that.
    async fn locked(&self) -> Result<Option<File>, PublicationError> {
        let Some(path) = self.lock.clone() else {
            return Ok(None);
        };
        let taken = tokio::task::spawn_blocking(move || {
            let file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path)?;
            file.lock()?;
            Ok(file)
        });
        let failed = |e: std::io::Error| PublicationError::Unavailable(format!("its lock: {e}"));
        let taken = taken.await.map_err(|e| failed(e.into()))?;
        taken.map(Some).map_err(failed)
    }

    /// What is there, and what the place knows it by.
    async fn read(&self, path: &str) -> Result<Option<Found>, PublicationError> {
        let found = match self.store.get(&self.at(path)).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(named(error)),
        };
        if found.meta.size > MOST_BYTES {
            let what = format!("{path} has {} bytes there", found.meta.size);
            return Err(PublicationError::Refused(what));
        }
        let version = UpdateVersion {
            e_tag: found.meta.e_tag.clone(),
            version: found.meta.version.clone(),
        };
        let bytes = found.bytes().await.map_err(named)?.to_vec();
        Ok(Some(Found { bytes, version }))
    }

    /// Writes over what was read. None where somebody else was quicker.
    async fn write_over(
        &self,
        path: &str,
        bytes: Vec<u8>,
        found: Option<Found>,
    ) -> Result<Option<()>, PublicationError> {
        let mode = match (&self.lock, found) {
            // Nobody writes while we hold it.
            (Some(_), _) => PutMode::Overwrite,
            (None, None) => PutMode::Create,
            (None, Some(found)) => PutMode::Update(found.version),
        };
        let put = self.put_as(mode, path, bytes.clone(), Lasting::Replaced);
        match put.await {
            Ok(()) => Ok(Some(())),
            Err(
                object_store::Error::Precondition { .. }
                | object_store::Error::AlreadyExists { .. },
            ) => Ok(None),
            // Not every service compares; what it has was read a moment ago.
            Err(object_store::Error::NotImplemented { .. }) => {
                self.put(path, bytes, Lasting::Replaced).await.map(Some)
            }
            Err(error) => Err(named(error)),
        }
    }

    async fn put_as(
        &self,
        mode: PutMode,
        path: &str,
        bytes: Vec<u8>,
        lasting: Lasting,
    ) -> Result<(), object_store::Error> {
        let options = PutOptions {
            attributes: self.attributes(path, lasting),
            mode,
            ..PutOptions::default()
        };
        let at = self.at(path);
        let put = self.store.put_opts(&at, bytes.into(), options);
        put.await.map(drop)
    }

    /// Whether it is these bytes that lie there.
    async fn is_there(&self, path: &str, bytes: &[u8]) -> Result<(), PublicationError> {
        match self.read(path).await? {
            Some(found) if found.bytes == bytes => Ok(()),
            Some(_) => {
                let what = format!(
                    "{path} is there with other bytes, and never changes: find out who wrote it"
                );
                Err(PublicationError::Refused(what))
            }
            None => Err(PublicationError::Unavailable(format!("{path} went away"))),
        }
    }

    fn at(&self, path: &str) -> Path {
        path.split('/')
            .fold(self.prefix.clone(), |whole, part| whole.join(part))
    }

    fn attributes(&self, path: &str, lasting: Lasting) -> Attributes {
        if !self.attributes {
            return Attributes::default();
        }
        // Content types and caching as C2SP tlog-tiles has them.
        let kind = if path.starts_with("tile/") {
            "application/octet-stream"
        } else {
            "text/plain; charset=utf-8"
        };
        let cache = match lasting {
            Lasting::Immutable => "public, max-age=31536000, immutable",
            Lasting::Replaced => "no-cache",
        };
        [
            (Attribute::ContentType, kind),
            (Attribute::CacheControl, cache),
        ]
        .into_iter()
        .collect()
    }
}

#[async_trait]
impl Publication for Place {
    fn place(&self) -> &str {
        &self.name
    }

    async fn put(
        &self,
        path: &str,
        bytes: Vec<u8>,
        lasting: Lasting,
    ) -> Result<(), PublicationError> {
        let mode = match lasting {
            Lasting::Immutable => PutMode::Create,
            Lasting::Replaced => PutMode::Overwrite,
        };
        match self.put_as(mode, path, bytes.clone(), lasting).await {
            Ok(()) => Ok(()),
            Err(
                object_store::Error::AlreadyExists { .. }
                | object_store::Error::Precondition { .. },
            ) => self.is_there(path, &bytes).await,
            // Not every service compares: what is there is looked at first.
            Err(object_store::Error::NotImplemented { .. }) => match self.read(path).await? {
                Some(_) => self.is_there(path, &bytes).await,
                None => {
                    let put = self.put_as(PutMode::Overwrite, path, bytes, lasting);
                    put.await.map_err(named)
                }
            },
            Err(error) => Err(named(error)),
        }
    }

    async fn replace(
        &self,
        path: &str,
        bytes: Vec<u8>,
        allows: &(dyn for<'b> Fn(Option<&'b [u8]>) -> bool + Send + Sync),
    ) -> Result<bool, PublicationError> {
        let _held = self.locked().await?;
        for _ in 0..TRIES {
            let found = self.read(path).await?;
            if !allows(found.as_ref().map(|found| found.bytes.as_slice())) {
                return Ok(false);
            }
            if self.write_over(path, bytes.clone(), found).await?.is_some() {
                return Ok(true);
            }
        }
        let what = format!("{path} changes whenever it is looked at");
        Err(PublicationError::Unavailable(what))
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, PublicationError> {
        Ok(self.read(path).await?.map(|found| found.bytes))
    }
}

fn named(error: object_store::Error) -> PublicationError {
    use object_store::Error as E;
    let text = error.to_string();
    match error {
        E::PermissionDenied { .. }
        | E::Unauthenticated { .. }
        | E::NotFound { .. }
        | E::InvalidPath { .. }
        | E::NotSupported { .. } => PublicationError::Refused(text),
        _ => PublicationError::Unavailable(text),
    }
}
