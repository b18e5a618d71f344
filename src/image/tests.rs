//! Stories: small Dockerfiles, and what must be known at their end.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use super::*;
use crate::dockerfile;
use crate::dockerfile::expand::{BuildInputs, Evaluation};
use crate::text::Sources;

/// A build context in memory.
#[derive(Default)]
struct Files(BTreeMap<&'static str, &'static str>);

impl ContextFiles for Files {
    fn text(&self, path: &str) -> Option<String> {
        self.0.get(path).map(|t| (*t).to_owned())
    }

    fn entries(&self, folder: &str) -> Option<Vec<String>> {
        let prefix = if folder.is_empty() || folder == "." { String::new() } else { format!("{folder}/") };
        let mut out: Vec<String> = Vec::new();
        for path in self.0.keys() {
            let Some(rest) = path.strip_prefix(prefix.as_str()) else { continue };
            let entry = match rest.split_once('/') {
                Some((folder, _)) => format!("{folder}/"),
                None => rest.to_owned(),
            };
            if !out.contains(&entry) {
                out.push(entry);
            }
        }
        (!out.is_empty()).then_some(out)
    }
}

fn with(text: &str, args: &[(&str, &str)], context: Option<&dyn ContextFiles>) -> ImageModel {
    let mut sources = Sources::new();
    let id = sources.add("Dockerfile".into(), "Dockerfile".into(), text.as_bytes().to_vec());
    let file = sources.file(id);
    let parsed = dockerfile::parse(file);
    let args: Vec<(String, Option<String>)> = args.iter().map(|(n, v)| ((*n).into(), Some((*v).into()))).collect();
    let inputs = BuildInputs { args: &args, ..BuildInputs::default() };
    let evaluation = Evaluation::new(&parsed, &inputs);
    ImageModel::build(&parsed, &evaluation, file, context)
}

fn last(model: &ImageModel) -> &State {
    model.finals_for_tests().last().unwrap().as_ref().unwrap()
}

fn mark(presence: &Presence) -> char {
    match presence {
        Presence::Present(_) => '+',
        Presence::Absent(_) => '-',
        Presence::Unknown(_) => '?',
    }
}

/// Commands at the end of the last stage: `+g++ -make ?git`.
#[track_caller]
fn check(text: &str, expected: &str) {
    check_with(text, &[], None, expected);
}

#[track_caller]
fn check_with(text: &str, args: &[(&str, &str)], context: Option<&dyn ContextFiles>, expected: &str) {
    let model = with(text, args, context);
    let state = last(&model);
    for word in expected.split(' ') {
        let command = &word[1..];
        let got = state.command(command);
        assert_eq!(mark(&got), word.chars().next().unwrap(), "{command} in\n{text}\n{got:?}");
    }
}

#[test]
fn bases() {
    check("FROM debian:12\n", "+sh +bash +apt-get -g++ -git -curl -make");
    check("FROM python:3.12-slim-bookworm\n", "+python3 +pip -g++ -git -make");
    check("FROM python:3.12-bookworm\n", "+python3 +g++ +git +make");
    check("FROM alpine:3.20\n", "+sh +apk -bash -gcc -git");
    check("FROM example.org/own:1\n", "?g++ ?sh");
    check("FROM scratch\n", "-sh -g++");
    check("ARG TAG\nFROM debian:$TAG\n", "?g++");
}

#[test]
fn arguments_choose_the_base() {
    let text = "ARG BASE=python:3.12-bookworm\nFROM $BASE\n";
    check(text, "+g++");
    check_with(text, &[("BASE", "python:3.12-slim-bookworm")], None, "-g++");
}

#[test]
fn apt_installs_with_what_they_need() {
    check("FROM debian:12\nRUN apt-get update && apt-get install -y g++ git\n", "+g++ +c++ +gcc +git -cmake");
    check("FROM debian:12\nRUN apt-get update && apt-get install -y cmake\n", "+cmake +make +gcc -g++");
    check(
        "FROM debian:12\nRUN apt-get update && apt-get install -y --no-install-recommends cmake\n",
        "+cmake -make -gcc -g++",
    );
    check("FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y build-essential\n", "+g++ +make +gcc +cc");
    check(
        "FROM ubuntu:22.04\nENV PKGS=\"make g++\"\nRUN apt-get update && apt-get install -y $PKGS\n",
        "+g++ +make -git",
    );
    check("FROM debian:12\nRUN p='make git'; apt-get update; apt-get install -y $p\n", "+git +make -g++");
    check("FROM debian:12\nRUN apt-get update && apt-get install -y $(cat packages)\n", "?g++ ?git +bash");
    check(
        "FROM debian:12\nRUN echo 'APT::Install-Recommends \"false\";' > /etc/apt/apt.conf.d/99x && apt-get install -y cmake\n",
        "+cmake -make",
    );
    check("FROM debian:12\nCOPY apt.conf /etc/apt/apt.conf.d/\nRUN apt-get install -y cmake\n", "+cmake ?make -g++");
    check("FROM example.org/own:1\nRUN apt-get install -y g++\n", "+g++ ?git");
}

