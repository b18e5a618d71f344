//! rules/driver-floor.md

use crate::diagnostic::Confidence;
use crate::image::cuda::CudaVersion;
use crate::image::cuda::compat::driver_floor;
use crate::analysis::cuda::{GpuAccess, ServiceCuda};
use crate::project::Project;

use super::{Findings, Rule};

pub(super) struct DriverFloor;

impl Rule for DriverFloor {
    fn check_project(&self, project: &Project, out: &mut Findings<'_>) {
        let mut highest: Option<(CudaVersion, ServiceCuda, String)> = None;
        for view in project.services() {
            // An image that nobody gives a GPU needs no driver.
            if matches!(view.gpu_access(), GpuAccess::None | GpuAccess::Amd(_) | GpuAccess::Render(_)) {
                continue;
            }
            let Some(found) = view.cuda() else { continue };
            let Some(version) = found.cuda.version() else { continue };
            if found.cuda.confidence < Confidence::Likely {
                continue;
            }
            if highest.as_ref().is_none_or(|(best, ..)| version.sort_key() > best.sort_key()) {
                highest = Some((version, found, view.service.name.clone()));
            }
        }
        let Some((version, found, service)) = highest else { return };
        let Some(floor) = driver_floor(version.major) else { return };
        let message = format!(
            "the highest CUDA of this project is {}: the host needs NVIDIA driver {floor} or later for Linux",
            version.release()
        );
        let finding = out
            .info(found.span, message)
            .here(format!("CUDA {}", found.cuda.describe()))
            .help("`nvidia-smi` on the host shows its driver, and the highest CUDA that it serves");
        out.report(finding.confidence(Confidence::Certain).service(service));
    }
}
