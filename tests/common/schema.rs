//! A small JSON Schema validator: what the schemas under docs/schema use, and nothing more. An unknown
//! keyword fails, so that a schema can't say something that is not checked.
#![allow(dead_code)]

use serde_json::Value;

/// What is wrong with `value` under docs/schema/NAME.json; empty where all is well.
pub fn check(name: &str, value: &Value) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    let mut wrong = Vec::new();
    validate(&schema, &schema, value, "$", &mut wrong);
    wrong
}

/// Every object in `text` (they stand one after the other) must fit the schema.
pub fn assert_all(name: &str, text: &[u8]) -> Vec<Value> {
    let values: Vec<Value> = serde_json::Deserializer::from_slice(text)
        .into_iter()
        .collect::<Result<_, _>>()
        .expect("the output is JSON");
    assert!(!values.is_empty(), "no JSON at all");
    for v in &values {
        let wrong = check(name, v);
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
    values
}

fn validate(root: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let Value::Object(keywords) = schema else { return };
    for (keyword, want) in keywords {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" | "$id" | "$comment" | "examples" => {}
            "$ref" => {
                let path = want
                    .as_str()
                    .and_then(|p| p.strip_prefix('#'))
                    .expect("a local reference");
                let target = root
                    .pointer(path)
                    .unwrap_or_else(|| panic!("{path} is not in the schema"));
                validate(root, target, value, at, wrong);
            }
            "type" => {
                let names: Vec<&str> = match want {
                    Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
                    one => one.as_str().into_iter().collect(),
                };
                if !names.iter().any(|n| is_type(n, value)) {
                    wrong.push(format!("{at}: is {value}, not {names:?}"));
                }
            }
            "const" if want != value => wrong.push(format!("{at}: is {value}, not {want}")),
            "enum" if !want.as_array().is_some_and(|a| a.contains(value)) => {
                wrong.push(format!("{at}: {value} is not one of {want}"));
            }
            "const" | "enum" => {}
            "minimum" | "maximum" => {
                let (Some(n), Some(limit)) = (value.as_f64(), want.as_f64()) else {
                    continue;
                };
                if keyword == "minimum" && n < limit || keyword == "maximum" && n > limit {
                    wrong.push(format!("{at}: {n} is beyond the {keyword} {limit}"));
                }
            }
            "pattern" => {
                let re =
                    regex::Regex::new(want.as_str().expect("a pattern")).expect("a pattern that compiles");
                if value.as_str().is_some_and(|s| !re.is_match(s)) {
                    wrong.push(format!("{at}: {value} does not match {want}"));
                }
            }
            "required" => {
                for key in want.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if value.is_object() && value.get(key).is_none() {
                        wrong.push(format!("{at}: {key} is missing"));
                    }
                }
            }
            "properties" => {
                for (key, sub) in want.as_object().into_iter().flatten() {
                    if let Some(v) = value.get(key) {
                        validate(root, sub, v, &format!("{at}.{key}"), wrong);
                    }
                }
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                for (key, v) in value.as_object().into_iter().flatten() {
                    if known.is_some_and(|k| k.contains_key(key)) {
                        continue;
                    }
                    match want {
                        Value::Bool(false) => wrong.push(format!("{at}: {key} is not in the schema")),
                        sub => validate(root, sub, v, &format!("{at}.{key}"), wrong),
                    }
                }
            }
            "items" => {
                for (i, v) in value.as_array().into_iter().flatten().enumerate() {
                    validate(root, want, v, &format!("{at}[{i}]"), wrong);
                }
            }
            "anyOf" | "oneOf" => {
                let fits = want.as_array().into_iter().flatten().any(|sub| {
                    let mut tried = Vec::new();
                    validate(root, sub, value, at, &mut tried);
                    tried.is_empty()
                });
                if !fits {
                    wrong.push(format!("{at}: {value} fits none of the alternatives"));
                }
            }
            other => panic!("the validator does not know the keyword {other}"),
        }
    }
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