#[test]
fn apt_removes() {
    check("FROM debian:12\nRUN apt-get install -y gcc make && apt-get purge -y make\n", "+gcc -make");
    check(
        "FROM debian:12\nRUN apt-get install -y build-essential && apt-get purge -y --auto-remove build-essential\n",
        "-g++ -make -gcc +bash",
    );
    check(
        "FROM debian:12\nRUN apt-get install -y curl gcc && apt-get remove -y gcc && apt-get autoremove -y\n",
        "+curl -gcc",
    );
    check(
        "FROM debian:12\nRUN apt-get install -y curl gcc && apt-mark auto '.*' && apt-get purge -y --auto-remove\n",
        "?curl ?gcc +bash",
    );
    check("FROM debian:12\nRUN apt-get install -y curl gcc && apt-get purge -y $X_UNSET $(cat y)\n", "?curl ?gcc");
}

#[test]
fn what_may_not_have_run_is_unknown() {
    check("FROM debian:12\nRUN if [ x ]; then apt-get install -y g++; fi\n", "?g++ -cmake");
    check("FROM debian:12\nRUN apt-get install -y g++ || true\n", "?g++ -cmake");
    check("FROM debian:12\nRUN command -v g++ || apt-get install -y g++\n", "?g++");
    check("FROM debian:12\nRUN apt-get install -y g++ && (apt-get purge -y g++ || true)\n", "?g++");
    check("FROM debian:12\nRUN for p in make g++; do apt-get install -y $p; done\n", "+g++ +make");
    check("FROM debian:12\nRUN f() { apt-get install -y g++; }; test -f /x && f\n", "?g++");
}

#[test]
fn apk() {
    check("FROM alpine:3.20\nRUN apk add --no-cache build-base\n", "+g++ +make +gcc");
    check("FROM alpine:3.20\nRUN apk add --no-cache gcc musl-dev\n", "+gcc -g++ -make");
    check(
        "FROM alpine:3.20\nRUN apk add --no-cache --virtual .b build-base git && apk add curl && apk del .b\n",
        "-g++ -git +curl",
    );
    check("FROM alpine:3.20\nRUN apk add bash\n", "+bash -g++");
    check("FROM alpine:3.20\nRUN apk add --virtual .b tar && apk del .b\n", "+tar");
    check("FROM nginx:1.17-alpine\nRUN apk add python3\n", "+python3 ?pip3");
    check("FROM alpine:3.20\nRUN apk add $P_UNKNOWN $(cat p)\n", "?g++");
}

#[test]
fn a_whole_story() {
    let text = "FROM alpine:3.20
ENV PATH /root/.yarn/bin:$PATH
RUN apk --update add git curl bash binutils tar \\
  && /bin/bash \\
  && touch ~/.bashrc \\
  && curl -o- -L https://yarnpkg.com/install.sh | bash \\
  && apk del git curl tar binutils
WORKDIR /home/app
ADD package.json yarn.lock /home/app/
RUN yarn --pure-lockfile && yarn cache clean
ADD . /home/app/
";
    check(text, "-make -git +tar ?yarn");
}

#[test]
fn other_managers() {
    check(
        "FROM debian:12\nRUN apt-get install -y python3-pip --no-install-recommends && pip install cmake ninja\n",
        "+cmake +ninja -g++ -make",
    );
    check("FROM python:3.12-slim-bookworm\nRUN pip install -r requirements.txt\n", "-g++ -git ?cmake ?gunicorn");
    check("FROM node:22-bookworm-slim\nRUN npm install -g pnpm\n", "+pnpm -g++");
    check("FROM rockylinux:9\nRUN dnf install -y gcc-c++ make\n", "+g++ +make -git -ps ?rsync");
    check(
        "FROM debian:12\nRUN apt-get install -y golang && go install github.com/go-delve/delve/cmd/dlv@latest\n",
        "+dlv +go",
    );
}

