//! The graph as a Mermaid flowchart, as GitHub renders it in a README.

use super::model::{Graph, StageNode};

pub(super) fn render(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    let mut ids = Ids::default();
    for (index, dockerfile) in graph.dockerfiles.iter().enumerate() {
        let id = format!("d{index}");
        out.push_str(&format!("  {id}[\"{}\"]\n", escape(&dockerfile.path)));
        for stage in dockerfile.stages.iter().filter(|s| s.reached) {
            edges(&mut out, &mut ids, &id, stage);
        }
    }
    for project in &graph.projects {
        for service in &project.services {
            let id = ids.of(&format!("service {}/{}", project.name, service.name));
            out.push_str(&format!("  {id}([\"{}\"])\n", escape(&service.name)));
            let file = |path: &str| graph.dockerfiles.iter().position(|d| d.path == path);
            if let Some(at) = service.build.as_ref().and_then(|b| file(&b.dockerfile)) {
                out.push_str(&format!("  {id} --> d{at}\n"));
            } else if let Some(why) = &service.not_read {
                let node = ids.of(&format!("not read {}/{}", project.name, service.name));
                out.push_str(&format!("  {id} -. build not read .-> {node}[\"{}\"]\n", escape(why)));
            } else if let Some(image) = &service.image {
                out.push_str(&format!("  {id} --> {}\n", image_node(&mut ids, image)));
            }
            if let Some(at) = service.bypasses.as_deref().and_then(file) {
                out.push_str(&format!("  {id} -. bypasses .-> d{at}\n"));
            }
        }
    }
    out
}

fn edges(out: &mut String, ids: &mut Ids, dockerfile: &str, stage: &StageNode) {
    if !stage.from_stage {
        out.push_str(&format!("  {dockerfile} --> {}\n", image_node(ids, &stage.from)));
    }
}

fn image_node(ids: &mut Ids, image: &str) -> String {
    format!("{}[/\"{}\"/]", ids.of(&format!("image {image}")), escape(image))
}

/// Short names for nodes: Mermaid allows letters and digits only.
#[derive(Default)]
struct Ids(Vec<String>);

impl Ids {
    fn of(&mut self, key: &str) -> String {
        let at = self.0.iter().position(|k| k == key).unwrap_or_else(|| {
            self.0.push(key.to_owned());
            self.0.len() - 1
        });
        format!("n{at}")
    }
}

/// Mermaid's entity codes for what would end a quoted label or open a tag.
fn escape(text: &str) -> String {
    text.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}
