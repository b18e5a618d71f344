#![allow(clippy::unwrap_used)]

use super::rows::{glob, strings};
use super::*;
use crate::dockerfile::image_ref::ImageRef;
use crate::image::index;

const TEXT: &str = include_str!("../../../rules/data/base-images.toml");

fn base(text: &str) -> BaseImage {
    base_image(&ImageRef::parse(text).unwrap()).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn globs() {
    for (pattern, text, fits) in [
        ("debian:12*", "debian:12.5-slim", true),
        ("python:*-slim", "python:3.12-slim", true),
        ("python:*-slim", "python:3.12-slim-bookworm", false),
        ("a:2.[0-9].*-x", "a:2.5.1-x", true),
        ("a:2.[0-9].*-x", "a:2.10.0-x", false),
        ("*a*a*", "bab", false),
        ("**", "", true),
        ("é*", "éa", true),
    ] {
        assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
    }
}

#[test]
fn first_match_wins() {
    for (reference, family) in [
        ("debian:12-slim", "debian-bookworm"),
        ("debian", "debian-trixie"),
        ("debian:latest", "debian-trixie"),
        ("docker.io/library/ubuntu:22.04", "ubuntu-jammy"),
        ("public.ecr.aws/docker/library/ubuntu:22.04", "ubuntu-jammy"),
        ("ubuntu", "ubuntu-resolute"),
        ("ubuntu:20.04", "ubuntu-focal"),
        ("python:3.11-slim-bookworm", "python-slim-bookworm"),
        ("python:3.9.1-slim", "python-slim-any-suite"),
        ("python:3.8", "python-any-suite"),
        ("python:3.12-alpine3.20", "python-alpine"),
        ("node:20-bookworm-slim", "node-slim-bookworm"),
        ("node:18-alpine", "node-alpine"),
        ("alpine", "alpine"),
        ("alpine:3.19", "alpine"),
        ("scratch", "scratch"),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "nvidia-cuda-base-runtime"),
        ("nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04", "nvidia-cuda-devel"),
        ("pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime", "pytorch-runtime-to-2.9"),
        ("pytorch/pytorch:2.10.0-cuda12.8-cudnn9-runtime", "pytorch-runtime"),
        ("pytorch/pytorch:2.4.0-cuda12.4-cudnn9-devel", "pytorch-devel"),
        ("gcr.io/distroless/static", "distroless"),
        ("maven:3.9-eclipse-temurin-21", "maven-temurin-noble"),
    ] {
        assert_eq!(base(reference).family(), family, "{reference}");
    }
    for unknown in ["ghcr.io/acme/app:1", "acme/debian:12", "debian@sha256:00", "registry.example.com/debian:12"] {
        assert!(base_image(&ImageRef::parse(unknown).unwrap()).is_none(), "{unknown}");
    }
}

#[test]
fn releases_of_tags() {
    for (reference, release) in [
        ("alpine:3.20.3", Some("3.20")),
        ("alpine:3.2", Some("3.2")),
        ("alpine:edge", Some("edge")),
        ("alpine", None),
        ("node:20-alpine3.19", Some("3.19")),
        ("node:20-alpine", None),
        ("nvidia/cuda:12.4.1-base-ubuntu22.04", Some("jammy")),
        ("debian:12", Some("bookworm")),
    ] {
        assert_eq!(base(reference).release(), release, "{reference}");
    }
}

