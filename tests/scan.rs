//! `gospect scan`: containers that the test makes itself around a Go program tell the same as the program
//! alone.

mod common;

use std::io::Write;
use std::path::Path;

use common::containers::{Folder, bz2, cpio, deb, gz, members, rpm, scan, sha256, subjects, tar, xz, zip};
use serde_json::{Value, json};

#[test]
fn every_container_tells_what_the_file_alone_does() {
    let Some((go, _)) = subjects() else { return };
    let dir = Folder::new("kinds");
    let noise: [(&str, &[u8]); 3] = [
        ("empty", b""),
        ("notgo", b"\x7fELF broken"),
        ("run.sh", b"#!/bin/sh\n"),
    ];
    let mut files: Vec<(&str, &[u8])> = noise.to_vec();
    files.push(("usr/bin/tool", &go));
    let (store, deflate) = (
        rawzip::CompressionMethod::STORE,
        rawzip::CompressionMethod::DEFLATE,
    );
    let plain = tar(&files);
    let cpio = cpio(&files);
    let two_archives = [gz(&tar(&noise)), gz(&tar(&[("usr/bin/tool", &go)]))].concat();
    let kinds: Vec<(&str, Vec<u8>, &str)> = vec![
        ("plain", go.clone(), ""),
        ("a.tar", plain.clone(), "usr/bin/tool"),
        ("a.tar.gz", gz(&plain), "usr/bin/tool"),
        ("a.tar.xz", xz(&plain), "usr/bin/tool"),
        ("a.tar.bz2", bz2(&plain), "usr/bin/tool"),
        (
            "a.tar.zst",
            zstd::encode_all(&plain[..], 1).unwrap(),
            "usr/bin/tool",
        ),
        ("a.tgz", gz(&plain), "usr/bin/tool"),
        ("a.whl", zip(&files, deflate), "usr/bin/tool"),
        ("a.jar", zip(&files, store), "usr/bin/tool"),
        ("a.deb", deb(&xz(&plain)), "data.tar.xz!usr/bin/tool"),
        ("a.apk", two_archives, "usr/bin/tool"),
        ("a.cpio", cpio.clone(), "usr/bin/tool"),
        (
            "a.rpm",
            rpm(&zstd::encode_all(&cpio[..], 1).unwrap()),
            "usr/bin/tool",
        ),
        ("tool.gz", gz(&go), "tool"),
        ("tool.xz", xz(&go), "tool"),
        ("tool.exe.zst", zstd::encode_all(&go[..], 1).unwrap(), "tool.exe"),
        ("tool.bz2", bz2(&go), "tool"),
        (
            "deep.zip",
            zip(&[("in/a.tgz", &gz(&plain))], deflate),
            "in/a.tgz!usr/bin/tool",
        ),
        (
            "deep.tar.gz",
            gz(&tar(&[("in/a.zip", &zip(&files, deflate))])),
            "in/a.zip!usr/bin/tool",
        ),
        (
            "deb.tar.gz",
            gz(&tar(&[("a.deb", &deb(&xz(&plain)))])),
            "a.deb!data.tar.xz!usr/bin/tool",
        ),
        (
            "tar.tar.gz",
            gz(&tar(&[("a.tar", &plain), ("b.tar.gz", &gz(&plain))])),
            "a.tar!usr/bin/tool",
        ),
    ];
    let mut first: Option<Value> = None;
    for (name, body, member) in kinds {
        let path = dir.put(name, &body);
        let (records, status) = scan(&["--with", "info"], &path);
        assert_eq!(status, 0, "{name}: {records:?}");
        assert_eq!(members(&records)[0], member, "{name}");
        assert_eq!(records.len(), if name == "tar.tar.gz" { 2 } else { 1 }, "{name}");
        let mut record = records[0].clone();
        assert_eq!(record["path"], json!(path.to_str().unwrap()));
        assert_eq!(record["sha256"], json!(sha256(&go)));
        let map = record.as_object_mut().unwrap();
        map.remove("path");
        map.remove("member");
        assert_eq!(*first.get_or_insert_with(|| record.clone()), record, "{name}");
    }
    // The whole folder at once, by two threads, in order of names, and the same again.
    let ordered = || scan(&["--ordered", "--jobs", "2"], &dir.0).0;
    let records = ordered();
    assert_eq!(records.len(), 22);
    assert_eq!(records, ordered());
    let paths: Vec<&str> = records.iter().map(|r| r["path"].as_str().unwrap()).collect();
    assert!(paths.is_sorted());
    // Parts are disjoint and all.
    let parts: Vec<usize> = (1..=3)
        .map(|i| scan(&["--shard", &format!("{i}/3")], &dir.0).0.len())
        .collect();
    assert_eq!(parts.iter().sum::<usize>(), 22, "{parts:?}");
}

