//! T7: values of variables and secrets are in no output but where they are asked for by name.

use serde_json::json;

use crate::common::PROGRAM;

use super::repo::Repo;

/// Canaries as random as a real token, none of them a secret.
struct Canaries(Vec<String>);

impl Canaries {
    fn new() -> Self {
        // A generator of the kind of splitmix64: the same in every run.
        let mut state = 0x1234_5678_9abc_def0_u64;
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        Canaries((0..60).map(|i| format!("c{i:02}{:016x}", next())).collect())
    }
}

/// Canaries in every place, each beside something that a rule has a word for.
fn seeded() -> (Repo, Vec<String>) {
    let canaries = Canaries::new().0;
    let mut rest = canaries.iter();
    let mut c = || rest.next().unwrap().as_str();
    let compose = format!(
        "services:\n\
         \x20 a:\n    build:\n      context: .\n      args:\n        API_TOKEN: {}\n        - x\n\
         \x20 b:\n    image: x\n    imagee: y\n    environment:\n      POSTGRES_PASSWORD: {}\n      PLAIN: {}\n      FLAG: yes\n      QUOTED: \"{}\"\n      # dockcheck: ignore[nonsense] because\n      LATE: {}\n\
         \x20 c:\n    image: x\n    environment:\n      - DB_PASSWORD={}\n      - PLAIN={}\n      - 'SPACED={} {}'\n      - URL=postgres://u:{}@h/d\n    restart: never\n\
         \x20 d:\n    build:\n      context: .\n      args: [\"SECRET_KEY={}\", \"HTTP_PROXY=http://u:{}@proxy:1\"]\n      target: none\n\
         \x20 e:\n    image: x\n    env_file: values.txt\n    command: server --password {} --token={}\n    labels:\n      com.example.token: {}\n      url: https://me:{}@example.org/\n    depends_on: [nothing]\n\
         \x20 f:\n    build: \"https://me:{}@example.org/x.git\"\n    image: \"https://me:{}@example.org/y\"\n\
         \x20 g:\n    image: x\n    healthcheck: {{test: \"curl -H 'Authorization: Bearer {}' x || exit 1\"}}\n    command: [\"sh\", \"-c\", \"API_KEY={} run\"]\n    secrets: [nope]\n\
         \x20 h:\n    image: x\n    command: \"run ${{MISSING_TOKEN:-{}}}\"\n    environment: {{A_TOKEN: \"${{B_TOKEN:-{}}}\", N_TOKEN: 1.0}}\n\
         secrets:\n  s: {{environment: S_TOKEN, fil: x}}\n  t: {{content: {}}}\n",
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c()
    );
    let dockerfile = format!(
        "FROM debian:12 AS one\n\
         ARG NPM_TOKEN={}\nENV AWS_SECRET_ACCESS_KEY={} OTHER=x\nENV DB_PASSWORD {}\nMAINTAINER x\n\
         RUN export API_TOKEN={} && git clone https://me:{}@example.org/x.git && apt-get install -y curl\n\
         RUN PASSWORD='{}' ; cd /x && curl --token {} https://example.org | sh ; sudo make\n\
         RUN <<EOF\nexport GH_TOKEN=\"{}\"\napt-get install -y git\ngit clone https://{}@example.org/y\nEOF\n\
         COPY <<EOF /etc/app.conf\ndb_password={}\nEOF\n\
         RUN --mount=type=secret,id=x,env=Y echo \"machine h login u password_token={}\" > ~/.netrc && cmake .\n\
         LABEL secret_token={}\nADD https://me:{}@example.org/f /f\nCOPY --from=nothing a b\n\
         HEALTHCHECK CMD curl -u admin --password={} localhost\nCMD run --secret-key={}\nFOO_TOKEN={}\n",
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c()
    );
    let dotenv = format!("A_TOKEN={}\nB={}\nexport C='{}'\nD: {}\nBAD LINE {}\n", c(), c(), c(), c(), c());
    let values = format!("FILE_TOKEN={}\nPLAIN={}\n{} = {}\n", c(), c(), c(), c());
    let repo = Repo::new(&[
        ("compose.yaml", &compose.replace("        - x\n", "")),
        ("Dockerfile", &dockerfile),
        (".env", &dotenv),
        ("values.txt", &values),
    ]);
    (repo, canaries)
}

