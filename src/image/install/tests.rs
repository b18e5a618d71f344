#![allow(clippy::unwrap_used)]

use super::*;
use crate::shell::{ShellOptions, Value, read_instruction};
use crate::text::Sources;

/// The calls of a script in short: manager, verb, packages, `?` for unknown words, then what else is set.
fn calls(text: &str) -> Vec<String> {
    let mut sources = Sources::new();
    let id = sources.add("D".into(), "D".into(), text.as_bytes().to_vec());
    let file = sources.file(id);
    let script = read_instruction(file, file.span(0..text.len()), &[], ShellOptions::default());
    let outer = |name: &str| if name == "ENVLIST" { Value::Known("x y".into()) } else { Value::Unknown };
    let mut variables = Variables::new(&script, &outer);
    let mut out = Vec::new();
    for command in &script.commands {
        if let Some(call) = package_call(command, &variables) {
            let mut line = format!("{} {:?}", call.installer.name(), call.verb);
            for package in &call.packages {
                line += &format!(" {}", package.name);
                line += &package.version.as_ref().map(|v| format!("@{v}")).unwrap_or_default();
            }
            line += &" ?".repeat(call.unresolved.len());
            for (on, mark) in [
                (call.no_recommends == Some(true), " -R"),
                (call.no_recommends == Some(false), " +R"),
                (call.autoremove, " auto"),
                (call.foreign, " foreign"),
                (call.elsewhere, " elsewhere"),
                (call.global, " global"),
                (call.updates_lists, " update"),
            ] {
                line += if on { mark } else { "" };
            }
            line += &call.group.map(|g| format!(" [{g}]")).unwrap_or_default();
            line += &call.files.iter().map(|f| format!(" file:{}", f.0)).collect::<String>();
            line += &call.lists.iter().map(|f| format!(" list:{}", f.0)).collect::<String>();
            out.push(line);
        }
        variables.apply(command);
    }
    out
}

#[test]
fn apt() {
    assert_eq!(
        calls("apt-get -qq update && apt-get install -y --no-install-recommends g++ libc6:amd64 curl=7.* git/bookworm"),
        ["apt-get Update", "apt-get Install g++ libc6 curl@7.* git@bookworm -R"]
    );
    assert_eq!(calls("apt-get install -o APT::Install-Recommends=false a"), ["apt-get Install a -R"]);
    assert_eq!(calls("apt-get -oAPT::Install-Recommends=\"1\" install a"), ["apt-get Install a +R"]);
    for option in ["--update -y", "-U -y", "-yU", "-Uqq"] {
        assert_eq!(calls(&format!("apt-get install {option} a")), ["apt-get Install a update"], "{option}");
    }
    assert_eq!(calls("apt-get -u install a"), ["apt-get Install a"]);
    assert_eq!(calls("apk -U add a && apk add -qU b"), ["apk Install a update", "apk Install b update"]);
    assert_eq!(calls("dnf install --refresh -y a"), ["dnf Install a update"]);
    assert_eq!(calls("apt install -t bookworm-backports a ./b.deb"), ["apt-get Install a foreign file:./b.deb"]);
    assert_eq!(calls("apt-get purge -y --auto-remove a 'lib.*'"), ["apt-get Remove a ? auto"]);
    assert_eq!(calls("apt-get install $A $ENVLIST"), ["apt-get Install x y ?"]);
    assert_eq!(calls("P='a b'; sudo apt-get install -y $P c"), ["apt-get Install a b c"]);
    assert_eq!(calls("for p in a b; do apt-get install $p; done"), ["apt-get Install a b"]);
    assert_eq!(calls("cat list | xargs apt-get install -y a"), ["apt-get Install a ?"]);
    assert_eq!(calls("apt-get install -y libboost-*"), ["apt-get Install ?"]);
    assert_eq!(calls("apt-mark auto '.*' && apt-mark manual $x"), ["apt-get MarkAuto ?", "apt-get MarkManual ?"]);
    assert_eq!(calls("apt-get -s install a"), ["apt-get Install a elsewhere"]);
    assert!(calls("apt-get check; apt-cache search x").is_empty());
}

#[test]
fn others() {
    assert_eq!(
        calls("apk add --no-cache --virtual .b gcc 'musl-dev>1' x@edge && apk del .b"),
        ["apk Install gcc musl-dev@1 x@edge update [.b]", "apk Remove .b"]
    );
    assert_eq!(calls("apk --update add -t v a"), ["apk Install a update [v]"]);
    assert_eq!(calls("apk add a --repository=https://x"), ["apk Install a foreign"]);
    assert_eq!(calls("yum -y install gcc-c++ make https://x/y.rpm"), ["dnf Install gcc-c++ make file:https://x/y.rpm"]);
    assert_eq!(calls("dnf install -y --setopt=install_weak_deps=False a"), ["dnf Install a -R"]);
    assert_eq!(calls("zypper -n install --no-recommends a"), ["zypper Install a -R"]);
    assert_eq!(calls("pacman -Syu --noconfirm base-devel"), ["pacman Install base-devel update"]);
    assert_eq!(calls("dpkg -i x.deb"), ["dpkg Install file:x.deb"]);
    assert_eq!(
        calls("pip3 install --no-cache-dir -r req.txt 'numpy>=1,<2' uvicorn[standard]==0.1 git+https://x/y -e ."),
        ["pip Install numpy@1,<2 uvicorn@0.1 file:git+https://x/y file:. list:req.txt"]
    );
    assert_eq!(
        calls("python3 -m pip install -U pip && uv pip install --system cmake"),
        ["pip Install pip", "pip Install cmake"]
    );
    assert_eq!(calls("npm install -g yarn@1 @angular/cli@2"), ["npm Install yarn@1 @angular/cli@2 global"]);
    assert_eq!(calls("npm ci && yarn global add x"), ["npm Install", "npm Install x global"]);
    assert_eq!(calls("conda install -y -c conda-forge cmake=3 conda-forge::ninja"), ["conda Install cmake@3 ninja"]);
    assert_eq!(
        calls("cargo install --locked just@1 && go install example.org/x/y@latest"),
        ["cargo Install just@1", "go Install example.org/x/y@latest"]
    );
}

#[test]
fn insertions_follow_the_layout() {
    let insertion = |text: &str| {
        let mut sources = Sources::new();
        let id = sources.add("D".into(), "D".into(), text.as_bytes().to_vec());
        let file = sources.file(id);
        let script = read_instruction(file, file.span(0..text.len()), &[], ShellOptions::default());
        let outer = |_: &str| Value::Unknown;
        let variables = Variables::new(&script, &outer);
        let call = package_call(&script.commands[0], &variables).unwrap();
        let insertion = call.insertion(file).unwrap();
        let mut out = text.to_owned();
        out.insert_str(insertion.at.start as usize, &format!("{}NEW", insertion.separator));
        out
    };
    assert_eq!(insertion("apt-get install -y a b && c"), "apt-get install -y a b NEW && c");
    assert_eq!(
        insertion("apt-get install -y \\\n    a \\\n    b \\\n && c"),
        "apt-get install -y \\\n    a \\\n    b \\\n    NEW \\\n && c"
    );
    assert_eq!(insertion("apt-get install \\\n# x\n\ta"), "apt-get install \\\n# x\n\ta \\\n\tNEW");
    assert_eq!(insertion("apt-get install -y $P"), "apt-get install -y $P NEW");
}
