//! The description of the API for programs: OpenAPI 3.1, generated from the endpoints.

use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Content, Info, OpenApi, Ref, RefOr, Response};

use super::endpoint::Endpoint;
use super::problem::ProblemBody;
use super::scope::Needs;
use super::v1;

/// Name of the security scheme.
const BEARER: &str = "bearer";

#[derive(utoipa::OpenApi)]
#[openapi(
    components(schemas(ProblemBody)),
    paths(
        v1::description::describe,
        v1::me::me,
        v1::status::status,
        v1::employees::list::list_employees,
        v1::employees::add::add_employee,
        v1::employees::end::end_employee,
        v1::numbers::list::list_numbers,
        v1::numbers::add::add_number,
        v1::numbers::assign::assign_number,
        v1::numbers::release::release_number,
        v1::contacts::list::list_contacts,
        v1::contacts::add::add_contact,
        v1::contacts::bulk::add_contacts,
        v1::conversations::list::list_conversations,
        v1::conversations::start::start_conversation,
        v1::conversations::show::show_conversation,
        v1::conversations::consent::enter_consent,
        v1::conversations::messages::list_messages,
        v1::conversations::timeline::timeline,
        v1::verify::verify,
        v1::exports::begin::begin_export,
        v1::exports::records::export_records,
        v1::exports::certificate::export_certificate,
        v1::exports::timestamp::export_timestamp,
        v1::exports::checkpoint::export_checkpoint,
        v1::exports::tile::export_tile,
        v1::exports::policy::export_policy,
        v1::proof::prove_record,
        v1::who_saw::who_saw,
        v1::checkpoints::list_checkpoints,
        v1::retention::list::retention,
        v1::retention::extend::extend_retention,
        v1::holds::list::list_holds,
        v1::holds::set::set_hold,
        v1::holds::release::release_hold,
        v1::holds::approve::approve_release,
        v1::holds::keep::keep_hold,
        v1::disposals::list::list_disposals,
        v1::disposals::show::show_disposal,
        v1::disposals::propose::propose_disposals,
        v1::disposals::approve::approve_disposal,
        v1::disposals::withdraw::withdraw_disposal,
        v1::disposals::run::run_disposals,
        v1::erasures::request_erasure,
        v1::alarms::list::list_alarms,
        v1::alarms::clear::clear_alarm,
        v1::keys::show::show_keys,
        v1::keys::prepare::prepare_key,
        v1::keys::rotate::rotate_key,
        v1::keys::custody::record_custody,
        v1::tokens::list::list_tokens,
        v1::tokens::create::create_token,
        v1::tokens::revoke::revoke_tokens,
    )
)]
struct Paths;

/// The description of the API: the same document that the service answers with.
pub fn openapi() -> OpenApi {
    let mut document = Paths::openapi();
    document.info = Info::new("Verbatim API", "1");
    document.info.description = Some(
        "Errors are problem details (RFC 9457); compare their `type`. Listings are pages: pass `next` on as \
         `after`. Full phone numbers are shown to tokens with scope `record` or `provision`, to others only \
         their last four digits. What is shown of the record, and lists that name clients, are recorded with \
         the caller's name; state what it is for in the header `X-Purpose` (one line, at most 200 characters)."
            .to_owned(),
    );
    let components = document.components.get_or_insert_with(Components::new);
    components.add_security_scheme(
        BEARER,
        SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
    );
    for endpoint in v1::endpoints() {
        let item = document.paths.paths.get_mut(endpoint.path);
        if let Some(operation) = item.and_then(|item| operation(item, &endpoint)) {
            complete(operation, &endpoint);
        }
    }
    document
}

fn operation<'a>(item: &'a mut PathItem, endpoint: &Endpoint) -> Option<&'a mut Operation> {
    let place = if endpoint.method == http::Method::GET {
        &mut item.get
    } else {
        &mut item.post
    };
    place.as_mut()
}

/// Adds what follows from the endpoint's row: its security, and the errors that everyone must expect.
fn complete(operation: &mut Operation, endpoint: &Endpoint) {
    describe_success(operation);
    if operation.request_body.is_some() {
        add_problem(
            operation,
            "422",
            "Well-formed, but it cannot be done as asked.",
        );
    }
    let scopes: Vec<&str> = match endpoint.needs {
        Needs::Nothing => return,
        Needs::Token => Vec::new(),
        Needs::Scope(scope) => {
            add_problem(operation, "403", "The token lacks the scope.");
            vec![scope.word()]
        }
    };
    operation.security = Some(vec![SecurityRequirement::new(BEARER, scopes)]);
    add_problem(operation, "401", "No token, or one that does not stand.");
    add_problem(operation, "default", "What went wrong, as a problem.");
}

/// OpenAPI asks for words with every response; for a success the operation's own words say it all.
fn describe_success(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            "Done as described.".clone_into(&mut response.description);
        }
    }
}

fn add_problem(operation: &mut Operation, status: &str, words: &str) {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    let mut response = Response::new(words);
    response
        .content
        .insert("application/problem+json".to_owned(), content.into());
    operation
        .responses
        .responses
        .insert(status.to_owned(), response.into());
}

#[cfg(test)]
mod tests;
