//! The endpoints, one per file. The table here is all there is: the router and the description are made
//! from it.

pub(super) mod alarms;
pub(super) mod contacts;
pub(super) mod conversations;
pub(super) mod description;
pub(super) mod employees;
pub(super) mod exports;
pub(super) mod keys;
pub(super) mod me;
pub(super) mod numbers;
pub(super) mod proof;
pub(super) mod status;
pub(super) mod tokens;
pub(super) mod verify;

use super::endpoint::Endpoint;

/// Every endpoint.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        description::endpoint(),
        me::endpoint(),
        status::endpoint(),
        employees::list::endpoint(),
        employees::add::endpoint(),
        employees::end::endpoint(),
        numbers::list::endpoint(),
        numbers::add::endpoint(),
        numbers::assign::endpoint(),
        numbers::release::endpoint(),
        contacts::list::endpoint(),
        contacts::add::endpoint(),
        contacts::bulk::endpoint(),
        conversations::list::endpoint(),
        conversations::start::endpoint(),
        conversations::show::endpoint(),
        conversations::messages::endpoint(),
        conversations::timeline::endpoint(),
        verify::endpoint(),
        exports::begin::endpoint(),
        exports::records::endpoint(),
        exports::checkpoint::endpoint(),
        exports::tile::endpoint(),
        proof::endpoint(),
        alarms::list::endpoint(),
        alarms::clear::endpoint(),
        keys::show::endpoint(),
        keys::prepare::endpoint(),
        keys::rotate::endpoint(),
        tokens::list::endpoint(),
        tokens::create::endpoint(),
        tokens::revoke::endpoint(),
    ]
}
