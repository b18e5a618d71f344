//! Unpacks the tables that a project will ask for while its files are still read: in a small project all threads but
//! one are idle until then, and unpacking the tables of its base images takes most of the time.

use std::panic::catch_unwind;
use std::path::Path;

use crate::files::Files;
use crate::files::discover::Discovered;
use crate::image::{Packages, State, cuda, facts};

/// More files than these keep all threads at work by themselves.
const MOST_FILES: usize = 16;

/// What every project with a Dockerfile asks for.
pub(crate) fn start_any() {
    if rayon::current_num_threads() > 1 {
        rayon::spawn(facts::base::unpack);
    }
}

/// Looks through the texts for names of images and has their tables unpacked by other threads.
pub(crate) fn start(found: &Discovered, files: &Files) {
    let count = found.dockerfiles.len() + found.compose.len();
    if rayon::current_num_threads() < 2 || count > MOST_FILES || files.handed_over().is_some() {
        return;
    }
    let text =
        |path: &Path| files.read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let mut images: Vec<(String, bool)> = Vec::new();
    let mut with_cuda = false;
    for text in found.dockerfiles.iter().map(|path| text(path)) {
        with_cuda |= cuda::hints::is_hinted(&text);
        let installs = text.contains("apt");
        images.extend(text.lines().filter_map(from).map(|name| (name.to_owned(), installs)));
    }
    // For an image that is not built, only a health check asks what it contains.
    for text in found.compose.iter().map(|path| text(path)).filter(|text| text.contains("healthcheck:")) {
        let names = text.lines().filter_map(|line| line.trim_start().strip_prefix("image:"));
        images.extend(names.map(|name| (name.trim().trim_matches(['"', '\'']).to_owned(), false)));
    }
    images.retain(|(name, _)| !name.is_empty() && !name.contains('$'));
    images.sort();
    images.dedup();
    let with_cuda = with_cuda && !images.is_empty();
    for (name, installs) in images {
        // A fault shows again, and is reported, where the image is asked for.
        rayon::spawn(move || drop(catch_unwind(|| unpack(&name, installs))));
    }
    if with_cuda {
        cuda::unpack();
    }
}

fn unpack(image: &str, installs: bool) {
    if let Packages::Apt(apt) = State::of_image(image).packages
        && installs
    {
        apt.suite.unpack_ahead();
    }
}

/// The image of a FROM, as far as a glance tells.
fn from(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    words.next().filter(|word| word.eq_ignore_ascii_case("from"))?;
    words.find(|word| !word.starts_with("--"))
}
