//! How long the model of one Dockerfile takes once its suite is decoded. The goal is well under a millisecond.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use dockcheck::internals::dockerfile::expand::{BuildInputs, Evaluation};
use dockcheck::internals::image::ImageModel;
use dockcheck::text::Sources;

const APT: &str = "FROM debian:12 AS build
ENV PKGS=\"g++ make\"
RUN apt-get update && apt-get install -y --no-install-recommends $PKGS git cmake && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cmake -B build && cmake --build build
RUN apt-get purge -y --auto-remove git
FROM python:3.12-slim-bookworm
COPY --from=build /src/build/app /usr/local/bin/app
RUN pip install --no-cache-dir -r requirements.txt gunicorn
USER app
CMD [\"app\"]
";
const APK: &str = "FROM alpine:3.20
RUN apk add --no-cache --virtual .build-deps build-base git && make && apk del .build-deps
RUN apk add --no-cache bash curl
";

fn main() {
    for (what, text) in [("apt, two stages", APT), ("apk", APK)] {
        let mut sources = Sources::new();
        let id = sources.add("Dockerfile".into(), "Dockerfile".into(), text.as_bytes().to_vec());
        let file = sources.file(id);
        let parsed = dockcheck::internals::dockerfile::parse(file);
        let started = Instant::now();
        let evaluation = Evaluation::new(&parsed, &BuildInputs::default());
        let _ = ImageModel::build(&parsed, &evaluation, file, None);
        let first = started.elapsed();
        let started = Instant::now();
        let rounds = 200;
        for _ in 0..rounds {
            let evaluation = Evaluation::new(&parsed, &BuildInputs::default());
            let _ = ImageModel::build(&parsed, &evaluation, file, None);
        }
        println!("{what}: first {first:?}, then {:?}", started.elapsed() / rounds);
    }
}
