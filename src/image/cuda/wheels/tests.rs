#![allow(clippy::unwrap_used)]

use super::data::WHEELS;
use super::*;
use crate::diagnostic::Confidence;
use crate::image::cuda::{Backend, CudaVersion};

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn first(text: &str) -> Option<CudaStatement> {
    read(&words(text), &[]).into_iter().next()
}

fn version(text: &str) -> Option<String> {
    first(text)?.version.map(|v| v.to_string())
}

#[test]
fn the_file_decodes_and_names_its_sources() {
    data::decode().unwrap();
    let table: toml::Table = toml::from_str(include_str!("../../../../rules/data/python-gpu-wheels.toml")).unwrap();
    let known = table["sources"].as_table().unwrap().keys().map(String::as_str).collect();
    let mut rows = 0;
    crate::image::cuda::check_sources(&toml::Value::Table(table.clone()), &known, &mut rows);
    assert!(rows > 70, "{rows}");
}

#[test]
fn every_example_of_the_data_file_reads_as_it_says() {
    let wheels = &*WHEELS;
    for example in wheels.torch_index.positive.iter().chain(&wheels.torch_index.default).chain(&wheels.conda.positive) {
        let found = read(&words(&example.text), &[]);
        let expected = CudaVersion::parse(&example.cuda).unwrap();
        let said: Vec<_> = found.iter().filter_map(|s| s.version).map(|v| v.release()).collect();
        assert!(said.contains(&expected), "{}: {found:?}", example.text);
    }
    for text in wheels.torch_index.negative.iter().chain(&wheels.conda.negative) {
        let found = read(&words(text), &[]);
        let exact = found.iter().any(|s| s.version.is_some_and(|v| v.minor.is_some()));
        assert!(!exact, "{text}: {found:?}");
    }
    for pattern in [&wheels.torch_index.index, &wheels.torch_index.local_version, &wheels.conda.packages] {
        assert!(crate::image::cuda::pattern::compile(pattern).is_some(), "{pattern}");
    }
    for pattern in &wheels.names.patterns {
        for example in &pattern.positive {
            assert_eq!(pattern.cuda(&example.name), CudaVersion::parse(&example.cuda), "{}", example.name);
            assert_eq!(
                version(&format!("pip install {}", example.name)),
                Some(example.cuda.clone()),
                "{}",
                example.name
            );
        }
        for name in &pattern.negative {
            assert_eq!(pattern.cuda(name), None, "{name}");
        }
    }
    for example in &wheels.names.extras_positive {
        assert_eq!(version(&format!("pip install {}", example.name)), Some(example.cuda.clone()), "{}", example.name);
    }
    for name in &wheels.names.extras_negative {
        assert_eq!(version(&format!("pip install {name}")), None, "{name}");
    }
}

