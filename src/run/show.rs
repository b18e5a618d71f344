//! The commands that only show something: rules, the project as loaded, its graph, its files, the settings.

use std::path::PathBuf;

use super::prepare::{request, settings};
use super::{Exit, Stop, World, names};
use crate::check::load;
use crate::cli::{
    ConfigArgs, FilesArgs, GlobalArgs, GraphArgs, GraphFormat, ImageArgs, InitArgs, ProjectArgs, ResolveArgs, RuleArgs,
    SchemaArgs, SelectArgs, TextOrJson,
};
use crate::config::init;
use crate::explain;
use crate::files::Files;
use crate::graph::Graph;
use crate::project::Project;
use crate::report::schema as json_schema;
use crate::sanitize;

/// `dockcheck rule`
pub(super) fn rule(args: &RuleArgs, global: &GlobalArgs, world: &mut World<'_>) -> Result<Exit, Stop> {
    let names = names();
    let rules = match &args.name {
        None => names.rules().to_vec(),
        Some(name) => {
            let found = names.demand(name).map_err(Stop::Failed)?;
            found.into_iter().filter_map(|name| names.rule(name)).collect()
        }
    };
    let style = world.style(global);
    let text = match (args.format, args.all) {
        (TextOrJson::Json, all) => explain::json(&rules, all || rules.len() > 1),
        (TextOrJson::Text, true) => explain::table(&rules),
        (TextOrJson::Text, false) => {
            rules.iter().map(|rule| explain::page(rule, style.color)).collect::<Vec<_>>().join("\n")
        }
    };
    world.stdout.write_all(text.as_bytes())?;
    Ok(Exit::Clean)
}

fn project(paths: &[PathBuf], args: &ProjectArgs, world: &World<'_>) -> Result<Project, Stop> {
    // A configuration that cannot be read is an error for every command.
    settings(paths, args, &SelectArgs::default(), world)?;
    load(&request(paths, args, world)).map_err(|errors| Stop::Failed(errors.join("\n")))
}

/// `dockcheck resolve`
pub(super) fn resolve(args: &ResolveArgs, world: &mut World<'_>) -> Result<Exit, Stop> {
    let _ = (args, &mut *world);
    Err(Stop::Failed("resolve is not part of this build".into()))
}

/// `dockcheck image`
pub(super) fn image(args: &ImageArgs, world: &mut World<'_>) -> Result<Exit, Stop> {
    let _ = (args, &mut *world);
    Err(Stop::Failed("image is not part of this build".into()))
}

/// `dockcheck graph`
pub(super) fn graph(args: &GraphArgs, global: &GlobalArgs, world: &mut World<'_>) -> Result<Exit, Stop> {
    let project = project(&args.paths, &args.project, world)?;
    if project.compose.is_empty() && project.dockerfiles.is_empty() {
        return Ok(Exit::Nothing);
    }
    let graph = Graph::of(&project);
    let text = match args.format {
        GraphFormat::Text => sanitize::sentence(&graph.to_text(!world.style(global).unicode)),
        GraphFormat::Mermaid => sanitize::sentence(&graph.to_mermaid()),
        GraphFormat::Dot => sanitize::sentence(&graph.to_dot()),
        GraphFormat::Json => graph.to_json(),
    };
    world.stdout.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        world.stdout.write_all(b"\n")?;
    }
    Ok(Exit::Clean)
}

/// `dockcheck files`
pub(super) fn files(args: &FilesArgs, world: &mut World<'_>) -> Result<Exit, Stop> {
    let project = project(&args.paths, &args.project, world)?;
    let base = Files::new(&world.working_dir, &world.working_dir);
    let wanted: Vec<PathBuf> = args.paths.iter().map(|p| base.absolute(p)).collect();
    let compose = project.compose.iter().flat_map(|c| c.files.iter().map(|(id, _)| project.sources.file(*id)));
    let dockerfiles = project.dockerfiles.iter().filter(|d| d.on_disk).map(|d| project.sources.file(d.parsed.file));
    let mut names: Vec<String> = compose
        .chain(dockerfiles)
        .filter(|f| wanted.is_empty() || wanted.iter().any(|w| f.path().starts_with(w)))
        .map(|f| sanitize::one_line(f.name()))
        .collect();
    names.sort();
    names.dedup();
    for name in &names {
        writeln!(world.stdout, "{name}")?;
    }
    Ok(if names.is_empty() { Exit::Nothing } else { Exit::Clean })
}

/// `dockcheck config`
pub(super) fn config(args: &ConfigArgs, world: &mut World<'_>) -> Result<Exit, Stop> {
    let paths: Vec<PathBuf> = args.path.iter().cloned().collect();
    let (_, origins) = settings(&paths, &args.project, &args.select, world)?;
    if origins.is_empty() {
        writeln!(world.stdout, "# no configuration: everything as by default")?;
    }
    for origin in origins {
        let line = format!("{} = {}  # {}", origin.key, origin.value.replace('\n', " "), origin.from);
        writeln!(world.stdout, "{}", sanitize::one_line(&line))?;
    }
    Ok(Exit::Clean)
}

/// `dockcheck init`
pub(super) fn init(args: &InitArgs, world: &mut World<'_>) -> Result<Exit, Stop> {
    let base = Files::new(&world.working_dir, &world.working_dir);
    let folder = args.path.as_ref().map_or_else(|| world.working_dir.clone(), |p| base.absolute(p));
    let text = init::configuration(&Files::new(&folder, &world.working_dir), &folder, &names());
    if args.stdout {
        world.stdout.write_all(text.as_bytes())?;
        return Ok(Exit::Clean);
    }
    let path = folder.join("dockcheck.toml");
    let shown = base.display(&path);
    let mut options = std::fs::OpenOptions::new();
    // Never over a file that is there.
    let mut file = options.write(true).create_new(true).open(&path).map_err(|e| {
        Stop::Failed(match e.kind() {
            std::io::ErrorKind::AlreadyExists => format!("{shown} is there already"),
            kind => format!("{shown}: not written: {kind}"),
        })
    })?;
    std::io::Write::write_all(&mut file, text.as_bytes())
        .map_err(|e| Stop::Failed(format!("{shown}: not written: {}", e.kind())))?;
    writeln!(world.stdout, "Wrote {}", sanitize::one_line(&shown))?;
    Ok(Exit::Clean)
}

/// `dockcheck schema`
pub(super) fn schema(args: &SchemaArgs, world: &mut World<'_>) -> Result<Exit, Stop> {
    let text = match args.what {
        crate::cli::Schema::Json => json_schema::report(),
        crate::cli::Schema::Config => json_schema::configuration(names().rules()),
    };
    world.stdout.write_all(text.as_bytes())?;
    Ok(Exit::Clean)
}
