//! The commands that only show something: rules, the project as loaded, its graph, its files, the settings.

use std::path::{Path, PathBuf};

use super::args::{
    ConfigArgs, FilesArgs, GlobalArgs, GraphArgs, GraphFormat, ImageArgs, InitArgs, ManArgs, ProjectArgs, ResolveArgs,
    RuleArgs, RulesArgs, SchemaArgs, SelectArgs, TextOrJson,
};
use super::host::{Exit, Host, Stop, names};
use super::rule;
use super::settings::{config_file, request, settings};
use crate::compose;
use crate::config::init;
use crate::config::names::closest;
use crate::files::discover::root_of;
use crate::files::{Files, os_error};
use crate::graph::Graph;
use crate::lint::check::load;
use crate::project::Project;
use crate::redact;
use crate::report::schema as json_schema;
use crate::text::Sources;

/// `dockcheck rule`
pub(crate) fn rule(args: &RuleArgs, global: &GlobalArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
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
        (TextOrJson::Json, all) => rule::json(&rules, all || rules.len() > 1),
        (TextOrJson::Text, true) => rule::table(&rules),
        (TextOrJson::Text, false) => {
            rules.iter().map(|rule| rule::page(rule, style.color)).collect::<Vec<_>>().join("\n")
        }
    };
    world.stdout.write_all(text.as_bytes())?;
    Ok(Exit::Clean)
}

/// `dockcheck rules`
pub(crate) fn rules(args: &RulesArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
    let names = names();
    let text = match args.format {
        TextOrJson::Json => rule::json(names.rules(), true),
        TextOrJson::Text => rule::table(names.rules()),
    };
    world.stdout.write_all(text.as_bytes())?;
    Ok(Exit::Clean)
}

fn project(paths: &[PathBuf], args: &ProjectArgs, world: &Host<'_>) -> Result<Project, Stop> {
    // A configuration that cannot be read is an error for every command.
    settings(paths, args, &SelectArgs::default(), &world.working_dir)?;
    load(&request(paths, args, world)).map_err(|errors| Stop::Failed(errors.join("\n")))
}

/// `dockcheck resolve`: asked for by name, so it shows values as they are.
pub(crate) fn resolve(args: &ResolveArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
    let paths: Vec<PathBuf> = args.path.iter().cloned().collect();
    settings(&paths, &args.project, &SelectArgs::default(), &world.working_dir)?;
    let call = request(&paths, &args.project, world);
    let base = Files::new(&world.working_dir, &world.working_dir);
    let mut options = call.compose;
    let path = args.path.as_ref().map_or_else(|| world.working_dir.clone(), |p| base.absolute(p));
    if !path.exists() {
        return Err(Stop::Failed(format!("{} does not exist", base.display(&path))));
    }
    if options.files.is_empty() && path.is_file() {
        options.files.push(path.clone());
    } else if options.files.is_empty() && options.project_directory.is_none() {
        options.project_directory = Some(path.clone());
    }
    let first = options.files.first().unwrap_or(&path);
    let root = call.root.unwrap_or_else(|| root_of(first));
    let files = Files::new(&root, &world.working_dir).allow_outside_root(call.allow_outside_root);
    let mut sources = Sources::new();
    let project = compose::load(&options.request(options.files.clone(), true), &files, &mut sources);
    if project.files.is_empty() && options.files.is_empty() {
        writeln!(world.stderr, "dockcheck: no compose file in {}", redact::one_line(&base.display(&path)))?;
        return Ok(Exit::Nothing);
    }
    for note in &project.coverage {
        let line = format!("note: {}: {}", note.path, note.what);
        writeln!(world.stderr, "{}", redact::one_line(&line))?;
    }
    if project.refused || !project.refusals.is_empty() {
        let words = project.refusals.first().map_or("docker compose would refuse this project", String::as_str);
        return Err(Stop::Failed(words.to_owned()));
    }
    let json = compose::resolve::to_json(&project);
    let text = match args.format {
        TextOrJson::Json => redact::json(&serde_json::to_string_pretty(&json).unwrap_or_default()).into_owned() + "\n",
        TextOrJson::Text => serde_yaml::to_string(&json).unwrap_or_default(),
    };
    // A pipe may lead into a log. JSON is YAML too, and says in escapes what a terminal or a CI system would act upon.
    let acts = redact::excerpt(&text) != text;
    let text = match args.format {
        TextOrJson::Text if acts => {
            redact::json(&serde_json::to_string_pretty(&json).unwrap_or_default()).into_owned() + "\n"
        }
        _ => text,
    };
    world.stdout.write_all(text.as_bytes())?;
    Ok(Exit::Clean)
}

/// `dockcheck image`
pub(crate) fn image(args: &ImageArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
    let base = Files::new(&world.working_dir, &world.working_dir);
    // A Dockerfile elsewhere brings its own root.
    let path = args.what.rsplit_once(':').map_or(args.what.as_str(), |(path, _)| path);
    let near: Vec<PathBuf> =
        [args.what.as_str(), path].iter().map(PathBuf::from).filter(|p| base.absolute(p).exists()).take(1).collect();
    let project = project(&near, &args.project, world)?;
    let text = match &args.why {
        Some(name) => super::why::show(&project, &args.what, name, &base, args.format)?,
        None => super::image::show(&project, &args.what, &base, args.format)?,
    };
    let text = project.redact(&text, matches!(args.format, TextOrJson::Json));
    world.stdout.write_all(text.as_bytes())?;
    Ok(Exit::Clean)
}

