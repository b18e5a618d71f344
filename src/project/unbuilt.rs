//! Why the build that a service asks for could not be read, in words for a reader.

use crate::compose::BuildContextRef;
use crate::files::Entry;
use crate::redact;

use super::views::ServiceView;

impl ServiceView<'_> {
    /// Returns why the service's build was not read: what is missing, or where it is. `None` if the service builds nothing, or
    /// if its build was read.
    pub fn why_not_read(&self) -> Option<String> {
        let build = self.service.build.as_ref()?;
        if self.build().is_some() {
            return None;
        }
        let files = &self.project.files;
        let written = build.context_text.as_ref().map_or(".", |text| text.raw.as_str());
        if build.inline.is_none() {
            match &build.context {
                BuildContextRef::Remote(address) => {
                    return Some(format!(
                        "its build context `{}` is remote, and dockcheck opens no connection",
                        redact::redact(address)
                    ));
                }
                BuildContextRef::Reference(what) => {
                    return Some(format!("its build context `{what}` is an image, which holds no Dockerfile to read"));
                }
                BuildContextRef::Unknown => {
                    return Some(format!("its build context `{written}` holds a variable whose value is not known"));
                }
                BuildContextRef::Local(context) => {
                    let shown = files.display(context);
                    if !files.is_inside(context) {
                        return Some(format!("its build context `{shown}` is outside the root `{}`", self.root()));
                    }
                    match files.entry(context) {
                        Some(Entry::Folder) => {}
                        Some(_) => return Some(format!("its build context `{shown}` is not a folder")),
                        None => return Some(format!("its build context `{shown}` does not exist")),
                    }
                }
            }
        }
        let Some(path) = &build.dockerfile_path else {
            return Some("which Dockerfile it builds is not known".to_owned());
        };
        let shown = files.display(path);
        if !files.is_inside(path) {
            return Some(format!("its Dockerfile `{shown}` is outside the root `{}`", self.root()));
        }
        Some(match files.entry(path) {
            None => format!("its Dockerfile `{shown}` does not exist"),
            Some(Entry::Folder) => format!("its Dockerfile `{shown}` is a folder"),
            Some(Entry::Other) => format!("its Dockerfile `{shown}` is not a regular file"),
            Some(Entry::File) => match files.read(path) {
                Err(error) => format!("its Dockerfile `{shown}` {error}"),
                Ok(_) => format!("its Dockerfile `{shown}` is built in more ways than are looked at"),
            },
        })
    }

    fn root(&self) -> String {
        let files = &self.project.files;
        files.display(files.root())
    }
}