#[test]
fn an_image_tells_what_the_container_would_see() {
    let Some((go, other)) = subjects() else { return };
    let dir = Folder::new("images");
    let bottom = tar(&[
        ("usr/bin/", b""),
        ("usr/bin/kept", &go),
        ("usr/bin/gone", &go),
        ("usr/bin/changed", &go),
        ("opt/old/tool", &go),
        ("srv/x", &go),
    ]);
    let top = tar(&[
        ("usr/bin/.wh.gone", b""),
        ("usr/bin/changed", &other),
        ("opt/.wh..wh..opq", b""),
        ("opt/new", &other),
        (".wh.srv", b""),
    ]);
    let seen = ["top!opt/new", "top!usr/bin/changed", "bottom!usr/bin/kept"];
    let all = [
        "bottom!opt/old/tool",
        "bottom!srv/x",
        "bottom!usr/bin/changed",
        "bottom!usr/bin/gone",
        "bottom!usr/bin/kept",
        "top!opt/new",
        "top!usr/bin/changed",
    ];
    let manifest =
        json!([{"Config": "c.json", "RepoTags": ["app:1"], "Layers": ["a/layer.tar", "b/layer.tar"]}]);
    let manifest = manifest.to_string();
    // What docker save writes has its manifest last; others have it first.
    let docker = [
        ("a/layer.tar", &bottom[..]),
        ("b/layer.tar", &top),
        ("c.json", b"{}"),
        ("manifest.json", manifest.as_bytes()),
    ];
    let mut backwards = docker;
    backwards.reverse();
    let (gz_bottom, zst_top) = (gz(&bottom), zstd::encode_all(&top[..], 1).unwrap());
    let blob = |b: &[u8]| format!("blobs/sha256/{}", sha256(b));
    let digest = |b: &[u8], kind: &str| {
        json!({"mediaType": format!("application/vnd.oci.image.{kind}"),
        "digest": format!("sha256:{}", sha256(b)), "size": b.len()})
    };
    let image = json!({"schemaVersion": 2, "config": digest(b"{}", "config.v1+json"),
        "layers": [digest(&gz_bottom, "layer.v1.tar+gzip"), digest(&zst_top, "layer.v1.tar+zstd")]})
    .to_string();
    let inner =
        json!({"schemaVersion": 2, "manifests": [digest(image.as_bytes(), "manifest.v1+json")]}).to_string();
    let index =
        json!({"schemaVersion": 2, "manifests": [digest(inner.as_bytes(), "index.v1+json")]}).to_string();
    let names: Vec<String> = [
        &gz_bottom[..],
        &zst_top,
        image.as_bytes(),
        inner.as_bytes(),
        b"{}",
    ]
    .map(blob)
    .to_vec();
    let oci = [
        (names[0].as_str(), &gz_bottom[..]),
        (&names[1], &zst_top),
        (&names[2], image.as_bytes()),
        (&names[3], inner.as_bytes()),
        (&names[4], b"{}"),
        ("oci-layout", b"{\"imageLayoutVersion\":\"1.0.0\"}"),
        ("index.json", index.as_bytes()),
    ];
    for (name, body) in &oci {
        dir.put(&format!("folder/{name}"), body);
    }
    let long = |n: &str, b: &str, t: &str| n.replace("bottom", b).replace("top", t);
    let docker_names = ("a/layer.tar", "b/layer.tar");
    let oci_names = (names[0].as_str(), names[1].as_str());
    // An unpacked name of 100 bytes does not fit a header's field; the blob's does.
    for (name, body, (b, t)) in [
        ("docker.tar", tar(&docker), docker_names),
        ("docker2.tar", tar(&backwards), docker_names),
        ("docker.tar.gz", gz(&tar(&docker)), docker_names),
        ("oci.tar", tar(&oci), oci_names),
        (
            "oci.tar.zst",
            zstd::encode_all(&tar(&oci)[..], 1).unwrap(),
            oci_names,
        ),
        ("folder", Vec::new(), oci_names),
    ] {
        let path = if name == "folder" {
            dir.0.join(name)
        } else {
            dir.put(name, &body)
        };
        for (args, want) in [(&[][..], &seen[..]), (&["--all-layers"], &all)] {
            let (records, status) = scan(args, &path);
            assert_eq!(status, 0, "{name} {args:?}");
            let mut want: Vec<String> = want.iter().map(|n| long(n, b, t)).collect();
            want.sort();
            assert_eq!(members(&records), want, "{name} {args:?}");
        }
    }
    // A layer that is not there is told: nobody saw what is in it.
    let (records, status) = scan(&[], &dir.put("short.tar", &tar(&docker[1..])));
    assert_eq!((records.len(), status), (3, 2), "{records:?}");
}