#[test]
fn scripts_and_files() {
    check(
        "FROM debian:12\nRUN apt-get install -y curl && curl -fsSL https://sh.rustup.rs | sh -s -- -y\n",
        "?cargo -g++ -make",
    );
    check("FROM debian:12\nRUN apt-get install -y curl && curl -fsSL https://example.org/x.sh | bash\n", "?g++");
    check("FROM debian:12\nRUN bash -c \"$(curl -fsSL https://example.org/x.sh)\"\n", "?g++");
    check("FROM debian:12\nRUN ./install.sh\n", "?g++");
    check("FROM debian:12\nADD bootstrap.sh /w/bootstrap.sh\nRUN /w/bootstrap.sh\n", "?g++");
    check("FROM ubuntu:14.04\nRUN apt-get install -y python-pip\n", "?pip");
    check("FROM debian:12\nRUN ./configure && make\n", "-git");
    check("FROM debian:12\nRUN ./configure && make install\n", "?git");
    check(
        "FROM debian:12\nRUN curl -Lo /usr/local/bin/tini https://example.org/tini && chmod +x /usr/local/bin/tini\n",
        "+tini -git",
    );
    check("FROM debian:12\nRUN ln -s /usr/bin/python3 /usr/bin/python\n", "+python -git");
    check("FROM debian:12\nCOPY tool.sh /usr/local/bin/tool\nCOPY a b /usr/bin/\n", "+tool +a +b -git");
    check("FROM debian:12\nCOPY rootfs /\n", "?git");
    check("FROM debian:12\nCOPY app.py /app/\nCOPY . /src\n", "-git");
    check(
        "FROM debian:12 AS b\nRUN apt-get install -y git\nFROM debian:12\nCOPY --from=b /usr/bin/git /usr/bin/git\n",
        "+git -g++",
    );
    check("FROM debian:12\nCOPY --from=ghcr.io/astral-sh/uv:latest /uv /uvx /bin/\n", "+uv +uvx -g++");
    check("FROM debian:12\nCOPY --from=x/y:1 /usr/local /usr/local\n", "?g++");
    check("FROM debian:12\nENV PATH=/opt/x/bin:$PATH\n", "-g++ ?poetry +bash");
    check("FROM debian:12\nENV PATH=/usr/lib/ccache:$PATH\n", "?g++ +bash");
    check("FROM debian:12\nENV PATH=\"/root/.local/bin:${PATH}\"\n", "-g++ ?poetry");
    check("FROM debian:12\nRUN <<EOF\napt-get update\napt-get install -y g++\nEOF\n", "+g++");
    check("FROM debian:12\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN apt-get install -y g++\n", "+g++");
}

#[test]
fn scripts_of_the_context_are_read() {
    let files =
        Files(BTreeMap::from([("scripts/setup.sh", "#!/bin/sh\nset -e\napt-get update\napt-get install -y g++\n")]));
    check_with("FROM debian:12\nCOPY scripts /tmp/s\nRUN /tmp/s/setup.sh\n", &[], Some(&files), "+g++ -git");
    check_with(
        "FROM debian:12\nWORKDIR /w\nCOPY scripts/setup.sh .\nRUN bash ./setup.sh\n",
        &[],
        Some(&files),
        "+g++ -git",
    );
    check_with("FROM debian:12\nCOPY scripts /tmp/s\nRUN bash /tmp/s/other.sh\n", &[], Some(&files), "?g++");
}

#[test]
fn repositories() {
    let text =
        "FROM debian:12\nRUN curl -fsSL https://deb.nodesource.com/setup_22.x | bash - && apt-get install -y nodejs\n";
    check(text, "+node +npm -g++");
    let text = "FROM debian:12\nRUN echo 'deb https://x y z' > /etc/apt/sources.list.d/x.list && apt-get update && apt-get install -y own-tool\n";
    check(text, "+own-tool ?g++");
    assert!(last(&with(text, &[], None)).repository.is_some());
}

#[test]
fn stages_and_triggers() {
    check("FROM debian:12 AS a\nRUN apt-get install -y g++\nFROM a\n", "+g++");
    check("FROM debian:12 AS a\nONBUILD RUN apt-get install -y g++\nFROM a\n", "+g++");
}

