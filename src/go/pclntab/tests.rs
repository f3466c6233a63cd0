//! A table made by hand, whole and broken.

use super::*;

const EXPECT: (Endian, u8, u8) = (Endian::Little, 8, 1);

/// Two functions of a Go 1.20 table: `a.F` (16 bytes, line 10 then 11, file `a.go`) and `a.G` (no file).
fn bytes() -> Vec<u8> {
    let names = b"\0a.F\0a.G\0";
    let files = b"a.go\0";
    let pctab: &[u8] = &[
        0, /* 1 file 0 */ 2, 16, 0, /* 4 lines */ 22, 4, 2, 12, 0,
    ];
    let names_at = 72;
    let cu_at = names_at + names.len().next_multiple_of(8);
    let files_at = cu_at + 8;
    let pc_at = files_at + files.len().next_multiple_of(8);
    let functab_at = pc_at + pctab.len().next_multiple_of(8);
    let mut b = 0xffff_fff1u32.to_le_bytes().to_vec();
    b.extend([0, 0, 1, 8]);
    for word in [2, 1, 0, names_at, cu_at, files_at, pc_at, functab_at] {
        b.extend((word as u64).to_le_bytes());
    }
    for (at, part) in [
        (names_at, &names[..]),
        (cu_at, &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff][..]),
        (files_at, files),
        (pc_at, pctab),
    ] {
        b.resize(at, 0);
        b.extend(part);
    }
    b.resize(functab_at, 0);
    let record = |entry: u32, name: u32, cu: u32, start: u32| {
        [entry, name, 0, 0, 0, 1, 4, 0, cu, start, 0]
            .map(u32::to_le_bytes)
            .concat()
    };
    for v in [0u32, 20, 16, 64, 32] {
        b.extend(v.to_le_bytes());
    }
    b.extend(record(0, 1, 0, 9));
    b.extend(record(16, 5, 1, 0));
    b
}

fn table(bytes: &[u8]) -> Option<Table<'_>> {
    Some(Table {
        header: Header::parse(bytes, EXPECT)?,
        bytes,
        addr: 0x1000,
        offset: None,
        found: Found::Scan,
        text: 0x40_0000,
        text_shift: 0,
        text_sections: Vec::new(),
        funcdata: FuncData::default(),
        moduledata: None,
        warnings: Vec::new(),
        named: usize::MAX,
    })
}

#[test]
fn names_files_and_lines() {
    let b = bytes();
    let t = table(&b).unwrap();
    let f = t.get(0).unwrap();
    assert_eq!(
        (f.name(), f.entry(), f.end(), f.start_line()),
        (&b"a.F"[..], 0x40_0000, 0x40_0010, Some(9))
    );
    assert_eq!(
        t.pc_to_line(0x40_0003),
        Some(Position {
            file: b"a.go",
            line: 10
        })
    );
    assert_eq!(t.pc_to_line(0x40_0004).map(|p| p.line), Some(11));
    // The second function's unit has no file.
    assert_eq!(t.pc_to_line(0x40_0010).map(|p| p.file), Some(&b""[..]));
    assert_eq!(t.pc_to_line(0x40_0020), None);
    assert_eq!(t.find_function(0x3f_ffff).map(|f| f.index()), None);
    assert_eq!(t.get(1).and_then(|f| f.start_line()), None);
    assert!(t.get(2).is_none());
    assert_eq!(t.file_table().collect::<Vec<_>>(), [b"a.go"]);
}

#[test]
fn a_cursor_says_what_a_search_says() {
    let b = bytes();
    let t = table(&b).unwrap();
    let mut cursor = t.line_cursor();
    for pc in (0x3f_fff0..0x40_0030).chain(0x40_0000..0x40_0008) {
        assert_eq!(cursor.at(pc), t.pc_to_line(pc), "{pc:#x}");
    }
}

#[test]
fn parts_touch_and_end_with_the_last_record() {
    let b = bytes();
    let t = table(&b).unwrap();
    let parts = t.parts();
    for pair in parts.windows(2) {
        assert_eq!(pair[0].offset + pair[0].size, pair[1].offset);
    }
    assert_eq!(t.size(), b.len() as u64);
}

#[test]
fn more_than_one_run_of_text() {
    let b = bytes();
    let mut t = table(&b).unwrap();
    t.text_sections = vec![(0, 16, 0x1_0000), (16, 32, 0x2_0000)];
    assert_eq!(
        [0, 1, 2].map(|i| t.entry(i)),
        [Some(0x1_0000), Some(0x2_0000), Some(0x2_0010)]
    );
}

#[test]
fn no_byte_that_is_changed_or_lost_does_harm() {
    let whole = bytes();
    let exercise = |b: &[u8]| {
        let Some(t) = table(b) else { return };
        for f in t.functions().take(4) {
            let _ = (
                f.name(),
                f.size(),
                f.record(),
                f.frame_size(),
                f.position(f.entry()),
                f.inlined_calls(),
            );
            let _ = (
                f.frames(f.entry()),
                f.table_size(f.pcln()),
                f.funcdata().count(),
                f.pcdata().count(),
            );
        }
        let _ = (t.size(), t.pc_to_line(0x40_0004), t.file_table().count());
    };
    for i in 0..whole.len() {
        exercise(&whole[..i]);
        for v in [0, 1, 0x7f, 0x80, 0xff] {
            let mut b = whole.clone();
            b[i] = v;
            exercise(&b);
        }
    }
}