#[test]
fn hostile_containers_are_told_and_the_others_go_on() {
    let Some((go, _)) = subjects() else { return };
    let dir = Folder::new("hostile");
    let error = |records: &[Value]| {
        records
            .iter()
            .find_map(|r| r["error"].as_str().map(str::to_string))
    };
    let evil = tar(&[("../../../tmp/gospect-evil", &go), ("/etc/gospect-evil", &go)]);
    let (records, status) = scan(&[], &dir.put("evil.tar", &evil));
    assert_eq!((members(&records).len(), status), (2, 0));
    assert!(!Path::new("/tmp/gospect-evil").exists() && !Path::new("/etc/gospect-evil").exists());

    let whole = tar(&[("first", &go), ("second", &go)]);
    for (name, body) in [
        ("cut.tar", whole[..whole.len() - go.len() / 2].to_vec()),
        ("cut.tar.gz", {
            let packed = gz(&whole);
            packed[..packed.len() - 1000].to_vec()
        }),
        ("cut.zip", {
            let mut z = zip(
                &[("first", &go), ("second", &go)],
                rawzip::CompressionMethod::DEFLATE,
            );
            // In the middle of the second member's data.
            let at = z.len() * 3 / 4;
            z[at..at + 100].fill(0x55);
            z
        }),
    ] {
        let (records, status) = scan(&[], &dir.put(name, &body));
        assert_eq!(
            (members(&records), status),
            (vec!["first".to_string()], 2),
            "{name}: {records:?}"
        );
        assert_eq!(records.len(), 2, "{name}");
        let bad = records.iter().find(|r| r["sha256"].is_null()).unwrap();
        assert_eq!(bad["member"], json!(["second"]), "{name}");
    }

    let mut deep = b"\x7fELF".to_vec();
    for _ in 0..200 {
        // Level 1 would make it a little longer each time, and 200 times that is much.
        let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        e.write_all(&deep).unwrap();
        deep = e.finish().unwrap();
    }
    let (records, status) = scan(&[], &dir.put("deep.gz", &deep));
    assert_eq!(status, 2);
    assert!(
        error(&records).unwrap().contains("nested more than 16 deep"),
        "{records:?}"
    );

    let mut locked = zip(&[("tool", &go)], rawzip::CompressionMethod::STORE);
    let central = locked.len() - 22 - 46 - "tool".len();
    let central = (central.saturating_sub(64)..locked.len())
        .find(|&i| locked[i..].starts_with(b"PK\x01\x02"))
        .unwrap();
    locked[central + 8] |= 1;
    let (records, status) = scan(&[], &dir.put("locked.zip", &locked));
    assert_eq!((records.len(), status), (1, 2));
    assert_eq!(error(&records).unwrap(), "is encrypted (zip)");

    // A name of many MiB: the header says so, and is not believed.
    let mut long = tar::Header::new_gnu();
    long.set_entry_type(tar::EntryType::GNULongName);
    long.set_size(1 << 30);
    long.as_gnu_mut().unwrap().name[..3].copy_from_slice(b"@@@");
    long.set_cksum();
    let mut body = long.as_bytes().to_vec();
    body.resize(8 << 20, b'a');
    let (records, status) = scan(&[], &dir.put("long.tar.gz", &gz(&body)));
    assert_eq!(status, 2);
    assert!(
        error(&records).unwrap().contains("header of more than a MiB"),
        "{records:?}"
    );

    // A Go program that was cut short itself, whole in its archive.
    let half = tar(&[("half", &go[..go.len() / 3]), ("no", &[7; 100])]);
    let (records, status) = scan(&[], &dir.put("half.tar", &half));
    assert_eq!((records.len(), status), (1, 2), "{records:?}");
    assert!(
        records[0]["sha256"].is_string() && records[0]["error"].is_string(),
        "{records:?}"
    );

    // All of them at once: what is whole is told.
    let (records, status) = scan(&[], &dir.0);
    assert_eq!(status, 2);
    assert_eq!(members(&records).len(), 6);
    let (records, status) = scan(&[], &dir.0.join("missing"));
    assert_eq!((records.len(), status), (1, 2));
}

