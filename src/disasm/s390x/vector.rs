//! Go syntax of the vector instructions: element sizes and conditions move from the mask operands into the
//! name.
//!
//! Where a mask holds a value that the manual calls a specification exception, Go prints a sentence that ends
//! in a line break and so tears its own table; here the operands are shown as they are.

use super::decode::VRule;
use super::go::Name;
use super::{Arg, Args};

const SIZES: [&str; 5] = ["B", "H", "F", "G", "Q"];
const SIZES_CC: [&str; 4] = ["BS", "HS", "FS", "GS"];

/// Puts the operands in Go's order and completes the name.
pub(super) fn arrange(rule: VRule, args: &mut Args, name: &mut Name) {
    let same = |a: usize, b: usize| args.get(a) == args.get(b);
    let mask = |i: usize| match args.get(i) {
        Some(&Arg::Mask(n)) => usize::from(n),
        Some(&Arg::Imm(n)) => usize::try_from(n).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let size = |i: usize, limit: usize| SIZES.get(..limit).and_then(|s| s.get(mask(i) & 7)).copied();
    let three: &[usize] = if same(0, 2) { &[1, 0] } else { &[1, 2, 0] };
    let (suffix, places): (Option<&str>, &[usize]) = match rule {
        VRule::SizeTwo => (size(2, 4), &[0, 1]),
        VRule::SizeTwoSwap => (size(2, 4), &[1, 0]),
        VRule::Add => (size(3, 5), three),
        VRule::Sub if same(0, 2) => (size(3, 5), &[1, 0]),
        VRule::Sub if same(0, 1) => (size(3, 5), &[2, 1]),
        VRule::Sub => (size(3, 5), &[2, 1, 0]),
        VRule::SizeRotate => (size(3, 4), &[1, 2, 0]),
        VRule::SizeEnds => (size(3, 4), &[2, 1, 0]),
        VRule::Sum => {
            let first = match name.stem {
                "VSUM" => 0,
                "VSUMG" => 1,
                _ => 2,
            };
            (size(3, first + 2).filter(|_| mask(3) & 7 >= first), &[0, 1, 2])
        }
        VRule::Multiply => (Some(size(3, 3).unwrap_or_default()), three),
        VRule::Accumulate => match name.stem {
            "VERIM" => (size(4, 4), &[3, 1, 2, 0]),
            "VGFMA" => (size(4, 4), &[1, 2, 3, 0]),
            _ => (size(4, 3), &[1, 2, 3, 0]),
        },
        VRule::Strings => return strings(args, name),
        VRule::Compare => {
            let sizes: &[&str] = match mask(4) {
                0 => &SIZES[..4],
                1 => &SIZES_CC,
                _ => &[],
            };
            (sizes.get(mask(3) & 7).copied(), &[1, 2, 0])
        }
        VRule::FloatMultiplyAdd => {
            name.scalar = mask(4) == 8 && mask(5) == 3;
            (
                matches!((mask(4), mask(5)), (0 | 8, 3)).then_some("DB"),
                &[1, 2, 3, 0],
            )
        }
        VRule::MultiplySumLogical => {
            let suffix = match (mask(4), mask(5)) {
                (3, 8) => "EG",
                (3, 4) => "OG",
                (3, 12) => "EOG",
                (3, _) => "G",
                _ => "",
            };
            (Some(suffix), &[1, 2, 3, 0])
        }
        VRule::FloatCompare => {
            let suffix = match (mask(3), mask(4), mask(5)) {
                (3, 0 | 8, 0) => Some("DB"),
                (3, 0 | 8, 1) => Some("DBS"),
                _ => None,
            };
            name.scalar = suffix.is_some() && mask(4) == 8;
            (suffix, &[1, 2, 0])
        }
        VRule::FloatTest => {
            let suffix = match (mask(3) & 7, mask(4)) {
                (2, 0 | 8) => Some("SB"),
                (3, 0 | 8) => Some("DB"),
                (4, 8) => Some("XB"),
                _ => None,
            };
            name.scalar = suffix.is_some() && mask(4) == 8;
            (suffix, &[2, 1, 0])
        }
        VRule::Quad => ((mask(4) & 4 != 0).then_some("Q"), &[1, 2, 3, 0]),
        VRule::Load => (Some(""), &[1, 0]),
        VRule::LoadReplicate => (
            Some(SIZES[..4].get(mask(2)).copied().unwrap_or_default()),
            &[1, 0],
        ),
        VRule::Store => (aligned(mask(2)), &[0, 1]),
        VRule::StoreElement => (Some(""), &[2, 0, 1]),
        VRule::StoreMultiple => (aligned(mask(3)), &[0, 1, 2]),
        VRule::LoadMultiple => (aligned(mask(3)), &[2, 0, 1]),
        VRule::Shift if same(0, 1) => (SIZES[..4].get(mask(3)).copied(), &[2, 1]),
        VRule::Shift | VRule::LoadFromRegister => (SIZES[..4].get(mask(3)).copied(), &[2, 1, 0]),
        VRule::ByteMask => match mask(1) {
            0 => {
                name.stem = "VZERO";
                (Some(""), &[0])
            }
            0xffff => {
                name.stem = "VONE";
                (Some(""), &[0])
            }
            _ => (Some(""), &[1, 0]),
        },
        VRule::Logic => (Some(""), three),
    };
    if let Some(suffix) = suffix {
        name.suffix[0] = suffix;
        *args = args.pick(places);
    }
}

/// Alignment hints of vector loads and stores: none, doubleword, quadword.
fn aligned(mask: usize) -> Option<&'static str> {
    matches!(mask, 0 | 3 | 4).then_some("")
}

/// String searches: element size, then whether zero ends the search and the condition code is set.
fn strings(args: &mut Args, name: &mut Name) {
    let more = usize::from(name.stem == "VSTRC");
    let mask = |i: usize| match args.get(i) {
        Some(&Arg::Mask(n)) => usize::from(n),
        _ => usize::MAX,
    };
    let (size, flags) = (mask(3 + more) & 3, mask(4 + more));
    let sizes: &[&'static str] = if flags & 1 == 0 { &SIZES } else { &SIZES_CC };
    if let (Some(size), true) = (sizes.get(size).filter(|_| size < 3), flags < 4) {
        name.suffix = [if flags & 2 == 0 { "" } else { "Z" }, size];
        *args = if more == 1 {
            args.pick(&[1, 2, 3, 0])
        } else {
            args.pick(&[1, 2, 0])
        };
    }
}
