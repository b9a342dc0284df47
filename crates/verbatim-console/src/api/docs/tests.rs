//! The description says what the router does: no more, no less, and the same as the file in the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use http::Method;
use serde_json::Value;

use super::*;
use crate::testing::{World, request, send};

fn document() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

/// `POST /api/v1/…` → its operation.
fn operations(document: &Value) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.insert(
                format!("{} {path}", method.to_uppercase()),
                operation.clone(),
            );
        }
    }
    all
}

#[test]
fn routes_and_description_name_the_same_operations() {
    let rows = v1::endpoints();
    let routed: BTreeSet<String> = rows
        .iter()
        .map(|e| format!("{} {}", e.method, e.path))
        .collect();
    assert_eq!(routed.len(), rows.len(), "a route is there twice");
    let described: BTreeSet<String> = operations(&document()).into_keys().collect();
    assert_eq!(routed, described);
}

#[tokio::test]
async fn every_described_operation_is_answered_by_the_router() {
    let world = World::new().await;
    let api = crate::api_router(world.engine.clone());
    for (name, operation) in operations(&document()) {
        let (method, path) = name.split_once(' ').unwrap();
        let path = path.replace("{id}", "0123456789abcdef0123456789abcdef");
        let answer = send(
            &api,
            request(
                Method::from_bytes(method.as_bytes()).unwrap(),
                &path,
                None,
                None,
            ),
        )
        .await;
        let expected = if operation.get("security").is_some() {
            401
        } else {
            200
        };
        assert_eq!(answer.status, expected, "{name}");
    }
}

#[test]
fn operations_name_their_scope_have_words_and_unique_ids() {
    let operations = operations(&document());
    for endpoint in v1::endpoints() {
        let name = format!("{} {}", endpoint.method, endpoint.path);
        let operation = &operations[&name];
        let expected = match endpoint.needs {
            Needs::Nothing => Value::Null,
            Needs::Token => serde_json::json!([{"bearer": []}]),
            Needs::Scope(scope) => serde_json::json!([{"bearer": [scope.word()]}]),
        };
        assert_eq!(
            operation.get("security").cloned().unwrap_or_default(),
            expected,
            "{name}"
        );
        assert!(
            operation["summary"]
                .as_str()
                .is_some_and(|words| !words.is_empty()),
            "{name}"
        );
        for (status, response) in operation["responses"].as_object().unwrap() {
            let words = response["description"].as_str().unwrap_or_default();
            assert!(!words.is_empty(), "{name}: {status} has no description");
        }
        let templated = endpoint.path.matches('{').count();
        let parameters = operation["parameters"]
            .as_array()
            .map_or(0, |all| all.iter().filter(|p| p["in"] == "path").count());
        assert_eq!(templated, parameters, "{name}: path parameters");
    }
    let ids: BTreeSet<&str> = operations
        .values()
        .filter_map(|o| o["operationId"].as_str())
        .collect();
    assert_eq!(
        ids.len(),
        operations.len(),
        "operation ids become names in generated clients"
    );
}

/// Every `$ref` of a document.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get("$ref") {
                found.push(target);
            }
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn it_is_openapi_3_1_and_every_reference_leads_somewhere() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.contains(&"#/components/schemas/Problem"));
    for reference in found {
        let target = document.pointer(reference.trim_start_matches('#'));
        assert!(target.is_some(), "{reference} leads nowhere");
    }
}

/// `UPDATE_OPENAPI=1` writes the file anew.
#[test]
fn the_file_in_the_tree_is_the_same() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api/openapi.json");
    let now = serde_json::to_string_pretty(&openapi()).unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &now).unwrap();
    }
    let then = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        then == now,
        "docs/api/openapi.json is not what the code says: run the tests with UPDATE_OPENAPI=1"
    );
}
