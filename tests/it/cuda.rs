//! CUDA across a whole project: policies, arguments from either side, mixes of services, and the same stack on other bases.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::PROGRAM;

const RULES: &str = "cuda-version-mismatch,implicit-torch-cuda,missing-nvcc,unknown-cuda-tag,floating-gpu-image,\
                     gpu-not-requested,gpu-vendor-contradiction,torch-variant-unavailable,unsupported-gpu-arch";

/// (path, line, rule, severity) of the findings.
fn check(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    run(folder.path())
}

fn run(folder: &Path) -> Vec<String> {
    let output = Command::new(PROGRAM)
        .args(["check", ".", "--select", RULES, "--format", "json"])
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    let found = json["diagnostics"].as_array().unwrap().iter();
    found
        .map(|d| {
            let place = &d["primary"];
            format!("{}:{} {} {}", text(&place["path"]), place["line"], text(&d["severity"]), text(&d["rule"]))
        })
        .collect()
}

const GPU: &str = "    gpus: all\n";

fn two_services(train: &str, serve: &str) -> Vec<(String, String)> {
    vec![
        (
            "compose.yaml".to_owned(),
            format!("services:\n  train:\n    build: ./train\n{GPU}  serve:\n    build: ./serve\n{GPU}"),
        ),
        ("train/Dockerfile".to_owned(), train.to_owned()),
        ("serve/Dockerfile".to_owned(), serve.to_owned()),
    ]
}

fn check_two(train: &str, serve: &str, config: Option<&str>) -> Vec<String> {
    let mut files = two_services(train, serve);
    files.extend(config.map(|text| ("dockcheck.toml".to_owned(), text.to_owned())));
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    check(&files)
}

const NONE: [&str; 0] = [];

#[test]
fn services_may_have_different_versions() {
    let found = check_two(
        "FROM nvidia/cuda:12.8.1-devel-ubuntu22.04\n",
        "FROM pytorch/pytorch:2.3.0-cuda11.8-cudnn8-runtime\nRUN pip install torch==2.3.0 transformers\n",
        None,
    );
    assert_eq!(found, NONE);
}

#[test]
fn a_policy_binds_every_image() {
    let train = "FROM nvidia/cuda:12.8.1-devel-ubuntu22.04\n";
    let serve = "FROM nvidia/cuda:11.8.0-runtime-ubuntu22.04\n";
    for policy in ["12.8", "12.x", ">=12.6"] {
        let found = check_two(train, serve, Some(&format!("[cuda]\nrequire = \"{policy}\"\n")));
        assert_eq!(found, ["serve/Dockerfile:1 error cuda-version-mismatch"], "{policy}");
    }
    assert_eq!(check_two(train, serve, Some("[cuda]\nrequire = \">=11.8\"\n")), NONE);
    let wheels = "FROM python:3.11\nRUN pip install torch==2.7.0 --index-url https://download.pytorch.org/whl/cu118\n";
    let found = check_two(train, wheels, Some("[cuda]\nrequire = \"12.8\"\n"));
    assert_eq!(found, ["serve/Dockerfile:2 error cuda-version-mismatch"]);
}

#[test]
fn a_policy_asks_what_an_image_does_not_state() {
    let compose = "services:\n  llama:\n    image: ghcr.io/ggml-org/llama.cpp:server-cuda-b5124\n    gpus: all\n  db:\n    image: postgres:16\n";
    let policy = "[cuda]\nrequire = \"12.8\"\n";
    assert_eq!(
        check(&[("compose.yaml", compose), ("dockcheck.toml", policy)]),
        ["compose.yaml:3 warning cuda-version-mismatch"]
    );
    assert_eq!(check(&[("compose.yaml", compose)]), NONE);
    let major = compose.replace("server-cuda-b5124", "server-cuda13-b9445");
    assert_eq!(
        check(&[("compose.yaml", &major), ("dockcheck.toml", policy)]),
        ["compose.yaml:3 error cuda-version-mismatch"]
    );
}

#[test]
fn arguments_of_either_side_decide() {
    let dockerfile = "ARG CUDA=12.8.1\nFROM nvidia/cuda:${CUDA}-runtime-ubuntu22.04\n\
                      RUN pip install torch==2.7.0 --index-url https://download.pytorch.org/whl/cu128\n";
    let plain = "services:\n  a:\n    build: .\n    gpus: all\n";
    assert_eq!(check(&[("compose.yaml", plain), ("Dockerfile", dockerfile)]), NONE);
    let older = "services:\n  a:\n    build:\n      context: .\n      args:\n        CUDA: 11.8.0\n    gpus: all\n";
    assert_eq!(
        check(&[("compose.yaml", older), ("Dockerfile", dockerfile)]),
        ["Dockerfile:3 warning cuda-version-mismatch"]
    );
    let unknown = older.replace("11.8.0", "${CUDA_OF_THE_HOST}");
    assert_eq!(check(&[("compose.yaml", &unknown), ("Dockerfile", dockerfile)]), NONE);
    let from_file = older.replace("11.8.0", "${CUDA_OF_THE_HOST}");
    assert_eq!(
        check(&[("compose.yaml", &from_file), (".env", "CUDA_OF_THE_HOST=11.8.0\n"), ("Dockerfile", dockerfile)]),
        ["Dockerfile:3 warning cuda-version-mismatch"]
    );
}

