//! Who calls: a bearer token (RFC 6750), known by its hash only.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName, StatusCode, header};
use verbatim_engine::Engine;
use verbatim_engine::access::Viewer;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::ApiToken;

use super::problem::Problem;
use super::scope::{Needs, Scope};

/// The name of the token that a running server leaves for the command line. Nobody else can have it.
pub const COMMAND_LINE: &str = "command-line";
/// Who sits at the command line: the name of a user of the machine's system. Believed of the
/// command line's own token only.
pub const OPERATOR: HeaderName = HeaderName::from_static("verbatim-operator");
/// What a caller looks for, in their own words: recorded with what they were shown (controls C07, C24).
pub const PURPOSE: HeaderName = HeaderName::from_static("x-purpose");
/// In characters.
const LONGEST_PURPOSE: usize = 200;
const LONGEST_OPERATOR: usize = 64;
/// Ours have 68 characters; what is far longer is not looked up.
const LONGEST_TOKEN: usize = 256;

/// The holder of a token that stands.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Name of the token.
    pub name: String,
    /// Who used the command line, for its own token.
    operator: Option<String>,
    /// What they look for; empty if they did not say.
    purpose: String,
    scopes: Vec<String>,
}

impl Caller {
    /// Finds the caller and checks that they may. `None` only where nothing is needed.
    pub(crate) async fn admit(
        engine: &Engine,
        headers: &HeaderMap,
        needs: Needs,
        path: &str,
    ) -> Result<Option<Self>, Problem> {
        if needs == Needs::Nothing {
            return Ok(None);
        }
        let token = bearer(headers).ok_or_else(no_token)?;
        let known = if token.len() > LONGEST_TOKEN {
            None
        } else {
            engine.authenticate(token).await?
        };
        let mut caller = Self::from(known.ok_or_else(unknown_token)?);
        if caller.name == COMMAND_LINE {
            caller.operator = operator(headers);
        }
        caller.purpose = purpose(headers)?;
        match needs {
            Needs::Scope(scope) if !caller.has(scope) => {
                // Lists without texts are all that `read` opens.
                if scope != Scope::Read {
                    caller.refused(engine, path).await;
                }
                Err(no_scope(scope))
            }
            _ => Ok(Some(caller)),
        }
    }

    /// Who asks for something without the right to it is refused, whether or not that can be recorded.
    async fn refused(&self, engine: &Engine, path: &str) {
        if let Err(error) = engine.look_refused(&self.viewer(), path).await {
            tracing::error!(%error, token = %self.name, path, "a refused look is not recorded");
        }
    }

    /// The same, with the purpose that a request states.
    pub(crate) fn with_purpose(mut self, headers: &HeaderMap) -> Result<Self, Problem> {
        self.purpose = purpose(headers)?;
        Ok(self)
    }

    /// In whose name, and what for, a look is recorded.
    pub(crate) fn viewer(&self) -> Viewer {
        Viewer {
            actor: self.actor(),
            purpose: self.purpose.clone(),
        }
    }

    /// An operator on this machine, who may do everything.
    pub(crate) fn local(operator: &str) -> Self {
        Self {
            name: COMMAND_LINE.to_owned(),
            operator: Some(operator.to_owned()),
            purpose: String::new(),
            scopes: Scope::WORDS.map(str::to_owned).to_vec(),
        }
    }

    /// Under which name changes are recorded.
    pub(crate) fn actor(&self) -> Actor {
        match &self.operator {
            None => Actor::operator(&self.name),
            Some(who) => Actor::operator(&format!("{}/{who}", self.name)),
        }
    }

    /// Whether the token has a scope.
    pub(crate) fn has(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|s| s == scope.word())
    }

    /// All words of its scopes that we know.
    pub(crate) fn scopes(&self) -> Vec<Scope> {
        Scope::ALL.into_iter().filter(|s| self.has(*s)).collect()
    }

    /// A phone number as this caller may see it. Short codes and names are nobody's personal number.
    pub(crate) fn number(&self, number: &str) -> String {
        let is_phone = number.len() > 6 && number.bytes().all(|b| b.is_ascii_digit() || b == b'+');
        if self.has(Scope::Record) || self.has(Scope::Provision) || !is_phone {
            return number.to_owned();
        }
        format!("•••• {}", &number[number.len() - 4..])
    }
}

