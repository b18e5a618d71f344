//! The graph as a tree of lines.

use super::model::{ComposeNode, DockerfileNode, Graph, ServiceNode, StageNode};

struct Branches {
    fork: &'static str,
    last: &'static str,
    pass: &'static str,
    bypass: &'static str,
}

const UNICODE: Branches = Branches { fork: "├─ ", last: "└─ ", pass: "│  ", bypass: "✗" };
const ASCII: Branches = Branches { fork: "|- ", last: "`- ", pass: "|  ", bypass: "x" };

pub(super) fn render(graph: &Graph, ascii: bool) -> String {
    let branches = if ascii { &ASCII } else { &UNICODE };
    let mut out = String::new();
    for project in &graph.projects {
        compose(project, graph, branches, &mut out);
    }
    let orphans: Vec<&DockerfileNode> =
        graph.dockerfiles.iter().filter(|d| d.built_by.is_empty() && d.bypassed_by.is_empty()).collect();
    if !orphans.is_empty() {
        out.push_str("built by no service\n");
        for (index, dockerfile) in orphans.iter().enumerate() {
            let (branch, below) = branch(index + 1 == orphans.len(), branches, "");
            line(&mut out, &branch, &dockerfile.path);
            stages(&dockerfile.stages, &below, branches, &mut out);
        }
    }
    out
}

fn compose(project: &ComposeNode, graph: &Graph, branches: &Branches, out: &mut String) {
    line(out, "", &format!("{}  ({})", project.name, project.files.join(" + ")));
    for (index, service) in project.services.iter().enumerate() {
        let (branch, below) = branch(index + 1 == project.services.len(), branches, "");
        line(out, &branch, &describe(service));
        if let Some(build) = &service.build {
            stages(&build.stages, &below, branches, out);
        }
        if let Some(path) = &service.bypasses {
            line(out, &below, &format!("{} bypasses {path}, which no service builds", branches.bypass));
            let node = graph.dockerfiles.iter().find(|d| &d.path == path);
            stages(node.map_or(&[], |n| &n.stages), &format!("{below}  "), branches, out);
        }
    }
}

fn describe(service: &ServiceNode) -> String {
    let mut words = service.name.clone();
    match (&service.build, &service.not_read, &service.image) {
        (Some(build), ..) => {
            words.push_str(&format!("  builds {}", build.dockerfile));
            if let Some(target) = &build.target {
                words.push_str(&format!(" (target {target})"));
            }
        }
        (None, Some(why), _) => words.push_str(&format!("  build not read: {why}")),
        (None, None, Some(image)) => words.push_str(&format!("  runs {image}")),
        (None, None, None) => {}
    }
    if let Some(cuda) = &service.cuda {
        words.push_str(&format!("  [{cuda}]"));
    }
    if service.disabled {
        words.push_str(&format!("  (profile {})", service.profiles.join(", ")));
    }
    words
}

fn stages(stages: &[StageNode], prefix: &str, branches: &Branches, out: &mut String) {
    for (index, stage) in stages.iter().enumerate() {
        let (branch, _) = branch(index + 1 == stages.len(), branches, prefix);
        let mut words = format!("{}  FROM {}", stage.name, stage.from);
        if !stage.copies_from.is_empty() {
            words.push_str(&format!(", copies from {}", stage.copies_from.join(", ")));
        }
        if let Some(cuda) = &stage.cuda {
            words.push_str(&format!("  [{cuda}]"));
        }
        if !stage.reached {
            words.push_str("  (not needed by the target)");
        }
        line(out, &branch, &words);
    }
}

/// The prefix of a branch and of what hangs below it.
fn branch(last: bool, branches: &Branches, prefix: &str) -> (String, String) {
    if last {
        (format!("{prefix}{}", branches.last), format!("{prefix}   "))
    } else {
        (format!("{prefix}{}", branches.fork), format!("{prefix}{}", branches.pass))
    }
}

fn line(out: &mut String, prefix: &str, words: &str) {
    out.push_str(prefix);
    out.push_str(words);
    out.push('\n');
}
