//! T9, T10: what is written is the very file that was read, whole or not at all.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dockcheck::internals::lint::fix::FileChange;
use dockcheck::internals::lint::fix::write::write;

use crate::common::{PROGRAM, heavy};

use super::repo::Repo;

/// A comment that names no rule: a warning with a safe fix, which takes the line out.
const FAULTY: &str = "FROM debian:12\n# dockcheck: ignore[nonsense-rule]\nRUN true\n";
const FIXED: &str = "FROM debian:12\nRUN true\n";

#[test]
fn t9_a_file_that_becomes_a_link_is_never_written_through() {
    let repo = Repo::empty();
    let (root, outside) = (repo.path(), repo.outside());
    let victim = outside.join("victim");
    let target = root.join("Dockerfile");
    // The same bytes, so that only the kind of the file tells them apart.
    fs::write(&victim, FAULTY).unwrap();
    fs::write(&target, FAULTY).unwrap();
    let rounds = if heavy() { 10_000 } else { 300 };
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (link, file) = (root.join("link.tmp"), root.join("file.tmp"));
            // Some pauses are shorter than a write takes, so that the swap falls into it; others leave room for a whole one.
            for pause in [0, 100, 500, 2_000, 20_000].into_iter().cycle() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let _ = fs::remove_file(&link);
                std::os::unix::fs::symlink(&victim, &link).unwrap();
                fs::rename(&link, &target).unwrap();
                fs::write(&file, FAULTY).unwrap();
                fs::rename(&file, &target).unwrap();
                std::thread::sleep(Duration::from_micros(pause));
            }
        });
        let change =
            FileChange { path: target.clone(), name: "Dockerfile".into(), before: FAULTY.into(), after: FIXED.into() };
        let (mut written, mut round) = (0, 0);
        // Which of the two comes when depends on the machine: on until both have been seen.
        while round < rounds || round < 1_000_000 && (written == 0 || written == round) {
            round += 1;
            let is_written = write(&root, false, std::slice::from_ref(&change)).is_ok();
            written += usize::from(is_written);
            if !is_written {
                // A refusal takes no time: without a pause all rounds would fall between two swaps.
                std::thread::sleep(Duration::from_micros(round as u64 % 7 * 150));
            }
            let kept = fs::read_to_string(&victim).unwrap();
            if kept != FAULTY {
                stop.store(true, Ordering::Relaxed);
                panic!("written through a link: {kept:?}");
            }
        }
        stop.store(true, Ordering::Relaxed);
        eprintln!("{written} of {round} rounds wrote the file, none through the link");
        assert!(written > 0 && written < round, "{written} of {round} rounds wrote: the swapping was not tried");
    });
    assert!(fs::symlink_metadata(&victim).unwrap().is_file());
}

#[test]
fn t9_a_folder_that_becomes_a_link_does_not_lead_out() {
    let repo = Repo::new(&[("sub/Dockerfile", FAULTY)]);
    let outside = repo.outside();
    fs::write(outside.join("Dockerfile"), FAULTY).unwrap();
    fs::rename(repo.path().join("sub"), repo.path().join("was")).unwrap();
    repo.link(&outside, "sub");
    let change = FileChange {
        path: repo.path().join("sub/Dockerfile"),
        name: "sub/Dockerfile".into(),
        before: FAULTY.into(),
        after: FIXED.into(),
    };
    assert!(write(&repo.path(), false, &[change]).is_err());
    assert_eq!(fs::read_to_string(outside.join("Dockerfile")).unwrap(), FAULTY);
    repo.call("--fix");
    assert_eq!(fs::read_to_string(outside.join("Dockerfile")).unwrap(), FAULTY);
}

#[test]
fn t9_a_kill_leaves_the_old_file_or_the_new_one() {
    let long = format!("{FAULTY}{}", "# a line that stays\n".repeat(20_000));
    let fixed = format!("{FIXED}{}", "# a line that stays\n".repeat(20_000));
    let repo = Repo::new(&[("Dockerfile", &long)]);
    let rounds = if heavy() { 400 } else { 8 };
    let mut seed = 7_u64;
    let (mut old, mut new) = (0, 0);
    for _ in 0..rounds {
        repo.write("Dockerfile", &long);
        let mut child = Command::new(PROGRAM)
            .args(["--fix", "--select", "unknown-suppression"])
            .current_dir(repo.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros(seed >> 44));
        let _ = child.kill();
        child.wait().unwrap();
        match repo.read("Dockerfile") {
            text if text == long.as_bytes() => old += 1,
            text if text == fixed.as_bytes() => new += 1,
            text => panic!("a mixed file of {} bytes", text.len()),
        }
        clear(&repo.path());
    }
    eprintln!("killed {rounds} times: {old} old, {new} new");
}

/// Takes away what a killed run could not.
fn clear(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().contains(".dockcheck-") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
}

#[test]
fn t9_links_and_twins_are_refused_with_a_reason() {
    let repo = Repo::new(&[("real/x", FAULTY)]);
    fs::hard_link(repo.path().join("real/x"), repo.path().join("Dockerfile")).unwrap();
    let outcome = repo.call("--fix");
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.errors().contains("it has other names (hard links)"), "{outcome:?}");
    assert_eq!(repo.read("real/x"), FAULTY.as_bytes());
    let repo = Repo::new(&[("real/x", FAULTY)]);
    repo.link(&repo.path().join("real/x"), "Dockerfile");
    let outcome = repo.call("--fix");
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.errors().contains("symbolic link"), "{outcome:?}");
    assert_eq!(repo.read("real/x"), FAULTY.as_bytes());
}

/// A repository may have laid a link where a pipeline writes its reports.
#[test]
fn t9_reports_are_not_written_through_links() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("there.json"), "mine").unwrap();
    let repo = Repo::new(&[("Dockerfile", FAULTY)]);
    repo.link(outside.path(), "reports");
    repo.link(&outside.path().join("there.json"), "there.json");
    for line in [
        "--output json=reports/new.json",
        "--output json=reports/there.json",
        "--output json=there.json",
        "--write-baseline reports/new.json",
        "--write-baseline there.json",
    ] {
        let outcome = repo.call(line);
        assert_eq!(outcome.code, Some(2), "{line}: {outcome:?}");
        assert!(outcome.errors().contains("symbolic link"), "{line}: {outcome:?}");
    }
    assert_eq!(fs::read(outside.path().join("there.json")).unwrap(), b"mine");
    assert!(!outside.path().join("new.json").exists());
    // Where the user goes of his own accord is his affair.
    let there = outside.path().join("new.json");
    assert_eq!(repo.call(&format!("--output json={}", there.display())).code, Some(1));
    assert!(there.exists());
}

#[test]
fn t10_a_file_that_changed_since_it_was_read_is_not_written() {
    let repo = Repo::new(&[("Dockerfile", FAULTY)]);
    let change = FileChange {
        path: repo.path().join("Dockerfile"),
        name: "Dockerfile".into(),
        before: FAULTY.into(),
        after: FIXED.into(),
    };
    let edited = FAULTY.replace("true", "date");
    repo.write("Dockerfile", &edited);
    let error = write(&repo.path(), false, std::slice::from_ref(&change)).unwrap_err();
    assert_eq!(error.to_string(), "Dockerfile: not written: it changed since it was read");
    assert_eq!(repo.read("Dockerfile"), edited.as_bytes());
    fs::remove_file(repo.path().join("Dockerfile")).unwrap();
    assert!(write(&repo.path(), false, &[change]).is_err());
    assert!(!repo.path().join("Dockerfile").exists());
}
