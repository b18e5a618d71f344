//! `rules/data/cuda-compat.toml`: which host compilers, GPU architectures and drivers a CUDA toolkit accepts, and what the
//! distributions have.

use std::sync::LazyLock;

use serde::Deserialize;

use super::version::CudaVersion;

/// What the build script makes of the file.
const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/cuda-compat.json"));

static COMPAT: LazyLock<Compat> = LazyLock::new(|| decode().unwrap_or_default());

/// Reads the table.
pub(super) fn unpack() {
    LazyLock::force(&COMPAT);
}

fn decode() -> Result<Compat, serde_json::Error> {
    serde_json::from_str(JSON)
}

#[derive(Debug, Default, Deserialize)]
struct Compat {
    toolkits: Toolkits,
    host_compiler: HostCompiler,
    archs: Archs,
    drivers: Drivers,
    distro: Vec<Distro>,
}

#[derive(Debug, Default, Deserialize)]
struct Toolkits {
    known: Vec<Toolkit>,
}

#[derive(Debug, Deserialize)]
struct Toolkit {
    cuda: String,
    max_gcc: u32,
    #[cfg(test)]
    archs: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct HostCompiler {
    gcc: String,
    override_flags: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Archs {
    known: Vec<ArchRow>,
    message: String,
}

#[derive(Debug, Deserialize)]
struct ArchRow {
    sm: u32,
    first: String,
    last: String,
}

#[derive(Debug, Default, Deserialize)]
struct Drivers {
    floors: Vec<Floor>,
}

#[derive(Debug, Deserialize)]
struct Floor {
    major: u32,
    driver: String,
}

/// What a release of a distribution has.
#[derive(Debug, Deserialize)]
pub struct Distro {
    /// `debian`, `ubuntu`.
    pub name: String,
    /// `12`, `22.04`.
    pub release: String,
    pub codename: String,
    /// Major version of the default GCC.
    pub gcc: u32,
    toolkit: Option<String>,
}

impl Distro {
    /// The CUDA version of the distribution's own nvidia-cuda-toolkit.
    pub fn toolkit(&self) -> Option<CudaVersion> {
        CudaVersion::parse(self.toolkit.as_deref()?)
    }
}

/// By number or code name: `distro("debian", "bookworm")`.
pub fn distro(name: &str, release: &str) -> Option<&'static Distro> {
    COMPAT.distro.iter().find(|d| d.name == name && (d.release == release || d.codename == release))
}

/// The distribution of an `os` word of a tag: `ubuntu22.04`.
pub fn distro_of_os(os: &str) -> Option<&'static Distro> {
    let at = os.find(|c: char| c.is_ascii_digit())?;
    distro(&os[..at], &os[at..])
}

fn toolkit(cuda: &CudaVersion) -> Option<&'static Toolkit> {
    let release = cuda.release();
    release.minor?;
    COMPAT.toolkits.known.iter().find(|t| CudaVersion::parse(&t.cuda) == Some(release))
}

/// The highest GCC major that the toolkit's `nvcc` accepts.
pub fn max_gcc(cuda: &CudaVersion) -> Option<u32> {
    Some(toolkit(cuda)?.max_gcc)
}

/// What `nvcc` says to a GCC above its maximum.
pub fn gcc_message(max: u32) -> String {
    COMPAT.host_compiler.gcc.replace("{n}", &max.to_string())
}

/// True if a flag switches `nvcc`'s check of its host compiler off.
pub fn overrides_host_check(flag: &str) -> bool {
    COMPAT.host_compiler.override_flags.iter().any(|f| flag.contains(f.as_str()))
}

/// The answer to whether a toolkit can compile for an architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchSupport {
    Supported,
    /// The first toolkit that can.
    TooNew(CudaVersion),
    /// The last toolkit that could.
    Dropped(CudaVersion),
    Unknown,
}

