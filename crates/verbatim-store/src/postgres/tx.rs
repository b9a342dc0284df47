//! Statements on a PostgreSQL connection, pipelined: what nobody asks the outcome of costs no round
//! trip of its own, and rows for one table are gathered and travel together.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use async_trait::async_trait;
use bytes::BytesMut;
use futures_util::future::{BoxFuture, try_join_all};
use tokio_postgres::types::{BorrowToSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Statement};
use verbatim_engine::ports::StoreError;

use super::{error, many};
use crate::stmt::{Dialect, Rows, Stmt};
use crate::tx::{Frame, Tx};
use crate::value::{Row, Value};

type Sent = BoxFuture<'static, Result<(), tokio_postgres::Error>>;

/// A connection with its prepared statements and what is under way on it.
pub(crate) struct PostgresTx {
    client: Arc<Client>,
    prepared: Mutex<HashMap<&'static str, Prepared>>,
    gathered: Mutex<Vec<Gathered>>,
    under_way: Mutex<Vec<Sent>>,
}

/// A statement as the server knows it.
#[derive(Clone)]
struct Prepared {
    one: Statement,
    /// The same for many sets of parameters, once it was needed; inside, `None` if there is no such form.
    many: Option<Option<Statement>>,
}

/// Rows that wait to travel together.
struct Gathered {
    stmt: &'static Stmt,
    rows: Vec<Vec<Value>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PostgresTx {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client: Arc::new(client),
            prepared: Mutex::default(),
            gathered: Mutex::default(),
            under_way: Mutex::default(),
        }
    }

    /// Whether the connection has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    async fn prepare(&self, stmt: &'static Stmt) -> Result<Statement, StoreError> {
        if let Some(known) = locked(&self.prepared).get(stmt.name) {
            return Ok(known.one.clone());
        }
        let one = self.prepare_text(stmt, stmt.sql(Dialect::Postgres)).await?;
        let prepared = Prepared {
            one: one.clone(),
            many: None,
        };
        locked(&self.prepared).insert(stmt.name, prepared);
        Ok(one)
    }

    /// The form for many sets of parameters, made by `form` at first use.
    async fn prepare_many(
        &self,
        stmt: &'static Stmt,
        form: impl FnOnce(&Statement) -> Option<String>,
    ) -> Result<Option<Statement>, StoreError> {
        let one = self.prepare(stmt).await?;
        let known = locked(&self.prepared).get(stmt.name).cloned();
        if let Some(many) = known.and_then(|known| known.many) {
            return Ok(many);
        }
        let many = match form(&one) {
            Some(text) => Some(self.prepare_text(stmt, &text).await?),
            None => None,
        };
        let prepared = Prepared {
            one,
            many: Some(many.clone()),
        };
        locked(&self.prepared).insert(stmt.name, prepared);
        Ok(many)
    }

    async fn prepare_text(&self, stmt: &Stmt, text: &str) -> Result<Statement, StoreError> {
        let prepared = self.client.prepare(text).await;
        prepared.map_err(|cause| named(stmt, &cause))
    }

    /// The form of an insertion that takes many rows.
    async fn prepare_rows(&self, stmt: &'static Stmt) -> Result<Option<Statement>, StoreError> {
        let form = |one: &Statement| match stmt.rows()? {
            Rows::Text(text) => Some(text.to_owned()),
            Rows::Alike => many::insert(stmt.sql(Dialect::Postgres), one.params()),
        };
        self.prepare_many(stmt, form).await
    }

    /// Puts a row to those that travel with it.
    fn gather(&self, stmt: &'static Stmt, row: Vec<Value>) {
        let mut gathered = locked(&self.gathered);
        match gathered
            .iter_mut()
            .find(|group| group.stmt.name == stmt.name)
        {
            Some(group) => group.rows.push(row),
            None => gathered.push(Gathered {
                stmt,
                rows: vec![row],
            }),
        }
    }

    /// Sends the rows that were gathered, before anything that may have to see them.
    async fn dispatch(&self) -> Result<(), StoreError> {
        let gathered = std::mem::take(&mut *locked(&self.gathered));
        for Gathered { stmt, rows } in gathered {
            stmt.mark(Dialect::Postgres);
            let many = match rows.len() {
                2.. => self.prepare_rows(stmt).await?,
                _ => None,
            };
            if let Some(many) = many {
                let columns = many::arrays(rows, many.params().len());
                self.start_execute(many, columns).await?;
                continue;
            }
            let one = self.prepare(stmt).await?;
            for row in rows {
                self.start_execute(one.clone(), row).await?;
            }
        }
        Ok(())
    }

    async fn start_execute<P>(&self, prepared: Statement, params: Vec<P>) -> Result<(), StoreError>
    where
        P: BorrowToSql + Send + Sync + 'static,
    {
        let client = Arc::clone(&self.client);
        let request = async move { client.execute_raw(&prepared, params).await.map(drop) };
        self.start(Box::pin(request)).await
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
        self.dispatch().await?;
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
        self.dispatch().await?;
        let prepared = self.prepare(stmt).await?;
        stmt.mark(Dialect::Postgres);
        let all = params
            .into_iter()
            .map(|params| self.client.execute_raw(&prepared, params));
        try_join_all(all).await.map_err(|cause| named(stmt, &cause))
    }

    async fn send(&self, stmt: &'static Stmt, params: Vec<Value>) -> Result<(), StoreError> {
        if stmt.rows().is_some() {
            self.gather(stmt, params);
            return Ok(());
        }
        self.dispatch().await?;
        let prepared = self.prepare(stmt).await?;
        stmt.mark(Dialect::Postgres);
        self.start_execute(prepared, params).await
    }

    async fn settle(&self) -> Result<(), StoreError> {
        let mut first = self.dispatch().await;
        let under_way = std::mem::take(&mut *locked(&self.under_way));
        // One after the other, in the order of sending: the first failure is the cause of the others.
        for request in under_way {
            let done = request.await.map_err(|cause| error::of(&cause));
            first = first.and(done);
        }
        first
    }

    async fn query(&self, stmt: &'static Stmt, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.dispatch().await?;
        let prepared = self.prepare(stmt).await?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as _).collect();
        let rows = self.client.query(&prepared, &params).await;
        stmt.mark(Dialect::Postgres);
        rows.map_err(|cause| named(stmt, &cause))?
            .iter()
            .map(row)
            .collect()
    }

    async fn query_each(
        &self,
        stmt: &'static Stmt,
        sets: Vec<Vec<Value>>,
    ) -> Result<Vec<Option<Row>>, StoreError> {
        self.dispatch().await?;
        let form = |one: &Statement| Some(many::select(stmt.sql(Dialect::Postgres), one.params()));
        let many = self.prepare_many(stmt, form).await?;
        let many = many.ok_or_else(|| StoreError::Damaged(format!("{}: no form", stmt.name)))?;
        let mut answers = vec![None; sets.len()];
        let columns = many::arrays(sets, many.params().len());
        let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|column| column as _).collect();
        let rows = self.client.query(&many, &params).await;
        stmt.mark(Dialect::Postgres);
        for found in rows.map_err(|cause| named(stmt, &cause))? {
            let Row(mut values) = row(&found)?;
            let nth = values.remove(0);
            let answer = match nth {
                Value::Int(nth) => answers.get_mut((nth - 1) as usize),
                _ => None,
            };
            if let Some(answer @ None) = answer {
                *answer = Some(Row(values));
            }
        }
        Ok(answers)
    }

    async fn frame(&self, frame: Frame) -> Result<(), StoreError> {
        match frame {
            Frame::Undo | Frame::Rollback => locked(&self.gathered).clear(),
            _ => self.dispatch().await?,
        }
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
