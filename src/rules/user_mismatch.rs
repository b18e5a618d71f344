//! rules/user-mismatch.md

use crate::project::ServiceView;
use crate::analysis::file_owner::prepared_user;

use super::{Findings, Rule};

pub(super) struct UserMismatch;

impl Rule for UserMismatch {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let Some(user) = &view.service.user else { return };
        let Some(number) = user.known().and_then(|u| u.split(':').next()?.parse::<u32>().ok()) else { return };
        let Some(prepared) = prepared_user(view) else { return };
        if number == 0 || number == prepared.number {
            return;
        }
        let message = format!(
            "the container runs as user {number}, and the image gives its files to {} ({}): what it must write there fails \
             with \"Permission denied\"",
            prepared.name, prepared.number
        );
        let finding = out
            .info(user.span, message)
            .here(format!("not {}", prepared.number))
            .label(prepared.owned, "files of the other user")
            .label(prepared.created, format!("the user's number is {}", prepared.number))
            .service(&view.service.name)
            .help(format!(
                "use `user: \"{}\"`, or build the image with the number that the host needs",
                prepared.number
            ));
        out.report(finding);
    }
}
