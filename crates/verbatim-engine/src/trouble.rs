//! What becomes of a job that did not end in a commit of its own: one policy for every kind.
//!
//! - The store is away: the lane rests a moment; nothing can be written down in any case.
//! - The homeserver is away: the job waits, longer each time.
//! - Anything that will not mend itself (a refusal, a contradiction, damage, a panic): the job waits, and
//!   an alarm names its lane until it goes through. Where a room refuses, it is opened again as at first,
//!   which mends what is missing in it and replaces it if it is gone (decision 0011).
//! - What only decorates (receipts, status events), and the bot's answers outside conversations, are given
//!   up after some refusals. Everything else stays, so nothing is lost and nothing overtakes it.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use verbatim_domain::retry::Backoff;
use verbatim_domain::{Duration, Timestamp};
use verbatim_record::note::SignError;

use crate::core::Engine;
use crate::log::LogError;
use crate::ports::{Change, Job, JobKind, PlatformError, StoreError};
use crate::worker::Outcome;

/// Refusals after which a decoration is left out.
const DECORATION_TRIES: u32 = 3;
/// Refusals after which the bot's answer to somebody is left out.
const ANSWER_TRIES: u32 = 10;
/// Refusals after which the room is opened again.
const REOPEN_TRIES: u32 = 3;
/// The longest wait for what needs a person.
const LONGEST: Duration = Duration::from_secs(300);

/// Why a job did not end in a commit of its own.
#[derive(Debug)]
pub(crate) enum JobError {
    /// The store failed.
    Store(StoreError),
    /// The platform failed.
    Platform(PlatformError),
    /// The platform failed at something that only decorates.
    Decoration(PlatformError),
    /// The signing key cannot be used now.
    Sign(SignError),
    /// A defect of this program.
    Panicked,
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SignError> for JobError {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
    }
}

impl From<LogError> for JobError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Store(error) => Self::Store(error),
            LogError::Sign(error) => Self::Sign(error),
            other => Self::Sign(SignError(other.to_string())),
        }
    }
}

impl From<PlatformError> for JobError {
    fn from(error: PlatformError) -> Self {
        Self::Platform(error)
    }
}

/// What can be expected of a failed job.
enum Trouble {
    /// The lease is gone.
    Fenced,
    /// The store cannot take anything.
    StoreAway(StoreError),
    /// It will probably work later.
    Passing(String),
    /// Somebody must look.
    Lasting(String),
}

impl JobError {
    /// Whether it says nothing of others of the kind: what is stored of this one is in the way.
    pub(crate) fn is_of_one_alone(&self) -> bool {
        let Self::Store(error) = self else {
            return false;
        };
        matches!(
            error,
            StoreError::Stale(_) | StoreError::Conflict(_) | StoreError::Damaged(_)
        )
    }

    /// What somebody must look at; none if it will probably pass.
    pub(crate) fn lasting(&self) -> Option<String> {
        match self {
            Self::Store(error @ (StoreError::Conflict(_) | StoreError::Damaged(_))) => {
                Some(error.to_string())
            }
            _ => None,
        }
    }

    fn trouble(self) -> Trouble {
        match self {
            Self::Store(StoreError::Fenced)
            | Self::Platform(PlatformError::Fenced)
            | Self::Decoration(PlatformError::Fenced) => Trouble::Fenced,
            Self::Store(
                error @ (StoreError::Unavailable(_)
                | StoreError::Full
                | StoreError::Locked(_)
                | StoreError::Newer { .. }),
            ) => Trouble::StoreAway(error),
            // Somebody else finished or moved it: the next look will tell.
            Self::Store(error @ StoreError::Stale(_)) => Trouble::Passing(error.to_string()),
            Self::Store(error @ (StoreError::Conflict(_) | StoreError::Damaged(_))) => {
                Trouble::Lasting(error.to_string())
            }
            Self::Platform(error) | Self::Decoration(error) => match error {
                PlatformError::Refused(why) => {
                    Trouble::Lasting(format!("the homeserver refuses: {why}"))
                }
                error => Trouble::Passing(error.to_string()),
            },
            Self::Sign(error) => {
                Trouble::Lasting(format!("the certificate is not signed: {error}"))
            }
            Self::Panicked => Trouble::Lasting("a defect of this program, see its log".to_owned()),
        }
    }
}

impl Engine {
    /// Runs one job to its commit.
    pub async fn run_job(&self, job: &Job) -> Outcome {
        // What jobs share is written in whole commits, or lies behind locks that outlive a panic.
        let ran = AssertUnwindSafe(self.run_kind(job)).catch_unwind().await;
        match ran.unwrap_or(Err(JobError::Panicked)) {
            Ok(()) if job.attempts == 0 => Outcome::Done,
            Ok(()) => outcome(self.commit(vec![Change::Clear(held_up(job))]).await),
            Err(JobError::Platform(PlatformError::Unread(why))) => {
                outcome(self.wait_for_reader(job, why).await)
            }
            Err(error) => self.went_wrong(job, error).await,
        }
    }

