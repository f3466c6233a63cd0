//! Names that lead to the contents of another: hard links of tar and cpio, and the same path twice in a layer.
//! GNU tar and cpio say what is extracted.

mod common;

use std::path::Path;
use std::process::Command;

use common::containers::{
    Folder, cpio_linked, docker, gz, members, rpm, scan, sha256, subjects, tar, xz, zip,
};
use serde_json::json;

/// Names and sums of the records that have one, sorted.
fn told(args: &[&str], path: &Path) -> (Vec<(String, String)>, i32) {
    let (records, status) = scan(args, path);
    let mut all: Vec<_> = records
        .iter()
        .filter_map(|r| {
            let sum = r["sha256"].as_str()?.to_string();
            Some((members(std::slice::from_ref(r)).pop()?, sum))
        })
        .collect();
    all.sort();
    (all, status)
}

#[test]
fn a_hard_link_is_a_member_of_its_own() {
    let Some((go, other)) = subjects() else { return };
    let dir = Folder::new("links");
    let inner = zip(&[("in", &other)], rawzip::CompressionMethod::STORE);
    let files: [(&str, &[u8]); 9] = [
        ("bin/tool", &go),
        ("bin/text", b"text"),
        ("bin/link", b"=> bin/tool"),
        ("bin/chain", b"=> ./bin/link"),
        ("bin/dull", b"=> bin/text"),
        // What the name says when the link is made, not what it says in the end.
        ("bin/now", &go),
        ("bin/before", b"=> bin/now"),
        ("a.zip", &inner),
        ("b.zip", b"=> a.zip"),
    ];
    let plain = tar(&files);
    let (go_sum, other_sum) = (sha256(&go), sha256(&other));
    let mut want: Vec<(String, String)> = ["bin/tool", "bin/link", "bin/chain", "bin/now", "bin/before"]
        .iter()
        .map(|n| (n.to_string(), go_sum.clone()))
        .collect();
    want.extend(["a.zip!in", "b.zip!in"].map(|n| (n.to_string(), other_sum.clone())));
    want.sort();
    let deep = gz(&tar(&[("x.tar.gz", &gz(&plain))]));
    let prefixed: Vec<_> = want
        .iter()
        .map(|(n, s)| (format!("x.tar.gz!{n}"), s.clone()))
        .collect();
    let zipped = zip(&[("x.tar.gz", &plain)], rawzip::CompressionMethod::DEFLATE);
    for (name, body, want) in [
        ("a.tar", plain.clone(), &want),
        ("a.tar.gz", gz(&plain), &want),
        ("a.tar.xz", xz(&plain), &want),
        ("deep.tar.gz", deep, &prefixed),
        ("a.zip", zipped, &prefixed),
    ] {
        let (all, status) = told(&[], &dir.put(name, &body));
        assert_eq!((&all, status), (want, 0), "{name}");
    }
    // Other commands see them as well.
    let out = common::run([
        "version".into(),
        "--recover".into(),
        dir.0.join("a.tar").into_os_string(),
    ]);
    assert_eq!(String::from_utf8(out.stdout).unwrap().lines().count(), want.len());
    // A link to what is not there: nobody can say what it is.
    let lost = tar(&[("bin/tool", &go), ("bin/lost", b"=> bin/nowhere")]);
    for (name, body) in [("lost.tar", lost.clone()), ("lost.tar.gz", gz(&lost))] {
        let (records, status) = scan(&[], &dir.put(name, &body));
        assert_eq!((records.len(), status), (2, 2), "{name}: {records:?}");
        let bad = records.iter().find(|r| r["sha256"].is_null()).unwrap();
        assert_eq!(bad["member"], json!(["bin/lost"]));
        assert!(bad["error"].as_str().unwrap().contains("bin/nowhere"), "{bad}");
    }
    // A run that goes on tells the links that the earlier one did not.
    let out = dir.0.join("out.jsonl");
    let path = dir.0.join("a.tar.gz");
    let (records, _) = scan(&[], &path);
    let first = records
        .iter()
        .find(|r| r["member"] == json!(["bin/tool"]))
        .unwrap();
    std::fs::write(&out, format!("{first}\n")).unwrap();
    let args = ["scan", "--format", "jsonl", "--resume"].map(Into::into);
    common::run(
        args.into_iter()
            .chain([out.clone().into(), path.into_os_string()]),
    );
    assert_eq!(std::fs::read_to_string(&out).unwrap().lines().count(), want.len());
}

