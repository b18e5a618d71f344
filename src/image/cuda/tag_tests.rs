#![allow(clippy::unwrap_used)]

use super::*;

fn read(reference: &str) -> ImageCuda {
    image_tag(&ImageRef::parse(reference).unwrap())
}

/// A repository that the grammar claims, to try its tags on.
fn repository(grammar: &TagGrammar) -> String {
    let repo = &grammar.repos[0];
    if grammar.id == "token" { "example/image".to_owned() } else { repo.replace('*', "x") }
}

#[test]
fn every_example_of_the_data_file_reads_as_it_says() {
    let mut seen = 0;
    for grammar in &IMAGES.grammar {
        let repo = repository(grammar);
        for example in &grammar.positive {
            let tag = &example["tag"];
            let captures = grammar.regex().unwrap().captures(tag).unwrap_or_else(|| panic!("{}: {tag}", grammar.id));
            let read = image_tag(&ImageRef::parse(&format!("{repo}:{tag}")).unwrap());
            assert_eq!(read.grammar, grammar.id, "{repo}:{tag}");
            for (key, value) in example {
                match key.as_str() {
                    "tag" => {}
                    "cuda" => {
                        let expected = CudaVersion::parse(value).unwrap();
                        assert_eq!(read.version().map(|v| v.release()), Some(expected), "{repo}:{tag}");
                    }
                    "flavour" => assert_eq!(read.flavour.map(Flavour::as_str), Some(value.as_str()), "{repo}:{tag}"),
                    "cudnn_major" => assert_eq!(read.cudnn.unwrap().to_string(), *value, "{repo}:{tag}"),
                    "torch" => assert_eq!(read.torch.as_ref(), Some(value), "{repo}:{tag}"),
                    group => assert_eq!(
                        captures.name(group).map(|m| m.as_str()),
                        Some(value.as_str()),
                        "{repo}:{tag} {group}"
                    ),
                }
            }
            seen += 1;
        }
        for tag in &grammar.negative {
            assert!(grammar.regex().unwrap().captures(tag).is_none(), "{} must not read {tag}", grammar.id);
            if let Some(reference) = ImageRef::parse(&format!("{repo}:{tag}")) {
                assert_ne!(
                    image_tag(&reference).version().map(|_| image_tag(&reference).grammar),
                    Some(grammar.id.as_str())
                );
            }
            seen += 1;
        }
        for tag in &grammar.open {
            let read = image_tag(&ImageRef::parse(&format!("{repo}:{tag}")).unwrap());
            assert!(!matches!(read.answer, Answer::Stated(_)), "{repo}:{tag} {read:?}");
            seen += 1;
        }
    }
    assert!(seen > 120, "{seen} examples");
}