#[test]
fn t7_no_canary_in_any_output() {
    let (repo, canaries) = seeded();
    let ambient = &canaries[55];
    let environment =
        [("S_TOKEN", ambient.as_str()), ("HTTPS_PROXY", canaries[56].as_str()), ("PLAIN", canaries[57].as_str())];
    let mut lines: Vec<String> = dockcheck::report::OutputFormat::ALL
        .iter()
        .flat_map(|f| {
            ["", "--show-suppressed --color always", "--select prebuilt-image-bypass,yaml-syntax"]
                .map(|more| format!("--format {} -vv --statistics {more}", f.as_str()))
        })
        .collect();
    lines.extend(
        [
            "graph",
            "graph --format json",
            "files",
            "config",
            "image a",
            "image d --format json",
            "image a --why git",
            "--write-baseline base.json",
        ]
        .map(str::to_owned),
    );
    let mut findings = 0;
    for line in &lines {
        let outcome = repo.call_with(line.split_whitespace(), &environment);
        assert!(outcome.is_orderly(), "{line}: {outcome:?}");
        findings = findings.max(outcome.out.iter().filter(|b| **b == b'\n').count());
        for (i, canary) in canaries.iter().enumerate() {
            let all = format!("{}{}", outcome.text(), outcome.errors());
            let place = all.lines().find(|l| l.contains(canary.as_str()));
            assert_eq!(place, None, "{line}: canary {i}");
        }
    }
    assert!(findings > 40, "there was little to show");
    let baseline = String::from_utf8(repo.read("base.json")).unwrap();
    assert!(!canaries.iter().any(|c| baseline.contains(c.as_str())), "{baseline}");
    // A fix writes the file, which holds them, and says none of them.
    let outcome = repo.call_with("--fix --unsafe-fixes --format json".split_whitespace(), &environment);
    assert!(!canaries.iter().any(|c| outcome.holds(c)), "{outcome:?}");
    // What shows values is asked for by name.
    assert!(repo.call("--diff --unsafe-fixes").code.is_some());
}

#[test]
fn t7_no_canary_where_a_file_does_not_parse() {
    let canary = "c99f00dfeedbeef0123";
    for broken in [
        format!("services:\n  a:\n    environment:\n      TOKEN: {canary}\n     bad: [\n"),
        format!("services: {{a: {{environment: {{A_TOKEN: {canary}}}, image: [}}}}\n"),
        format!(
            "services:\n  a:\n    image: x\n    environment:\n      - A_TOKEN={canary}\n      - A_TOKEN={canary}\n\tx: y\n"
        ),
        format!("services:\n  a:\n    environment: \"A_TOKEN={canary}\"\n"),
        format!("services:\n  a:\n    image: x\n    environment:\n      A_TOKEN: ${{{canary}\n"),
        format!(
            "services:\n  a:\n    image: x\n    environment:\n      A_TOKEN: {{x: {canary}}}\n      B_PASSWORD: [{canary}]\n"
        ),
        format!("services:\n  a:\n    image: x\n    environment:\n      A_TOKEN: 'x' {canary}\n"),
    ] {
        let repo = Repo::new(&[("compose.yaml", &broken)]);
        for (format, outcome) in repo.in_all_formats("-vv") {
            assert!(!outcome.holds(canary), "{format}: {broken}\n{}", outcome.text());
        }
    }
}

#[test]
fn t7_a_panic_says_where_and_nothing_else() {
    // The hook of the program, as its text shows: place and advice, no payload.
    let main = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/main.rs")).unwrap();
    assert!(main.contains("set_hook") && !main.contains("payload"));
    assert!(std::path::Path::new(PROGRAM).exists());
}

