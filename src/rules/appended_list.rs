//! rules/appended-list.md

use crate::compose::{FileRole, PublishedPort};
use crate::diagnostic::{Applicability, Fix};
use crate::project::ServiceView;

use super::{Findings, Rule};

pub(super) struct AppendedList;

impl Rule for AppendedList {
    fn check_service(&self, view: &ServiceView<'_>, out: &mut Findings<'_>) {
        let order = |port: &PublishedPort| view.compose.files.iter().position(|(id, _)| *id == port.span.file);
        let overrides = |port: &PublishedPort| {
            view.compose.files.iter().any(|(id, role)| *id == port.span.file && *role == FileRole::Override)
        };
        let ports = &view.service.ports;
        for later in ports.iter().filter(|p| overrides(p)) {
            let earlier = ports.iter().find(|p| {
                p.span.file != later.span.file
                    && order(p) < order(later)
                    && p.target.is_some()
                    && (p.target, &p.protocol) == (later.target, &later.protocol)
            });
            let Some(earlier) = earlier else { continue };
            let target = later.target.map(|t| t.to_string()).unwrap_or_default();
            let single = |p: &PublishedPort| p.published.as_ref().is_some_and(|p| !p.contains('-'));
            let clash = single(earlier) && earlier.published == later.published && overlap(earlier, later);
            let mut finding = if clash {
                out.error(
                    later.span,
                    format!(
                        "both files publish port {} of the host, for Compose appends lists when it merges: the start fails with \
                         \"port is already allocated\"",
                        later.published.as_deref().unwrap_or_default()
                    ),
                )
            } else {
                out.info(
                    later.span,
                    format!("container port {target} is published twice, for Compose appends lists when it merges"),
                )
            };
            finding = finding
                .here("added, not replaced")
                .label(earlier.span, "published here already")
                .service(&view.service.name)
                .help("write `ports: !override` to replace the list");
            if let Some(at) = ports_key(view, later) {
                let fix = Fix::new("replace the list: `ports: !override`", Applicability::Unsafe);
                finding = finding.fix(fix.edit(at, " !override"));
            }
            out.report(finding);
        }
    }
}

/// Whether the two addresses of the host overlap.
fn overlap(a: &PublishedPort, b: &PublishedPort) -> bool {
    let all = |p: &PublishedPort| p.host_ip.as_deref().is_none_or(|ip| matches!(ip, "" | "0.0.0.0" | "::"));
    all(a) || all(b) || a.host_ip == b.host_ip
}

/// The place behind `ports:` in the file of a port, if the list stands below it.
fn ports_key(view: &ServiceView<'_>, port: &PublishedPort) -> Option<crate::text::Span> {
    let source = view.project.file(port.span.file);
    let before = source.text().get(..port.span.start as usize)?;
    let at = before.rfind("ports:")? + "ports:".len();
    let between = before.get(at..)?;
    // Only items, blanks and comments may stand between.
    let items = between.lines().all(|l| {
        let l = l.trim();
        l.is_empty() || l.starts_with('-') || l.starts_with('#')
    });
    (items && between.starts_with(['\n', '\r'])).then(|| source.span(at..at))
}