/// Judges `sm_<sm>` for a toolkit of which at least the major is known.
pub fn arch_support(cuda: &CudaVersion, sm: u32) -> ArchSupport {
    let Some(row) = COMPAT.archs.known.iter().find(|a| a.sm == sm) else { return ArchSupport::Unknown };
    // "<=11.7" and ">=13.5" are the ends of what was read: beyond them nothing is known.
    if let Some(first) = CudaVersion::parse(&row.first) {
        match cuda.release().at_least(&first) {
            Some(false) => return ArchSupport::TooNew(first),
            None => return ArchSupport::Unknown,
            Some(true) => {}
        }
    }
    if let Some(last) = CudaVersion::parse(&row.last) {
        let beyond = match cuda.release().at_least(&last) {
            Some(false) => Some(false),
            Some(true) => cuda.starts_with(&last).map(|same| !same),
            None => None,
        };
        match beyond {
            Some(true) => return ArchSupport::Dropped(last),
            None => return ArchSupport::Unknown,
            Some(false) => {}
        }
    }
    let open_start = CudaVersion::parse(&row.first).is_none();
    let read_from = CudaVersion::new(11, 7);
    if open_start && cuda.release().at_least(&read_from) != Some(true) {
        return ArchSupport::Unknown;
    }
    ArchSupport::Supported
}

/// What `nvcc` says to an architecture that it does not know.
pub fn arch_message(sm: u32) -> String {
    COMPAT.archs.message.replace("{n}", &sm.to_string())
}

/// The lowest driver for Linux that runs programs of a CUDA major.
pub fn driver_floor(major: u32) -> Option<&'static str> {
    COMPAT.drivers.floors.iter().find(|f| f.major == major).map(|f| f.driver.as_str())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn v(text: &str) -> CudaVersion {
        CudaVersion::parse(text).unwrap()
    }

    #[test]
    fn the_file_decodes_and_names_its_sources() {
        decode().unwrap();
        let table: toml::Table = toml::from_str(include_str!("../../../rules/data/cuda-compat.toml")).unwrap();
        let known = table["sources"].as_table().unwrap().keys().map(String::as_str).collect();
        let mut rows = 0;
        super::super::check_sources(&toml::Value::Table(table.clone()), &known, &mut rows);
        assert!(rows > 90, "{rows}");
    }

    #[test]
    fn architecture_ranges_agree_with_every_toolkit_row() {
        for toolkit in &COMPAT.toolkits.known {
            for row in &COMPAT.archs.known {
                let listed = toolkit.archs.iter().any(|a| *a == row.sm.to_string());
                let says = arch_support(&v(&toolkit.cuda), row.sm);
                assert_eq!(says == ArchSupport::Supported, listed, "sm_{} in {}: {says:?}", row.sm, toolkit.cuda);
            }
        }
    }

    #[test]
    fn answers() {
        assert_eq!(
            (max_gcc(&v("12.1.1")), max_gcc(&v("12.8")), max_gcc(&v("12")), max_gcc(&v("12.7"))),
            (Some(12), Some(14), None, None)
        );
        assert_eq!(arch_support(&v("12.4"), 120), ArchSupport::TooNew(v("12.8")));
        assert_eq!(arch_support(&v("13.0"), 70), ArchSupport::Dropped(v("12.9")));
        assert_eq!(arch_support(&v("13"), 61), ArchSupport::Dropped(v("12.9")));
        assert_eq!(arch_support(&v("12"), 120), ArchSupport::Unknown);
        assert_eq!(arch_support(&v("12.8"), 130), ArchSupport::Unknown);
        assert_eq!(arch_support(&v("10.2"), 75), ArchSupport::Unknown);
        assert_eq!(driver_floor(12), Some("525.60.13"));
        assert_eq!(distro("debian", "bookworm").unwrap().gcc, 12);
        assert_eq!(distro_of_os("ubuntu24.04").unwrap().gcc, 13);
        assert!(distro_of_os("ubi9").is_none());
        assert_eq!(distro("ubuntu", "24.04").unwrap().toolkit(), CudaVersion::parse("12.0"));
        assert!(gcc_message(12).contains("later than 12"));
        assert!(overrides_host_check("-DCMAKE_CUDA_FLAGS=-allow-unsupported-compiler"));
    }
}
