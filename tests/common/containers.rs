//! Containers that tests make themselves, byte by byte or by the crates that only tests write with, and what
//! `gospect scan` tells of them.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// A folder for one test, gone at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let dir = std::env::temp_dir().join(format!("gospect-scan-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        Folder(dir)
    }

    pub fn put(&self, name: &str, body: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, body).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub type Files<'a> = [(&'a str, &'a [u8])];

/// Entries as they are; one whose contents begin with `=> ` is a hard link to the rest of them.
pub fn tar(files: &Files) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    for (name, body) in files {
        if let Some(target) = body.strip_prefix(b"=> ") {
            let mut link = tar::Header::new_gnu();
            link.set_entry_type(tar::EntryType::Link);
            link.set_size(0);
            let target = std::str::from_utf8(target).unwrap();
            out.append_link(&mut link, name, target).unwrap();
            continue;
        }
        let mut header = tar::Header::new_gnu();
        header.set_size(body.len() as u64);
        header.set_mode(0o755);
        // set_path refuses what leads outside; the field itself does not.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        if name.ends_with('/') {
            header.set_entry_type(tar::EntryType::Directory);
        }
        header.set_cksum();
        out.append(&header, *body).unwrap();
    }
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    out.append_link(&mut link, "usr/bin/link", "/etc/passwd").unwrap();
    out.into_inner().unwrap()
}

pub fn gz(body: &[u8]) -> Vec<u8> {
    let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    e.write_all(body).unwrap();
    e.finish().unwrap()
}

pub fn xz(body: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut e = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    e.write_all(body).unwrap();
    e.finish().unwrap()
}

pub fn bz2(body: &[u8]) -> Vec<u8> {
    let mut e = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    e.write_all(body).unwrap();
    e.finish().unwrap()
}

pub fn zip(files: &Files, method: rawzip::CompressionMethod) -> Vec<u8> {
    let mut out = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
    for (name, body) in files {
        let (mut entry, config) = archive
            .new_file(*name)
            .compression_method(method)
            .start()
            .unwrap();
        let descriptor = if method == rawzip::CompressionMethod::STORE {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(body).unwrap();
            writer.finish().unwrap().1
        } else {
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
            let mut writer = config.wrap(encoder);
            writer.write_all(body).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    out
}

pub fn deb(data: &[u8]) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    let control = gz(&tar(&[("control", b"Package: tool\n")]));
    for (name, body) in [
        ("debian-binary", &b"2.0\n"[..]),
        ("control.tar.gz", &control),
        ("data.tar.xz", data),
    ] {
        let header = format!(
            "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
            0,
            0,
            0,
            "100644",
            body.len()
        );
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(body);
        if body.len() % 2 == 1 {
            out.push(b'\n');
        }
    }
    out
}

pub fn cpio(files: &Files) -> Vec<u8> {
    let files: Vec<_> = files.iter().map(|(name, body)| (*name, 0, *body)).collect();
    cpio_linked(&files)
}

/// Files with their inodes: what has one but 0 has several names.
pub fn cpio_linked(files: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut one = |name: &str, inode: u32, mode: u32, body: &[u8]| {
        let fields = [
            inode,
            mode,
            0,
            0,
            if inode == 0 { 1 } else { 2 },
            0,
            body.len() as u32,
            0,
            0,
            0,
            0,
            name.len() as u32 + 1,
            0,
        ];
        out.extend_from_slice(b"070701");
        for f in fields {
            out.extend_from_slice(format!("{f:08x}").as_bytes());
        }
        out.extend_from_slice(name.as_bytes());
        out.push(0);
        out.resize(out.len().next_multiple_of(4), 0);
        out.extend_from_slice(body);
        out.resize(out.len().next_multiple_of(4), 0);
    };
    one("./usr", 0, 0o040_755, b"");
    for (name, inode, body) in files {
        one(name, *inode, 0o100_755, body);
    }
    one("TRAILER!!!", 0, 0, b"");
    out
}

pub fn rpm(payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0xed, 0xab, 0xee, 0xdb];
    out.resize(96, 0);
    for (entries, store) in [(1u32, 5u32), (2, 9)] {
        out.extend_from_slice(&[0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0]);
        out.extend_from_slice(&entries.to_be_bytes());
        out.extend_from_slice(&store.to_be_bytes());
        out.resize(out.len() + (entries * 16 + store) as usize, 7);
        if entries == 1 {
            out.resize(out.len().next_multiple_of(8), 0);
        }
    }
    out.extend_from_slice(payload);
    out
}

