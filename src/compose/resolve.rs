//! The project in the shape of `docker compose config --format json`.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::ComposeProject;
use super::model::{ModelValue, ValueKind};
use super::typed::{self, Printer, SchemaField};
use super::views::enabled;

/// The whole project as `docker compose config --format json` prints it: services of active profiles, and of the other
/// resources those that they use. A dollar sign is doubled, so that the output can be read back.
pub fn to_json(project: &ComposeProject) -> Json {
    let mut json = print(&project.model, &project.name, &project.profiles, &mut Printer::default());
    double_dollars(&mut json);
    json
}

/// Prints and collects what does not convert.
pub(super) fn print(model: &ModelValue, name: &str, profiles: &[String], printer: &mut Printer) -> Json {
    let mut out = Map::new();
    out.insert("name".into(), Json::String(name.to_owned()));
    let mut services = Map::new();
    let mut used = Used::default();
    if let Some(all) = model.get("services") {
        for entry in all.entries().iter().filter(|e| e.value.is_mapping()) {
            let path = format!("services[{}]", entry.key);
            let json = printer.fields(&entry.value, typed::SERVICE, &path);
            let own = entry.value.printed_items("profiles");
            if enabled(&own, profiles) {
                used.add(&entry.value);
                services.insert(entry.key.clone(), Json::Object(json));
            }
        }
    }
    out.insert("services".into(), Json::Object(services));
    let sections: [(&str, &[SchemaField], &HashSet<String>); 4] = [
        ("networks", typed::NETWORK, &used.networks),
        ("volumes", typed::VOLUME_RESOURCE, &used.volumes),
        ("secrets", typed::FILE_OBJECT, &used.secrets),
        ("configs", typed::FILE_OBJECT, &used.configs),
    ];
    for (section, fields, used) in sections {
        let Some(resources) = model.get(section) else { continue };
        let mut kept = Map::new();
        for entry in resources.entries() {
            let mut json = match &entry.value.kind {
                ValueKind::Mapping(_) => printer.fields(&entry.value, fields, &format!("{section}[{}]", entry.key)),
                _ => Map::new(),
            };
            // The content of a secret is never printed, that of a config only where it is written.
            if section == "secrets" || json.contains_key("environment") {
                json.remove("content");
            }
            if used.contains(&entry.key) {
                kept.insert(entry.key.clone(), Json::Object(json));
            }
        }
        if !kept.is_empty() {
            out.insert(section.to_owned(), Json::Object(kept));
        }
    }
    for entry in model.entries().iter().filter(|e| e.key.starts_with("x-")) {
        out.insert(entry.key.clone(), typed::plain(&entry.value));
    }
    Json::Object(out)
}

/// Names of resources that services refer to.
#[derive(Default)]
struct Used {
    networks: HashSet<String>,
    volumes: HashSet<String>,
    secrets: HashSet<String>,
    configs: HashSet<String>,
}

impl Used {
    fn add(&mut self, service: &ModelValue) {
        let sources = |value: Option<&ModelValue>| -> Vec<String> {
            let items = value.map(ModelValue::items).unwrap_or_default().iter();
            items.filter_map(|i| i.get("source").map(ModelValue::print)).collect()
        };
        if let Some(networks) = service.get("networks") {
            self.networks.extend(networks.entries().iter().map(|e| e.key.clone()));
        }
        for volume in service.get("volumes").map(ModelValue::items).unwrap_or_default() {
            if volume.get("type").and_then(ModelValue::as_str) == Some("volume")
                && let Some(source) = volume.get("source")
            {
                self.volumes.insert(source.print());
            }
        }
        self.secrets.extend(sources(service.get("secrets")));
        self.secrets.extend(sources(service.at(&["build", "secrets"])));
        self.configs.extend(sources(service.get("configs")));
    }
}

fn double_dollars(json: &mut Json) {
    match json {
        Json::String(text) if text.contains('$') => *text = text.replace('$', "$$"),
        Json::Array(items) => items.iter_mut().for_each(double_dollars),
        Json::Object(map) => {
            if map.keys().any(|k| k.contains('$')) {
                let old = std::mem::take(map);
                map.extend(old.into_iter().map(|(k, v)| (k.replace('$', "$$"), v)));
            }
            map.values_mut().for_each(double_dollars);
        }
        _ => {}
    }
}
