//! Values and rows as both databases understand them: four neutral types, and how ours map to them.

use uuid::Uuid;
use verbatim_domain::{
    AccountId, ContactId, ConversationId, DisposalId, EmployeeId, EventId, HoldId, JobId,
    MessageId, NumberId, ProviderId, RecordId, RoomId, Timestamp, UserId,
};
use verbatim_engine::ports::{BlindIndex, Lane, Sealed, StoreError};

/// A parameter or a column. Ids are 16 bytes, hashes 32 bytes, flags 0 or 1, times milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// SQL `NULL`.
    Null,
    /// Any integer.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A row of a result.
#[derive(Debug, Clone)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The column at `index`, as a type of ours.
    pub(crate) fn get<T: FromValue>(&self, index: usize) -> Result<T, StoreError> {
        let value = self.0.get(index).cloned().unwrap_or(Value::Null);
        T::from_value(value)
            .ok_or_else(|| StoreError::Damaged(format!("column {index} is of the wrong type")))
    }
}

/// What a column can be read as.
pub(crate) trait FromValue: Sized {
    /// `None` if the column holds something else.
    fn from_value(value: Value) -> Option<Self>;
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! integers {
    ($($type:ty),*) => { $(
        impl FromValue for $type {
            fn from_value(value: Value) -> Option<Self> {
                match value { Value::Int(n) => n.try_into().ok(), _ => None }
            }
        }
    )* };
}
integers!(i64, u64, u32, i16, u8);

impl FromValue for bool {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Int(n) => Some(n != 0),
            _ => None,
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value) -> Option<Self> {
        Vec::from_value(value)?.try_into().ok()
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::Int(n.into())
    }
}

/// No counter of ours comes near 2^63; one that did would fail to be read back, not wrap.
impl From<u64> for Value {
    fn from(n: u64) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Int(flag.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

macro_rules! own_ids {
    ($($id:ident),*) => { $(
        impl From<$id> for Value {
            fn from(id: $id) -> Self { Self::Bytes(id.0.as_bytes().to_vec()) }
        }
        impl FromValue for $id {
            fn from_value(value: Value) -> Option<Self> {
                <[u8; 16]>::from_value(value).map(|bytes| Self(Uuid::from_bytes(bytes)))
            }
        }
    )* };
}
own_ids!(
    DisposalId,
    EmployeeId,
    HoldId,
    ContactId,
    NumberId,
    ConversationId,
    MessageId,
    RecordId
);

macro_rules! texts {
    ($($id:ident),*) => { $(
        impl From<&$id> for Value {
            fn from(id: &$id) -> Self { Self::Text(id.0.clone()) }
        }
        impl FromValue for $id {
            fn from_value(value: Value) -> Option<Self> { String::from_value(value).map(Self) }
        }
    )* };
}
texts!(AccountId, ProviderId, UserId, RoomId, EventId, Lane);

impl From<&Sealed> for Value {
    fn from(sealed: &Sealed) -> Self {
        Self::Bytes(sealed.0.clone())
    }
}

impl FromValue for Sealed {
    fn from_value(value: Value) -> Option<Self> {
        Vec::from_value(value).map(Self)
    }
}

impl From<BlindIndex> for Value {
    fn from(index: BlindIndex) -> Self {
        Self::Bytes(index.0.to_vec())
    }
}

impl FromValue for BlindIndex {
    fn from_value(value: Value) -> Option<Self> {
        FromValue::from_value(value).map(Self)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.0)
    }
}

impl FromValue for Timestamp {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(Self)
    }
}

impl From<JobId> for Value {
    fn from(id: JobId) -> Self {
        Self::Int(id.0)
    }
}

impl FromValue for JobId {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(Self)
    }
}

/// Parameters of a statement, from values of different types.
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::value::Value::from($value)),*] };
}
pub(crate) use params;