#[test]
fn states_within_a_script() {
    let model = with(
        "FROM debian:12\nRUN apt-get update && apt-get install -y g++ && g++ x && rm -rf /var/lib/apt/lists/*\nRUN x\n",
        &[],
        None,
    );
    let at = |command| mark(&model.at(1, command).unwrap().command("g++"));
    assert_eq!([at(0), at(1), at(2)], ['-', '-', '+']);
    assert!(matches!(model.at(1, 0).unwrap().lists, PackageLists::Empty));
    assert!(matches!(model.at(1, 1).unwrap().lists, PackageLists::Present(_)));
    assert!(matches!(model.before(2).unwrap().lists, PackageLists::Deleted(_)));
    let Presence::Present(reason) = model.at(1, 2).unwrap().command("g++") else { panic!() };
    assert_eq!(reason.text, "`apt-get install g++`");
    assert!(reason.span.is_some());
}

#[test]
fn users_shells_headers_packages() {
    let model = with("FROM debian:12\nUSER app\nSHELL [\"/bin/bash\", \"-c\"]\nRUN x\n", &[], None);
    let state = model.before(3).unwrap();
    assert!(matches!(&state.user, User::Other(name, Some(_)) if name == "app"));
    assert_eq!(state.shell.dialect, crate::shell::Dialect::Bash);
    let model = with("FROM debian:12\nRUN apt-get install -y --no-install-recommends gcc zlib1g-dev\n", &[], None);
    let state = last(&model);
    assert_eq!(mark(&state.header("zlib.h")), '+');
    assert_eq!(mark(&state.package("gcc")), '+');
    assert_eq!(mark(&state.package("make")), '-');
    assert_eq!(state.installs().len(), 1);
    let model = with("FROM debian:12\nRUN apt-get install -y --no-install-recommends gcc\n", &[], None);
    assert_eq!(mark(&last(&model).header("stdio.h")), '-');
}

#[test]
fn packages_without_an_index() {
    check("FROM fedora:42\nRUN dnf install -y cmake git\n", "+cmake +git -g++ -gcc ?make ?python3 -wget ?gfortran");
    check("FROM fedora:42\nRUN dnf install -y cmake something-else\n", "?g++ ?wget");
    check("FROM fedora:42\nRUN dnf install -y @development-tools\n", "?g++ ?git");
    check("FROM fedora:42\nRUN dnf group install -y development-tools\n", "?g++ ?git");
    check("FROM rockylinux:9\nRUN dnf -y install gcc-c++ make && dnf clean all\n", "+g++ +cc +make -git -cmake -ps");
    check("FROM almalinux:9-minimal\nRUN microdnf install -y git tar\n", "+git -gcc -make ?less");
    check("FROM rockylinux:9\nRUN dnf -y install gcc $MORE\n", "+gcc ?git");
    check("FROM archlinux\nRUN pacman -Syu --noconfirm base-devel git\n", "+g++ +make +git -wget -cmake ?python3");
    check("FROM opensuse/leap:15.6\nRUN zypper --non-interactive install gcc-c++ cmake\n", "+g++ +cmake ?make -git");
    // Removed: no table says what else goes.
    check("FROM fedora:42\nRUN dnf install -y gcc && dnf remove -y gcc\n", "?gcc ?g++");
    // A header may come with any package.
    let model = with("FROM rockylinux:9\nRUN dnf install -y zlib-devel\n", &[], None);
    assert!(matches!(last(&model).header("zlib.h"), Presence::Unknown(_)));
    assert!(last(&model).is_curated());
}

#[test]
fn images_of_languages_under_a_distribution() {
    for image in [
        "registry.access.redhat.com/ubi8/go-toolset:1.20",
        "registry.access.redhat.com/ubi9/nodejs-20",
        "registry.access.redhat.com/ubi9/python-311:latest",
        "quay.io/centos/centos:stream9-development",
        "node:8-onbuild",
        "python:3.4-jessie",
    ] {
        check(&format!("FROM {image}\n"), "?gcc ?make ?git ?curl");
    }
    check("FROM registry.access.redhat.com/ubi9/ubi-minimal\n", "-gcc -make -git");
    check("FROM registry.access.redhat.com/ubi9:9.4\n", "-gcc -make -git");
    check("FROM node:6.10.2-slim\n", "?wget ?curl -cmake -sudo");
    check("FROM node:20.1.0-slim\n", "-wget -curl -cmake");
    check("FROM ruby:2.7-slim\n", "+ps +bzip2 -gcc -curl");
    check("FROM node:10\n", "?python +git");
}