#[test]
fn what_is_asked_for_is_what_the_sub_commands_say() {
    let Some((go, _)) = subjects() else { return };
    let dir = Folder::new("with");
    let alone = dir.put("tool", &go);
    let path = dir.put("a.tar", &tar(&[("one", &go), ("two", &go)]));
    let (records, status) = scan(
        &[
            "--with",
            "info,check,size,funcs,vuln",
            "--no-policy",
            "--db",
            "embedded",
        ],
        &path,
    );
    assert_eq!(records.len(), 2);
    let file = json!(format!("sha256:{}", sha256(&go)));
    for (key, args) in [
        ("info", &["info", "--format", "json"][..]),
        ("check", &["check", "--format", "json", "--no-policy"]),
        ("sizes", &["size", "--format", "json"]),
        ("funcs", &["funcs", "--format", "json"]),
        (
            "vuln",
            &["vuln", "--format", "json", "--no-policy", "--db", "embedded"],
        ),
    ] {
        let out = common::run(args.iter().copied().chain([alone.to_str().unwrap()]));
        let name = serde_json::to_string(alone.to_str().unwrap()).unwrap();
        let text = String::from_utf8(out.stdout)
            .unwrap()
            .replace(&name, &file.to_string());
        let want: Value = serde_json::from_str(&text).unwrap();
        for r in &records {
            assert_eq!(r[key], want, "{key}");
        }
        // Each of them may make the status 1.
        assert!(out.status.code() <= Some(status), "{key}");
    }
    let (records, status) = scan(&["--with", "sbom"], &path);
    assert_eq!((records.len(), status), (2, 0));
    let out = common::run(["sbom", alone.to_str().unwrap()]);
    let mut want: Value = serde_json::from_slice(&out.stdout).unwrap();
    let mut got = records[0]["sbom"].clone();
    let location = &got["components"][0]["evidence"]["occurrences"][0]["location"];
    let hash = records[0]["sha256"].as_str().unwrap();
    assert_eq!(location, &format!("sha256:{hash}"));
    for doc in [&mut want, &mut got] {
        doc["metadata"]["timestamp"] = Value::Null;
        // Equal files of a scan share their document, so the places in it are the file's hash, not a path.
        doc["serialNumber"] = Value::Null;
        let main = doc["metadata"]["component"].take();
        let components = doc["components"].as_array_mut().unwrap();
        components.push(main);
        for component in components {
            for place in component["evidence"]["occurrences"]
                .as_array_mut()
                .into_iter()
                .flatten()
            {
                place["location"] = Value::Null;
            }
        }
    }
    assert_eq!(got, want);
}

