//! Compilers that an image has, and that nobody promised: the rule `missing-compiler` does not count on them, so the commands
//! that show an image must not either.

use crate::dockerfile::Dockerfile;
use crate::dockerfile::expand::StageBase;
use crate::dockerfile::image_ref::ImageRef;
use crate::image::{Presence, Reason, cuda};
use crate::project::build::Build;

/// Returns the sentence that a compiler's entry needs: the base image has it only because another package depends on it.
pub(super) fn note(
    build: &Build,
    parsed: &Dockerfile,
    stage: usize,
    name: &str,
    presence: &Presence,
) -> Option<String> {
    if !matches!(name, "cc" | "gcc" | "c++" | "g++" | "build-essential") {
        return None;
    }
    let (Presence::Present(Reason { span: None, .. }) | Presence::Unknown(Reason { span: None, .. })) = presence else {
        return None;
    };
    let StageBase::Image(image) = build.base(build.root_stage(parsed, stage)?) else { return None };
    let reference = ImageRef::parse(&image)?;
    cuda::image_tag(&reference).has_implicit_compiler(&reference).then(|| {
        format!(
            "`{image}` has a compiler only because its package cuda-nvcc depends on one, and does not promise it: a build \
             that needs it should install it (rule missing-compiler)"
        )
    })
}
