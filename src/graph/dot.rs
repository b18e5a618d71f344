//! The graph in Graphviz's language.

use super::model::Graph;

pub(super) fn render(graph: &Graph) -> String {
    let mut out = String::from("digraph dockcheck {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
    for dockerfile in &graph.dockerfiles {
        let style = if dockerfile.built_by.is_empty() { ", style=dashed" } else { "" };
        out.push_str(&format!("  {} [shape=note{style}];\n", quote(&dockerfile.path)));
        for stage in dockerfile.stages.iter().filter(|s| s.reached && !s.from_stage) {
            out.push_str(&format!("  {} -> {};\n", quote(&dockerfile.path), quote(&stage.from)));
        }
    }
    for project in &graph.projects {
        for service in &project.services {
            let id = quote(&format!("{}/{}", project.name, service.name));
            out.push_str(&format!("  {id} [shape=box, label={}];\n", quote(&service.name)));
            if let Some(why) = &service.not_read {
                let node = quote(&format!("{}/{}: build not read", project.name, service.name));
                out.push_str(&format!("  {node} [shape=plaintext, label={}];\n", quote(why)));
                out.push_str(&format!("  {id} -> {node} [style=dotted, label=\"build not read\"];\n"));
            }
            match (&service.build, &service.image) {
                (Some(build), _) => out.push_str(&format!("  {id} -> {};\n", quote(&build.dockerfile))),
                (None, Some(image)) if service.not_read.is_none() => {
                    out.push_str(&format!("  {id} -> {};\n", quote(image)))
                }
                (None, _) => {}
            }
            if let Some(path) = &service.bypasses {
                out.push_str(&format!("  {id} -> {} [style=dashed, color=red, label=\"bypasses\"];\n", quote(path)));
            }
        }
    }
    out.push_str("}\n");
    out
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
