//! `gospect size` where something goes wrong: a file that changes while it is read, an output that can't be
//! written; and fat Mach-O files, whose slices are files of their own.

mod common;

use std::io::{Read, Seek, Write};
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};

use common::{Build, schema};

/// A folder for one test, gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let dir = std::env::temp_dir().join(format!("gospect-robust-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Folder(dir)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn hello(target: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(Build::new("hello", target).path()?).unwrap())
}

/// A fat Mach-O of thin ones (mach-o/fat.h): big-endian header, slices at multiples of 2^14.
fn fat(slices: &[(u32, u32, &[u8])]) -> (Vec<u8>, Vec<usize>) {
    let mut header = vec![0xca, 0xfe, 0xba, 0xbe];
    header.extend((slices.len() as u32).to_be_bytes());
    let (mut body, mut sizes) = (Vec::new(), Vec::new());
    for (cpu, subtype, bytes) in slices {
        let offset = (1 << 14) + body.len();
        for field in [*cpu, *subtype, offset as u32, bytes.len() as u32, 14] {
            header.extend(field.to_be_bytes());
        }
        body.extend_from_slice(bytes);
        body.resize(body.len().next_multiple_of(1 << 14), 0);
        sizes.push(bytes.len());
    }
    header.resize(1 << 14, 0);
    header.extend(body);
    (header, sizes)
}

#[test]
fn each_slice_of_a_fat_file_adds_up_and_is_as_it_would_be_alone() {
    let (Some(amd64), Some(arm64)) = (hello("darwin/amd64"), hello("darwin/arm64")) else {
        return;
    };
    let folder = Folder::new("fat");
    let (bytes, _) = fat(&[(0x0100_0007, 3, &amd64), (0x0100_000c, 0, &arm64)]);
    let measure = |path: &PathBuf| {
        let out = common::run(["size", "--format", "json", path.to_str().unwrap()]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        schema::assert_all("size", &out.stdout).remove(0)
    };
    let whole = measure(&folder.put("fat", &bytes));
    let rows = whole["rows"].as_array().unwrap();
    let bytes_of = |r: &serde_json::Value| r["bytes"].as_u64().unwrap();
    let total: u64 = rows.iter().map(bytes_of).sum();
    assert_eq!((total, &whole["file_size"]), (bytes.len() as u64, &total.into()));
    for (arch, thin) in [("amd64", &amd64), ("arm64", &arm64)] {
        let mut slice: Vec<_> = rows.iter().filter(|r| r["slice"] == arch).cloned().collect();
        assert_eq!(
            slice.iter().map(bytes_of).sum::<u64>(),
            thin.len() as u64,
            "{arch}"
        );
        let mut alone = measure(&folder.put(arch, thin))["rows"]
            .as_array()
            .unwrap()
            .clone();
        for r in slice.iter_mut().chain(&mut alone) {
            r.as_object_mut().unwrap().remove("slice");
        }
        assert_eq!(slice, alone, "{arch}");
    }
    // What is in no slice: the header, and zeroes up to the slices.
    let outside = rows.iter().filter(|r| r["slice"].is_null());
    assert!(
        outside
            .clone()
            .all(|r| r["kind"] == "header" || r["kind"] == "padding")
    );
    assert_eq!(
        outside.map(bytes_of).sum::<u64>(),
        (bytes.len() - amd64.len() - arm64.len()) as u64
    );
}

/// Starts gospect with an output that nobody reads, so that it stands still once the pipe is full.
#[cfg(unix)]
fn blocked(args: &[&str]) -> Child {
    let mut child = common::gospect()
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first byte says that the file is open and that writing has begun.
    let mut first = [0];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    child
}

#[cfg(unix)]
fn finish(child: Child) -> Output {
    child.wait_with_output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_file_that_is_cut_short_is_an_error_and_no_crash() {
    use std::os::unix::process::ExitStatusExt;
    let Some(bytes) = hello("linux/amd64") else { return };
    let folder = Folder::new("short");
    let path = folder.put("subject", &bytes);
    let child = blocked(&["objdump", path.to_str().unwrap()]);
    std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(4096)
        .unwrap();
    let out = finish(child);
    let err = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.signal(), None, "{err}");
    assert_eq!(out.status.code(), Some(2), "{err}");
    assert_eq!(
        err,
        format!("gospect: {}: was cut short while it was read\n", path.display())
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_is_written_to_is_refused_and_one_that_is_replaced_is_not() {
    let Some(bytes) = hello("linux/amd64") else { return };
    let folder = Folder::new("changed");
    let path = folder.put("subject", &bytes);
    let args = [
        "size",
        "--format",
        "json",
        "--by",
        "symbol",
        path.to_str().unwrap(),
    ];
    let child = blocked(&args);
    let other = folder.put("other", b"nothing");
    std::fs::rename(&other, &path).unwrap();
    let out = finish(child);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));

    std::fs::write(&path, &bytes).unwrap();
    let child = blocked(&args);
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(std::io::SeekFrom::End(0)).unwrap();
    file.write_all(b"more").unwrap();
    drop(file);
    let out = finish(child);
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&out.stderr),
        format!("gospect: {}: was changed while it was read\n", path.display())
    );
}

#[test]
fn an_output_that_cannot_be_written_is_one_line_and_status_2() {
    let Some(bytes) = hello("linux/amd64") else { return };
    let folder = Folder::new("output");
    let subject = folder.put("subject", &bytes);
    let missing = folder.0.join("no/such/folder/out");
    let mut outputs = vec![missing, folder.0.clone()];
    if cfg!(target_os = "linux") {
        outputs.push("/dev/full".into());
    }
    for format in ["text", "json", "csv", "markdown", "html", "svg"] {
        for to in &outputs {
            let out = common::run([
                "size".as_ref(),
                "--format".as_ref(),
                format.as_ref(),
                "-o".as_ref(),
                to.as_os_str(),
                subject.as_os_str(),
            ]);
            let err = String::from_utf8_lossy(&out.stderr).into_owned();
            assert_eq!(out.status.code(), Some(2), "{format} {}: {err}", to.display());
            assert!(err.starts_with("gospect: ") && err.lines().count() == 1, "{err}");
            assert!(out.stdout.is_empty());
        }
    }
    // Nothing was left behind, and what was there still is.
    let mut names: Vec<_> = std::fs::read_dir(&folder.0)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["subject"]);
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::FileTypeExt;
        assert!(
            std::fs::metadata("/dev/full")
                .unwrap()
                .file_type()
                .is_char_device()
        );
    }
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_keeps_leading_to_its_file() {
    let Some(bytes) = hello("linux/amd64") else { return };
    let folder = Folder::new("link");
    let subject = folder.put("subject", &bytes);
    let target = folder.put("target", b"old");
    let link = folder.0.join("link");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let out = common::run(["size", "-o", link.to_str().unwrap(), subject.to_str().unwrap()]);
    assert!(out.status.success());
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(
        std::fs::read_to_string(&target)
            .unwrap()
            .contains("total, the file's size")
    );
}