/// `dockcheck graph`
pub(crate) fn graph(args: &GraphArgs, global: &GlobalArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
    let project = project(&args.paths, &args.project, world)?;
    if project.compose.is_empty() && project.dockerfiles.is_empty() {
        return Ok(Exit::Nothing);
    }
    let asked: Vec<PathBuf> = match args.paths.as_slice() {
        [] => vec![project.files.absolute(Path::new("."))],
        paths => paths.iter().map(|p| project.files.absolute(p)).collect(),
    };
    let graph = Graph::of(&project).below(&project, &asked);
    let text = match args.format {
        GraphFormat::Text => graph.to_text(!world.style(global).unicode),
        GraphFormat::Mermaid => graph.to_mermaid(),
        GraphFormat::Dot => graph.to_dot(),
        GraphFormat::Json => graph.to_json(),
    };
    let text = project.redact(&text, matches!(args.format, GraphFormat::Json));
    let text = match args.format {
        GraphFormat::Json => redact::json(&text).into_owned(),
        _ => redact::sentence(&text),
    };
    world.stdout.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        world.stdout.write_all(b"\n")?;
    }
    Ok(Exit::Clean)
}

/// `dockcheck files`
pub(crate) fn files(args: &FilesArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
    let project = project(&args.paths, &args.project, world)?;
    let base = Files::new(&world.working_dir, &world.working_dir);
    let wanted: Vec<PathBuf> = args.paths.iter().map(|p| base.absolute(p)).collect();
    let compose = project.compose.iter().flat_map(|c| c.files.iter().map(|(id, _)| project.sources.file(*id)));
    let dockerfiles = project.dockerfiles.iter().filter(|d| d.on_disk).map(|d| project.sources.file(d.parsed.file));
    let mut names: Vec<String> = compose
        .chain(dockerfiles)
        .filter(|f| wanted.is_empty() || wanted.iter().any(|w| f.path().starts_with(w)))
        .map(|f| redact::one_line(f.name()))
        .collect();
    names.sort();
    names.dedup();
    for name in &names {
        writeln!(world.stdout, "{name}")?;
    }
    Ok(if names.is_empty() { Exit::Nothing } else { Exit::Clean })
}

/// `dockcheck config`
pub(crate) fn config(args: &ConfigArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
    let paths: Vec<PathBuf> = args.path.iter().cloned().collect();
    let base = Files::new(&world.working_dir, &world.working_dir);
    if let Some(path) = args.path.as_ref().filter(|path| !base.absolute(path).exists()) {
        let word = path.display().to_string();
        return Err(Stop::Failed(match closest(&word, &["show"]) {
            Some(right) => format!("`config` has no command `{word}`; did you mean `dockcheck config {right}`?"),
            None => format!("{word} does not exist; the only command of `config` is `show`"),
        }));
    }
    let (_, origins) = settings(&paths, &args.project, &args.select, &world.working_dir)?;
    let file = config_file(&paths, &args.project, &world.working_dir);
    match (&file, origins.is_empty()) {
        (None, true) => writeln!(world.stdout, "# no configuration file: everything as by default")?,
        (Some((_, name)), true) => {
            let line = format!("# {name} sets nothing: everything as by default");
            writeln!(world.stdout, "{}", redact::one_line(&line))?;
        }
        (_, false) => {}
    }
    for origin in origins {
        let line = format!("{} = {}  # {}", origin.key, origin.value.replace('\n', " "), origin.from);
        writeln!(world.stdout, "{}", redact::one_line(&line))?;
    }
    Ok(Exit::Clean)
}

/// `dockcheck init`
pub(crate) fn init(args: &InitArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
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
            std::io::ErrorKind::AlreadyExists => format!("{shown} exists already"),
            _ => format!("{shown}: not written: {}", os_error(&e)),
        })
    })?;
    std::io::Write::write_all(&mut file, text.as_bytes())
        .map_err(|e| Stop::Failed(format!("{shown}: not written: {}", os_error(&e))))?;
    writeln!(world.stdout, "Wrote {}", redact::one_line(&shown))?;
    Ok(Exit::Clean)
}

/// `dockcheck man`
pub(crate) fn manual(args: &ManArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
    let mut page = Vec::new();
    let name = args.command.as_deref();
    if super::args::manual(name, &mut page)?.is_none() {
        return Err(Stop::Failed(format!("there is no command `{}`", name.unwrap_or_default())));
    }
    world.stdout.write_all(&page)?;
    Ok(Exit::Clean)
}

/// `dockcheck schema`
pub(crate) fn schema(args: &SchemaArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
    let text = match args.what {
        super::args::Schema::Json => json_schema::report(),
        super::args::Schema::Config => json_schema::configuration(names().rules()),
    };
    world.stdout.write_all(text.as_bytes())?;
    Ok(Exit::Clean)
}
