//! Walking DER: the parts of a constructed value, one after the other.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

use super::TimestampError;

type Result<T> = std::result::Result<T, TimestampError>;

/// Parts of one value, at most.
const MOST: usize = 64;

/// What is left of a value's parts.
pub(super) struct Parts<'a> {
    rest: std::iter::Peekable<std::vec::IntoIter<AnyRef<'a>>>,
}

impl<'a> Parts<'a> {
    /// Splits the inside of a value.
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self> {
        let bad = |_| TimestampError::Malformed("it is not DER");
        let mut reader = SliceReader::new(bytes).map_err(bad)?;
        let mut all = Vec::new();
        while !reader.is_finished() {
            if all.len() == MOST {
                return Err(TimestampError::Malformed("it has too many parts"));
            }
            all.push(AnyRef::decode(&mut reader).map_err(bad)?);
        }
        let rest = all.into_iter().peekable();
        Ok(Self { rest })
    }

    /// The only part, taken apart in turn.
    pub(super) fn only(bytes: &'a [u8], tag: Tag) -> Result<Self> {
        let mut outer = Self::of(bytes)?;
        let inner = outer.inside(tag)?;
        outer.end()?;
        Ok(inner)
    }

    /// The next part, which must be of this kind.
    pub(super) fn next(&mut self, tag: Tag) -> Result<AnyRef<'a>> {
        self.maybe(tag).ok_or(TimestampError::Malformed(
            "a part is missing or of another kind",
        ))
    }

    /// The next part, if it is of this kind.
    pub(super) fn maybe(&mut self, tag: Tag) -> Option<AnyRef<'a>> {
        self.rest.next_if(|part| part.tag() == tag)
    }

    /// The next part, taken apart.
    pub(super) fn inside(&mut self, tag: Tag) -> Result<Self> {
        Self::of(self.next(tag)?.value())
    }

    /// The next part, a name.
    pub(super) fn oid(&mut self) -> Result<ObjectIdentifier> {
        ObjectIdentifier::from_bytes(self.next(Tag::ObjectIdentifier)?.value())
            .map_err(|_| TimestampError::Malformed("an identifier is not one"))
    }

    /// The next part, a small number.
    pub(super) fn small(&mut self) -> Result<u8> {
        match self.next(Tag::Integer)?.value() {
            [number] if *number < 0x80 => Ok(*number),
            _ => Err(TimestampError::Malformed("a version or status is not one")),
        }
    }

    /// The next part, an algorithm without parameters.
    pub(super) fn algorithm(&mut self) -> Result<ObjectIdentifier> {
        let mut parts = self.inside(Tag::Sequence)?;
        let oid = parts.oid()?;
        if parts
            .maybe(Tag::Null)
            .is_some_and(|null| !null.value().is_empty())
        {
            return Err(TimestampError::Malformed("an algorithm is not one"));
        }
        // Parameters would change what the algorithm does; those that we know have none.
        match parts.rest.next() {
            None => Ok(oid),
            Some(_) => Err(TimestampError::Algorithm(oid.to_string())),
        }
    }

    /// Everything left.
    pub(super) fn all(self) -> impl Iterator<Item = AnyRef<'a>> {
        self.rest
    }

    /// There must be nothing left.
    pub(super) fn end(mut self) -> Result<()> {
        match self.rest.next() {
            None => Ok(()),
            Some(_) => Err(TimestampError::Malformed(
                "there is more than there should be",
            )),
        }
    }
}

/// The tag `[n]` of a value that has parts.
pub(super) fn context(number: u8) -> Tag {
    Tag::ContextSpecific {
        constructed: true,
        number: TagNumber::new(number),
    }
}
