//! YAML into the spanned tree in MB/s, and a project of 60 services in five files in milliseconds.
//! Run: `cargo bench --bench compose`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use dockcheck::internals::compose::{LoadRequest, load};
use dockcheck::internals::files::Files;
use dockcheck::internals::yaml;
use dockcheck::text::Sources;

fn service(out: &mut String, i: usize) {
    write!(
        out,
        "  service-{i}:
    image: registry.example.com/team/service-{i}:${{TAG:-1.{i}}}
    # what it is for
    command: [\"--listen\", \"0.0.0.0:{port}\", \"--name\", \"service-{i}\"]
    environment:
      LOG_LEVEL: ${{LOG_LEVEL:-info}}
      DATABASE_URL: postgres://app:secret@db:5432/app_{i}
      FEATURE: \"on\"
    ports:
      - \"{port}:80\"
      - \"127.0.0.1:1{port}:8080/tcp\"
    volumes:
      - ./data/{i}:/var/lib/service
      - cache:/cache
    depends_on:
      service-0:
        condition: service_started
    networks: [backend]
    labels:
      com.example.team: \"team {i}\"
      com.example.tier: backend
    healthcheck:
      test: [\"CMD\", \"curl\", \"-f\", \"http://localhost\"]
      interval: 30s
      retries: 3
    deploy:
      resources:
        limits: {{cpus: \"0.5\", memory: 512M}}
    restart: unless-stopped
",
        port = 2000 + i
    )
    .unwrap();
    if i == 0 {
        *out = out.replace("    depends_on:\n      service-0:\n        condition: service_started\n", "");
    }
}

fn file(services: std::ops::Range<usize>) -> String {
    let mut text = String::from("services:\n");
    services.for_each(|i| service(&mut text, i));
    text.push_str("volumes:\n  cache:\nnetworks:\n  backend:\n");
    text
}

/// The best of many runs.
fn best(runs: usize, mut f: impl FnMut()) -> Duration {
    (0..runs)
        .map(|_| {
            let start = Instant::now();
            f();
            start.elapsed()
        })
        .min()
        .unwrap()
}

fn main() {
    let mut sources = Sources::new();
    let id = sources.add("big.yaml".into(), "big.yaml".into(), file(0..3000).into_bytes());
    let text = sources.file(id);
    let took = best(10, || {
        black_box(yaml::parse(text));
    });
    let size = text.text().len() as f64 / 1e6;
    println!("yaml: {:.1} MB/s ({size:.1} MB)", size / took.as_secs_f64());

    let dir = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(dir.path()).unwrap();
    let mut lines = 0;
    let files: Vec<_> = (0..5)
        .map(|i| {
            let text = file(i * 12..i * 12 + 12);
            lines += text.lines().count();
            let path = root.join(format!("compose.{i}.yaml"));
            fs::write(&path, text).unwrap();
            path
        })
        .collect();
    let request = LoadRequest { files, complete: true, ..LoadRequest::default() };
    let store = Files::new(&root, &root);
    let took = best(50, || {
        let project = load(&request, &store, &mut Sources::new());
        assert!(!project.refused, "{:?}", project.refusals);
        assert_eq!(project.services.len(), 60);
        black_box(project);
    });
    println!("project of 60 services, {lines} lines, five files: {:.2} ms", took.as_secs_f64() * 1e3);
}
