//! The OpenAPI document, made from the routes themselves. What holds for every operation of a kind (problems, the headers of
//! a write, the token) is added here once, so that no route can forget it.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{OpenApi, Path as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::{PathItemExt as _, routes};

use super::auth::Auth;
use super::problem::{PROBLEM_JSON, Refusal};
use super::routes::{actions, desk, files, import, tickets};
use super::{ServerState, events, openapi};
use crate::wire::{Hello, Problem};

/// Where everything but `/healthz` lies.
const BASE: &str = "/api/v1";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ticketty",
        description = "The embedded helpdesk of ticketty. Bearer tokens, problem documents (RFC 9457), cursors, entity tags, \
                       idempotency keys, and a server-sent event stream."
    ),
    components(schemas(Problem, Hello, crate::domain::Update)),
    tags(
        (name = "desk", description = "The desk as a whole."),
        (name = "tickets", description = "Tickets and what is done to them."),
        (name = "files", description = "Attachments and mails."),
        (name = "events", description = "News.")
    )
)]
struct Document;

/// Gives every operation under [`BASE`] to a macro: what is served and what is told of it are made of one list.
macro_rules! operations {
    ($give:ident) => {
        $give! {
            openapi::document, desk::me, desk::main, desk::queues, desk::agents, desk::labels, desk::stats,
            tickets::list, actions::new_ticket, tickets::search, tickets::timeline, tickets::thread, actions::patch,
            actions::claim, actions::release, actions::assign, actions::steal, actions::reply, actions::note,
            actions::split, actions::merge, actions::undo, actions::presence,
            files::list, files::upload, files::upload_unbound, files::download, import::import, events::events
        }
    };
}

/// Routes alone, at the paths and methods that their attributes name.
macro_rules! served {
    ($($room:ident::$operation:ident),*) => {
        Router::new()$(.merge(utoipa_axum::paste! {{
            use $room::[<__path_ $operation>] as about;
            let method = |routes: MethodRouter<_>, method: &HttpMethod| {
                routes.on(method.to_method_filter(), $room::$operation)
            };
            Router::new().route(&about::path(), about::methods().iter().fold(MethodRouter::new(), method))
        }}))*
    };
}

/// Routes with what the document tells of them.
macro_rules! described {
    ($($room:ident::$operation:ident),*) => { OpenApiRouter::new()$(.routes(routes!($room::$operation)))* };
}

/// The routes. Their document is made when it is asked for: making it takes longer than the rest of a server's start.
pub fn router() -> Router<ServerState> {
    served!(desk::healthz).nest(BASE, operations!(served))
}

/// The whole document.
fn described() -> utoipa::openapi::OpenApi {
    let all = OpenApiRouter::<ServerState>::with_openapi(Document::openapi()).routes(routes!(desk::healthz));
    let mut document = all.nest(BASE, operations!(described)).into_openapi();
    complete(&mut document);
    document
}

/// The document as it is served.
static JSON: LazyLock<String> = LazyLock::new(|| serde_json::to_string_pretty(&described()).unwrap_or_default());

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "desk", operation_id = "openapi",
    responses((status = 200, description = "The OpenAPI document.", body = serde_json::Value)))]
async fn document(_auth: Auth) -> Result<Response, Refusal> {
    Ok(([(header::CONTENT_TYPE, "application/json")], JSON.as_str()).into_response())
}

