//! Speed of the Dockerfile room over text of our own making: MB/s on ordinary files, seconds on bombs.
//!
//! `cargo bench --bench dockerfile`, with words behind `--` for the measurements whose names hold one of them.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use dockcheck::internals::dockerfile::expand::{BuildInputs, Evaluation};
use dockcheck::internals::dockerfile::parse;
use dockcheck::text::Sources;

const ORDINARY: &str = r#"# syntax=docker/dockerfile:1
ARG PYTHON=3.12
FROM python:${PYTHON}-slim AS base

# What the build needs
ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    APP_HOME=/srv/app
RUN apt-get update && apt-get install -y --no-install-recommends \
        build-essential \
        curl \
        git \
        # for psycopg2
        libpq-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR $APP_HOME
COPY requirements.txt constraints.txt ./
RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt -c constraints.txt

FROM node:22 AS assets
COPY package.json package-lock.json ./
RUN npm ci && npm run build -- --out-dir=/dist
RUN <<EOF
set -e
find /dist -name '*.map' -delete
EOF

FROM base
LABEL org.opencontainers.image.title="example" org.opencontainers.image.licenses='MIT'
COPY --from=assets --chown=app:app /dist ./static
COPY . .
EXPOSE 8000/tcp
HEALTHCHECK --interval=30s --timeout=3s CMD curl -fsS http://localhost:8000/health || exit 1
USER app
ENTRYPOINT ["gunicorn", "--bind", "0.0.0.0:8000"]
CMD ["example.wsgi"]

"#;

fn sources(text: String) -> Sources {
    let mut sources = Sources::new();
    sources.add("Dockerfile".into(), "Dockerfile".into(), text.into_bytes());
    sources
}

/// The best of a few runs; giving the result's memory back is not measured.
fn best<T>(runs: usize, mut work: impl FnMut() -> T) -> Duration {
    (0..runs)
        .map(|_| {
            let started = Instant::now();
            let result = black_box(work());
            let elapsed = started.elapsed();
            drop(result);
            elapsed
        })
        .min()
        .unwrap_or_default()
}

fn measure(name: &str, text: String) {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if !wanted.is_empty() && !wanted.iter().any(|word| name.contains(word.as_str())) {
        return;
    }
    let megabytes = text.len() as f64 / 1e6;
    let sources = sources(text);
    let Some(file) = sources.iter().next() else { return };
    let parsed = best(5, || parse(file));
    let dockerfile = parse(file);
    let evaluated = best(3, || Evaluation::new(&dockerfile, &BuildInputs::default()));
    println!(
        "{name:<28} {megabytes:8.2} MB   parse {:8.1} MB/s {:8.2} ms   evaluate {:8.2} ms   {} instructions, {} faults",
        megabytes / parsed.as_secs_f64(),
        parsed.as_secs_f64() * 1e3,
        evaluated.as_secs_f64() * 1e3,
        dockerfile.instructions.len(),
        dockerfile.faults.len(),
    );
}

fn main() {
    measure("ordinary, one file", ORDINARY.to_owned());
    measure("ordinary, repeated", ORDINARY.repeat(5_000));
    measure("one RUN of 20 MB", format!("FROM a\nRUN x{}\n", " \\\n  some-command --with arguments".repeat(570_000)));
    measure("20k continuations", format!("FROM a\nENV a=b{}\n", " \\\n  c=d".repeat(20_000)));
    measure("100k heredocs", format!("FROM a\n{}", "COPY <<E /x\ntext\nE\n".repeat(100_000)));
    measure("100k heredocs without end", (0..100_000).map(|i| format!("RUN <<E{i}\n")).collect());
    measure("100k stages", (0..100_000).map(|i| format!("FROM a AS s{i}\n")).collect());
    measure("chain of 20k stages", {
        let stage = |i: usize| format!("FROM s{i} AS s{}\nARG a{i}=$none\n", i + 1);
        format!("FROM scratch AS s0\n{}", (0..20_000).map(stage).collect::<String>())
    });
    measure("60k brackets", format!("FROM a\nCMD {}\n", "[".repeat(60_000)));
    measure("one line of heredocs", format!("FROM a\nRUN {}\n", "<<E ".repeat(16_000)));
    measure("doubling values", format!("FROM a\nENV A=aaaaaaaa\n{}", "ENV A=$A$A\n".repeat(10_000)));
}