#[test]
fn what_a_layer_links_to_may_be_deleted_above_it() {
    let Some((go, other)) = subjects() else { return };
    let dir = Folder::new("layers");
    let bottom = tar(&[
        ("bin/tool", &go),
        ("bin/link", b"=> bin/tool"),
        ("bin/twice", &go),
        ("bin/kept", b"=> bin/twice"),
        ("bin/twice", &other),
        ("opt/x", &go),
        ("opt", &other),
    ]);
    let top = tar(&[("bin/.wh.tool", b"")]);
    let (go_sum, other_sum) = (sha256(&go), sha256(&other));
    let want = |prefix: &str| {
        [("kept", &go_sum), ("link", &go_sum), ("twice", &other_sum)]
            .map(|(n, s)| (format!("{prefix}!bin/{n}"), s.clone()))
            .into_iter()
            .chain([(format!("{prefix}!opt"), other_sum.clone())])
            .collect::<Vec<_>>()
    };
    for (name, body) in [
        ("plain.tar", docker(&[&bottom, &top])),
        ("gz.tar", docker(&[&gz(&bottom), &gz(&top)])),
        (
            "zst.tar",
            docker(&[&zstd::encode_all(&bottom[..], 1).unwrap(), &top]),
        ),
        ("all.tar.gz", gz(&docker(&[&bottom, &top]))),
    ] {
        let path = dir.put(name, &body);
        assert_eq!(told(&[], &path), (want("0/layer.tar"), 0), "{name}");
        // All that is in it is told on demand.
        assert_eq!(told(&["--all-layers"], &path).0.len(), 7, "{name}");
    }
    // GNU tar makes the same files of the layer, before the other one is put on it.
    let layer = dir.put("layer.tar", &bottom);
    let root = dir.0.join("root");
    std::fs::create_dir_all(&root).unwrap();
    if let Ok(out) = Command::new("tar")
        .args(["-x", "--recursive-unlink", "-f"])
        .args([&layer, Path::new("-C"), &root])
        .output()
    {
        assert!(out.status.success(), "{out:?}");
        let of = |n: &str| sha256(&std::fs::read(root.join(n)).unwrap());
        for (name, sum) in want("0/layer.tar") {
            assert_eq!(of(name.trim_start_matches("0/layer.tar!")), sum, "{name}");
        }
    }
    // An archive is no file system: what is in it twice is told twice.
    assert_eq!(told(&[], &layer).0.len(), 7);
    assert_eq!(told(&[], &dir.put("layer.tar.gz", &gz(&bottom))).0.len(), 7);
}

#[test]
fn a_layer_that_is_cut_short_hides_what_was_seen_of_it() {
    let Some((go, other)) = subjects() else { return };
    let dir = Folder::new("cut");
    let bottom = tar(&[("bin/a", &go), ("bin/b", &go), ("bin/c", &go)]);
    let middle = gz(&tar(&[("bin/b", &other), ("bin/d", &other)]));
    let top = tar(&[("bin/.wh.a", b"")]);
    let whole = docker(&[&bottom, &middle, &top]);
    let cut = docker(&[&bottom, &middle[..middle.len() - 1000], &top]);
    let names = |path: &Path| {
        let (records, status) = scan(&[], path);
        (members(&records), status)
    };
    let (all, status) = names(&dir.put("whole.tar", &whole));
    assert_eq!(status, 0);
    assert_eq!(
        all,
        ["0/layer.tar!bin/c", "1/layer.tar!bin/b", "1/layer.tar!bin/d"]
    );
    let (all, status) = names(&dir.put("cut.tar", &cut));
    assert_eq!(status, 2);
    assert_eq!(all, ["0/layer.tar!bin/c", "1/layer.tar!bin/b"]);
    // The image itself: the layers that are whole are told.
    for body in [whole[..whole.len() - 4000].to_vec(), {
        let packed = gz(&whole);
        packed[..packed.len() - 600].to_vec()
    }] {
        let (all, status) = names(&dir.put("short.tar", &body));
        assert_eq!(status, 2);
        assert!(all.contains(&"0/layer.tar!bin/a".to_string()), "{all:?}");
    }
}

#[test]
fn every_name_of_a_cpio_file_is_told() {
    let Some((go, other)) = subjects() else { return };
    let dir = Folder::new("cpio");
    let body = cpio_linked(&[
        ("bin/first", 5, b""),
        ("etc/one", 6, b"text"),
        ("etc/two", 6, b""),
        ("bin/alone", 0, &other),
        ("bin/second", 5, b""),
        ("bin/third", 5, &go),
        ("bin/late", 5, b""),
        ("bin/empty", 7, b""),
    ]);
    let go_sum = sha256(&go);
    let mut want = vec![("bin/alone".to_string(), sha256(&other))];
    for name in ["bin/first", "bin/late", "bin/second", "bin/third"] {
        want.push((name.to_string(), go_sum.clone()));
    }
    for (name, body) in [
        ("a.cpio", body.clone()),
        ("a.cpio.gz", gz(&body)),
        ("a.rpm", rpm(&zstd::encode_all(&body[..], 1).unwrap())),
        ("b.rpm", rpm(&body)),
    ] {
        let (all, status) = told(&[], &dir.put(name, &body));
        assert_eq!((&all, status), (&want, 0), "{name}");
    }
    let (records, status) = scan(&[], &dir.put("cut.cpio", &body[..body.len() - go.len() / 2]));
    assert_eq!((records.len(), status), (4, 2), "{records:?}");
}

#[test]
fn a_sparse_file_of_exabytes_is_not_read() {
    let Some((go, _)) = subjects() else { return };
    let dir = Folder::new("sparse");
    // Holes of many exabytes in a file of a few bytes.
    let mut sparse = tar::Header::new_gnu();
    sparse.set_entry_type(tar::EntryType::GNUSparse);
    sparse.set_size(512);
    let gnu = sparse.as_gnu_mut().unwrap();
    gnu.name[..4].copy_from_slice(b"hole");
    gnu.set_real_size(1 << 62);
    gnu.sparse[0].set_offset(0);
    gnu.sparse[0].set_length(512);
    gnu.sparse[1].set_offset(1 << 62);
    gnu.sparse[1].set_length(0);
    sparse.set_cksum();
    for (head, troubles) in [(&b"text"[..], 0), (b"PK\x03\x04", 1)] {
        let mut body = sparse.as_bytes().to_vec();
        body.extend_from_slice(head);
        body.resize(1024, 0);
        body.extend(tar(&[("tool", &go)]));
        for (name, body) in [("sparse.tar", body.clone()), ("sparse.tar.gz", gz(&body))] {
            let (records, status) = scan(&[], &dir.put(name, &body));
            let bad = records.iter().filter(|r| r["sha256"].is_null()).count();
            assert_eq!(
                (bad, status),
                (troubles, 2 * troubles as i32),
                "{name}: {records:?}"
            );
        }
    }
}
