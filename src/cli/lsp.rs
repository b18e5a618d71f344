//! `dockcheck lsp`: the language server with the settings and the project that the command line names.

use super::args::LspArgs;
use super::host::{Exit, Host, Stop};
use super::settings::{request, settings};
use crate::files::Files;
use crate::lsp::{Server, Setup, transport};

pub(crate) fn run(args: &LspArgs, world: &mut Host<'_>) -> Result<Exit, Stop> {
    let (select, project, working_dir) = (args.select.clone(), args.project.clone(), world.working_dir.clone());
    let base = Files::new(&working_dir, &working_dir);
    let setup = Setup {
        within: project.root.as_ref().map(|root| base.absolute(root)),
        request: request(&[], &project, world),
        settings: Box::new(move |folder| {
            let mut project = project.clone();
            project.config = project.config.map(|path| base.absolute(&path));
            project.root = Some(folder.to_owned());
            let found = settings(&[folder.to_owned()], &project, &select, folder);
            found.map(|(settings, _)| settings).map_err(|stop| stop.to_string())
        }),
    };
    match transport::serve(&mut Server::new(setup), world.stdin, world.stdout)? {
        true => Ok(Exit::Clean),
        // The protocol's own number for an end without `shutdown`.
        false => Ok(Exit::Findings),
    }
}
