//! Named statements: every SQL text of the product has a name, and one text serves both databases
//! wherever the dialects agree (STYLE 11).

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// How rows that were gathered are added at once. Gathered rows of different tables travel in the order
/// in which their tables came first, so a table that another one refers to must not be gathered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows {
    /// The same for each.
    Alike,
    /// By this text, whose parameters are arrays.
    Text(&'static str),
}

/// A named statement.
#[derive(Debug)]
pub(crate) struct Stmt {
    /// Its name, unique in the package.
    pub(crate) name: &'static str,
    /// Its text with `$1` placeholders.
    text: &'static str,
    /// The text for PostgreSQL where the dialects differ.
    postgres: Option<&'static str>,
    /// How PostgreSQL adds many rows at once; `None` for what goes alone.
    rows: Option<Rows>,
    /// The text with SQLite's `?1` placeholders.
    translated: OnceLock<String>,
    /// Whether it was ever executed, by dialect; the suite asks.
    ran: [AtomicBool; 2],
}

impl Stmt {
    /// A statement, with another text for PostgreSQL where the dialects differ, and a way to add many
    /// rows.
    pub(crate) const fn new(
        name: &'static str,
        text: &'static str,
        postgres: Option<&'static str>,
        rows: Option<Rows>,
    ) -> Self {
        let ran = [AtomicBool::new(false), AtomicBool::new(false)];
        Self {
            name,
            text,
            postgres,
            rows,
            translated: OnceLock::new(),
            ran,
        }
    }

    /// The text for a dialect. SQLite would take `$1` for a name and number it by appearance.
    pub(crate) fn sql(&self, dialect: Dialect) -> &str {
        match dialect {
            Dialect::Sqlite => self.translated.get_or_init(|| self.text.replace('$', "?")),
            Dialect::Postgres => self.postgres.unwrap_or(self.text),
        }
    }

    /// How many rows are added at once, if they may be gathered.
    pub(crate) fn rows(&self) -> Option<Rows> {
        self.rows
    }

    /// Notes that it was executed.
    pub(crate) fn mark(&self, dialect: Dialect) {
        self.ran[dialect as usize].store(true, Ordering::Relaxed);
    }

    /// Whether it was executed in this process.
    pub(crate) fn has_run(&self, dialect: Dialect) -> bool {
        self.ran[dialect as usize].load(Ordering::Relaxed)
    }
}

/// Declares named statements and `ALL`, the list of them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr
        $(, postgres $postgres:expr)? $(, rows $rows:expr)?;)*) => {
        $($(#[$doc])* pub(crate) static $name: $crate::stmt::Stmt = $crate::stmt::Stmt::new(
            stringify!($name), $text, $crate::stmt::statements!(@other $($postgres)?),
            $crate::stmt::statements!(@other $($rows)?),
        );)*
        /// Every statement of this area.
        pub(crate) static ALL: &[&$crate::stmt::Stmt] = &[$(&$name),*];
    };
    (@other) => { None };
    (@other $text:expr) => { Some($text) };
}
pub(crate) use statements;
