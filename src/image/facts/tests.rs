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
fn what_later_versions_of_an_image_have_no_more() {
    let yarn = |tag: &str| (base(tag).command("corepack"), base(tag).command("yarn"));
    assert_eq!(yarn("node:24-alpine"), (Known::Present, Known::Present));
    assert_eq!(yarn("node:25-bookworm"), (Known::Absent, Known::Present));
    assert_eq!(yarn("node:26.7.0-slim"), (Known::Absent, Known::Absent));
    assert_eq!(yarn("node:26-alpine3.22"), (Known::Absent, Known::Absent));
    assert_eq!(yarn("node:alpine"), (Known::Unknown, Known::Unknown));
    assert!(base("node:22-slim").states("yarn") && !base("node:26-slim").states("yarn"));
}

#[test]
fn apache_comes_with_its_tools() {
    for tag in ["php:8.3-apache", "php:8.3-apache-bookworm", "php:7.4-apache-bullseye"] {
        for command in ["ps", "pgrep", "ab", "htpasswd", "apachectl", "a2enmod", "gcc", "php", "curl"] {
            assert_eq!(base(tag).command(command), Known::Present, "{tag} {command}");
        }
        for command in ["git", "unzip", "wget"] {
            assert_eq!(base(tag).command(command), Known::Absent, "{tag} {command}");
        }
    }
    assert_eq!(base("php:8.3-fpm-bookworm").command("ps"), Known::Absent);
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
        ("python:3.9.10-slim", "python-slim-bullseye"),
        ("python:3.8", "python-bookworm"),
        ("python:3.8.1", "python-any-suite"),
        ("python:3.12-alpine3.20", "python-alpine"),
        ("node:20-bookworm-slim", "node-slim-bookworm"),
        ("node:18-alpine", "node-alpine"),
        ("node:alpine", "node-alpine"),
        ("golang:alpine3.22", "golang-alpine"),
        ("python:slim-bookworm", "python-slim-bookworm"),
        ("golang:bookworm", "golang-bookworm"),
        ("python:3.4.1-slim", "language-old"),
        ("python:3.6-slim", "python-slim-bullseye"),
        ("openjdk:8-jre-slim", "openjdk-slim-bullseye"),
        ("openjdk:8-jdk", "openjdk-bullseye"),
        ("openjdk:17", "openjdk-oracle"),
        ("java:8-jre-alpine", "openjdk-alpine"),
        ("golang:1.8-alpine", "golang-alpine-before-1.10"),
        ("buildpack-deps:xenial-scm", "buildpack-deps-xenial-scm"),
        ("node:6-slim", "node-old"),
        ("node:10-slim", "node-slim-any-suite"),
        ("ruby:2.3-jessie", "suite-before-stretch"),
        ("php:7.1-apache", "php-any-suite"),
        ("php:8.3-apache", "php-apache-trixie"),
        ("php:8.3-apache-bookworm", "php-apache-bookworm"),
        ("php:7.4-apache-bullseye", "php-apache-bullseye"),
        ("php:8.3-cli-bookworm", "php-bookworm"),
        ("nginx:1.9", "nginx-old"),
        ("nginx:1.27", "nginx"),
        ("archlinux:base-devel", "archlinux"),
        ("archlinux", "archlinux-base"),
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
        ("maven:3.6-jdk-8", "maven-debian"),
        ("ubuntu:14.04", "ubuntu-trusty"),
        ("ubuntu:17.10", "ubuntu-closed"),
        ("debian:wheezy-slim", "debian-closed-wheezy"),
        ("buildpack-deps:jessie-scm", "buildpack-deps-jessie"),
        ("jupyter/scipy-notebook", "jupyter-docker-hub"),
        ("jupyter/scipy-notebook:9b06df75e445", "jupyter-any"),
        ("quay.io/jupyter/base-notebook:2025-01-06", "jupyter-quay"),
        ("rocker/r-ver:3.6.1", "rocker-stretch"),
        ("rocker/tidyverse:4.3.2", "rocker-jammy"),
        ("rocker/rstudio", "rocker-moving"),
        ("phusion/baseimage:0.11", "phusion-bionic"),
        ("phusion/baseimage", "phusion-latest"),
        ("phusion/baseimage:master", "phusion-baseimage"),
        ("selenium/standalone-chrome:4.8.0", "selenium"),
        ("jenkins/jenkins:lts-jdk21", "jenkins-moving"),
        ("jenkins/jenkins:2.440-jdk17", "jenkins"),
        ("wordpress:php7.2-fpm", "wordpress"),
        ("ros:melodic-ros-core", "ros-bionic"),
        ("osrf/ros:noetic-desktop-full", "ros-focal"),
        ("mcr.microsoft.com/dotnet/sdk:8.0", "dotnet-sdk-bookworm"),
        ("mcr.microsoft.com/dotnet/aspnet:6.0.36-bullseye-slim-amd64", "dotnet-bullseye"),
        ("mcr.microsoft.com/dotnet/sdk:8.0-jammy", "dotnet-sdk-jammy-named"),
        ("node:carbon", "node-named"),
        ("registry:2.6", "registry-htpasswd"),
        ("registry:2", "registry"),
    ] {
        assert_eq!(base(reference).family(), family, "{reference}");
    }
    for unknown in [
        "ros:melodic-ros-core-stretch",
        "mcr.microsoft.com/dotnet/sdk:3.1",
        "ghcr.io/acme/app:1",
        "acme/debian:12",
        "debian@sha256:00",
        "registry.example.com/debian:12",
    ] {
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
        ("node:26-alpine", None),
        ("node:20-alpine", Some("3.23")),
        ("python:3.5", Some("buster")),
        ("nvidia/cuda:12.4.1-base-ubuntu22.04", Some("jammy")),
        ("debian:12", Some("bookworm")),
        ("ubuntu:17.10", Some("artful")),
        ("ubuntu:artful-20180706", Some("artful")),
        ("ubuntu:14.04.5", Some("trusty")),
        ("python:3.6-buster", Some("buster")),
        ("node:carbon", Some("stretch")),
        ("wordpress:php7.2-fpm", Some("buster")),
        ("wordpress:4.9.1-php7.0-apache", None),
        ("mediawiki:1.34", Some("buster")),
        ("postgres:11", Some("stretch")),
        ("nginx:1.17", Some("buster")),
        ("maven:3.6-jdk-8", Some("buster")),
        ("r-base:3.6.1", Some("sid")),
        ("nginx", None),
    ] {
        assert_eq!(base(reference).release(), release, "{reference}");
    }
}

