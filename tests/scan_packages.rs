//! Packages and images tell of each Go binary in them what is told of the same files in a folder, which the
//! systems' own tools have unpacked: small ones always, those that others published with `GOSPECT_WIDE=1`.

#![allow(clippy::print_stderr)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::containers::{Folder, deb, docker, gz, oci, scan, subjects, tar, xz, zip};
use serde_json::Value;

/// What is said of each binary, by its path in the package or the folder.
fn told(place: &Path) -> BTreeMap<PathBuf, Value> {
    let (records, status) = scan(&["--with", "info,check,sbom", "--no-policy"], place);
    assert!(status < 2, "{}: {records:#?}", place.display());
    let mut out = BTreeMap::new();
    for mut record in records {
        let map = record.as_object_mut().unwrap();
        let path = PathBuf::from(map.remove("path").unwrap().as_str().unwrap());
        let member = map.remove("member").unwrap();
        let name = match member.as_array().unwrap().last() {
            Some(name) => PathBuf::from(name.as_str().unwrap()),
            None => path.strip_prefix(place).unwrap().to_path_buf(),
        };
        // Every document has a number and a time of its own.
        if let Some(sbom) = map["sbom"].as_object_mut() {
            sbom.remove("serialNumber");
            sbom["metadata"].as_object_mut().unwrap().remove("timestamp");
        }
        let name: PathBuf = name.components().filter(|c| c.as_os_str() != ".").collect();
        assert!(
            out.insert(name, record).is_none(),
            "{}: told twice",
            place.display()
        );
    }
    out
}

/// Compares, and says which of the paths differ rather than all that is said of them.
fn same(got: &BTreeMap<PathBuf, Value>, want: &BTreeMap<PathBuf, Value>, what: &Path) {
    let names = |of: &BTreeMap<PathBuf, Value>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(got), names(want), "{}", what.display());
    for (name, record) in want {
        for (key, value) in record.as_object().unwrap() {
            assert_eq!(
                &got[name][key],
                value,
                "{}: {}: {key}",
                what.display(),
                name.display()
            );
        }
    }
}

/// Runs a tool of the system; `None` where that is not to be had.
fn run(dir: &Path, args: &[&str]) -> Option<Vec<u8>> {
    match Command::new(args[0]).args(&args[1..]).current_dir(dir).output() {
        Ok(o) if o.status.success() => Some(o.stdout),
        Ok(o) => common::left_out(&format!("{args:?}: {}", String::from_utf8_lossy(&o.stderr))),
        Err(e) => common::left_out(&format!("{args:?}: {e}")),
    }
}

/// Folders as layers: an image of them tells what lies in `root`, into which they were all copied.
fn images(dir: &Folder, layers: &[&[u8]], root: &Path) {
    let want = told(root);
    assert!(want.len() > 1);
    let packed: Vec<Vec<u8>> = layers.iter().map(|l| gz(l)).collect();
    let packed: Vec<&[u8]> = packed.iter().map(Vec::as_slice).collect();
    let files = oci(&packed);
    for (name, body) in &files {
        dir.put(&format!("oci/{name}"), body);
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, b)| (n.as_str(), &b[..])).collect();
    for place in [
        dir.put("docker.tar", &docker(layers)),
        dir.put("docker.tar.gz", &gz(&docker(&packed))),
        dir.put("oci.tar", &tar(&files)),
        dir.0.join("oci"),
    ] {
        same(&told(&place), &want, &place);
    }
}

#[test]
fn packages_tell_what_their_files_tell() {
    let Some((go, other)) = subjects() else { return };
    let dir = Folder::new("packages");
    for (name, body) in [
        ("usr/bin/tool", &go),
        ("usr/bin/hard", &go),
        ("usr/lib/other.exe", &other),
    ] {
        dir.put(&format!("root/{name}"), body);
    }
    dir.put("root/usr/bin/run.sh", b"#!/bin/sh\n");
    let root = dir.0.join("root");
    let files: [(&str, &[u8]); 4] = [
        ("./usr/bin/tool", &go),
        ("./usr/bin/hard", b"=> ./usr/bin/tool"),
        ("./usr/lib/other.exe", &other),
        ("./usr/bin/run.sh", b"#!/bin/sh\n"),
    ];
    let want = told(&root);
    assert_eq!(want.len(), 3);
    let mut zipped = files;
    zipped[1].1 = &go;
    for (name, body) in [
        ("a.deb", deb(&xz(&tar(&files)))),
        ("a.tgz", gz(&tar(&files))),
        ("a.whl", zip(&zipped, rawzip::CompressionMethod::DEFLATE)),
    ] {
        let place = dir.put(name, &body);
        same(&told(&place), &want, &place);
    }
    let upper = tar(&[("usr/lib/.wh.gone", b""), ("usr/lib/other.exe", &other)]);
    let lower = tar(&[
        files[0],
        files[1],
        ("usr/lib/gone", &go),
        ("usr/lib/other.exe", &go),
    ]);
    images(&dir, &[&lower, &upper], &root);
}

#[test]
fn published_packages_tell_what_their_files_tell() {
    if std::env::var_os("GOSPECT_WIDE").is_none() {
        return;
    }
    let dir = Folder::new("published");
    let at = &dir.0;
    let debs = ["containerd", "rclone", "syncthing"];
    let got = [
        run(at, &[&["apt-get", "download"][..], &debs].concat()),
        run(at, &["npm", "pack", "--silent", "@esbuild/linux-x64"]),
        run(
            at,
            &["python3", "-m", "pip", "download", "-q", "--no-deps", "shfmt-py"],
        ),
    ];
    if got.iter().any(Option::is_none) {
        return;
    }
    let mut packages: Vec<PathBuf> = std::fs::read_dir(at)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    packages.sort();
    assert_eq!(packages.len(), 5, "{packages:?}");
    std::fs::create_dir(at.join("root")).unwrap();
    let mut layers = Vec::new();
    for (i, package) in packages.iter().enumerate() {
        let (from, folder) = (package.to_str().unwrap(), format!("part{i}"));
        std::fs::create_dir(at.join(&folder)).unwrap();
        let unpacked = match package.extension().unwrap().to_str().unwrap() {
            "deb" => run(at, &["dpkg-deb", "-x", from, &folder]),
            "tgz" => run(at, &["tar", "-xf", from, "-C", &folder]),
            _ => run(at, &["unzip", "-q", from, "-d", &folder]),
        };
        let copied = run(at, &["cp", "-a", &format!("{folder}/."), "root"]);
        if unpacked.is_none() || copied.is_none() {
            return;
        }
        let want = told(&at.join(&folder));
        assert!(!want.is_empty(), "{from}: no Go binary");
        same(&told(package), &want, package);
        eprintln!("{from}: {} Go binaries, the same as unpacked", want.len());
        let Some(layer) = run(at, &["tar", "-cf", "-", "-C", &folder, "."]) else {
            return;
        };
        layers.push(layer);
    }
    // The last layer deletes one of them.
    let (gone, folder) = ("usr/bin/ctr", "usr/bin/.wh.ctr");
    std::fs::remove_file(at.join("root").join(gone)).unwrap();
    layers.push(tar(&[(folder, b"")]));
    let layers: Vec<&[u8]> = layers.iter().map(Vec::as_slice).collect();
    images(&dir, &layers, &at.join("root"));
}
