//! How long records are kept: rules, the month of expiry that they give (control C13), and the holds that
//! keep what has expired (control C15). A month is year × 12 + month − 1.

mod hold;
mod member;
mod rule;

pub use hold::{HoldScope, Party};
pub use member::{Aged, Extension, Member, NoMember};
pub use rule::{
    Captured, FURTHEST_EAST, Period, Rule, RuleFault, Starts, as_long_as, bound, check_rules,
    longest,
};