pub fn sha256(body: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(body)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// Runs a scan and gives its records, each held against the schema, and the exit status.
pub fn scan(args: &[&str], path: &Path) -> (Vec<Value>, i32) {
    let mut all = vec!["scan", "--format", "jsonl"];
    all.extend(args);
    all.push(path.to_str().unwrap());
    let out = super::run(all);
    let text = String::from_utf8(out.stdout).unwrap();
    let records: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).expect("a line is JSON"))
        .collect();
    for r in &records {
        let wrong = super::schema::check("scan", r);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
    assert!(!String::from_utf8_lossy(&out.stderr).contains("panicked"));
    (records, out.status.code().expect("no crash"))
}

pub fn members(records: &[Value]) -> Vec<String> {
    let name = |m: &Value| m.as_str().unwrap().to_string();
    let mut out: Vec<String> = records
        .iter()
        .filter(|r| !r["sha256"].is_null())
        .map(|r| {
            r["member"]
                .as_array()
                .unwrap()
                .iter()
                .map(name)
                .collect::<Vec<_>>()
                .join("!")
        })
        .collect();
    out.sort();
    out
}

/// A small program, and the same for another system.
pub fn subjects() -> Option<(Vec<u8>, Vec<u8>)> {
    let one = super::Build::new("hello", "linux/amd64")
        .args(&["-ldflags=-s -w"])
        .path()?;
    let other = super::Build::new("hello", "windows/amd64")
        .args(&["-ldflags=-s -w"])
        .path()?;
    Some((std::fs::read(one).unwrap(), std::fs::read(other).unwrap()))
}

/// A `docker save` of these layers, the lowest first: `0/layer.tar` and so on.
pub fn docker(layers: &[&[u8]]) -> Vec<u8> {
    let names: Vec<String> = (0..layers.len()).map(|i| format!("{i}/layer.tar")).collect();
    let manifest = json!([{"Config": "c.json", "RepoTags": ["app:1"], "Layers": names}]).to_string();
    let mut files: Vec<(&str, &[u8])> = names
        .iter()
        .map(String::as_str)
        .zip(layers.iter().copied())
        .collect();
    files.push(("manifest.json", manifest.as_bytes()));
    tar(&files)
}

/// The files of an OCI layout of these layers, the lowest first.
pub fn oci(layers: &[&[u8]]) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![(
        "oci-layout".to_string(),
        b"{\"imageLayoutVersion\":\"1.0.0\"}".to_vec(),
    )];
    let mut blob = |body: &[u8], kind: &str| {
        let sum = sha256(body);
        files.push((format!("blobs/sha256/{sum}"), body.to_vec()));
        json!({"mediaType": format!("application/vnd.oci.image.{kind}"), "digest": format!("sha256:{sum}"),
            "size": body.len()})
    };
    let config = blob(b"{}", "config.v1+json");
    let layers: Vec<Value> = layers.iter().map(|l| blob(l, "layer.v1.tar+gzip")).collect();
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers}).to_string();
    let manifest = blob(manifest.as_bytes(), "manifest.v1+json");
    let index = json!({"schemaVersion": 2, "manifests": [manifest]}).to_string();
    files.push(("index.json".to_string(), index.into_bytes()));
    files
}