#[test]
fn a_name_that_is_no_package_leaves_the_rest_known() {
    // The step fails; commands that the name certainly does not mean are still absent.
    check("FROM debian:12\nRUN apt-get update && apt-get install -y python2 git\n", "+git -locale-gen -curl");
    check("FROM debian:12\nRUN apt-get update && apt-get install -y build-essentials\n", "?make ?gcc -curl");
}

#[test]
fn what_another_release_brings_is_unknown() {
    // Debian 10 has no index: the commands that any release of Debian has under this name are possible, others are not.
    check("FROM python:3.5\nRUN apt-get update && apt-get install -y nodejs\n", "+node -npm -sudo");
    check("FROM debian:10\nRUN apt-get update && apt-get install -y cmake\n", "+make -git -curl");
}

#[test]
fn nodesource_is_older_than_the_distribution() {
    let with = |image: &str, release: u8| {
        let setup = format!("curl -sL https://deb.nodesource.com/setup_{release}.x | bash -");
        format!("FROM {image}\nRUN apt-get update && apt-get install -y curl && {setup} && apt-get install -y nodejs\n")
    };
    check(&with("python:3.6", 8), "-npm -npx");
    check(&with("debian:11", 10), "-npm");
    // Newer, or a script that makes apt prefer its own.
    check(&with("debian:11", 14), "+npm");
    check(&with("debian:13", 18), "+npm");
    check(&with("ubuntu:18.04", 12), "+npm");
    check(&format!("{}RUN pip install nodeenv\n", with("python:3.6", 8)), "?npm");
}

#[test]
fn words_of_bash_in_dash() {
    let lacks = |text: &str| last(&with(text, &[], None)).lacks_builtin("source").is_some();
    assert!(lacks("FROM debian:12\n") && lacks("FROM ubuntu:22.04\nRUN apt-get update\n"));
    for text in [
        "FROM alpine:3.20\n",
        "FROM rockylinux:9\n",
        "FROM debian:12\nSHELL [\"/bin/bash\", \"-c\"]\n",
        "FROM debian:12\nRUN ln -sf /bin/bash /bin/sh\n",
        "FROM debian:12\nRUN rm /bin/sh && ln -s /bin/bash /bin/sh\n",
        "FROM debian:12\nRUN mv /bin/bash /bin/sh\n",
        "FROM debian:12\nRUN echo 'dash dash/sh boolean false' | debconf-set-selections && dpkg-reconfigure dash\n",
        "FROM debian:12\nCOPY setup.sh /\nRUN /setup.sh\n",
        "FROM example/debian\n",
    ] {
        assert!(!lacks(text), "{text}");
    }
}

#[test]
fn functions_run_where_they_are_called() {
    let base = "FROM debian:12\nRUN apt-get update\n";
    check(&format!("{base}RUN get() {{ apt-get install -y git; }}; get\n"), "+git -curl");
    // Not sure to be called, called by another one, with its own arguments, never, or in a way that is not seen.
    check(&format!("{base}RUN get() {{ apt-get install -y git; }}; test -f /x && get\n"), "?git -curl");
    check(&format!("{base}RUN a() {{ b; }}; b() {{ apt-get install -y git; }}; a\n"), "+git -curl");
    check(&format!("{base}RUN get() {{ apt-get install -y \"$@\"; }}; get git\n"), "?git ?curl");
    check(&format!("{base}RUN put() {{ cp \"$1\" /usr/local/bin/; }}; put /src/tool\n"), "?tool ?curl");
    check(&format!("{base}RUN get() {{ apt-get install -y git; }}; trap get EXIT\n"), "?git");
    check(&format!("{base}RUN a() {{ a; apt-get install -y git; }}; a\n"), "+git -curl");
    let many = format!("f() {{ apt-get install -y git; }}; {}", "f; ".repeat(2_100));
    check(&format!("{base}RUN {many} true\n"), "+git ?curl");
}