#[test]
fn answers() {
    use Answer::*;
    let cases = [
        ("pytorch/pytorch:2.7.0-cuda12.8-cudnn9-devel", Stated(CudaVersion::new(12, 8))),
        ("docker.io/pytorch/pytorch:2.7.0-cuda12.8-cudnn9-devel", Stated(CudaVersion::new(12, 8))),
        ("docker.io/nvidia/cuda:11.8.0-base-ubuntu22.04", Stated(CudaVersion::parse("11.8.0").unwrap())),
        ("nvidia/cuda:12.8.1-base-ubuntu22.04@sha256:00", Stated(CudaVersion::parse("12.8.1").unwrap())),
        ("ghcr.io/ggml-org/llama.cpp:full-cuda", NotStated),
        ("ghcr.io/ggml-org/llama.cpp:server-cuda13", Stated(CudaVersion::major_only(13))),
        ("ghcr.io/ggml-org/llama.cpp:latest", Unknown),
        ("ghcr.io/ggml-org/llama.cpp:server-vulkan", Other(Backend::Vulkan)),
        ("ghcr.io/ggml-org/llama.cpp:server", Other(Backend::Cpu)),
        ("ghcr.io/ggml-org/llama.cpp:server-intel", Other(Backend::Intel)),
        ("ghcr.io/ggml-org/llama.cpp:server-musa", Other(Backend::Other)),
        ("nvcr.io/nvidia/tritonserver:24.05-vllm-python-py3", Implied(CudaVersion::parse("12.4.1").unwrap())),
        ("nvcr.io/nvidia/tritonserver:24.05-trtllm-python-py3", Implied(CudaVersion::parse("12.3.2").unwrap())),
        ("nvcr.io/nvidia/pytorch:25.12-py3", Implied(CudaVersion::parse("13.1.0").unwrap())),
        ("nvcr.io/nvidia/pytorch:22.12-py3", NotStated),
        ("nvcr.io/nvidia/l4t-jetpack:r36.4.0", Implied(CudaVersion::new(12, 6))),
        ("tensorflow/tensorflow:2.11.0-gpu", Implied(CudaVersion::new(11, 2))),
        ("tensorflow/tensorflow:2.11.0", Other(Backend::Cpu)),
        ("vllm/vllm-openai:v0.19.0", NotStated),
        ("vllm/vllm-openai:v0.22.0", Implied(CudaVersion::new(13, 0))),
        ("vllm/vllm-openai:cu130-nightly", Stated(CudaVersion::new(13, 0))),
        ("ollama/ollama", NotStated),
        ("ollama/ollama:0.12.8", NotStated),
        ("ollama/ollama:rocm", Other(Backend::Rocm)),
        ("ollama/ollama:0.9.6-rocm", Other(Backend::Rocm)),
        ("ghcr.io/huggingface/text-embeddings-inference:86-1.5", NotStated),
        ("ghcr.io/huggingface/text-embeddings-inference:cpu-1.7", Other(Backend::Cpu)),
        ("ghcr.io/huggingface/text-generation-inference:2.4.0-intel-cpu", Other(Backend::Cpu)),
        ("rocm/pytorch:latest", Other(Backend::Rocm)),
        ("intel/oneapi-basekit:2025.0.0-0-devel-ubuntu22.04", Other(Backend::Intel)),
        ("mambaorg/micromamba:2.3.0", NotGpu),
        ("localai/localai:latest-gpu-nvidia-cuda-12", Stated(CudaVersion::major_only(12))),
        ("localai/localai:latest-gpu-hipblas", Other(Backend::Rocm)),
        ("localai/localai:latest-cpu", Other(Backend::Cpu)),
        ("ghcr.io/speaches-ai/speaches:latest-cuda-12.6.3", Stated(CudaVersion::parse("12.6.3").unwrap())),
        ("ghcr.io/open-webui/open-webui:cuda", NotStated),
        ("ghcr.io/open-webui/open-webui:main", Unknown),
        ("postgres:16", NotGpu),
        ("python:3.12-slim", NotGpu),
        ("scratch", NotGpu),
        ("example/app:1.2", Unknown),
        ("example/app-cu124:1.2", Stated(CudaVersion::new(12, 4))),
        ("example/gpu-app:1.2", NotStated),
        ("example/app-cuda18.1", NotStated),
        ("example/app:latest-jetson-orin", NotStated),
    ];
    for (reference, answer) in cases {
        assert_eq!(read(reference).answer, answer, "{reference}: {}", read(reference).reason);
    }
}

#[test]
fn what_floats() {
    for floating in
        ["ghcr.io/ggml-org/llama.cpp:full-cuda", "pytorch/pytorch", "vllm/vllm-openai:latest", "example/a:latest-gpu"]
    {
        assert!(read(floating).floating, "{floating}");
    }
    let fixed = [
        "ghcr.io/ggml-org/llama.cpp:full-cuda-b5124",
        "vllm/vllm-openai:v0.11.0",
        "ollama/ollama:0.9.6",
        "ghcr.io/open-webui/open-webui:cuda@sha256:00",
        "nvidia/cuda:12.8.1-base-ubuntu22.04",
        "nginx",
    ];
    for fixed in fixed {
        assert!(!read(fixed).floating, "{fixed}");
    }
}

#[test]
fn flavour_and_facts() {
    let nvcc = |text: &str| {
        let reference = ImageRef::parse(text).unwrap();
        image_tag(&reference).has_nvcc(&reference)
    };
    assert_eq!(nvcc("nvidia/cuda:12.8.1-cudnn-devel-ubuntu22.04"), Some(true));
    assert_eq!(nvcc("nvcr.io/nvidia/cuda:12.8.1-base-ubi9"), Some(false));
    assert_eq!(nvcc("pytorch/pytorch:2.7.0-cuda12.8-cudnn9-runtime"), Some(false));
    assert_eq!(nvcc("nvcr.io/nvidia/pytorch:25.12-py3"), None, "not read at its source");
    assert_eq!(nvcc("example/cuda:12.8-devel"), None);
    let read = read("nvidia/cuda:12.8.1-cudnn-devel-ubuntu22.04");
    assert_eq!((read.os.as_deref(), read.cudnn), (Some("ubuntu22.04"), Some(9)));
    let tag = "12.8.1-cudnn-devel-ubuntu22.04";
    assert_eq!((&tag[read.version_at.unwrap()], &tag[read.flavour_at.unwrap()]), ("12.8.1", "devel"));
}

#[test]
fn unresolved_variables_are_unknown() {
    let reference = ImageRef { registry: None, path: "nvidia/cuda", tag: Some("${V}-devel-ubuntu22.04"), digest: None };
    assert_eq!(image_tag(&reference).answer, Answer::Unknown);
}

proptest::proptest! {
    #[test]
    fn any_reference_is_read_without_a_panic(text in "[a-z0-9./:_-]{1,60}") {
        if let Some(reference) = ImageRef::parse(&text) {
            let _ = image_tag(&reference);
            let _ = super::super::tag_state(&reference);
        }
    }
}
