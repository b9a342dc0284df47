//! The writer: one thread that owns the only writing connection and commits in groups.
//!
//! It takes whatever has arrived, without waiting for more: while one batch is being flushed the next
//! one gathers by itself.

use std::sync::Arc;
use std::thread::JoinHandle;

use futures_util::FutureExt;
use tokio::sync::{Notify, mpsc, oneshot};
use verbatim_engine::ports::StoreError;

use super::lock::Lock;
use super::tx::SqliteTx;
use crate::batch::{self, End, Faults, MOST, WAITING};
use crate::work::{Work, Write};

enum Message {
    Write(Box<dyn Write>),
    LimitPages(Option<u32>, oneshot::Sender<Result<(), StoreError>>),
}

/// The writer's queue. Dropping it lets the thread finish what was queued, and waits for it.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        tx: SqliteTx,
        lock: Lock,
        arrived: Arc<Notify>,
        faults: Faults,
    ) -> Result<Self, StoreError> {
        let (queue, messages) = mpsc::channel(WAITING);
        let tx = Arc::new(tx);
        let desk = Desk {
            work: Work::new(Arc::clone(&tx) as _),
            tx,
            arrived,
            faults,
        };
        let thread = std::thread::Builder::new().name("store-writer".into());
        let thread = thread.spawn(move || {
            desk.serve(messages);
            // Only after the connection is closed may another process come in.
            drop(lock);
        });
        let thread = thread.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Queues an operation; waits for a place if too many wait already.
    pub(super) async fn submit(&self, write: Box<dyn Write>) {
        if let Some(queue) = &self.queue
            && let Err(mpsc::error::SendError(Message::Write(write))) =
                queue.send(Message::Write(write)).await
        {
            write.answer(Err(super::gone()));
        }
    }

    pub(super) async fn limit_pages(&self, most: Option<u32>) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        if let Some(queue) = &self.queue {
            let _ = queue.send(Message::LimitPages(most, reply)).await;
        }
        answer.await.unwrap_or_else(|_| Err(super::gone()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Desk {
    work: Work,
    tx: Arc<SqliteTx>,
    arrived: Arc<Notify>,
    faults: Faults,
}

impl Desk {
    fn serve(mut self, mut messages: mpsc::Receiver<Message>) {
        while let Some(first) = messages.blocking_recv() {
            let (batch, order) = gather(first, &mut messages);
            if !batch.is_empty() && !self.write(batch) {
                return;
            }
            if let Some((most, reply)) = order {
                let _ = reply.send(self.tx.limit_pages(most));
            }
        }
    }

    /// Whether to go on.
    fn write(&mut self, batch: Vec<Box<dyn Write>>) -> bool {
        match batch::run(&mut self.work, batch, &self.faults).now_or_never() {
            Some(End::Done { woke }) => {
                if woke {
                    self.arrived.notify_one();
                }
                true
            }
            Some(End::Failed) => true,
            Some(End::Dead) | None => false,
        }
    }
}

type Order = (Option<u32>, oneshot::Sender<Result<(), StoreError>>);

fn gather(
    first: Message,
    messages: &mut mpsc::Receiver<Message>,
) -> (Vec<Box<dyn Write>>, Option<Order>) {
    let mut batch = Vec::new();
    let mut next = Some(first);
    while let Some(message) = next {
        match message {
            Message::Write(write) => batch.push(write),
            Message::LimitPages(most, reply) => return (batch, Some((most, reply))),
        }
        next = if batch.len() < MOST {
            messages.try_recv().ok()
        } else {
            None
        };
    }
    (batch, None)
}
