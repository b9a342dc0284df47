//! Statements on a PostgreSQL connection, pipelined: what nobody asks the outcome of is on its way
//! before the next statement is thought of, and costs no round trip of its own.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use async_trait::async_trait;
use bytes::BytesMut;
use futures_util::future::{BoxFuture, try_join_all};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Statement};
use verbatim_engine::ports::StoreError;

use super::error;
use crate::stmt::{Dialect, Stmt};
use crate::tx::{Frame, Tx};
use crate::value::{Row, Value};

type Sent = BoxFuture<'static, Result<(), tokio_postgres::Error>>;

/// A connection with its prepared statements and what is under way on it.
pub(crate) struct PostgresTx {
    client: Arc<Client>,
    prepared: Mutex<HashMap<&'static str, Statement>>,
    under_way: Mutex<Vec<Sent>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PostgresTx {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client: Arc::new(client),
            prepared: Mutex::default(),
            under_way: Mutex::default(),
        }
    }

    /// Whether the connection has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    async fn prepare(&self, stmt: &'static Stmt) -> Result<Statement, StoreError> {
        if let Some(known) = locked(&self.prepared).get(stmt.name) {
            return Ok(known.clone());
        }
        let prepared = self.client.prepare(stmt.sql(Dialect::Postgres)).await;
        let prepared = prepared.map_err(|cause| named(stmt, &cause))?;
        locked(&self.prepared).insert(stmt.name, prepared.clone());
        Ok(prepared)
    }

    /// Starts a request: its first poll puts it on the wire. Its answer is awaited in [`Tx::settle`].
    async fn start(&self, mut request: Sent) -> Result<(), StoreError> {
        match futures_util::poll!(&mut request) {
            Poll::Ready(done) => done.map_err(|cause| error::of(&cause)),
            Poll::Pending => {
                locked(&self.under_way).push(request);
                Ok(())
            }
        }
    }
}

fn named(stmt: &Stmt, cause: &tokio_postgres::Error) -> StoreError {
    match error::of(cause) {
        StoreError::Damaged(text) => StoreError::Damaged(format!("{}: {text}", stmt.name)),
        StoreError::Unavailable(text) => StoreError::Unavailable(format!("{}: {text}", stmt.name)),
        other => other,
    }
}

#[async_trait]
impl Tx for PostgresTx {
    async fn execute(&self, stmt: &'static Stmt, params: Vec<Value>) -> Result<u64, StoreError> {
        let prepared = self.prepare(stmt).await?;
        let touched = self.client.execute_raw(&prepared, params).await;
        stmt.mark(Dialect::Postgres);
        touched.map_err(|cause| named(stmt, &cause))
    }

    async fn execute_many(
        &self,
        stmt: &'static Stmt,
        params: Vec<Vec<Value>>,
    ) -> Result<Vec<u64>, StoreError> {
        let prepared = self.prepare(stmt).await?;
        stmt.mark(Dialect::Postgres);
        let all = params
            .into_iter()
            .map(|params| self.client.execute_raw(&prepared, params));
        try_join_all(all).await.map_err(|cause| named(stmt, &cause))
    }

    async fn send(&self, stmt: &'static Stmt, params: Vec<Value>) -> Result<(), StoreError> {
        let prepared = self.prepare(stmt).await?;
        stmt.mark(Dialect::Postgres);
        let client = Arc::clone(&self.client);
        let request = async move { client.execute_raw(&prepared, params).await.map(drop) };
        self.start(Box::pin(request)).await
    }

    async fn settle(&self) -> Result<(), StoreError> {
        let under_way = std::mem::take(&mut *locked(&self.under_way));
        let mut first = Ok(());
        // One after the other, in the order of sending: the first failure is the cause of the others.
        for request in under_way {
            let done = request.await.map_err(|cause| error::of(&cause));
            first = first.and(done);
        }
        first
    }

    async fn query(&self, stmt: &'static Stmt, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let prepared = self.prepare(stmt).await?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as _).collect();
        let rows = self.client.query(&prepared, &params).await;
        stmt.mark(Dialect::Postgres);
        rows.map_err(|cause| named(stmt, &cause))?
            .iter()
            .map(row)
            .collect()
    }

    async fn frame(&self, frame: Frame) -> Result<(), StoreError> {
        let sql = frame.sql("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
        match frame {
            // Whether these failed shows at the next statement whose outcome is asked for.
            Frame::Begin | Frame::Mark | Frame::Keep => {
                let client = Arc::clone(&self.client);
                self.start(Box::pin(async move { client.batch_execute(sql).await }))
                    .await
            }
            _ => self.script(sql).await,
        }
    }

    async fn script(&self, text: &str) -> Result<(), StoreError> {
        self.client
            .batch_execute(text)
            .await
            .map_err(|cause| error::of(&cause))
    }

    /// Each one would be a subtransaction on the server.
    fn marks_are_cheap(&self) -> bool {
        false
    }
}

fn row(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let strange = |cause: tokio_postgres::Error| StoreError::Damaged(cause.to_string());
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        values.push(
            match *column.type_() {
                Type::INT8 => row.try_get::<_, Option<i64>>(index).map(Value::from),
                Type::INT4 => row
                    .try_get::<_, Option<i32>>(index)
                    .map(|n| n.map(i64::from).into()),
                Type::BOOL => row.try_get::<_, Option<bool>>(index).map(Value::from),
                Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index).map(Value::from),
                _ => row.try_get::<_, Option<String>>(index).map(Value::from),
            }
            .map_err(strange)?,
        );
    }
    Ok(Row(values))
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(n) if *ty == Type::INT4 => i32::try_from(*n)?.to_sql(ty, out),
            Self::Int(n) if *ty == Type::INT8 => n.to_sql(ty, out),
            Self::Text(text) if <String as ToSql>::accepts(ty) => text.to_sql(ty, out),
            Self::Bytes(bytes) if *ty == Type::BYTEA => bytes.as_slice().to_sql(ty, out),
            _ => Err(format!("not a value for {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
