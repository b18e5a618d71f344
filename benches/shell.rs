//! How fast RUN bodies are read: megabytes a second through mask, parser and walk. The goal is 10 or more.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use dockcheck::internals::shell::{Dialect, ShellOptions, read_instruction};
use dockcheck::text::Sources;

const BODY: &str = r#"set -eux; \
    savedAptMark="$(apt-mark showmanual)"; \
    apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates \
        # for the download
        curl \
        "libssl-dev=${SSL_VERSION:-3.0.*}" \
        g++ \
    && rm -rf /var/lib/apt/lists/*; \
    if [ "$(uname -m)" = "x86_64" ]; then \
        curl -fsSL "https://example.org/${NAME}-${VERSION%%-*}.tar.gz" -o /tmp/x.tar.gz || exit 1; \
    else \
        echo 'no binary here' >&2; \
    fi; \
    mkdir -p /usr/src/x && tar -xzf /tmp/x.tar.gz -C /usr/src/x --strip-components=1 && cd /usr/src/x \
    && ./configure --prefix=/usr/local CFLAGS="-O2 -g" && make -j "$(nproc)" && make install; \
    find /usr/local -type f -executable -exec ldd '{}' ';' | awk '/=>/ { print $(NF-1) }' | sort -u \
        | xargs -r dpkg-query --search | cut -d: -f1 | sort -u | xargs -r apt-mark manual; \
    apt-get purge -y --auto-remove -o APT::AutoRemove::RecommendsImportant=false
"#;

fn main() {
    let mut sources = Sources::new();
    let id = sources.add("Dockerfile".into(), "Dockerfile".into(), BODY.as_bytes().to_vec());
    let large = sources.add(
        "Dockerfile".into(),
        "Dockerfile".into(),
        format!("{}; \\\n", BODY.trim_end()).repeat(2000).into_bytes(),
    );
    let options = ShellOptions::new(Dialect::Dash);
    for (what, id, rounds) in [("one body", id, 5000), ("2,000 bodies in one", large, 5)] {
        let file = sources.file(id);
        let span = file.span(0..file.text().len());
        let started = Instant::now();
        let mut commands = 0;
        for _ in 0..rounds {
            commands += read_instruction(file, span, &[], options).commands.len();
        }
        let seconds = started.elapsed().as_secs_f64();
        let megabytes = (rounds * file.text().len()) as f64 / 1e6;
        println!("{what}: {:.1} MB/s, {commands} commands", megabytes / seconds);
    }
}
