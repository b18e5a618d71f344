//! rules/invalid-base-image-platform.md

use crate::dockerfile::expand::StageBase;
use crate::dockerfile::image_ref::ImageRef;
use crate::dockerfile::platform::{Platform, of_repository};
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct InvalidBaseImagePlatform;

impl Rule for InvalidBaseImagePlatform {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        for build in view.builds() {
            for stage in &view.parsed().stages {
                let Some(info) = build.evaluation.stages().get(stage.index).filter(|info| info.reachable) else { continue };
                let StageBase::Image(name) = &info.base else { continue };
                let flag = view.parsed().instructions.get(stage.from).and_then(|from| from.flag("platform"));
                let wanted = match flag {
                    Some(_) => info.platform.as_deref(),
                    None => build.inputs.platform.as_deref(),
                };
                let Some(wanted) = wanted.and_then(Platform::parse) else { continue };
                let Some(image) = ImageRef::parse(name).filter(ImageRef::on_docker_hub) else { continue };
                let Some((arch, variant)) = image.owner().and_then(of_repository) else { continue };
                let other = wanted.arch.as_deref().is_some_and(|wanted| wanted != arch)
                    || wanted.variant.is_some() && variant.is_some() && wanted.variant.as_deref() != variant;
                let Some(word) = view.parsed().base(stage).filter(|_| other) else { continue };
                let for_what = wanted.arch.as_deref().unwrap_or("");
                let message = format!(
                    "`{name}` holds {arch} images only, and this build is for {for_what}: its programs end with \"exec format error\""
                );
                let mut finding = out.warning(word.span, message);
                if let Some(flag) = flag {
                    finding = finding.label(flag.span, "the platform that is asked for");
                }
                for service in build.users.iter().filter_map(|id| view.project.service(*id)) {
                    finding = finding.service(&service.service.name);
                    if let Some(platform) = service.service.platform.as_ref().filter(|_| flag.is_none()) {
                        finding = finding.label(platform.span, "the platform that is asked for");
                    }
                }
                let finding = finding.help(format!("use the image of the same name without `{}/`", image.owner().unwrap_or("")));
                out.report_check(view, stage.from, finding);
            }
        }
    }
}