impl From<ApiToken> for Caller {
    fn from(token: ApiToken) -> Self {
        Self {
            name: token.name,
            operator: None,
            purpose: String::new(),
            scopes: token.scopes,
        }
    }
}

/// Handlers take the caller from here; the endpoint's check put it there.
impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(no_token)
    }
}

/// The token of an `Authorization: Bearer …` header, if there is exactly one such header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Who the command line says that its user is, if it is a name.
fn operator(headers: &HeaderMap) -> Option<String> {
    let name = headers.get(OPERATOR)?.to_str().ok()?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"._-@+$".contains(&b);
    let is_name = (1..=LONGEST_OPERATOR).contains(&name.len()) && name.bytes().all(fits);
    is_name.then(|| name.to_owned())
}

/// What a request says that it is for: one line of text, or nothing.
fn purpose(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(PURPOSE).iter();
    let Some(value) = values.next() else {
        return Ok(String::new());
    };
    let text = std::str::from_utf8(value.as_bytes()).map(str::trim);
    let usable = |text: &&str| {
        text.chars().count() <= LONGEST_PURPOSE && !text.chars().any(char::is_control)
    };
    match text.ok().filter(usable) {
        Some(text) if values.next().is_none() => Ok(text.to_owned()),
        _ => {
            let detail = format!(
                "`X-Purpose` is one line of at most {LONGEST_PURPOSE} characters in UTF-8, given once."
            );
            Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "purpose.not.usable",
                detail,
            ))
        }
    }
}

fn no_token() -> Problem {
    let mend = "Send a token as `Authorization: Bearer vbt_…`; `verbatim token create` makes one.";
    Problem::new(StatusCode::UNAUTHORIZED, "token.missing", mend).challenge("Bearer".to_owned())
}

fn unknown_token() -> Problem {
    let mend = "The token is not known or was revoked; `verbatim token create` makes a new one.";
    Problem::new(StatusCode::UNAUTHORIZED, "token.unknown", mend)
        .challenge("Bearer error=\"invalid_token\"".to_owned())
}

fn no_scope(scope: Scope) -> Problem {
    let word = scope.word();
    let mend = format!("This needs a token with scope `{word}`.");
    Problem::new(StatusCode::FORBIDDEN, "scope.missing", mend).challenge(format!(
        "Bearer error=\"insufficient_scope\", scope=\"{word}\""
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_read_as_rfc_6750_writes_it() {
        let check = |values: &[&'static str], expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, http::HeaderValue::from_static(value));
            }
            assert_eq!(bearer(&headers), expected, "{values:?}");
        };
        check(&[], None);
        check(&["Bearer abc"], Some("abc"));
        check(&["bearer abc"], Some("abc"));
        check(&["BEARER  abc "], Some("abc"));
        check(&["Bearer"], None);
        check(&["Bearer "], None);
        check(&["abc"], None);
        check(&["Basic YTpi"], None);
        check(&["Bearer abc", "Bearer def"], None);
    }

    #[test]
    fn numbers_are_masked_unless_a_scope_says_otherwise() {
        let check = |scope: Scope, number: &str, shown: &str| {
            let caller = Caller {
                name: "t".to_owned(),
                operator: None,
                purpose: String::new(),
                scopes: vec![scope.word().to_owned()],
            };
            assert_eq!(caller.number(number), shown);
        };
        check(Scope::Read, "+14155552671", "•••• 2671");
        check(Scope::Admin, "+14155552671", "•••• 2671");
        check(Scope::Record, "+14155552671", "+14155552671");
        check(Scope::Provision, "+14155552671", "+14155552671");
        check(Scope::Read, "72975", "72975");
        check(Scope::Read, "ACME BANK", "ACME BANK");
        check(Scope::Read, "", "");
    }
}