#[test]
fn floors_of_moving_tags() {
    for (reference, since) in [
        ("nginx", Some("trixie")),
        ("nginx:stable", Some("trixie")),
        ("redis:7", Some("bookworm")),
        ("postgres:16", Some("trixie")),
        ("wordpress:latest", Some("trixie")),
        ("rocker/rstudio:latest", Some("noble")),
        ("nginx:1.19", None),
        ("nginx:1.30-bookworm", None),
        ("debian:12", None),
    ] {
        assert_eq!(base(reference).since(), since, "{reference}");
    }
    // Each is a release of the index, or nothing could be said of it.
    for row in rows::Rows::new(TEXT, "[[image]]").iter() {
        let table: toml::Table = row.parse().unwrap();
        if let Some(since) = table.get("since") {
            let distro = table["distro"].as_str().unwrap();
            assert!(index::suite(distro, since.as_str().unwrap()).is_some(), "{}", table["name"]);
        }
    }
}

#[test]
fn images_whose_packages_are_listed() {
    for (image, package, held) in [
        ("ubuntu:12.04", "bash", Some(true)),
        ("ubuntu:12.04", "curl", Some(false)),
        ("debian:stretch", "git", Some(false)),
        ("debian:buster-slim", "coreutils", Some(true)),
        ("debian:12", "git", None),
        ("ubuntu:14.04", "git", None),
    ] {
        assert_eq!(base(image).holds(package), held, "{image} {package}");
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
        ("ubuntu", "ps", Present),
        ("ubuntu", "adduser", Absent),
        ("ubuntu", "gpg", Absent),
        ("ubuntu", "openssl", Absent),
        ("ubuntu", "python3", Absent),
        ("ubuntu", "ping", Absent),
        ("ubuntu", "ls", Present),
        ("ubuntu:18.04", "curl", Absent),
        ("ubuntu:18.04", "python3", Absent),
        ("ubuntu:18.04", "adduser", Present),
        ("ubuntu:16.04", "git", Absent),
        ("ubuntu:16.04", "systemctl", Unknown),
        ("debian:buster-slim", "curl", Absent),
        ("node:16", "make", Present),
        ("node:16-slim", "make", Absent),
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
        ("php:8.3-apache-bookworm", "a2enmod", Present),
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

#[test]
fn alpine_packages() {
    use alpine::AlpineName;
    assert_eq!(alpine::package("3.20", "build-base"), AlpineName::Known);
    assert_eq!(alpine::package("3.20", "py-pip"), AlpineName::Provided(vec!["py3-pip".into()]));
    assert_eq!(alpine::package("3.20", "postgresql-dev"), AlpineName::Unknown);
    assert_eq!(alpine::package("3.20", "clang"), AlpineName::Unknown);
    assert_eq!(alpine::package("3.20", "build-essential"), AlpineName::Absent);
    assert_eq!(alpine::package("3.13", "build-essential"), AlpineName::Unknown);
    assert!(
        matches!(alpine::package("3.20", "python2"), AlpineName::Elsewhere(releases) if releases.contains(&"3.12"))
    );
    let closure = alpine::closure(Some("3.20"), &["build-base", "libpq-dev", "no-such-package"]);
    assert!(closure.packages.contains("musl-dev") || closure.packages.contains("libc-dev"), "{closure:?}");
    assert_eq!(closure.unknown, ["no-such-package"]);
    assert!(closure.open);
    let closure = alpine::closure(Some("3.20"), &["build-base", "bash"]);
    assert!(!closure.open, "{closure:?}");
    assert_eq!(alpine::command(&closure.packages, "g++"), Known::Present);
    assert_eq!(alpine::command(&closure.packages, "git"), Known::Absent);
    assert_eq!(alpine::command(&closure.packages, "frobnicate"), Known::Unknown);
    assert_eq!(alpine::header(&closure.packages, "stdio.h"), Known::Present);
    assert_eq!(alpine::package_for("g++"), Some("g++"));
    assert_eq!(alpine::package_for("ninja"), Some("ninja"));
    assert_eq!(alpine::commands_of("python3"), Some(vec!["python3", "python"]));
    assert_eq!(
        alpine::commands_of("openjdk17-jre"),
        Some(vec!["java", "javac", "jar", "keytool", "javadoc", "jlink", "jshell"])
    );
    assert_eq!(alpine::commands_of("some-lib"), None);
}

#[test]
fn renamed_packages() {
    let to = |manager, release, name| renamed(manager, release, name).map(|r| r.to).unwrap_or_default();
    assert_eq!(to(Manager::Apt, "bookworm", "python-pip"), ["python3-pip"]);
    assert_eq!(to(Manager::Apt, "bookworm", "python-numpy"), ["python3-numpy"]);
    assert_eq!(to(Manager::Apt, "noble", "libgl1-mesa-glx"), ["libgl1"]);
    assert_eq!(to(Manager::Apt, "noble", "libicu70"), ["libicu-dev"]);
    assert_eq!(to(Manager::Apt, "bookworm", "openjdk-8-jdk"), ["openjdk-17-jdk"]);
    assert_eq!(to(Manager::Apk, "3.20", "build-essential"), ["build-base"]);
    let dropped = renamed(Manager::Apt, "trixie", "software-properties-common").unwrap();
    assert!(dropped.to.is_empty() && dropped.note.is_some());
    assert_eq!(renamed(Manager::Apt, "bookworm", "frobnicate"), None);
}

/// The successors of renamed packages for apt are packages of some suite.
#[test]
fn renamed_packages_exist() {
    let mut unknown: Vec<String> = Vec::new();
    let renamed: toml::Value = toml::from_str(include_str!("../../../rules/data/renamed-packages.toml")).unwrap();
    for (name, packages) in renamed["apt"].as_table().unwrap() {
        for package in packages.as_array().unwrap() {
            if index::suites_with(package.as_str().unwrap()).is_empty() {
                unknown.push(format!("{name}: {package}"));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:?}");
}
