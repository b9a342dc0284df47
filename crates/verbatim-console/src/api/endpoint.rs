//! An endpoint: its method and path, what it needs of its caller, and its handler.

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use http::Method;

use super::ApiState;
use super::caller::Caller;
use super::problem::Problem;
use super::scope::Needs;

/// One row of the API.
pub(crate) struct Endpoint {
    /// `GET` or `POST`; axum answers `HEAD` where it answers `GET`.
    pub method: Method,
    /// Its whole path, as a template.
    pub path: &'static str,
    /// What it asks of its caller.
    pub needs: Needs,
    handler: MethodRouter<ApiState>,
}

impl Endpoint {
    pub(super) fn get<H, T>(path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, ApiState>,
        T: 'static,
    {
        Self {
            method: Method::GET,
            path,
            needs,
            handler: get(handler),
        }
    }

    pub(super) fn post<H, T>(path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, ApiState>,
        T: 'static,
    {
        Self {
            method: Method::POST,
            path,
            needs,
            handler: post(handler),
        }
    }

    /// Adds it to a router, behind the check of its caller: the handler runs, and the body is read, only
    /// for who may.
    pub(super) fn mount(self, router: Router<ApiState>, state: &ApiState) -> Router<ApiState> {
        let (needs, path, state) = (self.needs, self.path, state.clone());
        let check = middleware::from_fn(move |request: Request, next: Next| {
            let state = state.clone();
            async move { admit(&state, needs, path, request, next).await }
        });
        router.route(self.path, self.handler.route_layer(check))
    }
}

async fn admit(
    state: &ApiState,
    needs: Needs,
    path: &str,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let caller = match &state.trusted {
        Some(trusted) => Some(trusted.clone().with_purpose(request.headers())?),
        None => Caller::admit(&state.engine, request.headers(), needs, path).await?,
    };
    if let Some(caller) = caller {
        tracing::debug!(token = %caller.name, "admitted");
        request.extensions_mut().insert(caller);
    }
    Ok(next.run(request).await)
}