#[test]
fn commands_of_images() {
    use Known::{Absent, Present, Unknown};
    for (image, command, known) in [
        ("debian:12", "g++", Absent),
        ("debian:12", "perl", Present),
        ("debian:12", "awk", Present),
        ("debian:12", "no-such-command-anywhere", Absent),
        ("debian:13", "adduser", Absent),
        ("ubuntu:24.04", "git", Absent),
        ("ubuntu:22.04", "ps", Present),
        ("python:3.12-slim-bookworm", "gcc", Absent),
        ("python:3.12-slim-bookworm", "pip3.12", Present),
        ("python:3.12-slim-bookworm", "uv", Unknown),
        ("python:3.12-bookworm", "g++", Present),
        ("python:3.12-bookworm", "pg_config", Present),
        ("python:3.12-bookworm", "cmake", Absent),
        ("node:20-bookworm-slim", "yarn", Present),
        ("node:20-bookworm-slim", "python3", Absent),
        ("rust:1.80-slim-bookworm", "cc", Present),
        ("rust:1.80-slim-bookworm", "make", Absent),
        ("golang:1.22-bookworm", "git", Present),
        ("php:8.3-apache-bookworm", "a2enmod", Unknown),
        ("alpine:3.20", "bash", Absent),
        ("alpine:3.20", "wget", Present),
        ("alpine:3.24", "wget", Present),
        ("alpine", "curl", Absent),
        ("alpine:3.20", "apt-get", Absent),
        ("nginx", "curl", Present),
        ("nginx", "wget", Absent),
        ("scratch", "sh", Absent),
        ("gcr.io/distroless/static", "sh", Absent),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "g++", Absent),
        ("nvidia/cuda:12.4.1-devel-ubuntu22.04", "g++", Unknown),
        ("pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime", "g++", Absent),
        ("pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime", "gcc", Absent),
        ("pytorch/pytorch:2.10.0-cuda12.8-cudnn9-runtime", "gcc", Unknown),
        ("pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime", "cmake", Unknown),
    ] {
        assert_eq!(base(image).command(command), known, "{image} {command}");
    }
    use Known::Present as Yes;
    assert_eq!(base("python:3.12-slim-bookworm").header("Python.h"), Yes);
    assert_eq!(base("debian:12").header("Python.h"), Absent);
    assert_eq!(base("debian:12").header("stdio.h"), Absent);
    assert_eq!(base("python:3.12-bookworm").header("libpq-fe.h"), Yes);
    assert_eq!(base("python:3.12-bookworm").header("mysql.h"), Yes);
    assert_eq!(base("rust:1.80-slim-bookworm").header("openssl/ssl.h"), Absent);
    assert_eq!(base("alpine:3.20").header("stdio.h"), Absent);
}

/// The keys by which rows are found are read without the TOML reader: both must say the same, and every row must decode.
#[test]
fn rows_read_as_the_toml_reader_reads_them() {
    let whole: toml::Value = toml::from_str(TEXT).unwrap();
    let whole = whole["image"].as_array().unwrap();
    let rows: Vec<&'static str> = rows::Rows::new(TEXT, "[[image]]").iter().collect();
    assert_eq!(rows.len(), whole.len());
    for (row, table) in rows.iter().zip(whole) {
        for key in ["match", "tags", "regex"] {
            let expected: Vec<&str> =
                table.get(key).and_then(|v| v.as_array()).into_iter().flatten().filter_map(|v| v.as_str()).collect();
            assert_eq!(strings(row, key), expected, "{}", table["name"]);
        }
        for pattern in strings(row, "regex") {
            regex::Regex::new(pattern).unwrap();
        }
        let name = table["name"].as_str().unwrap();
        assert!(row.starts_with(&format!("name = \"{name}\"\n")));
        let parsed: Result<toml::Value, _> = toml::from_str(row);
        assert!(parsed.is_ok(), "{name}");
        assert!(table.get("source").is_some_and(|s| !s.as_str().unwrap().is_empty()), "{name}");
    }
}

/// Every row that claims a closed world on a suite of the index has packages that the suite knows.
#[test]
fn closed_worlds_are_closed() {
    let rows: Vec<&'static str> = rows::Rows::new(TEXT, "[[image]]").iter().collect();
    let mut closed = 0;
    for row in rows {
        if !row.contains("\nworld = ") || row.contains("distro = \"alpine\"") {
            continue;
        }
        let pattern = strings(row, "match")[0].replace('*', "1.1");
        let image = base(&pattern);
        assert!(image.installed().is_some(), "{pattern} {:?}", image.packages());
        assert!(image.verified());
        closed += 1;
    }
    assert!(closed > 40);
    assert_eq!(base("debian:12").installed().unwrap().len(), 88);
    assert_eq!(index::suite("debian", "bookworm").unwrap().base().len(), 88);
}