    async fn run_kind(&self, job: &Job) -> Result<(), JobError> {
        Self::check_of_edge(job)?;
        if self.was_disposed_of(job).await? {
            tracing::info!(lane = %job.lane, "disposed of before it could be said");
            return Ok(self.commit(vec![Change::Finish(job.id)]).await?);
        }
        self.adopt_record_of(job).await?;
        match job.kind {
            JobKind::RoomEvent => self.run_room_event(job).await,
            JobKind::OpenRoom => self.run_open_room(job).await,
            JobKind::Say => self.run_say(job).await,
            JobKind::Show => self.run_show(job).await,
            JobKind::Submit => self.run_submit(job).await,
            JobKind::Route => self.run_route(job).await,
            JobKind::OfferRoom => self.run_offer_room(job).await,
            JobKind::Dispose => self.run_dispose(job).await,
        }
    }

    async fn went_wrong(&self, job: &Job, error: JobError) -> Outcome {
        let limit = tries(job, &error);
        let refused = matches!(error, JobError::Platform(PlatformError::Refused(_)));
        let attempt = job.attempts.saturating_add(1);
        let changes = match error.trouble() {
            Trouble::Fenced => return Outcome::Fenced,
            Trouble::StoreAway(error) => {
                tracing::error!(%error, kind = ?job.kind, "job not committed, will run again");
                return Outcome::Rest;
            }
            Trouble::Passing(why) => {
                tracing::info!(%why, kind = ?job.kind, attempt, "put back");
                vec![match limit.is_some() || job.kind == JobKind::Show {
                    false => put_back(job, self.retry_at(attempt)),
                    // Only refusals count against it: else an outage and then one refusal would end it.
                    true => Change::Retry {
                        job: job.id,
                        due: self.retry_at(attempt.max(DECORATION_TRIES)),
                        payload: None,
                        counts: false,
                    },
                }]
            }
            Trouble::Lasting(why) if limit.is_some_and(|limit| attempt >= limit) => {
                tracing::warn!(%why, kind = ?job.kind, lane = %job.lane, attempt, "given up");
                vec![Change::Finish(job.id), Change::Clear(held_up(job))]
            }
            Trouble::Lasting(why) => {
                if refused && attempt >= REOPEN_TRIES {
                    self.try_to_reopen(job).await;
                }
                let due = self.much_later(attempt);
                vec![put_back(job, due), self.held_up_alarm(job, &why, limit)]
            }
        };
        outcome(self.commit(changes).await)
    }

    /// What was refused may be refused because the room is not as it should be, or gone.
    async fn try_to_reopen(&self, job: &Job) {
        if job.conversation.is_none() {
            return;
        }
        if let Err(error) = self.reopen(job).await {
            tracing::warn!(?error, lane = %job.lane, "a room that refuses could not be opened again");
        }
    }

    fn held_up_alarm(&self, job: &Job, why: &str, limit: Option<u32>) -> Change {
        let kind = job.kind;
        let behind = match limit {
            Some(limit) => format!("It is left out after {limit} attempts."),
            None => {
                "It is tried again and again; what comes behind it waits, and nothing is lost. \
                `verbatim doctor` checks the homeserver; this alarm goes away when it goes through."
                    .to_owned()
            }
        };
        let lane = &job.lane;
        self.alarm(
            held_up(job),
            format!(
                "Job {kind:?} {} of `{lane}` is held up: {why}. {behind}",
                job.id.0
            ),
        )
    }

    /// When attempt number `attempt` should be made.
    pub(crate) fn retry_at(&self, attempt: u32) -> Timestamp {
        let wait = self.settings.backoff.wait(attempt.max(1), self.chance());
        self.now().after(wait)
    }

    /// The same, where a person must act first.
    fn much_later(&self, attempt: u32) -> Timestamp {
        let backoff = Backoff {
            longest: LONGEST.max(self.settings.backoff.longest),
            ..self.settings.backoff
        };
        self.now()
            .after(backoff.wait(attempt.max(1), self.chance()))
    }
}

/// After how many refusals a job may be left out, if ever.
fn tries(job: &Job, error: &JobError) -> Option<u32> {
    match error {
        JobError::Decoration(_) => Some(DECORATION_TRIES),
        // The command is in the record; only its answer is lost with the direct chat.
        JobError::Platform(_) if job.kind == JobKind::Say && job.conversation.is_none() => {
            Some(ANSWER_TRIES)
        }
        _ => None,
    }
}

/// The alarm of a lane that does not move. A lane names its conversation or room.
fn held_up(job: &Job) -> String {
    format!("held-up:{}", job.lane)
}

fn put_back(job: &Job, due: Timestamp) -> Change {
    Change::Retry {
        job: job.id,
        due,
        payload: None,
        counts: true,
    }
}

fn outcome(committed: Result<(), StoreError>) -> Outcome {
    match committed {
        // Stale: somebody else finished it; there is nothing left to do.
        Ok(()) | Err(StoreError::Stale(_)) => Outcome::Done,
        Err(StoreError::Fenced) => Outcome::Fenced,
        Err(error) => {
            tracing::error!(%error, "a job's trouble is not written down, will run again");
            Outcome::Rest
        }
    }
}