#[test]
fn scripts_and_the_variables_around_them() {
    let files = Files(BTreeMap::from([("s.sh", "apt-get install -y $TOOL\n")]));
    let base = "FROM debian:12\nENV TOOL=curl\nCOPY s.sh /\n";
    for (run, expected) in [
        ("sh /s.sh", "+curl -git"),
        ("export TOOL=git && sh /s.sh", "?git"),
        ("TOOL=git sh /s.sh", "?git"),
        ("TOOL=git; . /s.sh", "?git"),
    ] {
        check_with(&format!("{base}RUN {run}\n"), &[], Some(&files), expected);
    }
}

#[test]
fn archives_of_known_contents() {
    let yarn = "echo 'deb https://dl.yarnpkg.com/debian/ stable main'";
    for add in
        [format!("{yarn} > /etc/apt/sources.list.d/yarn.list"), format!("{yarn} | tee /etc/apt/sources.list.d/y.list")]
    {
        let text = format!("FROM debian:12\nRUN {add} && apt-get update && apt-get install -y git\n");
        let model = with(&text, &[], None);
        let state = last(&model);
        assert!(
            state.repository.is_none() && state.archive_of("yarn").is_some() && state.archive_of("git").is_none(),
            "{text}"
        );
        check(&text, "+git -npm -make");
    }
    let docker = "echo \"deb https://download.docker.com/linux/debian $(lsb_release -cs) stable\" > /etc/apt/sources.list.d/d.list";
    assert!(last(&with(&format!("FROM debian:12\nRUN {docker}\n"), &[], None)).repository.is_none());
    for add in [
        "echo 'deb https://example.org/ x y' > /etc/apt/sources.list.d/x.list",
        "curl https://example.org/debian/x > /etc/apt/sources.list",
    ] {
        assert!(last(&with(&format!("FROM debian:12\nRUN {add}\n"), &[], None)).repository.is_some(), "{add}");
    }
}

#[test]
fn packages_of_alpine_under_other_releases() {
    // 3.10 has no table, and no release has npm with these.
    check("FROM alpine:3.10\nRUN apk add nodejs ruby-io-console\n", "+node -npm -pip3");
    check("FROM alpine:3.20\nRUN apk add no-such-package-anywhere\n", "?npm");
}

#[test]
fn another_mirror_is_no_repository() {
    for (script, keeps) in [
        ("s/archive.ubuntu.com/mirrors.aliyun.com/g", true),
        ("s@http://deb.debian.org@https://mirror.example.org@g", true),
        ("s/http:\\/\\/archive/http:\\/\\/de.archive/", true),
        ("s/main$/main universe/", true),
        (r"s/# \(.*multiverse$\)/\1/g", true),
        ("s/dl-cdn.alpinelinux.org/mirrors.example.org/g", true),
        ("s/main/main contrib non-free/", false),
        ("s/bookworm/sid/", false),
        ("s/v3.19/edge/", false),
        ("s/^/deb http://example.org /; a x", false),
        ("$ a deb http://example.org/ x y", false),
        ("/security/d", false),
    ] {
        assert_eq!(tools::sed_keeps_releases("sed", &["-i", script, "/etc/apt/sources.list"]), keeps, "{script}");
    }
    assert!(!tools::sed_keeps_releases("sed", &["-i", "\u{0}", "/etc/apt/sources.list"]));
}