#[test]
fn an_index_in_an_argument_or_the_environment() {
    let argument = "FROM nvidia/cuda:12.8.1-runtime-ubuntu22.04\nARG INDEX=https://download.pytorch.org/whl/cu118\n\
                    RUN pip install torch==2.7.0 --index-url ${INDEX}\n";
    assert_eq!(check(&[("Dockerfile", argument)]), ["Dockerfile:3 warning cuda-version-mismatch"]);
    let environment = "FROM nvidia/cuda:12.8.1-runtime-ubuntu22.04\nENV PIP_INDEX_URL=https://download.pytorch.org/whl/cu118\n\
                       RUN pip install torch==2.7.0\n";
    assert_eq!(check(&[("Dockerfile", environment)]), ["Dockerfile:3 warning cuda-version-mismatch"]);
    let shell = "FROM nvidia/cuda:12.8.1-runtime-ubuntu22.04\n\
                 RUN V=cu118 && pip install torch==2.7.0 --index-url https://download.pytorch.org/whl/$V\n";
    assert_eq!(check(&[("Dockerfile", shell)]), ["Dockerfile:2 warning cuda-version-mismatch"]);
}

#[test]
fn the_torch_of_the_base_stays_or_is_replaced() {
    let stays = "FROM pytorch/pytorch:2.7.0-cuda12.8-cudnn9-devel\n\
                 RUN pip install \"llamafactory[torch,metrics]==0.9.3\" torch torchvision\n\
                 RUN pip install torch==2.7.0 --index-url https://download.pytorch.org/whl/cu118\n";
    assert_eq!(check(&[("Dockerfile", stays)]), NONE);
    let replaced = "FROM pytorch/pytorch:2.7.0-cuda12.8-cudnn9-devel\nRUN pip install torch==2.6.0\n";
    assert_eq!(check(&[("Dockerfile", replaced)]), ["Dockerfile:2 warning cuda-version-mismatch"]);
}

#[test]
fn one_stack_on_other_flavours() {
    let dockerfile = |base: &str| {
        format!(
            "FROM {base}\nRUN apt-get update && apt-get install -y build-essential git cmake\n\
             RUN git clone https://github.com/ggml-org/llama.cpp && cmake -S llama.cpp -B build -DGGML_CUDA=ON\n"
        )
    };
    let cases: [(&str, &[&str]); 6] = [
        ("pytorch/pytorch:2.7.0-cuda12.8-cudnn9-devel", &[]),
        ("nvidia/cuda:12.8.1-devel-ubuntu22.04", &[]),
        ("pytorch/pytorch:2.7.0-cuda12.8-cudnn9-runtime", &["Dockerfile:3 error missing-nvcc"]),
        ("nvidia/cuda:12.8.1-base-ubuntu22.04", &["Dockerfile:3 error missing-nvcc"]),
        ("ubuntu:22.04", &["Dockerfile:3 error missing-nvcc"]),
        ("example/own-base:1", &[]),
    ];
    for (base, expected) in cases {
        assert_eq!(check(&[("Dockerfile", &dockerfile(base))]), expected, "{base}");
    }
}

#[test]
fn wheels_beside_one_another() {
    // cupy takes the image's libraries, and torch's wheel does not help it.
    let cupy = "FROM nvidia/cuda:11.8.0-runtime-ubuntu22.04\nRUN pip install cupy-cuda12x\n";
    assert_eq!(check(&[("Dockerfile", cupy)]), ["Dockerfile:2 warning cuda-version-mismatch"]);
    let fits = "FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\nRUN pip install cupy-cuda12x jax[cuda12]\n";
    assert_eq!(check(&[("Dockerfile", fits)]), NONE);
    let processor = "FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\n\
                     RUN pip install torch==2.5.1 --index-url https://download.pytorch.org/whl/cpu\n";
    assert_eq!(check(&[("Dockerfile", processor)]), NONE);
}

#[test]
fn unreached_and_conditional_steps_are_silent() {
    let conditional = "FROM nvidia/cuda:12.8.1-runtime-ubuntu22.04\nARG OLD\n\
                       RUN if [ -n \"$OLD\" ]; then pip install torch==2.5.1 --index-url https://download.pytorch.org/whl/cu118; fi\n";
    assert_eq!(check(&[("Dockerfile", conditional)]), NONE);
}
