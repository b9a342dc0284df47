//! The reading operations, each written once for both databases.

pub(crate) mod anchors;
pub(crate) mod config;
pub(crate) mod crypto;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod log;
pub(crate) mod messages;
pub(crate) mod people;
pub(crate) mod retention;
pub(crate) mod signed_log;

use verbatim_engine::ports::{Page, PageAt, StoreError};

use crate::value::Row;

/// Items on a page, at most.
const MOST: u32 = 1000;

/// A page request in terms of positions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    after: i64,
    limit: u32,
}

impl Window {
    /// Reads the `next` of the page before.
    pub(crate) fn new(at: &PageAt) -> Result<Self, StoreError> {
        let parse = |text: &String| text.parse::<i64>();
        let bad = |_| StoreError::Conflict("not a place to begin a page at".into());
        let after = at.after.as_ref().map_or(Ok(0), parse).map_err(bad)?;
        Ok(Self {
            after,
            limit: at.limit.clamp(1, MOST),
        })
    }

    /// How many rows to ask for: one more than fits, to know whether there is a next page.
    fn rows(self) -> u32 {
        self.limit + 1
    }

    /// Makes a page of rows whose first column is their position.
    fn page<T>(
        self,
        rows: &[Row],
        read: impl Fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let limit = self.limit as usize;
        let shown = &rows[..rows.len().min(limit)];
        let items = shown.iter().map(read).collect::<Result<_, _>>()?;
        let next = match shown.last() {
            Some(last) if rows.len() > limit => Some(last.get::<i64>(0)?.to_string()),
            _ => None,
        };
        Ok(Page { items, next })
    }
}

/// A stored number that names nothing we know.
fn strange(what: &str, code: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("{what} {code} is unknown"))
}