#[test]
fn torch_by_index_and_version() {
    use StatementOrigin::*;
    let cases = [
        (
            "pip install torch==2.5.1+cu124 -f https://download.pytorch.org/whl/torch_stable.html",
            Some("12.4"),
            LocalVersion,
        ),
        (
            "pip3 install --no-cache-dir torch==2.7.0 torchvision --index-url https://download.pytorch.org/whl/cu128",
            Some("12.8"),
            Index,
        ),
        ("pip install torch torchvision -i https://download.pytorch.org/whl/cu118", Some("11.8"), Index),
        (
            "python3 -m pip install --extra-index-url=https://download.pytorch.org/whl/cu126 torch==2.7.0",
            Some("12.6"),
            ExtraIndex,
        ),
        // The index has no such version: pip falls back to PyPI.
        ("pip install torch==2.7.0 --extra-index-url https://download.pytorch.org/whl/cu124", Some("12.6"), Default),
        ("pip install torch --extra-index-url https://download.pytorch.org/whl/cu118", None, ExtraIndex),
        ("uv pip install torch --extra-index-url https://download.pytorch.org/whl/cu118", Some("11.8"), Index),
        ("uv pip install --torch-backend=cu128 torch", Some("12.8"), Index),
        ("pip install torch==2.7.0", Some("12.6"), Default),
        ("pip install torch==2.7", Some("12.6"), Default),
        ("pip install torch~=2.7.0", Some("12.6"), Default),
        ("pip install torch==2.11.0", Some("13.0"), Default),
        ("pip install torch", None, Default),
        ("pip install torch>=2.0", None, Default),
        ("sudo -E pip install torch==2.0.1", Some("11.7"), Default),
        ("pip install torch==2.1.0 -i https://mirror.sjtu.edu.cn/pytorch-wheels/cu121", Some("12.1"), Index),
        (
            "pip install https://download.pytorch.org/whl/cu121/torch-2.1.0%2Bcu121-cp310-cp310-linux_x86_64.whl",
            Some("12.1"),
            LocalVersion,
        ),
        ("pip install torch==2.7.0 -i https://pypi.tuna.tsinghua.edu.cn/simple", None, Default),
        ("conda run -n env pip install torch==2.5.1+cu121", Some("12.1"), LocalVersion),
        (
            "uv pip install --system torch==2.9.0 --index-url https://download.pytorch.org/whl/cu130",
            Some("13.0"),
            Index,
        ),
        ("pip install torch==$TORCH --index-url https://download.pytorch.org/whl/cu124", Some("12.4"), Index),
        ("poetry add torch==2.7.0", Some("12.6"), Default),
    ];
    for (text, expected, origin) in cases {
        let found = first(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(
            (found.version.map(|v| v.to_string()).as_deref(), found.origin),
            (expected, origin),
            "{text}: {found:?}"
        );
        assert_eq!(found.package, "torch", "{text}");
    }
    let cpu = first("pip install torch==2.7.0 --index-url https://download.pytorch.org/whl/cpu").unwrap();
    assert_eq!((cpu.version, cpu.backend), (None, Some(Backend::Cpu)));
    let rocm = first("pip install torch --index-url https://download.pytorch.org/whl/rocm6.2").unwrap();
    assert_eq!(rocm.backend, Some(Backend::Rocm));
    let variable = first("pip install torch==2.7.0 --index-url $INDEX").unwrap();
    assert_eq!((variable.version, variable.confidence), (None, Confidence::Possible));
}

#[test]
fn environment_variables_name_indexes() {
    let env = [("PIP_EXTRA_INDEX_URL".to_owned(), "https://download.pytorch.org/whl/cu128".to_owned())];
    let found = read(&words("pip install torch==2.7.0"), &env);
    assert_eq!(found[0].version, CudaVersion::parse("12.8"));
    let env = [("UV_TORCH_BACKEND".to_owned(), "cu126".to_owned())];
    assert_eq!(read(&words("uv pip install torch"), &env)[0].version, CudaVersion::parse("12.6"));
}

#[test]
fn other_packages() {
    use StatementKind::*;
    let cases = [
        ("pip install cupy-cuda12x==13.0.0", "12", NeedsImage),
        ("pip install jax[cuda12]==0.6.0", "12", Wheel),
        ("pip install jax[cuda12_local]", "12", NeedsImage),
        (
            "pip install jaxlib==0.4.7+cuda11.cudnn86 -f https://storage.googleapis.com/jax-releases/jax_cuda_releases.html",
            "11",
            Wheel,
        ),
        ("pip install nvidia-cuda-runtime-cu12==12.6.77", "12.6.77", Libraries),
        ("pip install nvidia-cudnn-cu11==8.6.0.163", "11", Cudnn),
        ("pip install onnxruntime-gpu==1.18.1", "11", NeedsImage),
        ("pip install onnxruntime-gpu==1.20.1", "12", NeedsImage),
        ("pip install tensorflow==2.15.0", "12.2", NeedsImage),
        ("pip install tensorflow[and-cuda]==2.15.1", "12.2.140", Wheel),
        (
            "pip install https://example.org/flash_attn-2.5.8+cu122torch2.3cxx11abiFALSE-cp310-cp310-linux_x86_64.whl",
            "12.2",
            Wheel,
        ),
        (
            "pip install llama-cpp-python --extra-index-url https://abetlen.github.io/llama-cpp-python/whl/cu124",
            "12.4",
            Wheel,
        ),
        ("pip install vllm==0.9.2", "12.6", Wheel),
        ("pip install faiss-gpu-cu12", "12", Wheel),
    ];
    for (text, expected, kind) in cases {
        let found = first(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(
            (found.version.map(|v| v.to_string()).as_deref(), found.kind),
            (Some(expected), kind),
            "{text}: {found:?}"
        );
    }
    for text in [
        "pip install numpy",
        "pip install llamafactory[torch,metrics]==0.9.3",
        "pip install nvidia-ml-py",
        "echo torch==2.7.0",
        "pip uninstall torch",
    ] {
        assert_eq!(read(&words(text), &[]), [], "{text}");
    }
}

#[test]
fn distributions_and_conda() {
    use StatementKind::*;
    let cases = [
        ("apt-get install -y cuda-toolkit-12-4", Some("12.4"), Toolkit),
        ("apt-get install -y --no-install-recommends cuda-nvcc-11-8 libcublas-dev-11-8", Some("11.8"), Toolkit),
        ("apt-get install -y cuda-12-4", Some("12.4"), Toolkit),
        ("apt-get install cuda-toolkit-12", Some("12"), Toolkit),
        ("apt-get install cuda=12.4.1-1", Some("12.4.1"), Toolkit),
        ("apt-get install -y cuda", None, Toolkit),
        ("apt-get install -y nvidia-cuda-toolkit", None, Toolkit),
        ("dnf install -y cuda-libraries-12-6", Some("12.6"), Libraries),
        ("apt-get install libcudnn9-dev-cuda-12", Some("12"), Cudnn),
        ("apt-get install libcudnn8=8.9.2.26-1+cuda12.1", Some("12.1"), Cudnn),
        ("apt-get install libnccl2=2.18.3-1+cuda12.1", Some("12.1"), Libraries),
        ("sh cuda_12.4.1_550.54.15_linux.run --silent --toolkit", Some("12.4.1"), Toolkit),
        (
            "wget https://developer.download.nvidia.com/compute/cuda/12.4.1/local_installers/cuda_12.4.1_550.54.15_linux.run",
            Some("12.4.1"),
            Toolkit,
        ),
        ("conda install -y pytorch==2.5.1 pytorch-cuda=12.1 -c pytorch -c nvidia", Some("12.1"), Wheel),
        ("mamba install cudatoolkit=11.8", Some("11.8"), Wheel),
        ("conda install -c nvidia/label/cuda-11.8.0 cuda-nvcc", Some("11.8.0"), Toolkit),
        ("conda install nvidia/label/cuda-12.1.0::cuda-toolkit", Some("12.1.0"), Toolkit),
        ("conda install pytorch=2.1.0=py3.10_cuda11.8_cudnn8.7.0_0", Some("11.8"), Wheel),
        ("micromamba create -n x cuda-version=12.4", Some("12.4"), Libraries),
    ];
    for (text, expected, kind) in cases {
        let found = first(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(
            (found.version.map(|v| v.to_string()).as_deref(), found.kind),
            (expected, kind),
            "{text}: {found:?}"
        );
    }
    for text in [
        "apt-get install cuda-drivers",
        "apt-get install cuda-keyring",
        "apt-get remove cuda-toolkit-12-4",
        "apt-get install nvidia-container-toolkit",
        "conda install numpy",
    ] {
        assert_eq!(read(&words(text), &[]), [], "{text}");
    }
}

#[test]
fn tables() {
    assert_eq!(torch_has_variant("2.7.0", "cu124"), Some(false));
    assert_eq!(torch_has_variant("2.7.0", "cu128"), Some(true));
    assert_eq!(torch_has_variant("2.7", "cu128"), Some(true));
    assert_eq!(torch_has_variant("2.15.0", "cu128"), None, "its list is not known");
    assert_eq!(torch_has_variant("9.9.9", "cu128"), None);
    assert_eq!(data::default_cuda_of_torch("2.7.0"), CudaVersion::parse("12.6"));
    assert_eq!(tensorflow_cuda("2.11.1"), CudaVersion::parse("11.2"));
    assert_eq!(tensorflow_cuda("2.12.0"), CudaVersion::parse("11.8"));
    assert_eq!(tensorflow_cuda("latest"), None);
    assert_eq!(torch_for_arch(120).unwrap().0, "2.7.0");
    assert_eq!(source_build("git+https://github.com/NVIDIA/apex.git@master"), Some("nvidia/apex"));
    assert_eq!(source_build("git+https://github.com/example/apex"), None);
    let message = extension_mismatch_message(&CudaVersion::new(11, 8), &CudaVersion::new(12, 1));
    assert!(message.contains("(11.8)") && message.contains("(12.1)"));
}

#[test]
fn word_indexes_point_at_the_evidence() {
    let text = words("pip install torch==2.7.0 --index-url https://download.pytorch.org/whl/cu128");
    assert_eq!(read(&text, &[])[0].word, 4);
    let text = words("sudo apt-get install -y git cuda-toolkit-12-4");
    assert_eq!(read(&text, &[])[0].word, 5);
}

proptest::proptest! {
    #[test]
    fn any_words_are_read_without_a_panic(text in "(pip|uv pip|conda|apt-get) install [a-z0-9=+:/._<>\\[\\]~ $-]{0,80}", rest in "\\PC{0,40}") {
        let _ = read(&words(&format!("{text} {rest} torch cuda")), &[]);
    }
}