/// Adds what every operation of a kind shares.
fn complete(document: &mut utoipa::openapi::OpenApi) {
    let scheme = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of `ticketty admin agent add` or `ticketty admin token add`."))
        .build();
    if let Some(components) = document.components.as_mut() {
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
    for (path, item) in &mut document.paths.paths {
        let public = !path.starts_with(BASE);
        for (is_write, operation) in operations(item) {
            if public {
                problem(operation, 503, "The server cannot work.");
                continue;
            }
            operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("token", [])]);
            binary_bodies(operation);
            shared_problems(operation);
            if is_write {
                write_problems(operation);
                if !path.ends_with("/presence") && !path.ends_with("/import") {
                    let parameters = operation.parameters.get_or_insert_default();
                    parameters.push(RefOr::T(idempotency_key()));
                    parameters.push(RefOr::T(if_match()));
                }
            }
            if path.ends_with("/events") {
                operation.parameters.get_or_insert_default().push(RefOr::T(last_event_id()));
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let reads = [item.get.as_mut()].into_iter().flatten().map(|o| (false, o));
    let writes = [item.post.as_mut(), item.put.as_mut(), item.patch.as_mut()];
    reads.chain(writes.into_iter().flatten().map(|o| (true, o)))
}

/// Bodies that are bytes, which the macro can only call arrays of numbers.
fn binary_bodies(operation: &mut Operation) {
    let is_binary = |media_type: &str| matches!(media_type, "application/octet-stream" | "message/rfc822");
    let bytes = || {
        let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
        Some(RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build())))
    };
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        for (media_type, content) in &mut body.content {
            if let (true, RefOr::T(content)) = (is_binary(media_type), content) {
                content.schema = bytes();
            }
        }
    }
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        for (media_type, content) in &mut response.content {
            if let (true, RefOr::T(content)) = (is_binary(media_type), content) {
                content.schema = bytes();
            }
        }
    }
}

fn shared_problems(operation: &mut Operation) {
    problem(operation, 400, "The request cannot be read.");
    problem(operation, 401, "The token is missing, unknown, expired or revoked.");
    problem(operation, 403, "The caller may not do this.");
    problem(operation, 404, "It does not exist, or not for this caller.");
    problem(operation, 422, "A value is wrong; `field` says which.");
    problem(operation, 429, "Too many requests; `Retry-After` says how long to wait.");
    problem(operation, 500, "The server failed.");
    problem(operation, 503, "The desk's database cannot be used now; nothing was changed.");
}

fn write_problems(operation: &mut Operation) {
    problem(operation, 409, "Refused: `held`, `moved-on`, `conflict` or `not-possible`.");
    problem(operation, 412, "The ticket has another version than `If-Match` says; it is in the answer.");
    problem(operation, 413, "The body is too large; the limit is in the answer.");
    problem(operation, 415, "The body has another content type than this operation takes.");
}

fn problem(operation: &mut Operation, status: u16, description: &str) {
    let status = status.to_string();
    if operation.responses.responses.contains_key(&status) {
        return;
    }
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut response = ResponseBuilder::new().description(description).content(PROBLEM_JSON, content);
    let header = |kind| HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(kind).build())).build();
    if status == "429" {
        response = response.header("Retry-After", header(Type::Integer));
    }
    if status == "401" {
        response = response.header("WWW-Authenticate", header(Type::String));
    }
    operation.responses.responses.insert(status, RefOr::T(response.build()));
}

fn header_parameter(name: &str, description: &str, pattern: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn idempotency_key() -> Parameter {
    let what = "The same key with the same body answers the same again and does nothing twice; kept 30 days.";
    header_parameter("Idempotency-Key", what, "^[!-~]{1,255}$")
}

fn if_match() -> Parameter {
    header_parameter("If-Match", "Only if the ticket still has this entity tag.", "^\"[0-9]{1,18}\"$")
}

fn last_event_id() -> Parameter {
    header_parameter("Last-Event-ID", "Go on after this event.", "^[ -~]*$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_needs_a_token_and_tells_its_problems() {
        let mut document = described();
        let mut seen = 0;
        for (path, item) in &mut document.paths.paths {
            for (is_write, operation) in operations(item) {
                seen += 1;
                if path == "/healthz" {
                    continue;
                }
                assert!(operation.security.is_some(), "{path}");
                for status in ["400", "401", "404", "429"] {
                    assert!(operation.responses.responses.contains_key(status), "{path} {status}");
                }
                assert_eq!(operation.responses.responses.contains_key("409"), is_write, "{path}");
            }
        }
        assert!(seen > 25, "{seen} operations");
    }

    #[test]
    fn the_document_changes_only_on_purpose() {
        insta::assert_snapshot!("openapi", JSON.as_str());
    }
}