#[test]
fn a_run_goes_on_where_another_ended() {
    let Some((go, other)) = subjects() else { return };
    let dir = Folder::new("resume");
    let path = dir.put("in/a.tar", &tar(&[("one", &go), ("two", &other), ("three", &go)]));
    dir.put("in/b.tar.gz", &gz(&tar(&[("four", &go)]))[..1000]);
    let out = dir.0.join("out.jsonl");
    let resume = || {
        let args = ["scan", "--format", "jsonl", "--resume"].map(Into::into);
        let places = [out.clone().into_os_string(), path.parent().unwrap().into()];
        let status = common::run(args.into_iter().chain(places)).status.code();
        (status, std::fs::read_to_string(&out).unwrap())
    };
    let (status, first) = resume();
    assert_eq!(status, Some(2));
    assert_eq!(first.lines().count(), 4);
    // The last run was ended in the middle of a line.
    let two: Vec<&str> = first
        .lines()
        .filter(|l| l.contains("\"sha256\":\""))
        .take(2)
        .collect();
    std::fs::write(&out, format!("{}\n{}", two[0], &two[1][..50])).unwrap();
    let (_, again) = resume();
    let sorted = |s: &str| {
        let mut lines: Vec<String> = s.lines().map(str::to_string).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&again), sorted(&first));
    // What could not be read is tried again; once it can, its error is gone.
    dir.put("in/b.tar.gz", &gz(&tar(&[("four", &go)])));
    let (status, mended) = resume();
    assert_eq!((status, mended.lines().count()), (Some(0), 4));
    assert!(!mended.contains("cut short"));
}

#[test]
fn people_get_a_table_and_spreadsheets_csv() {
    let Some((go, _)) = subjects() else { return };
    let dir = Folder::new("people");
    let path = dir.put("a.tar", &tar(&[("with,comma", &go), ("\x1b[31mred", &go)]));
    let out = common::run(["scan", path.to_str().unwrap()]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success());
    assert!(
        text.contains("a.tar: with,comma") && text.contains("linux/amd64") && text.contains("go1."),
        "{text}"
    );
    assert!(!text.contains('\x1b'));
    let out = common::run(["scan", "--format", "csv", "--ordered", path.to_str().unwrap()]);
    let text = String::from_utf8(out.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("path,member,size,sha256,error,go_version,os,arch,module"));
    assert!(lines[2].contains(",\"with,comma\","), "{text}");
    assert!(lines[1].ends_with(",static,,"), "{text}");
    // What makes the exit status 1 is there to see.
    let said = |args: &[&str]| {
        let more = ["--no-policy", path.to_str().unwrap()];
        let out = common::run(["scan"].iter().chain(args).chain(&more).copied());
        (String::from_utf8(out.stdout).unwrap(), out.status.code())
    };
    let (text, status) = said(&["--with", "check"]);
    assert!(
        text.contains("found") && text.contains("1 warning, 1 note"),
        "{text}"
    );
    assert_eq!(status, Some(1));
    let (text, _) = said(&["--with", "check,vuln", "--db", "embedded", "--format", "csv"]);
    assert!(text.lines().nth(1).unwrap().ends_with(",static,2,0"), "{text}");
}

#[test]
fn where_nothing_was_looked_at_nothing_passes() {
    let dir = Folder::new("nothing");
    let path = dir.put("a.tar", &tar(&[("run.sh", b"#!/bin/sh\n")]));
    for (args, status) in [
        (&[][..], 0),
        (&["--with", "info"], 0),
        (&["--with", "check", "--no-policy"], 2),
        (&["--with", "vuln", "--no-policy", "--db", "embedded"], 2),
        (&["--with", "check", "--no-policy", "--shard", "1/1"], 0),
    ] {
        let out = common::run(
            ["scan"]
                .iter()
                .chain(args)
                .copied()
                .chain([path.to_str().unwrap()]),
        );
        assert_eq!(out.status.code(), Some(status), "{args:?}");
        let said = String::from_utf8(out.stderr).unwrap();
        assert_eq!(
            said.contains("no Go binary was found"),
            !args.contains(&"--shard"),
            "{said}"
        );
    }
}

/// What a command prints about a container, with its exit status.
fn said(args: &[&str], path: &Path) -> (String, String, i32) {
    let out = common::run(args.iter().copied().chain([path.to_str().unwrap()]));
    let text = |b: Vec<u8>| String::from_utf8(b).unwrap();
    (
        text(out.stdout),
        text(out.stderr),
        out.status.code().expect("no crash"),
    )
}

