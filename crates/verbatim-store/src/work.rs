//! An operation on its way: what it works with, and how it waits in the queue for its answer.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use verbatim_engine::ports::StoreError;

use crate::ahead::{Ahead, Question};
use crate::log::Log;
use crate::tx::Tx;

/// What a writing operation works with.
pub(crate) struct Work {
    /// The transaction.
    pub(crate) tx: Arc<dyn Tx>,
    /// The log.
    pub(crate) log: Log,
    /// Whether jobs were queued, woken or finished.
    pub(crate) woke: bool,
    /// What was looked up in advance.
    pub(crate) ahead: Ahead,
}

impl Work {
    /// Nothing known yet.
    pub(crate) fn new(tx: Arc<dyn Tx>) -> Self {
        Self {
            tx,
            log: Log::default(),
            woke: false,
            ahead: Ahead::default(),
        }
    }
}

/// A writing operation. It may run twice: only the run whose batch is committed counts.
pub(crate) type OpFn<I, R> =
    for<'a> fn(&'a mut Work, &'a I) -> BoxFuture<'a, Result<R, StoreError>>;

/// What an operation will look up first, if that is worth asking in advance.
pub(crate) type AheadFn<I> = fn(&I) -> Option<Question>;

/// A reading operation.
pub(crate) type ReadFn<I, R> =
    for<'a> fn(&'a dyn Tx, &'a I) -> BoxFuture<'a, Result<R, StoreError>>;

/// A writing operation in the queue.
#[async_trait]
pub(crate) trait Write: Send + Sync {
    /// What it will look up first.
    fn ahead(&self) -> Option<Question>;
    /// Runs it and keeps its result.
    async fn run(&mut self, work: &mut Work) -> Result<(), StoreError>;
    /// Its result does not hold: a statement that it had sent failed afterwards.
    fn spoil(&mut self, error: StoreError);
    /// Answers its caller: with the result if the batch was committed, else with what went wrong.
    fn answer(self: Box<Self>, batch: Result<(), StoreError>);
}

/// A reading operation on its way to a connection.
#[async_trait]
pub(crate) trait Read: Send {
    /// Runs it and answers its caller.
    async fn run(self: Box<Self>, tx: &dyn Tx);
    /// Answers its caller that there is no connection.
    fn refuse(self: Box<Self>, error: StoreError);
}

type Reply<R> = oneshot::Sender<Result<R, StoreError>>;

struct Queued<I, R> {
    input: I,
    op: OpFn<I, R>,
    ahead: AheadFn<I>,
    result: Option<Result<R, StoreError>>,
    reply: Reply<R>,
}

#[async_trait]
impl<I: Send + Sync, R: Send + Sync> Write for Queued<I, R> {
    fn ahead(&self) -> Option<Question> {
        (self.ahead)(&self.input)
    }

    async fn run(&mut self, work: &mut Work) -> Result<(), StoreError> {
        let result = (self.op)(work, &self.input).await;
        let outcome = result.as_ref().map(|_| ()).map_err(StoreError::clone);
        self.result = Some(result);
        outcome
    }

    fn spoil(&mut self, error: StoreError) {
        self.result = Some(Err(error));
    }

    fn answer(self: Box<Self>, batch: Result<(), StoreError>) {
        let Self { result, reply, .. } = *self;
        let not_run = || Err(StoreError::Unavailable("not run".into()));
        // The caller may have gone; the commit stands all the same.
        let _ = reply.send(batch.and_then(|()| result.unwrap_or_else(not_run)));
    }
}

struct Asked<I, R> {
    input: I,
    read: ReadFn<I, R>,
    reply: Reply<R>,
}

#[async_trait]
impl<I: Send + Sync, R: Send> Read for Asked<I, R> {
    async fn run(self: Box<Self>, tx: &dyn Tx) {
        let Self { input, read, reply } = *self;
        let _ = reply.send(read(tx, &input).await);
    }

    fn refuse(self: Box<Self>, error: StoreError) {
        let _ = self.reply.send(Err(error));
    }
}

/// The end of the line at which a caller waits.
pub(crate) struct Answer<R>(oneshot::Receiver<Result<R, StoreError>>);

impl<R> Answer<R> {
    /// Waits for it.
    pub(crate) async fn wait(self) -> Result<R, StoreError> {
        let gone = |_| Err(StoreError::Unavailable("the writer has stopped".into()));
        self.0.await.unwrap_or_else(gone)
    }
}

/// A writing operation ready for the queue, and where its answer will come.
pub(crate) fn queued<I, R>(
    input: I,
    ahead: AheadFn<I>,
    op: OpFn<I, R>,
) -> (Box<dyn Write>, Answer<R>)
where
    I: Send + Sync + 'static,
    R: Send + Sync + 'static,
{
    let (reply, answer) = oneshot::channel();
    (
        Box::new(Queued {
            input,
            ahead,
            op,
            result: None,
            reply,
        }),
        Answer(answer),
    )
}

/// A reading operation, and where its answer will come.
pub(crate) fn asked<I, R>(input: I, read: ReadFn<I, R>) -> (Box<dyn Read>, Answer<R>)
where
    I: Send + Sync + 'static,
    R: Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (Box::new(Asked { input, read, reply }), Answer(answer))
}