#[test]
fn archives_of_which_the_names_are_known() {
    // The rest is judged by the distribution; a package of the archive gives its commands.
    let docker = "FROM debian:12\nRUN echo \"deb [signed-by=/k] https://download.docker.com/linux/debian $(lsb_release -cs) stable\" | tee /etc/apt/sources.list.d/docker.list\n";
    let state = last(&with(docker, &[], None)).clone();
    assert!(state.repository.is_none() && state.archive_of("docker-ce").is_some() && state.archive_of("git").is_none());
    check(
        &format!("{docker}RUN apt-get update && apt-get install -y docker-ce-cli\n"),
        "+docker -git -g++ ?docker-app",
    );
    // docker-ce recommends git.
    check(&format!("{docker}RUN apt-get update && apt-get install -y docker-ce\n"), "+dockerd ?git -g++");
    check(&format!("{docker}RUN apt-get update && apt-get install -y curl\n"), "+curl -git -own");
    // Two archives, one of them unknown.
    let both = format!("{docker}RUN echo 'deb https://apt.example.org x main' > /etc/apt/sources.list.d/x.list\n");
    assert!(last(&with(&both, &[], None)).repository.is_some());
    for (text, archive) in [
        (
            "RUN cat > /etc/apt/sources.list.d/gh.list <<EOF\ndeb https://cli.github.com/packages stable main\nEOF\n",
            "gh",
        ),
        (
            "RUN curl -fsSL https://packages.microsoft.com/config/debian/12/prod.list -o /etc/apt/sources.list.d/m.list\n",
            "msodbcsql18",
        ),
        (
            "RUN curl -s https://nvidia.github.io/libnvidia-container/stable/deb/x.list | sed 's#deb https#deb [x] https#' | tee /etc/apt/sources.list.d/n.list\n",
            "nvidia-container-toolkit",
        ),
        (
            "RUN wget https://x.example.org/cuda-keyring_1.1-1_all.deb && dpkg -i cuda-keyring_1.1-1_all.deb\n",
            "cuda-toolkit",
        ),
        ("RUN apt-get install -y ./cuda-keyring_1.1-1_all.deb\n", "cuda-toolkit"),
        ("RUN add-apt-repository -y ppa:deadsnakes/ppa\n", "python3.13"),
    ] {
        let state = last(&with(&format!("FROM debian:12\n{text}"), &[], None)).clone();
        assert!(state.repository.is_none() && state.archive_of(archive).is_some(), "{text}");
    }
    // Ubuntu's images have its components.
    let state = last(&with("FROM ubuntu:22.04\nRUN add-apt-repository universe\n", &[], None)).clone();
    assert!(state.repository.is_none() && state.archives().is_empty());
    assert!(last(&with("FROM debian:12\nRUN add-apt-repository contrib\n", &[], None)).repository.is_some());
    let files = Files(BTreeMap::from([("yarn.list", "deb https://dl.yarnpkg.com/debian/ stable main\n")]));
    let copied = "FROM debian:12\nCOPY yarn.list /etc/apt/sources.list.d/\n";
    assert!(last(&with(copied, &[], Some(&files))).repository.is_none());
    assert!(last(&with(copied, &[], None)).repository.is_some());
}

#[test]
fn conda() {
    let base = "FROM debian:12\nRUN ";
    check(&format!("{base}conda install -y numpy scipy\n"), "-git -g++ ?f2py");
    check(&format!("{base}conda install -y numpy git gxx_linux-64\n"), "+git ?g++ -wget");
    check(&format!("{base}conda install -y numpy own-tool\n"), "+own-tool ?git");
    check(&format!("{base}conda install -y $X\n"), "?git");
    check(&format!("{base}conda create -n x git && mamba clean -a\n"), "?git -wget");
    check(&format!("{base}conda env create -f e.yml\n"), "?git");
    let files = Files(BTreeMap::from([("e.yml", "dependencies:\n  - python=3.11\n  - git\n  - pip:\n    - x\n")]));
    let text = "FROM debian:12\nCOPY e.yml /tmp/\nRUN micromamba create -y -f /tmp/e.yml\n";
    check_with(text, &[], Some(&files), "?git -wget -g++");
}

#[test]
fn what_is_mounted_is_gone_afterwards() {
    let mounted = |target: &str| {
        format!("FROM debian:12\nRUN --mount=type=bind,from=x,source=/git,target={target} git --version\n")
    };
    check(&mounted("/usr/bin/git"), "-git -g++");
    check(&mounted("/usr/local/bin"), "-git -g++");
    // What ran out of it may have installed anything.
    check("FROM debian:12\nRUN --mount=type=bind,from=x,target=/usr/local/bin own-installer\n", "?git");
    check(
        "FROM debian:12\nRUN apt-get update && apt-get install -y git\nRUN --mount=type=bind,from=x,source=/g,target=/usr/bin/git ls\n",
        "+git",
    );
}

#[test]
fn dpkg_takes_what_it_is_told() {
    check("FROM debian:12\nRUN apt-get update && apt-get install -y curl && dpkg --purge curl\n", "-curl");
}

#[test]
fn curl_writes_several_files() {
    let text = "FROM debian:12\nRUN curl -fLo /usr/local/bin/own https://x/own -fLo /usr/local/bin/own.asc https://x/own.asc && own --version\n";
    check(text, "+own +own.asc -git");
}

#[test]
fn a_question_installs_nothing() {
    check(
        "FROM debian:12\nRUN apt-get install -y cmake && cmake --version\nRUN /opt/x/own version || true\n",
        "+cmake ?git",
    );
    check("FROM debian:12\nCOPY own /usr/local/bin/\nRUN own --version\n", "+own -git");
}