#[test]
fn other_commands_look_into_containers_that_are_named() {
    let Some((go, other)) = subjects() else { return };
    let dir = Folder::new("commands");
    let files: [(&str, &[u8]); 4] = [
        ("usr/bin/tool", &go),
        ("usr/bin/run.sh", b"#!/bin/sh\n"),
        ("lib/broken.so", b"\x7fELF broken"),
        ("usr/bin/other.exe", &other),
    ];
    let path = dir.put("a.tar.gz", &gz(&tar(&files)));
    let alone = dir.put("tool", &go);
    let shown = path.to_str().unwrap();
    for (name, args) in [
        ("info", &["info", "--format", "json"][..]),
        ("size", &["size", "--format", "json"]),
        ("funcs", &["funcs", "--format", "json"]),
        (
            "vuln",
            &[
                "vuln",
                "--format",
                "json",
                "--db",
                "embedded",
                "--no-policy",
                "--exit-zero",
            ],
        ),
    ] {
        let (text, err, status) = said(args, &path);
        assert_eq!(status, 0, "{name}: {err}");
        let all = common::schema::assert_all(name, text.as_bytes());
        let names: Vec<&Value> = all.iter().map(|v| &v["member"]).collect();
        assert_eq!(
            names,
            [&json!(["usr/bin/tool"]), &json!(["usr/bin/other.exe"])],
            "{name}"
        );
        assert!(all.iter().all(|v| v["file"] == json!(shown)), "{name}");
        // The same as of the file alone, but for what it is called.
        let mut want = common::schema::assert_all(name, said(args, &alone).0.as_bytes());
        let mut got = all[0].clone();
        for v in [&mut want[0], &mut got] {
            let object = v.as_object_mut().unwrap();
            object.remove("file");
            object.remove("member");
        }
        assert_eq!(got, want[0], "{name}");
    }
    // The gate: both are judged, and the run says so.
    let args = ["check", "--no-policy", "--format", "json", "--max-size", "1KiB"];
    let (text, _, status) = said(&args, &path);
    let run = &common::schema::assert_all("check", text.as_bytes())[0];
    assert_eq!(run["summary"]["files"], json!(2), "{run}");
    assert_eq!(
        run["findings"][1]["member"],
        json!(["usr/bin/other.exe"]),
        "{run}"
    );
    assert_eq!(status, 1);
    let (text, ..) = said(&["check", "--no-policy", "--max-size", "1KiB"], &path);
    assert!(text.contains(&format!("{shown}: usr/bin/other.exe")), "{text}");
    // `version` is Go's, which opens nothing; with --recover it does.
    let (text, _, status) = said(&["version"], &path);
    assert_eq!((text.as_str(), status), ("", 0));
    let (text, err, status) = said(&["version", "--recover"], &path);
    assert_eq!(status, 0, "{err}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].starts_with(&format!("{shown}: usr/bin/tool: go1.")),
        "{text}"
    );
    // Nothing of Go's in it, or not to be read to its end: no pass.
    let empty = dir.put("empty.tar", &tar(&files[1..3]));
    let cut = dir.put("cut.tar", &tar(&files)[..go.len() / 2]);
    for args in [
        &["info"][..],
        &["check", "--no-policy", "--no-race"],
        &["vuln", "--no-policy"],
        &["sbom"],
    ] {
        for path in [&empty, &cut] {
            let (_, err, status) = said(args, path);
            assert_eq!(status, 2, "{args:?} {path:?}: {err}");
            assert!(
                err.contains("empty.tar: ") || err.contains("cut.tar: usr/bin/tool: "),
                "{err}"
            );
        }
    }
    // Below a folder archives are left alone: only `scan` goes in.
    let (text, _, status) = said(&["info", "--format", "json"], &dir.0);
    assert_eq!(
        (common::schema::assert_all("info", text.as_bytes()).len(), status),
        (1, 0)
    );
}

#[test]
fn a_packed_windows_program_is_seen_through() {
    // A C program: once unpacked it is no Go binary, and left out; packed in a way that is not known, nobody
    // could tell.
    let dir = Folder::new("upx");
    for name in ["pe-amd64-lzma", "pe-amd64-nrv2e"] {
        let path = format!("{}/testdata/upx/{name}", env!("CARGO_MANIFEST_DIR"));
        let (records, status) = scan(&[], Path::new(&path));
        assert_eq!((records.len(), status), (0, 0), "{name}: {records:?}");
        let mut other = std::fs::read(&path).unwrap();
        let header = other.windows(4).position(|w| w == b"UPX!").unwrap();
        other[header + 6] = 99;
        let (records, status) = scan(&[], &dir.put(name, &other));
        assert_eq!((records.len(), status), (1, 2), "{name}: {records:?}");
    }
}