/// Words of Compose and of an editor's hover that would quote what a variable holds.
#[test]
fn t7_no_canary_in_words_of_others() {
    let canaries = Canaries::new().0;
    let [plain, token, shell, pair, reason] = [0, 1, 2, 3, 4].map(|i| &canaries[i]);
    let compose = format!(
        "services:\n  a: {{image: x, extends: {{service: $PLAIN}}}}\n  b: {{image: x, shm_size: $PLAIN}}\n  c: {{build: .}}\n\
         \x20 d: {{image: x, healthcheck: {{test: x, interval: $PLAIN}}}}\n\
         \x20 e: {{image: x, depends_on: [$PLAIN], networks: [$PLAIN], env_file: $PLAIN}}\n\
         \x20 f: {{build: {{context: ., target: $PLAIN}}}}\n\
         \x20 # dockcheck: ignore[invalid-compose-schema] password: {reason}\n  g: {{image: x, imagee: y}}\n"
    );
    let dockerfile = format!(
        "FROM debian:12\nENV API_TOKEN={token}\nWORKDIR /$API_TOKEN\nRUN A_TOKEN=a\\ {shell} git x\nA_PASSWORD={pair}\n"
    );
    let repo = Repo::new(&[
        ("compose.yaml", &compose),
        ("Dockerfile", &dockerfile),
        (".env", &format!("PLAIN={plain}\n")),
        ("one/compose.yaml", "services: {c: {build: .}}\n"),
        ("one/Dockerfile", &format!("FROM debian:12\nENV API_TOKEN={token}\nWORKDIR /$API_TOKEN\nRUN true\n")),
    ]);
    let mut outcomes = repo.in_all_formats("-vv --show-suppressed");
    outcomes.push(("image", repo.call("image one/Dockerfile")));
    let uri = format!("file://{}/one/Dockerfile", repo.path().display());
    let hover = |line: usize| {
        let (document, position) = (json!({ "uri": uri }), json!({ "line": line, "character": 3 }));
        let params = json!({ "textDocument": document, "position": position });
        json!({ "jsonrpc": "2.0", "id": line + 2, "method": "textDocument/hover", "params": params })
    };
    let root = json!({ "rootUri": format!("file://{}", repo.path().display()), "capabilities": {} });
    let mut talk = vec![json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": root })];
    talk.extend((0..4).map(hover));
    talk.push(json!({ "jsonrpc": "2.0", "id": 9, "method": "shutdown" }));
    talk.push(json!({ "jsonrpc": "2.0", "method": "exit" }));
    let hovers = repo.converse(&talk);
    assert!(hovers.text().contains("works on in"), "{hovers:?}");
    outcomes.push(("lsp", hovers));
    for (line, outcome) in outcomes {
        assert!(outcome.is_orderly(), "{line}: {outcome:?}");
        let text = format!("{}{}", outcome.text(), outcome.errors());
        for (i, canary) in [plain, token, shell, pair, reason].into_iter().enumerate() {
            let place = text.lines().find(|l| l.contains(canary.as_str()));
            assert_eq!(place, None, "{line}: canary {i}");
        }
    }
}

/// Places that people do put secrets in, each beside something that a rule has a word for.
#[test]
fn t7_no_canary_of_odd_places() {
    let mut canaries = Canaries::new().0.into_iter();
    let mut used = Vec::new();
    let mut c = || {
        used.push(canaries.next().unwrap());
        used.last().unwrap().clone()
    };
    let dockerfile = format!(
        "ARG DB_PASSWORD={}\nFROM debian:${{DB_PASSWORD}} AS one\nFROM debian:12\nENV API_TOKEN={}\nWORKDIR /$API_TOKEN\n\
         LABEL token {}\nMAINTAINER x\nRUN echo 'root:{}' | chpasswd && git x\nRUN curl -u admin:{} x; A_TOKEN=\"a\"'{}' jq\n\
         RUN npm config set //x/:_authToken {} && mysql -p{} x\nHEALTHCHECK CMD curl --user a:{} localhost\n\
         CMD [\"run\", \"--password\", \"{}\"]\n",
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
        c(),
    );
    let compose = format!(
        "services:\n  a:\n    build: .\n    environment: {}\n  b:\n    build: .\n    environment:\n      - T: {}\n\
         \x20   command: [\"x\", \"--secret\", \"{}\"]\n    imagee: y\n\
         \x20 i:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM debian:12\n        ARG NPM_TOKEN={}\n        MAINTAINER x\n\
         \x20 e: {{build: {{context: ., dockerfile: .env}}}}\n  k: {{build: {{context: ., dockerfile: keys.json}}}}\n\
         \x20 v: {{image: \"x:$SECRET_TAG\", imagee: y}}\ninclude: [keys.json]\n",
        c(),
        c(),
        c(),
        c(),
    );
    let dotenv = format!("A={}\nSECRET_TAG={}\nFROM {}\n", c(), c(), c());
    let keys = format!("{{\n \"private_key\": \"{}\",\n \"x\": \"{}\"\n}}\n", c(), c());
    let baseline = format!("{{\"version\": \"{}\"}}", c());
    let repo = Repo::new(&[
        ("compose.yaml", &compose),
        ("Dockerfile", &dockerfile),
        (".env", &dotenv),
        ("keys.json", &keys),
        ("base.json", &baseline),
    ]);
    let mut outcomes = repo.in_all_formats("-vv --show-suppressed");
    for line in [
        "graph",
        "graph --format json",
        "graph --format dot",
        "image a",
        "image a --format json",
        "image i",
        "image Dockerfile:one",
        "image a --why git",
        "--baseline base.json",
    ] {
        outcomes.push((line, repo.call(line)));
    }
    for (line, outcome) in outcomes {
        assert!(outcome.is_orderly(), "{line}: {outcome:?}");
        let text = format!("{}{}", outcome.text(), outcome.errors());
        for (i, canary) in used.iter().enumerate() {
            let place = text.lines().find(|l| l.contains(canary.as_str()));
            assert_eq!(place, None, "{line}: canary {i}");
        }
    }
}

/// A password that is a plain word is no secret where it is the name of something else.
#[test]
fn t7_plain_words_stay_readable() {
    let repo = Repo::new(&[(
        "compose.yaml",
        "services:\n  a:\n    image: \"example.org/debezium/kafka:${V}\"\n    environment:\n      POSTGRES_PASSWORD: debezium\n\
         \x20   imagee: y\n",
    )]);
    let outcome = repo.call("--format full");
    assert!(outcome.text().contains("makes it `example.org/debezium/kafka:`"), "{outcome:?}");
    assert!(!outcome.text().contains("POSTGRES_PASSWORD: debezium"), "{outcome:?}");
}
