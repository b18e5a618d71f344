//! The user that an image prepares its files for.

use crate::dockerfile::{Body, Keyword};
use crate::text::Span;

use super::runtime::backwards;
use crate::project::ServiceView;

/// A user with a number that the Dockerfile fixes, to whom it gives files, and as whom it runs.
#[derive(Debug)]
pub struct Prepared {
    pub name: String,
    pub number: u32,
    pub created: Span,
    pub owned: Span,
}

/// The user of the service's image, if all of that is certain.
pub fn prepared_user(view: &ServiceView<'_>) -> Option<Prepared> {
    let (build, entry) = view.dockerfile()?;
    let steps = backwards(build, entry);
    let (index, word) = steps.iter().find_map(|(index, i)| match &i.body {
        Body::User(word) => Some((*index, word)),
        _ => None,
    })?;
    let user = build.word(index, word)?;
    let name = user.split(':').next()?.to_owned();
    let mut created = None;
    let mut owned = None;
    for (index, instruction) in &steps {
        if let Some(chown) = instruction.flag("chown").and_then(|f| f.value.as_ref())
            && build.word(*index, chown)?.split(':').next() == Some(&name)
        {
            owned = Some(instruction.span);
        }
        if instruction.keyword != Keyword::Run {
            continue;
        }
        for (command, words) in build.commands(*index) {
            let effective = command.effective();
            let has_name = || words.iter().flatten().any(|w| w == &name);
            match effective.name.as_deref() {
                Some("useradd" | "adduser") if has_name() => {
                    let number = words.iter().enumerate().find_map(|(i, w)| {
                        let w = w.as_deref()?;
                        match w.strip_prefix("--uid=") {
                            Some(number) => number.parse().ok(),
                            None if matches!(w, "-u" | "--uid") => words.get(i + 1)?.as_ref()?.parse().ok(),
                            None => None,
                        }
                    });
                    created = number.map(|n| (n, command.span));
                }
                Some("chown") if words.iter().flatten().any(|w| w.split(':').next() == Some(&name)) => {
                    owned = Some(command.span);
                }
                _ => {}
            }
        }
    }
    let (number, created) = match name.parse::<u32>() {
        Ok(number) => (number, word.span),
        Err(_) => created?,
    };
    Some(Prepared { name, number, created, owned: owned? })
}
